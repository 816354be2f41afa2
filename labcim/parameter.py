"""Parameters of instruments, declared rather than programmed.

    compliance = Parameter(
        doc="Control the current limit.", unit="A", get=":SOUR:VOLT:ILIM?",
        set=":SOUR:VOLT:ILIM {:.6g}", limits=(1e-9, 1.05), guard="_guard_current",
    )

Four verbs open a doc: Control (get and set), Measure, Set, Get.
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar, overload

from .errors import InstrumentError, RangeError
from .units import show

T = TypeVar("T")


class Talking(Protocol):
    """What a parameter needs of its instrument."""

    def send(self, message: str | bytes) -> None:
        """Send one command."""

    def ask(self, message: str | bytes) -> str:
        """Send one query and return the answer."""


class Parameter(Generic[T]):
    """One declared quantity of an instrument.

    limits: what the instrument accepts, in ``unit``.  choices: value -> the instrument's word.
    guard: name of a method of the instrument that is given the value before anything is sent and
    raises RangeError if the terminal would see too much with *all* present settings.
    """

    name = ""

    @overload
    def __init__(
        self: "Parameter[float]",
        *,
        doc: str,
        unit: str = "",
        get: str = "",
        set: str = "",
        limits: tuple[float, float] | None = None,
        guard: str = "",
    ) -> None: ...
    @overload
    def __init__(
        self,
        *,
        doc: str,
        unit: str = "",
        get: str = "",
        set: str = "",
        limits: tuple[float, float] | None = None,
        choices: Mapping[T, str] | None = None,
        parse: Callable[[str], T],
        guard: str = "",
    ) -> None: ...
    @overload
    def __init__(
        self,
        *,
        doc: str,
        get: str = "",
        set: str = "",
        choices: Mapping[T, str],
        guard: str = "",
    ) -> None: ...
    def __init__(
        self,
        *,
        doc: str,
        unit: str = "",
        get: str = "",
        set: str = "",
        limits: tuple[float, float] | None = None,
        choices: Mapping[T, str] | None = None,
        parse: Callable[[str], Any] = float,
        guard: str = "",
    ) -> None:
        self.__doc__ = doc
        self.unit = unit
        self.get = get
        self.set = set
        self.limits = limits
        self.choices = choices
        self.parse = parse
        self.guard = guard
        self._format = set.format

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instrument: None, owner: type) -> "Parameter[T]": ...
    @overload
    def __get__(self, instrument: Talking, owner: type) -> T: ...
    def __get__(self, instrument: Talking | None, owner: type) -> "Parameter[T] | T":
        if instrument is None:
            return self
        if not self.get:
            raise InstrumentError(f"{owner.__name__}.{self.name} can be set, not read")
        answer = instrument.ask(self.get)
        if self.choices is not None:
            return self._value_of(answer, owner)
        try:
            value: T = self.parse(answer)
        except ValueError as trouble:
            raise InstrumentError(
                f"{owner.__name__}.{self.name}: answered {answer[:80]!r}"
            ) from trouble
        return value

    def __set__(self, instrument: Talking, value: T) -> None:
        if not self.set:
            raise RangeError(f"{type(instrument).__name__}.{self.name} can be read, not set")
        word = self.check(instrument, value)
        if self.guard:
            getattr(instrument, self.guard)(value)
        instrument.send(self._format(word))

    def check(self, instrument: object, value: T) -> object:
        """Return what goes into the command. Raises RangeError for what is not accepted."""
        if self.choices is not None:
            if value not in self.choices:
                raise RangeError(
                    f"{type(instrument).__name__}.{self.name} = {value!r}: "
                    f"accepts {', '.join(map(repr, self.choices))}"
                )
            return self.choices[value]
        if self.limits is not None:
            low, high = self.limits
            if not low <= value <= high:  # type: ignore[operator]
                raise RangeError(
                    f"{type(instrument).__name__}.{self.name} = {_said(value, self.unit)}: "
                    f"accepts {show(low, self.unit)} to {show(high, self.unit)}; nothing was sent"
                )
        return value

    def _value_of(self, answer: str, owner: type) -> T:
        for value, word in (self.choices or {}).items():
            # An instrument may answer in the short form of what it was told in the long one.
            if answer == word or (answer and word.upper().startswith(answer.upper())):
                return value
            if isinstance(value, float) and _is_number(answer, value):
                return value
        raise InstrumentError(f"{owner.__name__}.{self.name}: answered {answer[:80]!r}")


def _is_number(answer: str, value: float) -> bool:
    try:
        return float(answer) == value
    except ValueError:
        return False


def _said(value: object, unit: str) -> str:
    return show(float(value), unit) if isinstance(value, int | float) else repr(value)


def parameters_of(owner: type) -> dict[str, Parameter[object]]:
    """Return the declared parameters of an instrument class, by name, in order."""
    return {
        name: item
        for base in reversed(owner.__mro__)
        for name, item in vars(base).items()
        if isinstance(item, Parameter)
    }
