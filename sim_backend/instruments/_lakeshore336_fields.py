"""Groups of settings of a 336 that are set by one command and told by its query, field by field.

A field that is left out, or empty, stays as it is. What does not fit is an execution error.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..wire.commands import command, query
from ..wire.errors import ScpiError
from ..wire.numbers import parse_number
from ..wire.parameters import Choice, Integer, Parameter
from ..wire.plain import PlainInstrument
from ..wire.program import Token

INPUT: Final = Choice("A", "B", "C", "D")
OUTPUT: Final = Integer(1, 4)
HEATER: Final = Integer(1, 2)
ANALOG: Final = Integer(3, 4)

Value = int | float | str


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number. digits: how many are told at least."""

    low: int
    high: int
    default: int = 0
    digits: int = 1

    def read(self, text: str) -> int:
        """Return the number that a text says."""
        return Integer(self.low, self.high).convert(text)

    def show(self, value: Value) -> str:
        """Return the number as it is told."""
        return f"{value:0{self.digits}d}"


@dataclass(frozen=True, slots=True)
class Real:
    """A number. form: how it is told, as in a format specification."""

    low: float
    high: float
    default: float = 0.0
    form: str = "+08.3f"

    def read(self, text: str) -> float:
        """Return the number that a text says."""
        value = parse_number(text)
        if not self.low <= value <= self.high:
            raise ScpiError(-222)
        return value

    def show(self, value: Value) -> str:
        """Return the number as it is told."""
        return f"{value:{self.form}}"


@dataclass(frozen=True, slots=True)
class Words:
    """A text of at most ``longest`` characters, told with blanks behind it where ``padded``."""

    longest: int
    default: str = ""
    padded: bool = True

    def read(self, text: str) -> str:
        """Return the text without its quotes."""
        return text.strip('"')[: self.longest]

    def show(self, value: Value) -> str:
        """Return the text as it is told."""
        return f"{value:<{self.longest}}" if self.padded else str(value)


Field = Whole | Real | Words


class _Texts(Parameter):
    """All parameters that are left, as texts."""

    takes_rest = True

    def convert(self, token: Token) -> str:
        """Return one."""
        if isinstance(token, bytes):
            raise ScpiError(-168)
        return token


class Stored:
    """The settings of one header, for each key: an input, an output, a zone of one, or none."""

    def __init__(self, fields: Sequence[Field], defaults: dict[object, tuple[Value, ...]]) -> None:
        self.fields = tuple(fields)
        self._defaults = defaults
        self._kept: dict[object, tuple[Value, ...]] = {}

    def __getitem__(self, key: object) -> tuple[Value, ...]:
        usual = tuple(field.default for field in self.fields)
        return self._kept.get(key, self._defaults.get(key, usual))

    def __setitem__(self, key: object, values: tuple[Value, ...]) -> None:
        self._kept[key] = values

    def reset(self) -> None:
        """Go back to the defaults."""
        self._kept.clear()

    def read(self, key: object, texts: Sequence[str], least: int) -> tuple[Value, ...]:
        """Return what fields become with some of them said. Raises ScpiError."""
        if len(texts) > len(self.fields):
            raise ScpiError(-108)
        if sum(bool(text) for text in texts) < least:
            raise ScpiError(-109)
        values = list(self[key])
        for place, (field, text) in enumerate(zip(self.fields, texts, strict=False)):
            if text:
                values[place] = field.read(text)
        return tuple(values)

    def told(self, key: object) -> str:
        """Return the fields as the query tells them."""
        told = zip(self.fields, self[key], strict=True)
        return ",".join(field.show(value) for field, value in told)


class StoredSettings(PlainInstrument):
    """An instrument with such groups, by their headers."""

    def __init__(self) -> None:
        super().__init__()
        self.settings: dict[str, Stored] = {}
        for base in reversed(type(self).__mro__):
            for method in vars(base).values():
                for header, make in getattr(method, "stored_settings", {}).items():
                    self.settings[header] = make()

    def accept(self, header: str, key: object, values: tuple[Value, ...]) -> None:
        """Raise ScpiError for values that do not go together."""

    def apply(self, header: str, key: object) -> None:
        """Let settings that have changed have their effect."""


def stored(
    header: str,
    keys: Sequence[Parameter],
    fields: Sequence[Field],
    *,
    least: int | None = None,
    defaults: dict[object, tuple[Value, ...]] | None = None,
) -> tuple[Callable[..., None], Callable[..., str]]:
    """Return the command and the query of one group.

    least: how many fields must be said; all, if None.  The instrument's ``accept`` is asked before
    anything is kept, and its ``apply`` told afterwards.
    """
    wanted = len(fields) if least is None else least

    @command(header, *keys, _Texts(), optional=1)
    def set_fields(self: StoredSettings, *arguments: Any) -> None:
        texts: list[str] = arguments[-1] if len(arguments) > len(keys) else []
        key = _key(arguments[: len(keys)])
        values = self.settings[header].read(key, texts, wanted)
        self.accept(header, key, values)
        self.settings[header][key] = values
        self.apply(header, key)

    @query(header, *keys)
    def tell_fields(self: StoredSettings, *arguments: Any) -> str:
        return self.settings[header].told(_key(arguments))

    made = {header: lambda: Stored(fields, defaults or {})}
    vars(set_fields)["stored_settings"] = made
    return set_fields, tell_fields


def _key(arguments: Sequence[Any]) -> object:
    return arguments[0] if len(arguments) == 1 else tuple(arguments)
