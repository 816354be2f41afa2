"""The board's drivers of one family of lines: level, state and protection of each line."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ..wire.scpi import ScpiError

Floats = NDArray[np.float64]

VOLTAGE_LIMIT = 10.0
"""Largest voltage of any driver, in V."""


class LineState(IntEnum):
    """What the board does with a line (ROUTe:...:STATe)."""

    GROUND = 0
    DRIVE = 1
    FLOAT = 2
    SENSE = 3


class LineBank:
    """Drivers of the rows, of the columns or of the gates.

    low, high: protection in V; no level and no pulse beyond it is taken.  lowest, highest: V that
    it may be set to.
    """

    def __init__(self, name: str, count: int) -> None:
        self.name = name
        self.count = count
        self.lowest, self.highest = -VOLTAGE_LIMIT, VOLTAGE_LIMIT
        self.reset()

    def bound(self, low: float, high: float) -> None:
        """Let no protection reach beyond what the chip's lines stand, in V; then reset."""
        self.lowest, self.highest = max(low, -VOLTAGE_LIMIT), min(high, VOLTAGE_LIMIT)
        self.reset()

    def reset(self) -> None:
        """Ground every line at level 0 V, with the widest protection."""
        self.levels: Floats = np.zeros(self.count)
        self.states: NDArray[np.uint8] = np.zeros(self.count, np.uint8)
        self.low, self.high = self.lowest, self.highest

    def set_levels(self, values: float | Floats | list[float]) -> None:
        """Set one level for all lines, or one for each. Nothing is set where one is refused."""
        self.levels = self._spread(values)

    def set_states(self, values: float | Floats | list[float]) -> None:
        """Set one state for all lines, or one for each; -222 for an unknown one."""
        spread = self._spread(values, check=False)
        if not np.isin(spread, list(LineState)).all():
            raise ScpiError(-222, device_info="line states are 0, 1, 2, 3")
        self.states = spread.astype(np.uint8)

    def protect(self, low: float, high: float) -> None:
        """Set the protection; -222 unless it holds 0 V, -221 if a level lies outside."""
        if not self.lowest <= low <= 0.0 <= high <= self.highest:
            reach = f"{self.lowest:g} to {self.highest:g} V"
            raise ScpiError(-222, device_info=f"a {self.name} window holds 0 V, within {reach}")
        if self.count and not low <= self.levels.min() <= self.levels.max() <= high:
            raise ScpiError(-221, device_info=f"a {self.name} level lies outside")
        self.low, self.high = low, high

    def check(self, values: float | Floats) -> None:
        """Raise -222 unless every value is a number within the protection."""
        if isinstance(values, float):
            least = most = values
        else:
            every = np.asarray(values)
            least, most = (every.min(), every.max()) if every.size else (0.0, 0.0)
        # A comparison with NaN is false, so NaN is refused as well.
        if not self.low <= least <= most <= self.high:
            raise ScpiError(-222, device_info=f"{self.name} takes {self.low:g} to {self.high:g} V")

    @property
    def reach(self) -> float:
        """Return the largest voltage in V, either way, that a protection may let through."""
        return max(-self.lowest, self.highest)

    @property
    def worst(self) -> float:
        """Return the largest absolute level in V."""
        return float(np.abs(self.levels).max(initial=0.0))

    @property
    def driven(self) -> Floats:
        """Return the voltage of every line in V; 0 where it is grounded, NaN where it floats."""
        voltages = np.where(self.states == LineState.GROUND, 0.0, self.levels)
        voltages[self.states == LineState.FLOAT] = np.nan
        return voltages

    def _spread(self, values: float | Floats | list[float], *, check: bool = True) -> Floats:
        given = np.atleast_1d(np.asarray(values, np.float64))
        if len(given) not in (1, self.count):
            code = -109 if len(given) < self.count else -223
            raise ScpiError(code, device_info=f"there are {self.count} {self.name} lines")
        if check:
            self.check(given)
        return np.broadcast_to(given, (self.count,)).copy()
