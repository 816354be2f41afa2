"""Spikes before and after a synapse: waveforms whose overlap tells cells who came first.

Both neurons fire the same spike: a rectangular head, then a tail of the other sign that dies away,
exponentially or along a straight line. Neither moves a cell by itself; where the later one's head
meets the earlier one's tail, the cell sees their difference (Zamarreno-Ramos et al., Front.
Neurosci. 5:26, 2011).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from labcim.capabilities import Floats, LineState, Topology
from labcim.errors import RangeError

from .gate_lines import Along


@dataclass(frozen=True, slots=True)
class Spike:
    """One spike about the rest level. head, tail: V, the tail's as magnitude.

    width: s of the head.  decay: s, the tail's time constant, or its length where it is triangular.
    """

    head: float
    tail: float
    width: float
    decay: float
    shape: Literal["exponential", "triangular"] = "exponential"

    def __post_init__(self) -> None:
        values = (self.head, self.tail, self.width, self.decay)
        if not (np.isfinite(values).all() and min(values) > 0.0):
            raise RangeError(f"spike {values}: accepts numbers above 0")

    @property
    def length(self) -> float:
        """Return s until the tail has ended, or is below 2 % where it is exponential."""
        return self.width + self.decay * (4.0 if self.shape == "exponential" else 1.0)

    def at(self, time: Floats) -> Floats:
        """Return V above rest at times in s from its begin."""
        after = time - self.width
        if self.shape == "exponential":
            tail = self.tail * np.exp(-np.maximum(after, 0.0) / self.decay)
        else:
            tail = self.tail * np.maximum(1.0 - np.maximum(after, 0.0) / self.decay, 0.0)
        return np.where(time < 0.0, 0.0, np.where(after < 0.0, self.head, -tail))


def pair_states(
    topology: Topology,
    spike: Spike,
    delay: float,
    *,
    rows: tuple[int, ...],
    columns: tuple[int, ...],
    rest: float,
    gate: float,
    step: float,
) -> list[LineState]:
    """Return the states of two spikes, that of the neuron after ``delay`` s later than the other.

    The neuron after drives the lines of the SET terminal: where it fires second, its head meets the
    lowered tail of the one before, and the cell is SET; where it fires first, it is RESET.
    rest: V of all lines; others than ``rows`` and ``columns`` stay there.  step: s, of a state.
    """
    if not (0.0 < step <= spike.width and np.isfinite(delay)):
        raise RangeError(f"step = {step:g} s: accepts more than 0 s, at most {spike.width:g} s")
    count = round((abs(delay) + spike.length) / step)
    time: Floats = step * (np.arange(count, dtype=np.float64) + 0.5)
    before = spike.at(np.subtract(time, max(-delay, 0.0)))
    after = spike.at(np.subtract(time, max(delay, 0.0)))
    driven_set: Along = topology.set_terminal
    at_rows, at_columns = (after, before) if driven_set == "row" else (before, after)
    gates = _gates(topology, rows, columns, gate)
    states = []
    for row, column in zip(at_rows, at_columns, strict=True):
        volts = np.full(topology.rows, rest), np.full(topology.columns, rest)
        volts[0][list(rows)] += row
        volts[1][list(columns)] += column
        states.append(LineState(*volts, gates, step))
    return states


def _gates(
    topology: Topology, rows: tuple[int, ...], columns: tuple[int, ...], gate: float
) -> Floats:
    gates = np.zeros(topology.gates)
    if topology.kind == "1T1R":
        cells = (np.array(rows)[:, None] * topology.columns + np.array(columns)).ravel()
        which = {"row": list(rows), "column": list(columns), "cell": cells}
        gates[which[topology.gate_along]] = gate
    return gates
