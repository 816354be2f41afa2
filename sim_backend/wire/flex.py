"""The FLEX language: a header, numbers by commas, a semicolon or the line's end.

    CN 1,2           blanks may stand around every part, or be left out: CN1,2
    *LRN? 31;XE      several commands in a line; each is taken or refused by itself

An instrument is a class whose methods are declared as commands; a handler refuses by raising
FlexError. Answers of queries go to the query buffer, which holds one; measured data go to
``output_buffer``.
Source: B1500A Programming Guide (B1500-90010), chapter 1, "Command Input Format".
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol, TypeVar

from .flex_errors import FlexError, FlexErrorQueue
from .flex_status import ERROR, SET_READY, FlexStatus
from .output import Output, OutputBuffer

Handler = TypeVar("Handler", bound=Callable[..., object])

#: Data that the output buffer holds (chapter 1, "Output data buffer").
BUFFER: Final = 34_034
_MARK: Final = "__flex_declarations__"
_UNIT: Final = re.compile(r"(\*?[A-Za-z]+\??)(.*)", re.DOTALL)
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d{1,4})?", re.ASCII)
_LONGEST_NUMBER: Final = 64


class Parameter(Protocol):
    """One number of a command: what is accepted of it."""

    def convert(self, value: float) -> float | int:
        """Return the number. Raises FlexError."""
        ...


@dataclass(frozen=True, slots=True)
class Real:
    """A number within limits, both included; 120 beyond."""

    low: float = -math.inf
    high: float = math.inf

    def convert(self, value: float) -> float:
        """Return the number."""
        if not self.low <= value <= self.high or math.isinf(value):
            raise FlexError(120)
        return value


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer within limits, both included; 120 beyond."""

    low: int
    high: int

    def convert(self, value: float) -> int:
        """Return the integer."""
        if not self.low <= value <= self.high or value != int(value):
            raise FlexError(120)
        return int(value)


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel: the number of its slot, or slot and place in it as in 502; 121 for another."""

    def convert(self, value: float) -> int:
        """Return the channel number."""
        is_one = 1 <= value <= 10 or (101 <= value <= 1002 and value % 100 in (1, 2))
        if not is_one or value != int(value):
            raise FlexError(121)
        number = int(value)
        return number // 100 if number % 100 == 1 and number > 100 else number


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a decorator says about the method under it. rest: the kind of any further numbers."""

    header: str
    parameters: tuple[Parameter, ...]
    required: int
    rest: Parameter | None

    def arguments(self, texts: list[str]) -> list[float | int]:
        """Convert numbers as sent; 102 for what is none, 103 for too few or too many."""
        numbers = [_number(text) for text in texts]
        if len(texts) < self.required or (self.rest is None and len(texts) > len(self.parameters)):
            raise FlexError(103)
        kinds = list(self.parameters)
        if self.rest is not None:
            kinds += [self.rest] * (len(texts) - len(kinds))
        return [kind.convert(number) for kind, number in zip(kinds, numbers, strict=False)]


def _number(text: str) -> float:
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise FlexError(102)
    return float(text)


def command(
    header: str, *parameters: Parameter, optional: int = 0, rest: Parameter | None = None
) -> Callable[[Handler], Handler]:
    """Declare that a method carries out a command, or answers a query (whose header ends in ?).

    parameters: its numbers in order, of which the last ``optional`` may be left out.  rest: what
    any further numbers are. The method is given the numbers that were sent.
    """
    required = len(parameters) - optional
    made = Declaration(header, parameters, required, rest)

    def mark(function: Handler) -> Handler:
        vars(function)[_MARK] = (*getattr(function, _MARK, ()), made)
        return function

    return mark


class CommandTable:
    """All commands of a class of instruments by header; a later declaration goes first."""

    def __init__(self, owner: type) -> None:
        self._entries: dict[str, tuple[Declaration, Callable[..., object]]] = {
            made.header: (made, function)
            for base in reversed(owner.__mro__)
            for function in vars(base).values()
            for made in getattr(function, _MARK, ())
        }

    @property
    def patterns(self) -> list[str]:
        """Every header."""
        return list(self._entries)

    def find(self, header: str) -> tuple[Declaration, Callable[..., object]]:
        """Return the command of a header in upper case; 100 for one that there is not."""
        found = self._entries.get(header)
        if found is None:
            raise FlexError(100)
        return found


class FlexInstrument:
    """Base of simulated FLEX instruments; a `Dialect` for the message core."""

    accepts_blocks: bool = False
    queues_replies: bool = True
    terminator: bytes = b"\r\n"
    command_table: ClassVar[CommandTable]

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        cls.command_table = CommandTable(cls)

    def __init__(self) -> None:
        self.output_buffer = OutputBuffer(BUFFER)
        self.errors = FlexErrorQueue()
        self.status = FlexStatus(self.output_buffer)

    def execute(self, message: bytes) -> bytes | None:
        """Carry out the commands of one line; return the answer of its last query, if any."""
        self.status.set(SET_READY, False)
        answer: str | None = None
        for text in map(str.strip, message.decode("latin-1").split(";")):
            if not text:
                continue
            try:
                given = self._carry_out(text)
            except FlexError as refusal:
                self.report(refusal)
            else:
                answer = answer if given is None else str(given)
        self.status.set(SET_READY, True)
        return None if answer is None else answer.encode("latin-1")

    def _carry_out(self, text: str) -> object:
        unit = _UNIT.fullmatch(text)
        if unit is None:
            raise FlexError(100)
        made, function = self.command_table.find(unit[1].upper())
        texts = [part.strip() for part in unit[2].split(",")] if unit[2].strip() else []
        return function(self, *made.arguments(texts))

    def report(self, error: FlexError) -> None:
        """Queue an error and set its bit."""
        self.errors.add(error)
        self.status.set(ERROR, True)

    def put_out(self, body: bytes, terminator: bytes, *, ends: bool, count: int) -> None:
        """Leave measured data in the output buffer; 150 where they find no room."""
        if not self.output_buffer.put(Output(body, terminator, ends, count)):
            raise FlexError(150)
        self.status.update()

    def device_clear(self) -> None:
        """Empty the buffers; settings stay."""
        self.output_buffer.clear()
        self.status.reset()

    def trigger(self) -> None:
        """Act on a group execute trigger; instruments that measure override it."""
