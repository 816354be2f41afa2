"""A cell of any model behind its access transistor, or with none (passive arrays).

"Conductance" means current / voltage of cell and transistor together at the preset's reference
read. That is what published values are, and it makes a reading at those voltages unbiased.

The chip says by the constant ``gated`` whether there is a transistor (`Preset.parameters`). Where
there is none, the gate's voltage means nothing, and what limits a current is outside of the cell.
"""

from math import sqrt

from .inlining import inlined
from .layout import Record
from .transistor import series_current, triode_resistance

UNHINDERED = 1e9  # V of overdrive that stand for a missing transistor: its 4 micro-ohm show nowhere


@inlined
def overdrive_of(device: Record, p: Record, row: float, column: float, gate: float) -> float:
    """Return V of the gate above threshold and source; zero or less where the transistor is off.

    row, column, gate: V.  device needs gate_threshold in V; p gated.
    """
    if p.gated == 0.0:
        return UNHINDERED
    overdrive: float = gate - device.gate_threshold - min(row, column)
    return overdrive


@inlined
def reference_resistance(device: Record, p: Record) -> float:
    """Return the transistor's resistance in ohm at the reference read."""
    if p.gated == 0.0:
        return float(triode_resistance(p.beta, UNHINDERED))
    resistance: float = triode_resistance(p.beta, p.read_gate - device.gate_threshold)
    return resistance


@inlined
def reading_resistance(device: Record, p: Record, conductance: float) -> float:
    """Return voltage over current in ohm of the transistor while the reference read is going on.

    It is a little above `reference_resistance`, the slope at zero, as the square law bends.
    """
    overdrive = p.read_gate - device.gate_threshold
    left = overdrive * overdrive - 2.0 * conductance * p.read_voltage / p.beta
    resistance: float = 2.0 / (p.beta * (overdrive + sqrt(max(left, 0.0))))
    return resistance


@inlined
def current_through(
    device: Record, p: Record, conductance: float, row: float, column: float, gate: float
) -> float:
    """Return the current in A from the SET terminal through an ohmic cell and its transistor.

    conductance: S, at the reference read.  row (the SET terminal), column, gate: V.
    device needs gate_threshold in V; p beta in A/V^2, read_gate in V, gated.
    """
    if p.gated == 0.0:
        return conductance * (row - column)
    rest = 1.0 / conductance - reading_resistance(device, p, conductance)
    cell = 1.0 / max(rest, 100.0)
    current: float = series_current(cell, row, column, gate, device.gate_threshold, p.beta)
    return current
