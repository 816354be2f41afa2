"""Write-verify with polarity reversal, as a state machine on arrays, whatever the algorithm.

No input or output happens here: somebody reads the ``active`` cells and hands the readings to
``decide``, which answers with the pulses to give, and so on until nothing is active. What the next
pulse of a cell is, `algorithms` say.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .algorithms import advance_of
from .pulse_schedule import CELL, PulseSchedule, Status
from .start_law import SUMS_SHAPE, empty_sums, laws_of


@dataclass(frozen=True, slots=True)
class Pulses:
    """What to give next.

    cells: positions among the tuner's cells.  amplitude: V, signed.  gate: V.
    """

    cells: NDArray[np.uint32]
    amplitude: NDArray[np.float64]
    gate: NDArray[np.float64]

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
        relative = self._schedule.relative
        self.state["tolerance"] = self._schedule.tolerance
        if relative > 0.0:
            self.state["tolerance"][targets > 0.0] = relative * targets[targets > 0.0]
        for name in ("reading", "before", "gate", "own_v", "own_g"):
            self.state[name] = np.nan
        self.sums = empty_sums() if sums is None else np.array(sums, dtype=np.float64)
        if self.sums.shape != SUMS_SHAPE:
            raise ValueError(f"learned sums have shape {self.sums.shape}, not {SUMS_SHAPE}")
        self.active: NDArray[np.uint32] = np.arange(len(targets), dtype=np.uint32)

    def leave_out(self, which: NDArray[np.bool_], readings: NDArray[np.float64]) -> None:
        """End active cells without a pulse, as cells that would not answer.

        which, readings in S: of the active cells, (active,).
        """
        left = self.active[which]
        self.state["reading"][left] = readings[which]
        self.state["status"][left] = Status.UNRESPONSIVE
        self.active = self.active[~which]

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
        pulses = self._pulses(self.active[pulsed], amplitude[pulsed])
        self.active = self.active[self.state["status"][self.active] == Status.ACTIVE]
        return pulses

    def _pulses(self, cells: NDArray[np.uint32], amplitude: NDArray[np.float64]) -> Pulses:
        own = self.state["gate"][cells]
        set_gate = np.where(np.isnan(own), self._schedule.set_gate, own)
        gate = np.where(amplitude > 0.0, set_gate, self._schedule.reset_gate)
        return Pulses(cells, amplitude, gate)
