"""What a crossbar board says of itself, and how it will split a request."""

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import CellIndices, Schedule, Topology
from labcim.errors import InstrumentError

Volts = NDArray[np.float32]

_KINDS = {"1T1R": "1T1R", "1S1R": "1S1R", "PASSIVE": "passive"}


@dataclass(frozen=True, slots=True)
class Capability:
    """Topology and limits of a board.

    voltage: V, of any driver, either way.  line_current, common_current: A, of a line that carries
    one cell, and of one that carries all cells of a step.  parallel, cells_in_message: cells.
    shortest_pulse, gap, settle: s.
    """

    topology: Topology
    voltage: float
    line_current: float
    common_current: float
    parallel: int
    cells_in_message: int
    shortest_pulse: float
    gap: float
    settle: float


def parse_capability(geometry: str, limits: str) -> Capability:
    """Return what SYST:CAP:GEOM? and SYST:CAP:LIM? say. Raises InstrumentError."""
    try:
        rows, columns, kind, along, terminal, _, _, shortest = geometry.split(",")
        voltage, line, common, parallel, cells, gap, settle = limits.split(",")
        topology = Topology(
            int(rows),
            int(columns),
            cast(Literal["1T1R", "1S1R", "passive"], _KINDS[kind]),
            cast(Literal["row", "column", "cell"], along.lower()),
            cast(Literal["row", "column"], terminal.lower()),
        )
        return Capability(
            topology,
            float(voltage),
            float(line),
            float(common),
            int(parallel),
            int(cells),
            float(shortest),
            float(gap),
            float(settle),
        )
    except (ValueError, KeyError) as trouble:
        raise InstrumentError(
            f"crossbar board: {geometry[:80]!r} and {limits[:80]!r} are no geometry and limits"
        ) from trouble


def count_steps(
    topology: Topology, cells: CellIndices, amplitude: Volts, gate: Volts, together: int
) -> int:
    """Return in how many steps the board serves cells that stand in one message.

    A step holds cells on one gate line (of one column, where each cell has its own gate; of one row
    where there are none), of one polarity, with one gate voltage, and at most ``together`` of them.
    Arrays of shape (cells,).
    """
    shares_row = topology.gate_along == "row" or topology.kind != "1T1R"
    line: NDArray[np.uint32] = cells // topology.columns if shares_row else cells % topology.columns
    gates, which = np.unique(gate, return_inverse=True)
    key = (line.astype(np.int64) * len(gates) + which) * 2 + (amplitude < 0.0)
    _, members = np.unique(key, return_counts=True)
    return int(np.sum(-(-members // together)))


def schedule_of(steps: int, step_time: float, cells: int, messages: int) -> Schedule:
    """Return a schedule with what a person wants to know about it."""
    note = f"{cells} cells in {steps} steps of {step_time:g} s, in {messages} messages"
    return Schedule(steps, steps * step_time, (note,))
