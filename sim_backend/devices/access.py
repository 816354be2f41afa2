"""A cell of any model behind its access transistor.

"Conductance" means current / voltage of cell and transistor together at the preset's reference
read. That is what published values are, and it makes a reading at those voltages unbiased.
"""

from numba import njit

from .layout import Record
from .transistor import series_current, triode_resistance


@njit(cache=True, nogil=True, error_model="numpy")
def reference_resistance(device: Record, p: Record) -> float:
    """Return the transistor's resistance in ohm at the reference read."""
    resistance: float = triode_resistance(p.beta, p.read_gate - device.gate_threshold)
    return resistance


@njit(cache=True, nogil=True, error_model="numpy")
def current_through(
    device: Record, p: Record, conductance: float, row: float, column: float, gate: float
) -> float:
    """Return the current in A from the SET terminal through an ohmic cell and its transistor.

    conductance: S, at the reference read.  row (the SET terminal), column, gate: V.
    device needs gate_threshold in V; p beta in A/V^2 and read_gate in V.
    """
    rest = 1.0 / conductance - reference_resistance(device, p)
    cell = 1.0 / max(rest, 100.0)
    current: float = series_current(cell, row, column, gate, device.gate_threshold, p.beta)
    return current
