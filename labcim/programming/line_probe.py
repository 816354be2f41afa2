"""Finding shorts and swapped gates by driving single lines at a voltage that changes no cell."""

from dataclasses import dataclass

import numpy as np

from labcim.analysis.contacts import Contact, LineStates, leaking_lines
from labcim.capabilities import Lines, LineState, Topology

ROW, COLUMN = 0, 1

_MOST_SUSPECTS = 64  # a swap has two; hundreds of silent lines are a missing chip


@dataclass(frozen=True, slots=True)
class LineProbe:
    """Direct control of lines at ``voltage`` V, each state held for ``dwell`` s."""

    lines: Lines
    topology: Topology
    voltage: float
    dwell: float

    def find_shorts(self, found: list[LineStates], short: float) -> None:
        """Drive each line by itself, all others at 0 V and all gates off: nothing must flow.

        found: verdicts on rows and columns, marked in place.  short: S above which it is one.
        """
        n = self.topology.rows
        drives = np.eye(n + self.topology.columns) * self.voltage
        gates = np.zeros(self.topology.gates)
        states = [LineState(drive[:n], drive[n:], gates, self.dwell) for drive in drives]
        currents = self.lines.apply(states)
        flows = np.array([np.concatenate([c.rows, c.columns]) for c in currents])
        taken = leaking_lines(flows, least=short * self.voltage)
        for lines, partners in zip(found, np.split(taken, [n]), strict=True):
            for bad in np.flatnonzero(partners >= 0):
                family, partner = (ROW, 0) if partners[bad] < n else (COLUMN, n)
                at = np.array([bad])
                lines.mark(at, Contact.SHORT, family, partners[at] - partner)

    def find_swapped_gates(self, found: list[LineStates], gate: float, least: float) -> None:
        """Open one gate after the other: a silent line that answers to another's gate is swapped.

        found: verdicts on rows and columns, marked in place.  gate: V.  least: S for each cell.
        """
        family = {"column": COLUMN, "row": ROW}.get(self.topology.gate_along)
        if family is None:
            return
        suspects = np.flatnonzero(found[family].state == Contact.OPEN)
        if not 2 <= len(suspects) <= _MOST_SUSPECTS:
            return
        rows = np.full(self.topology.rows, self.voltage)
        columns = np.zeros(self.topology.columns)
        gates = np.eye(self.topology.gates)[suspects] * gate
        currents = self.lines.apply([LineState(rows, columns, g, self.dwell) for g in gates])
        flows = np.abs([c.columns if family == COLUMN else c.rows for c in currents])[:, suspects]
        across = self.topology.rows if family == COLUMN else self.topology.columns
        answer = np.argmax(np.nan_to_num(flows), axis=0)
        here = np.arange(len(suspects))
        heard = flows[answer, here] > least * self.voltage * across
        moved = np.flatnonzero(heard & (answer != here))
        found[family].mark(suspects[moved], Contact.SWAPPED, family, suspects[answer[moved]])
