"""Autotuning of a simulated 336: the heater makes a step, and the sensor's answer tells the gains.

The steepest rise of the sensor and the dead time before it (where its tangent meets the start) make
gains by Skogestad's rules for a lag that is slow against its dead time (J. Process Control 13, 291,
2003), with a closed loop three dead times slow. How the real one steps, its manual does not say.
"""

from collections.abc import Callable
from typing import Final

from ..chip.plate import STEP, Plate

P_ONLY, P_I, P_I_D = range(3)
HEATER_STEP: Final = 20.0  # % of the range
FARTHEST: Final = 3.0  # K that the sensor is let go
SHORTEST: Final = 20.0  # s
LONGEST: Final = 600.0  # s
_SLOWNESS: Final = 3.0  # dead times

Gains = tuple[float, float, float]


class Tuner:
    """One autotuning of a plate's loop. done: told P, I and D of the result, None where none is."""

    def __init__(self, plate: Plate, mode: int, done: Callable[[Gains | None], None]) -> None:
        self._plate, self._mode, self._done = plate, mode, done
        self._start = self._last = plate.sensed
        self._step = HEATER_STEP if plate.output <= 100.0 - HEATER_STEP else -HEATER_STEP
        self._passed = self._steepest = 0.0
        self._tangent = (0.0, 0.0)  # s and K where it was steepest
        plate.loop, plate.bias = "open", plate.output + self._step

    def __call__(self, _wanted: float) -> None:
        """Look at the sensor, once for each step of the plate."""
        self._passed += STEP
        change, rate = self._plate.sensed - self._start, (self._plate.sensed - self._last) / STEP
        self._last = self._plate.sensed
        if abs(rate) > abs(self._steepest):
            self._steepest, self._tangent = rate, (self._passed, change)
        past = self._passed > max(SHORTEST, 3.0 * self._tangent[0])
        if past or abs(change) >= FARTHEST or self._passed >= LONGEST:
            self._done(self._gains())

    def _gains(self) -> Gains | None:
        slope = self._steepest / self._step  # K/s for each %
        if slope < 1e-6:
            return None
        at, change = self._tangent
        dead = max(at - change / self._steepest, STEP)
        closed = _SLOWNESS * dead
        p = min(max(1.0 / (slope * (closed + dead)), 0.1), 1000.0)
        if self._mode == P_ONLY:
            return p, 0.0, 0.0
        i = min(max(1000.0 / (4.0 * (closed + dead)), 0.1), 1000.0)
        return p, i, 100.0 if self._mode == P_I_D else 0.0
