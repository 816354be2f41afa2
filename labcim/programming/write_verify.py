"""Incremental-pulse write-verify with polarity reversal, as a state machine on arrays.

No input or output happens here: somebody reads the ``active`` cells and hands the readings to
``decide``, which answers with the pulses to give, and so on until nothing is active. The published
schedule is that of NeuRRAM (Wan et al., Nature 608:504, 2022); ``adaptive`` starts each ramp where
the readings so far say that the cell will answer, and scales its steps to what is missing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .algorithms import advance_of
from .pulse_schedule import CELL, PulseSchedule, Status
from .start_law import SUMS_SHAPE, empty_sums, laws_of


@dataclass(frozen=True, slots=True)
class Pulses:
    """What to give next. cells: positions among the tuner's cells.  amplitude: V, signed."""

    cells: NDArray[np.uint32]
    amplitude: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.cells)


class Tuner:
    """Brings cells to their targets, each by itself; knows them by position, 0 to n - 1.

    targets: S, shape (cells,).  sums: what an earlier Tuner learned, shape (2, 19).
    """

    def __init__(
        self,
        targets: NDArray[np.float64],
        schedule: PulseSchedule | None = None,
        sums: NDArray[np.float64] | None = None,
    ) -> None:
        self._schedule = schedule or PulseSchedule()
        self._numbers = self._schedule.numbers()
        self._advance = advance_of(self._schedule.algorithm)
        self.state = np.zeros(len(targets), CELL)
        self.state["target"] = targets
        self.state["tolerance"] = self._schedule.tolerance
        for name in ("reading", "before", "own_v", "own_g"):
            self.state[name] = np.nan
        self.sums = empty_sums() if sums is None else np.array(sums, dtype=np.float64)
        if self.sums.shape != SUMS_SHAPE:
            raise ValueError(f"learned sums have shape {self.sums.shape}, not {SUMS_SHAPE}")
        self.active: NDArray[np.uint32] = np.arange(len(targets), dtype=np.uint32)

    def decide(self, readings: NDArray[np.float64], good: NDArray[np.bool_]) -> Pulses:
        """Take one reading of every active cell, in order; return the pulses to give next.

        readings: S, good: False for flagged ones, which are read again; both of shape (active,).
        Cells in range get no pulse and stay active until they are confirmed.
        """
        amplitude = np.empty(len(self.active))
        self._advance(
            self.state,
            self.active,
            np.ascontiguousarray(readings, dtype=np.float64),
            np.ascontiguousarray(good, dtype=np.bool_),
            laws_of(self.sums),
            self.sums,
            self._numbers,
            amplitude,
        )
        pulsed = np.flatnonzero(amplitude)
        pulses = Pulses(self.active[pulsed], amplitude[pulsed])
        self.active = self.active[self.state["status"][self.active] == Status.ACTIVE]
        return pulses
