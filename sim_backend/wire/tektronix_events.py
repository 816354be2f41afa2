"""Events of Tektronix oscilloscopes: numbers, texts, and the queue that holds them.

An event is not seen by ``EVENT?`` and its like before ``*ESR?`` has been read; reading it once more
drops what was left of those before. Numbers and texts: TDS200, TDS1000/2000, TDS1000B/2000B and
TPS2000 Programmer Manual (071-1075), chapter 3, tables 3-3 to 3-9.
"""

from collections import deque
from typing import Final

from .errors import STANDARD_TEXTS, ErrorQueue, ScpiError

POWER_ON, OPERATION_COMPLETE = 401, 402
SETTINGS_CONFLICT, OUT_OF_RANGE, ILLEGAL_VALUE = 221, 222, 224
NO_PERIOD, LOW_AMPLITUDE, OVERFLOW = 2202, 2204, 2207
NO_NEGATIVE, NO_POSITIVE = 2212, 2213
NO_WAVEFORM, CLIPPED_BOTH, CLIPPED_HIGH, CLIPPED_LOW = 2225, 2227, 2228, 2229
MEASUREMENT_OFF, BAD_MATH = 2231, 2235
WAVEFORM_INVALID, WAVEFORM_OFF, SOURCE_OFF = 2241, 2244, 2245
PARAMETER_OUT_OF_RANGE: Final = 528

TEXTS: Final[dict[int, str]] = {
    **{-code: text for code, text in STANDARD_TEXTS.items() if -500 < code < 0},
    POWER_ON: "Power on",
    OPERATION_COMPLETE: "Operation complete",
    NO_PERIOD: "Measurement error, No period found",
    LOW_AMPLITUDE: "Measurement error, Low signal amplitude",
    OVERFLOW: "Measurement error, Measurement overflow",
    NO_NEGATIVE: "Measurement error, No negative crossing",
    NO_POSITIVE: "Measurement error, No positive crossing",
    NO_WAVEFORM: "Measurement error, No waveform to measure",
    CLIPPED_BOTH: "Measurement error, Positive and Negative Clipping",
    CLIPPED_HIGH: "Measurement error, Positive Clipping",
    CLIPPED_LOW: "Measurement error, Negative Clipping",
    MEASUREMENT_OFF: "Measurement error, Measurement is not turned on",
    BAD_MATH: "Math error, Invalid math description",
    WAVEFORM_INVALID: "Waveform requested is invalid",
    WAVEFORM_OFF: "Waveform requested is not turned on",
    SOURCE_OFF: "Saveref error, Selected channel is turned off",
    PARAMETER_OUT_OF_RANGE: "Parameter out of range",
}
NOTHING: Final = (0, "No events to report - queue empty")
PENDING: Final = (1, "No events to report - new events pending *ESR?")
_DEPTH: Final = 20
_FULL: Final = 350


def event(code: int, detail: str = "") -> ScpiError:
    """Return a refusal with a number of the tables."""
    return ScpiError(code, TEXTS[code], detail)


def standard_bit(code: int) -> int:
    """Return the bit of the standard event status register that an event sets."""
    by_hundred = {1: 32, 2: 16, 3: 8, 5: 16, 22: 16, 23: 16}
    of_system = {POWER_ON: 128, OPERATION_COMPLETE: 1, 403: 64}
    return by_hundred.get(code // 100) or of_system.get(code, 4)


class EventQueue(ErrorQueue):
    """Events that wait for ``*ESR?``, and those that it has let out."""

    def __init__(self) -> None:
        super().__init__(_DEPTH)
        self._pending: deque[tuple[int, str]] = deque()
        self._seen: deque[tuple[int, str]] = deque()

    def push(self, error: ScpiError) -> None:
        """Note an event; a full queue ends with 350."""
        code = abs(error.code)
        if len(self._pending) >= _DEPTH:
            self._pending[-1] = (_FULL, f"{TEXTS[_FULL]}; ")
            return
        text = TEXTS.get(code, error.text)
        self._pending.append((code, f"{text}; {error.device_info}"))

    def let_out(self) -> None:
        """Make visible what waits, in place of what was visible."""
        self._seen, self._pending = self._pending, deque()

    def clear(self) -> None:
        """Forget all events."""
        self._seen.clear()
        self._pending.clear()

    @property
    def quantity(self) -> int:
        """Return how many events can be seen."""
        return len(self._seen)

    def take(self) -> tuple[int, str]:
        """Take the oldest visible event, or what says that there is none."""
        if self._seen:
            return self._seen.popleft()
        return PENDING if self._pending else NOTHING
