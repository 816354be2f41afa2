"""Which ranges of a Tektronix TDS2024B hold what is to be recorded.

Programmer Manual 071-1075 (CH<x>:SCAle, CH<x>:POSition, HORizontal:MAIn:SCAle); specifications:
TDS2000B Series data sheet.
"""

import math
from dataclasses import dataclass
from typing import Final

from labcim.errors import RangeError
from labcim.units import show

DIVISIONS_UP, DIVISIONS_ACROSS = 8.0, 10.0
USED: Final = 7.0  # divisions of those that are shown: the rest is for overshoot and for errors
HYSTERESIS: Final = 0.75  # divisions that an edge needs on either side of the level
TIME_SCALES: Final = tuple(
    float(f"{step}e{power}")
    for power in range(-9, 2)
    for step in ("1", "2.5", "5")
    if 2.4e-9 < float(f"{step}e{power}") < 51.0
)
VOLT_SCALES: Final = tuple(
    float(f"{step}e{power}") for power in range(-3, 1) for step in (1, 2, 5)
)[1:]  # 2 mV to 5 V for each division, at the connector
GAIN, GAIN_FINE, RISE = 0.03, 0.04, 2.1e-9
SLOW: Final = 0.35 / 20e6  # s, of the rise below 5 mV for each division


@dataclass(frozen=True, slots=True)
class Ranges:
    """V for each division, position in divisions; s for each division, s of the centre."""

    scale: float
    position: float
    across: float
    centre: float


def ranges_for(
    lowest: float, highest: float, before: float, after: float, level: float, probe: float
) -> Ranges:
    """Return the finest ranges that hold it; raises RangeError where there are none."""
    for name, value, unit in (
        ("lowest", lowest, "V"), ("highest", highest, "V"), ("before", before, "s"),
        ("after", after, "s"), ("level", level, "V"),
    ):  # fmt: skip
        if not math.isfinite(value):
            raise RangeError(f"{name} = {value} {unit}: accepts numbers only; nothing was sent")
    if not lowest < level < highest:
        raise RangeError(
            f"level = {show(level, 'V')}: accepts more than lowest = {show(lowest, 'V')} and less "
            f"than highest = {show(highest, 'V')}; nothing was sent"
        )
    if before < 0.0 or after <= 0.0:
        raise RangeError(
            f"before = {show(before, 's')}, after = {show(after, 's')}: accepts 0 s and more "
            "before the trigger, and more than that after it; nothing was sent"
        )
    scale = _scale(lowest, highest, level, probe)
    across = next((it for it in TIME_SCALES if DIVISIONS_ACROSS * it >= before + after), None)
    if across is None:
        longest = DIVISIONS_ACROSS * TIME_SCALES[-1]
        raise RangeError(
            f"before + after = {show(before + after, 's')}: the scope accepts "
            f"{show(longest, 's')}; nothing was sent"
        )
    position = -0.5 * (lowest + highest) / scale
    return Ranges(scale, position, across, 0.5 * DIVISIONS_ACROSS * across - before)


def _scale(lowest: float, highest: float, level: float, probe: float) -> float:
    """Return V for each division, at the probe's tip."""
    for scale in (probe * it for it in VOLT_SCALES):
        farthest = (2.0 if scale / probe <= 0.2 else 50.0) / (scale / probe)
        centred = abs(0.5 * (lowest + highest)) / scale <= farthest
        if centred and highest - lowest <= USED * scale:
            if min(highest - level, level - lowest) < HYSTERESIS * scale:
                raise RangeError(
                    f"level = {show(level, 'V')}: an edge needs {show(HYSTERESIS * scale, 'V')} "
                    f"on either side of it to trigger, in {show(lowest, 'V')} to "
                    f"{show(highest, 'V')}; nothing was sent"
                )
            return scale
    most = USED * VOLT_SCALES[-1] * probe
    raise RangeError(
        f"{show(lowest, 'V')} to {show(highest, 'V')}: the scope accepts {show(most, 'V')} "
        f"between them, behind a probe of {probe:g}X; nothing was sent"
    )
