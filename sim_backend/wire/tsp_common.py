"""Functions that all TSP instruments share: error queue, time, node, bits."""

from typing import Final, Protocol

from .errors import ErrorQueue, ScpiError
from .tsp_tree import call, getter, number, setter

SEVERITY: Final = 20  # RECOVERABLE; the manual's severities are 0, 10, 20, 30, 40
NODE: Final = 1


class Waiting(Protocol):
    """An instrument for which time passes."""

    errors: ErrorQueue
    model: str
    serial: str
    revision: str
    line_frequency: float

    def wait(self, duration: float) -> None:
        """Let time pass."""

    def now(self) -> float:
        """Return the time in s."""

    def finish(self) -> None:
        """Let overlapped operations end."""


class CommonFunctions:
    """``errorqueue``, ``delay``, ``timer``, ``localnode``."""

    def __init__(self, instrument: Waiting) -> None:
        self._instrument = instrument
        self._started = 0.0
        self.prompts = False
        self._description = ""

    @getter("errorqueue.count")
    def error_count(self) -> int:
        """Return how many errors wait."""
        return len(self._instrument.errors)

    @call("errorqueue.next")
    def next_error(self) -> tuple[int, str, int, int]:
        """Return and remove the oldest error: code, text, severity, node."""
        code, words = self._instrument.errors.pop()
        return (code, words, SEVERITY, NODE) if code else (0, "Queue Is Empty", 0, 0)

    @call("errorqueue.clear")
    def clear_errors(self) -> None:
        """Forget all errors."""
        self._instrument.errors.clear()

    @call("delay")
    def delay(self, duration: object) -> None:
        """Wait, 0 s to 100 ks."""
        self._instrument.wait(number(duration, 0.0, 1e5))

    @call("timer.reset")
    def reset_timer(self) -> None:
        """Start the timer anew."""
        self._started = self._instrument.now()

    @call("timer.measure.t")
    def elapsed(self) -> float:
        """Return the time in s since the timer was started."""
        return self._instrument.now() - self._started

    @call("waitcomplete")
    def wait_complete(self, _group: object = None) -> None:
        """Wait until overlapped operations have ended."""
        self._instrument.finish()

    @getter("localnode.model")
    def model(self) -> str:
        """Return the model number."""
        return self._instrument.model

    @getter("localnode.serialno")
    def serial(self) -> str:
        """Return the serial number."""
        return self._instrument.serial

    @getter("localnode.revision")
    def revision(self) -> str:
        """Return the firmware revision."""
        return self._instrument.revision

    @getter("localnode.linefreq")
    def line_frequency(self) -> float:
        """Return the power line frequency in Hz."""
        return self._instrument.line_frequency

    @getter("localnode.description")
    def description(self) -> str:
        """Return what the user calls the instrument."""
        return self._description

    @setter("localnode.description")
    def describe(self, words: object) -> None:
        """Set what the user calls the instrument."""
        if not isinstance(words, str):
            raise ScpiError(-104)
        self._description = words[:63]

    @getter("localnode.prompts")
    def prompting(self) -> int:
        """Return whether each message is answered by a prompt."""
        return int(self.prompts)

    @setter("localnode.prompts")
    def set_prompting(self, state: object) -> None:
        """Set whether each message is answered by a prompt."""
        self.prompts = bool(number(state, 0, 1))


def _bit(position: object) -> int:
    return 1 << int(number(position, 1, 32)) - 1


def _word(value: object) -> int:
    return int(number(value, 0, 2**32 - 1))


class BitFunctions:
    """``bit``: logic on whole numbers, whose lowest bit has the position 1."""

    @call("bit.bitand")
    def both(self, a: object, b: object) -> int:
        """Return the bits that are set in both."""
        return _word(a) & _word(b)

    @call("bit.bitor")
    def either(self, a: object, b: object) -> int:
        """Return the bits that are set in either."""
        return _word(a) | _word(b)

    @call("bit.bitxor")
    def differing(self, a: object, b: object) -> int:
        """Return the bits that are set in one of both."""
        return _word(a) ^ _word(b)

    @call("bit.set")
    def set(self, value: object, position: object) -> int:
        """Return a value with one bit set."""
        return _word(value) | _bit(position)

    @call("bit.clear")
    def clear(self, value: object, position: object) -> int:
        """Return a value with one bit cleared."""
        return _word(value) & ~_bit(position)

    @call("bit.toggle")
    def toggle(self, value: object, position: object) -> int:
        """Return a value with one bit the other way round."""
        return _word(value) ^ _bit(position)

    @call("bit.test")
    def test(self, value: object, position: object) -> bool:
        """Say whether one bit is set."""
        return bool(_word(value) & _bit(position))
