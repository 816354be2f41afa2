"""The board's settings for pulses and readings, and what they make of time."""

import math
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..wire.scpi import ScpiError
from ._board_bias import Scheme

Floats = NDArray[np.float64]

LINE_CURRENT = 10e-3
"""Largest current of a line that carries one cell, in A."""
COMMON_CURRENT = 100e-3
"""Largest current of a line that carries all cells of a step, in A."""
PARALLEL = 1024
"""Largest number of cells in one step."""
CELLS_IN_MESSAGE = 262_144
SHORTEST_PULSE = 20e-9
GAP = 100e-9
"""Shortest time between two pulses and between two steps, in s."""
SETTLE = 1e-6
"""Time in which a sense channel settles before its aperture opens, in s."""
RANGES = (1e-6, 1e-5, 1e-4, 1e-3)
"""Ranges of the sense channels in A; each reaches 5 % further."""
OVERREACH = 1.05
CODES = 2**17
"""Steps of the 18-bit converter on either side of zero."""


@dataclass(slots=True)
class BoardSettings:
    """Everything of [SOURce:]PULSe, CURRent:PROTection and SENSe, with the *RST values.

    s, except count and averages; current_limit, common_limit, current_range, widest_range in A.
    pulse_bias, read_bias: what lines that are not selected are held at, without transistors.
    """

    width: float = 1e-6
    period: float = 0.0
    count: int = 1
    leading: float = 0.0
    trailing: float = 0.0
    current_limit: float = 1e-3
    common_limit: float = 10e-3
    aperture: float = 10e-6
    averages: int = 1
    current_range: float = 1e-3
    auto_range: bool = True
    widest_range: float = 1e-3
    pulse_bias: Scheme = "HALF"
    read_bias: Scheme = "GRO"

    def reset(self) -> None:
        """Go to the *RST values."""
        for item in fields(self):
            setattr(self, item.name, item.default)

    @property
    def pulse_time(self) -> float:
        """Return the time from the first to the last moment of one pulse.

        The width is taken at half the amplitude, so half of each edge lies outside of it.
        """
        return self.width + 0.5 * (self.leading + self.trailing)

    @property
    def train_time(self) -> float:
        """Return the time of all pulses of one cell, without the gap after the last."""
        return (self.count - 1) * self.pulse_period + self.pulse_time

    @property
    def pulse_period(self) -> float:
        """Return the time between the beginnings of two pulses; -221 if the pulse is longer."""
        shortest = self.pulse_time + GAP
        if self.period == 0.0:
            return shortest
        # A period from a rounded decimal may fall short by some units in the last place.
        if self.period < shortest * (1.0 - 1e-9):
            raise ScpiError(-221, device_info=f"period {self.period:g} s, needs {shortest:g} s")
        return self.period

    @property
    def reading_time(self) -> float:
        """Return the time of one reading from its settling to the end of its last aperture."""
        return SETTLE + self.aperture * self.averages

    @property
    def cell_limit(self) -> float:
        """Return the current at which a cell's driver limits, in A."""
        return min(self.current_limit, self.common_limit)

    @property
    def pulsed_together(self) -> int:
        """Return how many cells the shared line can carry if all of them draw their limit."""
        return self._together(self.cell_limit)

    @property
    def read_together(self) -> int:
        """Return how many cells the shared line can carry if all of them fill their range."""
        return self._together(self.widest_range if self.auto_range else self.current_range)

    def _together(self, current: float) -> int:
        # The small excess keeps 10 mA / 1 mA from being 9.999...
        return max(1, min(PARALLEL, int(self.common_limit / current * (1.0 + 1e-9))))

    def convert(self, current: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Return what the converters make of currents in A, and which are beyond their range."""
        if current.shape == (1,):
            one, beyond = self.convert_one(float(current[0]))
            return np.array([one]), np.array([beyond])
        size = np.abs(current)
        span: Floats | float = self.current_range
        if self.auto_range:
            usable = _usable(self.widest_range)
            place = np.zeros(current.shape, np.int8)
            for edge in usable[:-1]:
                place += size > edge * OVERREACH
            span = np.array(usable, np.float64)[place]
        reach = span * OVERREACH
        over = ~(size <= reach)  # NaN is over range as well
        codes = np.rint(np.clip(current, -reach, reach) * (CODES / span))
        converted: Floats = codes * (span / CODES)
        return converted, over

    def convert_one(self, current: float) -> tuple[float, bool]:
        """As `convert`, of one current."""
        span, size = self.current_range, abs(current)
        if self.auto_range:
            for span in _usable(self.widest_range):
                if size <= span * OVERREACH:
                    break
        reach = span * OVERREACH
        if math.isnan(current):
            return current, True
        code = min(max(current, -reach), reach) * (CODES / span)
        return math.copysign(round(code), code) * (span / CODES), not size <= reach


@lru_cache(maxsize=16)
def _usable(widest: float) -> tuple[float, ...]:
    """Return the ranges in A that auto range may choose, if it may go up to ``widest``."""
    return tuple(span for span in RANGES if span <= widest * (1.0 + 1e-9)) or RANGES[:1]
