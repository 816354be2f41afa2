"""When a simulated TDS2024B triggers: edges and pulses of a signal in time."""

from typing import Final

import numpy as np

from ..chip.waveforms import Floats
from ._tds2024b_settings import Trigger

SENSITIVITY: Final = 0.5  # divisions below the level where an edge has to begin: 1 division in all
NOISE_REJECTED: Final = 2.0  # times that, with NOISErej
LINE: Final = 50.0  # Hz
_TIGHT, _GUARD = 16.5e-9, 0.05  # of the width that counts as equal: s, and a share


def first_trigger(
    trigger: Trigger, times: Floats, volts: Floats, hysteresis: float
) -> float | None:
    """Return when (s) a signal in V at ascending times first fulfils the trigger, or None."""
    if trigger.kind == "PULse":
        return _first_pulse(trigger, times, volts, hysteresis)
    if trigger.kind != "EDGE":
        return None  # no video here
    found = crossing(times, volts, trigger.level, trigger.slope == "RISe", hysteresis)
    return None if found is None else found[0]


def crossing(
    times: Floats, volts: Floats, level: float, rising: bool, hysteresis: float, begin: int = 0
) -> tuple[float, int] | None:
    """Return (s, index after it) of the first edge through a level in V from ``begin`` on."""
    height = (volts - level) if rising else (level - volts)
    below = np.flatnonzero(height[begin:] <= -hysteresis)
    if not below.size:
        return None
    armed = begin + int(below[0])
    above = np.flatnonzero(height[armed:] >= 0.0)
    if not above.size:
        return None
    after = armed + int(above[0])
    share = -height[after - 1] / max(height[after] - height[after - 1], 1e-300)
    at = times[after - 1] + share * (times[after] - times[after - 1])
    return float(at), after


def _first_pulse(trigger: Trigger, times: Floats, volts: Floats, hysteresis: float) -> float | None:
    rising = trigger.polarity == "POSITIVe"
    at = 0
    while True:
        begun = crossing(times, volts, trigger.level, rising, hysteresis, at)
        if begun is None:
            return None
        ended = crossing(times, volts, trigger.level, not rising, 0.0, begun[1])
        overdue = begun[0] + trigger.width
        lasted = None if ended is None else ended[0] - begun[0]
        found = _fulfils(trigger, lasted, begun[0], float(times[-1]) >= overdue)
        if found is not None:
            return found
        if ended is None:
            return None
        at = ended[1]


def _fulfils(
    trigger: Trigger, lasted: float | None, begun: float, is_overdue: bool
) -> float | None:
    """Return when (s) a pulse triggers that began then and lasted so long, if it has ended."""
    width, guard = trigger.width, max(_GUARD * trigger.width, _TIGHT)
    if trigger.when == "OUTside":
        late = lasted is None or lasted > width
        return begun + width if is_overdue and late else None
    if lasted is None:
        return begun + width + guard if trigger.when == "NOTEqual" and is_overdue else None
    equal = abs(lasted - width) <= guard
    fulfilled = {"EQual": equal, "NOTEqual": not equal, "INside": lasted < width}
    return begun + lasted if fulfilled[trigger.when] else None
