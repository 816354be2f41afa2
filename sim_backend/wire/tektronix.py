"""The language of Tektronix oscilloscopes: SCPI-like headers, replies that may repeat them.

With ``HEADer ON`` a reply begins with the header of its command, in full where ``VERBose`` is on:
``:CH1:SCALE 1.0E0``; one that tells several settings names each of them, as in
``:CH1:SCALE 1.0E0;POSITION 0.0E0``. There is no SYSTem:ERRor; what was wrong is an event (see
`tektronix_events`). Source: Programmer Manual 071-1075, chapters 2 and 3.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .commands import command, complete, path_after, query
from .common import StarCommands
from .errors import ErrorQueue, ScpiError
from .header import short_form
from .parameters import Boolean, Choice, Integer
from .program import Token, units
from .status import StatusModel
from .tektronix_events import (
    OPERATION_COMPLETE,
    PARAMETER_OUT_OF_RANGE,
    POWER_ON,
    EventQueue,
    event,
    standard_bit,
)

_BYTE: Final = Integer(0, 255)
_MOST_HELD: Final = 256  # messages that wait behind *WAI
_CAPTURE: Final = re.compile(r"<[^>]*>|\{[^}]*\}")


class Word(str):
    """A word of an answer in manual notation, such as ``SAMple``."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Fields:
    """An answer of several settings: names below the query's header, and their values."""

    items: Sequence[tuple[str, object]]


class Words(Choice):
    """One of several words; gives it in manual notation."""

    def __init__(self, *words: str) -> None:
        super().__init__(*words)
        self._full = {short_form(word): Word(word) for word in words}

    def convert(self, token: Token) -> Word:
        """Return the word; -224 for another."""
        return self._full[super().convert(token)]


def number(value: float) -> str:
    """Return a number as these instruments write it, such as ``2.5E-4``."""
    mantissa, _, exponent = f"{value:.10E}".partition("E")
    return (
        f"{mantissa.rstrip('0')}{'0' if mantissa.rstrip('0').endswith('.') else ''}E{int(exponent)}"
    )


class TektronixInstrument(StarCommands):
    """Base of simulated Tektronix oscilloscopes; a `Dialect` for the message core."""

    accepts_blocks: bool = True
    queues_replies: bool = False

    def __init__(self) -> None:
        self.errors: EventQueue = EventQueue()
        self.status: StatusModel = StatusModel(ErrorQueue())  # its status byte has no bit for one
        self._later: list[list[tuple[str, list[Token]]]] = []
        self.headers, self.verbose = True, True
        self.device_enable, self.power_clears = 255, True
        self._started()

    def _started(self) -> None:
        """Note that the power came on."""
        self.errors.clear()
        self.status.take_standard_event()
        self.report(event(POWER_ON))

    def device_clear(self) -> None:
        """Forget what was asked and is held back; settings stay."""
        self._later.clear()

    def report(self, error: ScpiError) -> None:
        """Queue an event and set its bit, as far as ``DESE`` lets it."""
        bit = standard_bit(abs(error.code))
        if bit & self.device_enable:
            self.errors.push(error)
            self.status.raise_event(bit)

    def within(self, value: float, low: float, high: float) -> float:
        """Return the nearest value that is accepted; another than was asked is an event."""
        if low <= value <= high:
            return value
        self.report(event(PARAMETER_OUT_OF_RANGE))
        return min(max(value, low), high)

    # -- messages ----------------------------------------------------------------------------

    @property
    def is_held(self) -> bool:
        """Say whether ``*WAI`` holds all commands back until something is complete."""
        return False

    def execute(self, message: bytes) -> bytes | None:
        """Carry out one program message; return its answers joined with semicolons, or None.

        What comes while ``*WAI`` holds is carried out after that, before the next message; nobody
        waits for its answers then.
        """
        if self._later and not self.is_held:
            later, self._later = self._later, []
            for earlier in later:
                self._carry_out(iter(earlier))
        return self._carry_out(units(message))

    def _carry_out(self, message: Iterator[tuple[str, list[Token]]]) -> bytes | None:
        answers: list[bytes] = []
        path, done = "", ""
        try:
            for header, tokens in message:
                if self.is_held:
                    if len(self._later) >= _MOST_HELD:
                        raise ScpiError(-363)
                    self._later.append([(complete(path, header), tokens), *message])
                    break
                done = header
                answer = self._unit(path, header, tokens)
                path = path_after(path, header)
                if answer is not None:
                    answers.append(answer)
        except ScpiError as refusal:
            told = refusal.device_info or done
            self.report(ScpiError(refusal.code, refusal.text, told))
        return b";".join(answers) if answers else None

    def _unit(self, path: str, header: str, tokens: list[Token]) -> bytes | None:
        declared, function, captures = self.command_table.find(path, header)
        try:
            answer = function(self, *captures, *declared.arguments(tokens))
        except ScpiError as refusal:
            if -200 < refusal.code <= -100:
                raise
            self.report(refusal)
            return None
        if not declared.is_query or answer is None:
            return None
        return self._encode(_canonical(function) or declared.header.pattern, captures, answer)

    def _encode(self, pattern: str, captures: Sequence[int | str], answer: object) -> bytes:
        if pattern.startswith("*"):
            return self._value(answer)
        header = self._spelled(_filled(pattern, captures)) if self.headers else ""
        if isinstance(answer, Fields):
            return self._several(header, answer)
        return f"{header} ".encode() * self.headers + self._value(answer)

    def _several(self, header: str, fields: Fields) -> bytes:
        """Return all fields; after the first, a header is repeated only where its path changes."""
        parts: list[bytes] = []
        last: str | None = None
        for name, value in fields.items:
            told = b""
            if self.headers:
                above, _, leaf = self._spelled(f"{header}:{name}").rpartition(":")
                told = (leaf if above == last else f"{above}:{leaf}").encode() + b" "
                last = above
            parts.append(told + self._value(value))
        return b";".join(parts)

    def _spelled(self, words: str) -> str:
        """Return words in capitals: whole where replies are verbose, else their short forms."""
        if self.verbose:
            return words.upper()
        return ":".join(short_form(word) if word[:1].isupper() else word
                        for word in words.split(":"))  # fmt: skip

    def _value(self, answer: object) -> bytes:
        if isinstance(answer, bytes):
            return answer
        if isinstance(answer, Word):
            return self._spelled(answer).encode()
        if isinstance(answer, bool):
            return b"1" if answer else b"0"
        if isinstance(answer, float):
            return number(answer).encode()
        return str(answer).encode("latin-1", "replace")

    # -- commands that all of them have ------------------------------------------------------

    @command("HEADer", Boolean())
    @command("HDR", Boolean())
    def set_headers(self, on: bool) -> None:
        """Choose whether replies begin with headers."""
        self.headers = on

    @query("HEADer")
    @query("HDR")
    def tell_headers(self) -> bool:
        """Tell whether replies begin with headers."""
        return self.headers

    @command("VERBose", Boolean())
    def set_verbose(self, on: bool) -> None:
        """Choose whether replies have whole words."""
        self.verbose = on

    @query("VERBose")
    def tell_verbose(self) -> bool:
        """Tell whether replies have whole words."""
        return self.verbose

    @command("DESE", _BYTE)
    def enable_device_events(self, mask: int) -> None:
        """Choose which events are noted."""
        self.device_enable = mask

    @query("DESE")
    def device_events_enabled(self) -> int:
        """Tell which events are noted."""
        return self.device_enable

    @command("*PSC", Integer(-32767, 32767))
    def set_power_clears(self, flag: int) -> None:
        """Choose whether the power-on clears the enable registers."""
        self.power_clears = flag != 0

    @query("*PSC")
    def tell_power_clears(self) -> int:
        """Tell whether the power-on clears the enable registers."""
        return int(self.power_clears)

    @query("*ESR")
    def _take_events(self) -> int:
        self.errors.let_out()
        return self.status.take_standard_event()

    @command("*CLS")
    def _clear_status(self) -> None:
        self.errors.clear()
        self.status.clear()

    @query("EVENT")
    def next_event(self) -> int:
        """Take the number of the oldest event."""
        return self.errors.take()[0]

    @query("EVMsg")
    def next_message(self) -> str:
        """Take the oldest event with its text."""
        return '{},"{}"'.format(*self.errors.take())

    @query("EVQty")
    def event_quantity(self) -> int:
        """Tell how many events can be taken."""
        return self.errors.quantity

    @query("ALLEv")
    def all_events(self) -> str:
        """Take all events with their texts."""
        taken = [self.errors.take() for _ in range(max(self.errors.quantity, 1))]
        return ",".join('{},"{}"'.format(*one) for one in taken)

    @command("*OPC")
    def _note_completion(self) -> None:
        self.finish()
        self.report(event(OPERATION_COMPLETE))


def _canonical(function: Callable[..., object]) -> str | None:
    """Return the header under which a query answers: that of its first declaration."""
    marked = getattr(function, "__scpi_declarations__", ())
    return marked[0].header.pattern if marked else None


def _filled(pattern: str, captures: Sequence[int | str]) -> str:
    """Return a pattern as a whole header, with what was captured in its places."""
    rest = iter(captures)

    def fill(found: re.Match[str]) -> str:
        captured, text = next(rest), found.group()
        if not text.startswith("{"):
            return str(captured)
        return next(word for word in text[1:-1].split("|") if short_form(word) == captured)

    filled = _CAPTURE.sub(fill, pattern)
    return ":" + filled.replace("[", "").replace("]", "").lstrip(":")
