"""Finding shorts and gates out of place by driving lines at a voltage that changes no cell."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.contacts import Contact, LineStates, leaking_lines
from labcim.capabilities import Lines, LineState, Topology
from labcim.errors import RangeError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ROW, COLUMN, GATE = 0, 1, 2

_MOST_PARTNERS = 16  # lines that are tried in pairs; a short has two


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

        suspects = np.flatnonzero((taken < 0) & (np.abs(np.diagonal(flows)) > short * self.voltage))
        self._find_partners(found, suspects, short)

    def _find_partners(self, found: list[LineStates], suspects: Integers, short: float) -> None:
        """Tell which of the lines that lose current lose it to each other: the rest floats.

        A line whose partner stays unknown may be shorted to a gate, or to what is no line at all.
        """
        n = self.topology.rows
        for bad in suspects:
            at = np.array([bad if bad < n else bad - n])
            nobody = np.full(1, -1)
            found[ROW if bad < n else COLUMN].mark(at, Contact.SHORT, -1, nobody)
        pairs = list(combinations(suspects[:_MOST_PARTNERS].tolist(), 2))
        if not pairs:
            return
        states = [self._pair(*pair) for pair in pairs]
        for (one, other), currents in zip(pairs, self.lines.apply(states), strict=True):
            flows = np.concatenate([currents.rows, currents.columns])
            if not abs(flows[one]) > short * self.voltage:
                continue
            for line, partner in ((one, other), (other, one)):
                family, index = (ROW, line) if line < n else (COLUMN, line - n)
                kind, place = (ROW, partner) if partner < n else (COLUMN, partner - n)
                found[family].mark(np.array([index]), Contact.SHORT, kind, np.array([place]))

    def _pair(self, driven: int, grounded: int) -> LineState:
        n = self.topology.rows
        levels = np.full(n + self.topology.columns, np.nan)
        levels[driven], levels[grounded] = self.voltage, 0.0
        return LineState(levels[:n], levels[n:], np.zeros(self.topology.gates), self.dwell)

    def find_bad_gates(self, found: list[LineStates], gate: float, least: float) -> None:
        """Open gates in groups, by the digits of their numbers: each line must answer to its own.

        A line that answers to another number has its gate swapped with that one; one that answers
        to a digit and to its opposite has its gate shorted to another gate. Where the currents of
        single lines are not known, or a line is silent, nothing is said.

        found: verdicts on rows and columns, marked in place.  gate: V.  least: S for each cell.
        """
        family = {"column": COLUMN, "row": ROW}.get(self.topology.gate_along)
        if family is None or self.topology.gates < 2:
            return
        numbers = np.arange(self.topology.gates)
        bits = np.arange(int(self.topology.gates - 1).bit_length())
        ones = (numbers[None, :] >> bits[:, None]) & 1 == 1
        heard = self._answers(family, np.concatenate([ones, ~ones]) * gate, least)
        to_one, to_zero = np.split(heard, 2)
        clear = (to_one ^ to_zero).all(axis=0)
        code = (to_one << bits[:, None]).sum(axis=0)
        is_ok_or_open = np.isin(found[family].state, (Contact.OK, Contact.OPEN))
        moved = clear & (code != numbers) & (code < len(numbers)) & is_ok_or_open
        at = np.flatnonzero(moved)
        found[family].mark(at, Contact.SWAPPED, family, code[at])
        both = to_one & to_zero
        partner = numbers ^ (both << bits[:, None]).sum(axis=0)
        doubled = (to_one | to_zero).all(axis=0) & both.any(axis=0) & (partner < len(numbers))
        at = np.flatnonzero(doubled & is_ok_or_open)
        found[family].mark(at, Contact.SHORT, GATE, partner[at])

    def _answers(self, family: int, gates: Floats, least: float) -> NDArray[np.bool_]:
        """Return which lines conduct, shape (states, lines). gates: V, shape (states, gates)."""
        rows = np.full(self.topology.rows, self.voltage)
        columns = np.zeros(self.topology.columns)
        try:
            currents = self.lines.apply([LineState(rows, columns, g, self.dwell) for g in gates])
        except RangeError:  # these lines reach no further: not all of them can be driven at once
            return np.zeros(gates.shape, np.bool_)
        flows = np.abs([c.columns if family == COLUMN else c.rows for c in currents])
        across = self.topology.rows if family == COLUMN else self.topology.columns
        heard: NDArray[np.bool_] = np.nan_to_num(flows) > least * self.voltage * across
        return heard
