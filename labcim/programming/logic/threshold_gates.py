"""Threshold logic: voltages in, voltages out (Maan et al., IEEE TNNLS 28:1734, 2017).

Every column is a gate. Its cells hold weights 0 or 1, rows carry the inputs as 0 V or the read
voltage, and the gate gives 1 where enough cells conduct. A weight of 2 takes two rows that carry
the same input. What a gate gives drives rows of the next reading.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Floats, LineState, Topology
from labcim.errors import RangeError

Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ThresholdGate:
    """Gives 1 where at least ``least`` of the conducting cells of ``column`` are driven."""

    column: int
    least: int


def input_states(
    topology: Topology, bits: Bits, *, voltage: float, gate: float, duration: float
) -> list[LineState]:
    """Return a state for each input of all rows, bits of shape (batch, rows). Columns at 0 V."""
    if bits.ndim != 2 or bits.shape[1] != topology.rows:
        raise RangeError(f"inputs of shape {bits.shape}: accepts (batch, {topology.rows})")
    columns, gates = np.zeros(topology.columns), np.full(topology.gates, gate)
    return [LineState(np.where(one, voltage, 0.0), columns, gates, duration) for one in bits]


def fire(gates: list[ThresholdGate], sums: Floats, unit: float) -> Bits:
    """Return what the gates give, (batch, gates).

    sums: A, out of the columns, (batch, columns).  unit: A, of one conducting cell that is driven.
    """
    if not unit > 0.0:
        raise RangeError(f"unit current = {unit:g} A: accepts more than 0 A")
    columns = [gate.column for gate in gates]
    needed = np.array([gate.least - 0.5 for gate in gates]) * unit
    return np.asarray(sums[:, columns] > needed)
