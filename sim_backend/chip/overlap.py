"""Trains on rows and columns that overlap: what cells see where one line pulses, or both.

A cell behind a transistor sees nothing unless its row pulses and its gate opens, or the other way
round: the lines along the gates open them, those across pulse. A cell without one sees half of the
voltage from either line alone, and all of it where both pulse. Every pulse is one on the cell, and
on the truth log; a level that can move no cell is none.

On ideal wires that lead where their numbers say, one kernel does all pulses, cell by cell. Anything
else goes slot by slot through the circuit (`WiredChip.apply`).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Topology

from . import _overlap_kernels
from .crossbar import SEEN
from .wired_chip import WiredChip

Floats = NDArray[np.float64]
Words = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Bias:
    """V at rest and in a pulse, of rows, columns and gates."""

    rows: tuple[float, float]
    columns: tuple[float, float]
    gates: tuple[float, float]

    @property
    def half(self) -> float:
        """Return the largest V that a cell sees where one of its lines pulses alone."""
        alone = (self.rows[1] - self.columns[0], self.rows[0] - self.columns[1])
        return max(abs(volts) for volts in alone)


@dataclass(frozen=True, slots=True)
class Phases:
    """Trains in time. Words have a bit for each slot, (phases, lines).

    up: which phases are for up pulses, (phases,).  width, period: s, of a slot.
    """

    row_words: Words
    column_words: Words
    up: NDArray[np.bool_]
    slots: int
    width: float
    period: float

    @property
    def duration(self) -> float:
        """Return the time in s of one phase."""
        return self.slots * self.period

    def counts(self, up: bool) -> NDArray[np.uint32]:
        """Return how often row and column pulse together, (rows, columns), in phases of a kind."""
        found = np.zeros((self.row_words.shape[1], self.column_words.shape[1]), np.uint32)
        for phase in np.flatnonzero(self.up == up):
            rows, columns = (_bits(words[phase], self.slots) for words in self._words)
            found += (rows.T @ columns).astype(np.uint32)  # whole numbers, exact in any order
        return found

    def pulses(self) -> tuple[int, int]:
        """Return how often any row pulses, and any column."""
        rows, columns = (int(np.bitwise_count(words).sum()) for words in self._words)
        return rows, columns

    @property
    def _words(self) -> tuple[Words, Words]:
        return self.row_words, self.column_words


def _bits(words: Words, slots: int) -> NDArray[np.float32]:
    """Return 1 where a line pulses, (slots, lines)."""
    places = np.arange(slots, dtype=np.uint32)[:, None]
    return ((words >> places) & np.uint32(1)).astype(np.float32)


def gate_bias(topology: Topology, volts: float, gate: float) -> Bias:
    """Return the levels at which cells behind open gates see ``volts``, signed, and others nothing.

    The lines along the gates stay where they are; those across pulse. Nothing goes below 0 V.
    """
    raised = topology.set_terminal if volts > 0.0 else _across(topology.set_terminal)
    pulsing: Literal["row", "column"] = "column" if topology.gate_along == "row" else "row"
    level = abs(volts)
    moving = (0.0, level) if pulsing == raised else (level, 0.0)
    still = (0.0, 0.0) if pulsing == raised else (level, level)
    rows, columns = (moving, still) if pulsing == "row" else (still, moving)
    return Bias(rows, columns, (0.0, gate))


def half_bias(topology: Topology, volts: float, lowest: float) -> Bias:
    """Return the levels at which cells see ``volts``, signed, from both lines, half from either.

    lowest: V that lines can be driven to; where it is not low enough, all rest at half the voltage.
    """
    raised = topology.set_terminal if volts > 0.0 else _across(topology.set_terminal)
    half = 0.5 * abs(volts)
    rest = 0.0 if lowest <= -half else half
    up, down = (rest, rest + half), (rest, rest - half)
    rows, columns = (up, down) if raised == "row" else (down, up)
    return Bias(rows, columns, (0.0, 0.0))


class OverlapPort:
    """The lines of one chip as an instrument pulses them, all at once."""

    def __init__(self, wired: WiredChip) -> None:
        self._wired = wired
        self._topology = wired.topology

    @property
    def seen(self) -> float:
        """Return the V that make it a pulse on a cell."""
        return max(self._wired.chip.disturb_voltage, SEEN)

    @property
    def at_once(self) -> bool:
        """Return whether each cell sees what its own lines say."""
        return self._wired.straight and not self._wired.chip.exact

    def pulse(
        self, phases: Phases, biases: tuple[Bias, Bias], times: Floats, limit: float, both: int
    ) -> None:
        """Deliver all pulses. biases: of down and of up.  times: s, begin of each phase.

        limit: A, of a cell.  both: how many pulses are on row and column together.
        """
        state = self._wired.chip.state
        state.truth.reserve(self._most_pulses(phases, biases, both))
        _overlap_kernels.overlap_pulses(
            state.cells, state.devices, state.parameters[0], state.seed, phases.row_words,
            phases.column_words, phases.up.astype(np.int64),
            np.stack([self._sides(bias) for bias in biases]), phases.slots, phases.width,
            phases.period, times, self.seen, limit, state.truth.records, state.truth.tail,
            state.next_operation(),
        )  # fmt: skip

    def slot(self, phases: Phases, phase: int, slot: int, bias: Bias, limit: float) -> None:
        """Drive all lines through one slot, by circuit."""
        places = np.uint32(slot)
        row = (phases.row_words[phase] >> places) & np.uint32(1)
        column = (phases.column_words[phase] >> places) & np.uint32(1)
        rows, columns = np.asarray(bias.rows)[row], np.asarray(bias.columns)[column]
        along = self._topology.gate_along
        if along == "cell":
            column = np.tile(column, self._topology.rows)
        gates = np.asarray(bias.gates)[row if along == "row" else column]
        gates = gates[: self._topology.gates]
        self._wired.apply(rows, columns, gates, phases.width, line_current_limit=limit)

    def _sides(self, bias: Bias) -> Floats:
        """Return V of SET terminal, other terminal and gate for each state of row and column."""
        gated = self._topology.kind == "1T1R"
        found = np.empty((4, 3))
        for state in range(4):
            row, column = divmod(state, 2)
            ends = (bias.rows[row], bias.columns[column])
            follows = row if self._topology.gate_along == "row" else column
            gate = bias.gates[follows] if gated else 1.0  # where there is none, none is closed
            found[state] = (*(ends if self._topology.set_terminal == "row" else ends[::-1]), gate)
        return found

    def _most_pulses(self, phases: Phases, biases: tuple[Bias, Bias], both: int) -> int:
        """Return how many pulses cells see at most."""
        chip = self._topology
        if chip.kind == "1T1R" or max(bias.half for bias in biases) < self.seen:
            return both
        rows, columns = phases.pulses()
        return rows * chip.columns + columns * chip.rows - both


def _across(side: str) -> str:
    return "column" if side == "row" else "row"
