"""Math of a simulated 34461A: dB scaling, running statistics, limit tests."""

import math
from typing import Final

from ._keysight34461a_functions import NOT_A_NUMBER
from ._keysight34461a_settings import Math

LOWER_FAILED: Final = 11
UPPER_FAILED: Final = 12
_MILLIWATT: Final = 1e-3


class Statistics:
    """Average, deviation and extremes of the readings since they were cleared."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all readings."""
        self.count, self.average = 0, 0.0
        self._squares = 0.0
        self.least, self.most = math.inf, -math.inf

    def add(self, value: float, settings: Math) -> None:
        """Take a reading in, if statistics are on."""
        if not settings.average:
            return
        self.count += 1
        step = value - self.average
        self.average += step / self.count
        self._squares += step * (value - self.average)
        self.least, self.most = min(self.least, value), max(self.most, value)

    @property
    def deviation(self) -> float:
        """Return the standard deviation of the sample."""
        return math.sqrt(self._squares / (self.count - 1)) if self.count > 1 else 0.0

    def all(self) -> tuple[float, float, float, float]:
        """Return average, standard deviation, least and most; 9.91E+37 without readings."""
        if not self.count:
            return (NOT_A_NUMBER,) * 4
        return self.average, self.deviation, self.least, self.most

    @staticmethod
    def scaled(value: float, settings: Math) -> float:
        """Return a reading in dB or dBm, where that is on; the first one may be the reference."""
        if not settings.scaling:
            return value
        dbm = 10.0 * math.log10(max(value**2, 1e-30) / settings.ohms / _MILLIWATT)
        if settings.scale == "DBM":
            return dbm
        if settings.reference_auto:
            settings.reference, settings.reference_auto = dbm, False
        return dbm - settings.reference

    @staticmethod
    def failures(value: float, settings: Math) -> dict[int, bool]:
        """Return which limits a reading fails, by bit of the questionable data register."""
        on = settings.limits
        return {
            LOWER_FAILED: on and value < settings.lower,
            UPPER_FAILED: on and value > settings.upper,
        }
