"""Trains of pulses of a Keysight 33522B: what it can do, and the words that set them up."""

from dataclasses import dataclass

from labcim.errors import RangeError
from labcim.units import show

from ._keysight33522b_waveform import HIGHEST_OPEN_VOLTAGE, LOWEST_OPEN_SPAN

SHORTEST_PULSE = 16e-9
SHORTEST_PERIOD = 33e-9
LONGEST_PERIOD = 1e6
MOST_PULSES = 100_000_000


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a channel was told for its pulses; amplitude in V on the open terminal."""

    amplitude: float
    width: float
    period: float
    count: int


def checked_pulse(amplitude: float, width: float, period: float, count: int) -> Pulse:
    """Return a pulse that the instrument can do. Raises RangeError."""
    if not LOWEST_OPEN_SPAN <= abs(amplitude) <= HIGHEST_OPEN_VOLTAGE:
        raise RangeError(
            f"amplitude = {show(amplitude, 'V')}: accepts {show(LOWEST_OPEN_SPAN, 'V')} to "
            f"{show(HIGHEST_OPEN_VOLTAGE, 'V')} of either sign; nothing was sent"
        )
    period = period or max(2.0 * width, SHORTEST_PERIOD)
    if not SHORTEST_PULSE <= width <= period - SHORTEST_PULSE:
        raise RangeError(
            f"width = {show(width, 's')}: accepts {show(SHORTEST_PULSE, 's')} up to "
            f"{show(SHORTEST_PULSE, 's')} less than the period of {show(period, 's')}; "
            "nothing was sent"
        )
    if not SHORTEST_PERIOD <= period <= LONGEST_PERIOD:
        raise RangeError(
            f"period = {show(period, 's')}: accepts {show(SHORTEST_PERIOD, 's')} to "
            f"{show(LONGEST_PERIOD, 's')}; nothing was sent"
        )
    if not (count == int(count) and 1 <= count <= MOST_PULSES):
        raise RangeError(f"count = {count!r}: accepts 1 to {MOST_PULSES}; nothing was sent")
    return Pulse(amplitude, width, period, int(count))


def _level_words(amplitude: float) -> tuple[str, str]:
    """Return the words for both levels, in the order in which they never cross."""
    outer = f"VOLT:{'HIGH' if amplitude > 0.0 else 'LOW'} {amplitude:.7g}"
    return outer, f"VOLT:{'LOW' if amplitude > 0.0 else 'HIGH'} 0"


def whole_setup(pulse: Pulse, edges: float | None) -> list[str]:
    """Return all words of a triggered pulse, for a channel in any state.

    The output stays off until all is set. A burst rests at the low level, or with inverted polarity
    at the high one: for both signs that is 0 V. edges: s, where they are not the instrument's own,
    which fit the shortest width.
    """
    outer, inner = _level_words(pulse.amplitude)
    source, setting = ":SOUR<n>:", "INV" if pulse.amplitude < 0.0 else "NORM"
    return [
        "OUTP<n> 0",
        ":OUTP<n>:LOAD INF",
        f"{source}VOLT:UNIT VPP",
        f"{source}VOLT:OFFS 0",
        f"{source}FUNC PULS",
        f":OUTP<n>:POL {setting}",
        f"{source}{outer}",
        f"{source}{inner}",
        f"{source}FUNC:PULS:TRAN:BOTH DEF",
        f"{source}FUNC:PULS:WIDT MIN",
        f"{source}FUNC:PULS:PER {pulse.period:.7g}",
        f"{source}FUNC:PULS:WIDT {pulse.width:.7g}",
        *([] if edges is None else [f"{source}FUNC:PULS:TRAN:BOTH {edges:.7g}"]),
        f"{source}BURS:MODE TRIG",
        f"{source}BURS:NCYC {pulse.count}",
        ":TRIG<n>:SOUR BUS",
        ":TRIG<n>:DEL 0",
        f"{source}BURS:STAT 1",
        ":OUTP<n> 1",
    ]


def changes(old: Pulse, new: Pulse) -> list[str]:
    """Return only the words that differ; width and period in the order that never conflicts."""
    words = []
    if new.amplitude != old.amplitude:
        words.append(f"SOUR<n>:{_level_words(new.amplitude)[0]}")
    timing = []
    if new.width != old.width:
        timing.append(f"SOUR<n>:FUNC:PULS:WIDT {new.width:.7g}")
    if new.period != old.period:
        timing.append(f"SOUR<n>:FUNC:PULS:PER {new.period:.7g}")
    words += timing if new.period < old.period else timing[::-1]
    if new.count != old.count:
        words.append(f"SOUR<n>:BURS:NCYC {new.count}")
    return words
