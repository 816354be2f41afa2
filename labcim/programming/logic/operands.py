"""Bits written into cells and read from them one by one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import CellIndices, Cells, Floats, Train
from labcim.programming.reading import read_good

Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BitPulses:
    """Pulses that write bits, amplitudes as magnitudes, in V and s."""

    set_voltage: float
    set_gate: float
    reset_voltage: float
    reset_gate: float
    width: float

    def write(self, given: Cells, cells: CellIndices, bits: Bits) -> None:
        """Write bits, (cells,), whatever the cells hold."""
        for chosen, amplitude, gate in (
            (cells[bits], self.set_voltage, self.set_gate),
            (cells[~bits], -self.reset_voltage, self.reset_gate),
        ):
            if len(chosen):
                given.pulse(chosen, Train(amplitude, self.width, gate))


@dataclass(frozen=True, slots=True)
class BitReads:
    """How bits are read. boundary: S, above which a cell holds 1.  attempts: for flagged reads."""

    voltage: float
    gate: float
    boundary: float
    averages: int = 1
    attempts: int = 5

    def conductance(self, given: Cells, cells: CellIndices) -> Floats:
        """Return the conductance of cells in S, (cells,); NaN where all readings were flagged."""
        return read_good(
            given,
            cells,
            self.voltage,
            gate=self.gate,
            averages=self.averages,
            attempts=self.attempts,
        ).conductance
