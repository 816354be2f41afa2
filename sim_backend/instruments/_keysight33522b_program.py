"""How the frequency of a simulated 33522B goes in a sweep or a list: phase over time."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SWEPT: Final = ("SIN", "SQU", "RAMP", "TRI")
RETURN: Final = 1e-3  # s between sweeps that repeat by themselves
_GRID: Final = 20_001


@dataclass(slots=True)
class Program:
    """A sweep or a list of frequencies in Hz. mode: CW, SWE or LIST.  time, dwell: s."""

    mode: str = "CW"
    start: float = 100.0
    stop: float = 1e3
    time: float = 1.0
    spacing: str = "LIN"
    frequencies: tuple[float, ...] = (100.0, 1000.0, 550.0)
    dwell: float = 1.0

    @property
    def on(self) -> bool:
        """Say whether the frequency is anything but fixed."""
        return self.mode != "CW"

    @property
    def duration(self) -> float:
        """Return how long it takes in s."""
        return self.time if self.mode == "SWE" else self.dwell * len(self.frequencies)

    def cycles(self, times: Floats) -> Floats:
        """Return how many cycles have passed at times in s, from 0 to the duration."""
        if self.mode == "LIST":
            corners = np.arange(len(self.frequencies) + 1) * self.dwell
            passed = np.concatenate([[0.0], np.cumsum(self.frequencies) * self.dwell])
            return np.asarray(np.interp(times, corners, passed), np.float64)
        part = times / self.time
        if self.spacing == "LIN" or self.start == self.stop:
            return self.time * (self.start * part + 0.5 * (self.stop - self.start) * part**2)
        ratio = math.log(self.stop / self.start)
        grown: Floats = self.start * self.time / ratio * np.expm1(ratio * part)
        return grown

    def steps(self, of_a_cycle: int) -> tuple[Floats, Floats]:
        """Return (places in cycles, s each) of equal steps of cycles, shape (steps,) each."""
        times = np.linspace(0.0, self.duration, _GRID)
        passed = self.cycles(times)
        count = max(round(float(passed[-1]) * of_a_cycle), 1)
        corners = np.linspace(0.0, float(passed[-1]), count + 1)
        ends = np.interp(corners, passed, times)
        return 0.5 * (corners[:-1] + corners[1:]), np.diff(ends)
