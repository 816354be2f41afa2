"""Types of command parameters: how each is read, and what is wrong when it cannot be.

Every type turns one parameter as sent into a Python value, or raises the ScpiError that a real
instrument would queue. Limits written here are inclusive.
"""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final

from .errors import ScpiError
from .header import short_form, word_expression
from .numbers import parse_number
from .program import Token

_PLAIN_LIST: Final = re.compile(r"[0-9+\-.eE\s,]*")
_BOOLEANS: Final = {"ON": True, "OFF": False, "1": True, "0": False}


class Parameter(ABC):
    """A type of parameter. takes_rest: it takes all parameters that are left, as a list."""

    takes_rest: bool = False

    @abstractmethod
    def convert(self, token: Token) -> object:
        """Return the value of a parameter as sent; raises ScpiError."""

    def convert_all(self, tokens: Sequence[Token]) -> object:
        """Return the value of all parameters that are left (only where takes_rest)."""
        return [self.convert(token) for token in tokens]


def _text(token: Token) -> str:
    """Return a parameter's text; a block where none is accepted is -168."""
    if isinstance(token, bytes):
        raise ScpiError(-168)
    return token


class Numeric(Parameter):
    """A number in a unit: NRf with SI multiplier, or MINimum, MAXimum, DEFault. Gives a float.

    minimum, maximum: beyond them -222.  infinite: whether INFinity is accepted.
    """

    def __init__(
        self,
        unit: str = "",
        minimum: float = -math.inf,
        maximum: float = math.inf,
        default: float | None = None,
        *,
        infinite: bool = False,
    ) -> None:
        self.unit = unit
        self.minimum = minimum
        self.maximum = maximum
        self.infinite = infinite
        self._words = _limit_words(minimum, maximum, default)

    def convert(self, token: Token) -> float:
        """Return the number in the unit; -131 for a wrong suffix, -222 out of limits."""
        text = _text(token)
        if text[:1].isalpha():
            word = self._words.get(text.upper())
            if word is not None:
                return word
        value = parse_number(text, self.unit)
        if not self.minimum <= value <= self.maximum or (math.isinf(value) and not self.infinite):
            raise ScpiError(-222)
        return value


class Integer(Parameter):
    """A whole number (NRf is rounded; #H, #Q, #B are read) or MIN, MAX, DEF. Gives an int."""

    def __init__(
        self,
        minimum: int = -(2**31),
        maximum: int = 2**31 - 1,
        default: int | None = None,
    ) -> None:
        self.minimum = minimum
        self.maximum = maximum
        self._words = _limit_words(minimum, maximum, default)

    def convert(self, token: Token) -> int:
        """Return the rounded number; -222 out of limits."""
        text = _text(token)
        if text[:1].isalpha():
            word = self._words.get(text.upper())
            if word is not None:
                return int(word)
        value = parse_number(text)
        if not self.minimum - 0.5 < value < self.maximum + 0.5:
            raise ScpiError(-222)
        return math.floor(value + 0.5)


def _limit_words(minimum: float, maximum: float, default: float | None) -> dict[str, float]:
    words: dict[str, float] = {}
    if math.isfinite(minimum):
        words["MIN"] = words["MINIMUM"] = minimum
    if math.isfinite(maximum):
        words["MAX"] = words["MAXIMUM"] = maximum
    if default is not None:
        words["DEF"] = words["DEFAULT"] = default
    return words


class Boolean(Parameter):
    """ON, OFF or a number, which is rounded: 0 is off, all others are on. Gives a bool."""

    def convert(self, token: Token) -> bool:
        """Return the state; -224 for another word."""
        text = _text(token)
        known = _BOOLEANS.get(text.upper())
        if known is not None:
            return known
        try:
            value = parse_number(text)
        except ScpiError as error:
            if error.code == -148:
                raise ScpiError(-224) from None
            raise
        return abs(value) >= 0.5


class Choice(Parameter):
    """One of several words, in manual notation (`VOLTage`, `CURRent[:DC]`). Gives the short form.

    quoted: the word stands in quotes (`SENS:FUNC "CURR"`).
    """

    def __init__(self, *words: str, quoted: bool = False) -> None:
        self.words = words
        self.quoted = quoted
        self._pairs = [(_choice_regex(word), _choice_value(word)) for word in words]
        self._string = String()

    def convert(self, token: Token) -> str:
        """Return the short form; -224 for another word."""
        text = self._string.convert(token) if self.quoted else _text(token)
        upper = text.strip().upper()
        for expression, value in self._pairs:
            if expression.fullmatch(upper):
                return value
        if upper[:1] in ("'", '"'):
            raise ScpiError(-158)
        if upper[:1] == "(":
            raise ScpiError(-178)
        raise ScpiError(-224)


def _choice_regex(word: str) -> re.Pattern[str]:
    base, _, option = word.partition("[")
    expression = ":".join(word_expression(part) for part in base.split(":"))
    if option:
        expression += f"(?::{word_expression(option.rstrip(']').lstrip(':'))})?"
    return re.compile(expression)


def _choice_value(word: str) -> str:
    return ":".join(short_form(part) for part in word.partition("[")[0].split(":"))


class String(Parameter):
    """Text in single or double quotes; a doubled quote stands for one. Gives a str."""

    def __init__(self, longest: int = 4096) -> None:
        self.longest = longest

    def convert(self, token: Token) -> str:
        """Return the text without quotes; -104 for anything that is not a string."""
        text = _text(token)
        quote = text[:1]
        if quote not in ("'", '"'):
            raise ScpiError(-104)
        inner = text[1:-1]
        if len(text) < 2 or text[-1] != quote or quote in inner.replace(quote * 2, ""):
            raise ScpiError(-151)
        if len(inner) > self.longest:
            raise ScpiError(-223)
        return inner.replace(quote * 2, quote)


class Block(Parameter):
    """A definite or indefinite binary block. Gives bytes. longest: in bytes, beyond it -223."""

    def __init__(self, longest: int = 2**31) -> None:
        self.longest = longest

    def convert(self, token: Token) -> bytes:
        """Return the block's bytes; -104 for anything that is not a block."""
        if not isinstance(token, bytes):
            raise ScpiError(-161 if token[:1] == "#" else -104)
        if len(token) > self.longest:
            raise ScpiError(-223)
        return token


class NumericList(Parameter):
    """All parameters that are left, as numbers within limits. Gives list[float].

    block: one binary block is accepted instead and comes as bytes, for the handler to decode in
    the format that the instrument is set to.
    """

    takes_rest = True

    def __init__(
        self,
        unit: str = "",
        minimum: float = -math.inf,
        maximum: float = math.inf,
        *,
        block: bool = False,
        longest: int = 2**24,
    ) -> None:
        self._number = Numeric(unit, minimum, maximum)
        self._block = block
        self.longest = longest

    def convert(self, token: Token) -> float:
        """Return one number of the list."""
        return self._number.convert(token)

    def convert_all(self, tokens: Sequence[Token]) -> list[float] | bytes:
        """Return all numbers, or the bytes of the only parameter if that is a block."""
        if self._block and len(tokens) == 1 and isinstance(tokens[0], bytes):
            return tokens[0]
        if len(tokens) > self.longest:
            raise ScpiError(-223)
        values = self._plain(tokens)
        return [self.convert(token) for token in tokens] if values is None else values

    def _plain(self, tokens: Sequence[Token]) -> list[float] | None:
        """Convert numbers without words and suffixes at once; None when it is not that simple."""
        try:
            if _PLAIN_LIST.fullmatch(",".join(tokens)) is None:  # type: ignore[arg-type]
                return None
            values = [float(token) for token in tokens]
        except (TypeError, ValueError):
            return None
        low, high = self._number.minimum, self._number.maximum
        if all(low <= value <= high and math.isfinite(value) for value in values):
            return values
        return None


class ChannelList(Parameter):
    """A channel list such as `(@1101,1105)` or `(@1!1:4!4)`. Gives list[tuple[int, ...]].

    A range of several dimensions runs through its box with the last dimension fastest.
    longest: largest number of channels, beyond it -223.
    """

    def __init__(self, dimensions: int | None = None, longest: int = 2**20) -> None:
        self.dimensions = dimensions
        self.longest = longest

    def convert(self, token: Token) -> list[tuple[int, ...]]:
        """Return the channels; -171 when it is no channel list."""
        text = _text(token)
        found = re.fullmatch(r"\(\s*@([\d\s!,:]*)\)", text)
        if found is None:
            raise ScpiError(-171 if text[:1] == "(" else -104)
        channels: list[tuple[int, ...]] = []
        for part in found.group(1).split(","):
            if part.strip():
                self._extend(channels, part)
            elif found.group(1).strip():
                raise ScpiError(-171)
        return channels

    def _extend(self, channels: list[tuple[int, ...]], part: str) -> None:
        ends = [_channel(text) for text in part.split(":")]
        if len(ends) > 2 or len({len(end) for end in ends}) != 1:
            raise ScpiError(-171)
        if self.dimensions is not None and len(ends[0]) != self.dimensions:
            raise ScpiError(-171)
        first, last = ends[0], ends[-1]
        steps = [1 if low <= high else -1 for low, high in zip(first, last, strict=True)]
        spans = [
            range(low, high + step, step)
            for low, high, step in zip(first, last, steps, strict=True)
        ]
        if math.prod(len(span) for span in spans) + len(channels) > self.longest:
            raise ScpiError(-223)
        box: list[tuple[int, ...]] = [()]
        for span in spans:
            box = [(*head, index) for head in box for index in span]
        channels.extend(box)


def _channel(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split("!")]
    if not all(part.isdigit() and len(part) <= 10 for part in parts):
        raise ScpiError(-171)
    return tuple(int(part) for part in parts)


class OneOf(Parameter):
    """The first of several types that reads the parameter; the last one's error otherwise."""

    def __init__(self, *kinds: Parameter) -> None:
        self.kinds = kinds

    def convert(self, token: Token) -> object:
        """Return what the first fitting type makes of it."""
        for kind in self.kinds[:-1]:
            try:
                return kind.convert(token)
            except ScpiError as error:
                if error.code == -222:
                    raise
        return self.kinds[-1].convert(token)


class AnyText(Parameter):
    """A parameter as it was sent, quotes and all. Gives a str."""

    def convert(self, token: Token) -> str:
        """Return the text; -168 for a block."""
        return _text(token)
