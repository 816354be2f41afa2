"""Cells without instruments: an equilibrium line for each polarity, and a little seeded noise.

A pulse of amplitude V brings a cell at least to its line, ``k * (V - onset)`` above or below; the
onset differs from cell to cell and is drawn anew at each reversal of polarity. Everything here is
written from physics, section 2.4, without a look at the simulator.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from labcim.capabilities import (
    CellIndices,
    CellReadings,
    Cycled,
    Delays,
    Delivered,
    Floats,
    LineCurrents,
    LineState,
    Schedule,
    SweepReadings,
    Topology,
    Train,
)
from labcim.pulse_by_pulse import cycle


class FakeClock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.time = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, duration: float) -> None:
        self.time += duration
        self.slept.append(duration)


@dataclass
class FakeCells:
    """Formed cells at 10 µS unless told otherwise; ``true`` is their conductance in S."""

    topology: Topology
    clock: FakeClock = field(default_factory=FakeClock)
    seed: int = 1
    noise: float = 1.3e-2  # of the reading, for one average
    spread: float = 0.10  # V, between cells
    redraw: float = 0.05  # V, at each reversal
    slope: float = 40e-6  # S/V
    decade: float = 0.08  # V per decade of width
    maximum: float = 40e-6
    forming: float = 2.5  # V, mean; with a spread of 0.15 V
    floor: float = 5e-9  # S, noise of a reading of nothing
    seconds_each: float = 0.0  # bench time of each reading, besides 1 ms for all

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        n = self.topology.size
        self.true = np.full(n, 10e-6)
        self.formed = np.ones(n, bool)
        self.stuck = np.zeros(n, bool)
        self.leak = np.zeros(n)  # conducts whatever the gate says
        self.open = np.zeros(n, bool)  # behind a broken line
        self.flag_next = np.zeros(n, np.uint8)  # added to the next readings of a cell
        self.onsets = 1.2 + self.random.normal(0.0, self.spread, (2, n))
        self.held = np.zeros(n)
        self.polarity = np.zeros(n, np.int8)
        self.form_at = self.forming + self.random.normal(0.0, 0.15, n)
        self.pulses: list[tuple[CellIndices, Floats, Floats]] = []
        self.reads: list[tuple[CellIndices, float, float]] = []

    def unform(self, cells: CellIndices) -> None:
        self.formed[cells] = False
        self.true[cells] = 0.05e-6

    def read(
        self, cells: CellIndices, voltage: float, *, gate: float = 5.0, averages: int = 1
    ) -> CellReadings:
        self.reads.append((cells, voltage, gate))
        true = np.where(gate > 0.6, self.true[cells], 0.0) + self.leak[cells]
        true[self.open[cells]] = 0.0
        noise = self.random.normal(0.0, self.noise / np.sqrt(averages), len(cells))
        floor = self.random.normal(0.0, self.floor / np.sqrt(averages), len(cells))
        current = (true * (1.0 + noise) + floor) * voltage
        self.clock.time += 1e-3 + self.seconds_each * len(cells)
        flags = self.flag_next[cells].copy()
        self.flag_next[cells] = 0
        applied = np.full(len(cells), voltage)
        g = np.where(flags == 0, current / voltage, 1e-3)  # a flagged reading is nonsense
        time = np.full(len(cells), self.clock.time)
        return CellReadings(cells, current, applied, applied, g, g, time, flags, averages)

    def pulse(self, cells: CellIndices, train: Train) -> Delivered:
        amplitude = np.broadcast_to(np.asarray(train.amplitude, float), cells.shape)
        gate = np.broadcast_to(np.asarray(train.gate, float), cells.shape)
        self.pulses.append((cells, amplitude.copy(), gate.copy()))
        self._form(cells, amplitude, gate)
        self._move(cells, amplitude, train.width)
        self.clock.time += train.width
        none = np.zeros(len(cells), np.uint8)
        time = np.full(len(cells), self.clock.time)
        return Delivered(cells, amplitude, gate, train.width, 1, time, np.zeros(len(cells)), none)

    def _form(self, cells: CellIndices, amplitude: Floats, gate: Floats) -> None:
        ready = ~self.formed[cells] & ~self.stuck[cells] & (amplitude >= self.form_at[cells])
        self.formed[cells[ready]] = True
        self.true[cells[ready]] = 20e-6 * gate[ready]

    def _move(self, cells: CellIndices, amplitude: Floats, width: float) -> None:
        sign = np.sign(amplitude).astype(np.int8)
        turned = sign != self.polarity[cells]
        draw = self.random.normal(0.0, self.redraw, len(cells))
        self.held[cells] = np.where(turned, draw, self.held[cells])
        self.polarity[cells] = sign
        jitter = self.random.normal(0.0, 0.01, len(cells))
        onset = self.onsets[(sign < 0).astype(int), cells] + self.held[cells] + jitter
        line = 1e-6 + self.slope * (np.abs(amplitude) - onset)
        height = np.where(sign > 0, self.true[cells], self.maximum - self.true[cells])
        unit = self.slope * self.decade
        spent = 10.0 ** np.minimum((height - line) / unit, 30.0)
        reached = line + unit * np.log10(spent + width / 1e-6)
        after = np.clip(np.maximum(height, reached), 0.0, self.maximum)
        g = np.where(sign > 0, after, self.maximum - after)
        moves = self.formed[cells] & ~self.stuck[cells]
        self.true[cells] = np.where(moves, g, self.true[cells])

    def pulse_read(
        self,
        cells: CellIndices,
        train: Train,
        voltage: float,
        *,
        delay: float,
        gate: float = 5.0,
        averages: int = 1,
    ) -> tuple[Delivered, CellReadings]:
        delivered = self.pulse(cells, train)
        self.clock.sleep(delay)
        return delivered, self.read(cells, voltage, gate=gate, averages=averages)

    def sweep(
        self, cell: int, voltages: Floats, *, dwell: float, gate: float, current_limit: float
    ) -> SweepReadings:
        at = np.array([cell], np.uint32)
        current = np.empty(len(voltages))
        for i, voltage in enumerate(voltages):
            if voltage != 0.0:
                self._move(at, np.array([voltage]), dwell)
            current[i] = np.clip(self.true[cell] * voltage, -current_limit, current_limit)
        flags = (np.abs(current) >= current_limit).astype(np.uint8)
        time = self.clock.time + dwell * np.arange(1, len(voltages) + 1)
        self.clock.time += dwell * len(voltages)
        return SweepReadings(cell, voltages, current, time, flags)

    def record(
        self, cells: CellIndices, voltage: float, *, rate: float, count: int, gate: float = 5.0
    ) -> Floats:
        return np.array([self.read(cells, voltage, gate=gate).current for _ in range(count)])

    def time_to_threshold(
        self, cells: CellIndices, train: Train, threshold: float, *, clock: float
    ) -> Delays:
        """Pulse by pulse of one clock, all cells that have not crossed yet at once."""
        n = len(cells)
        amplitude = np.broadcast_to(np.asarray(train.amplitude, float), n)
        gate = np.broadcast_to(np.asarray(train.gate, float), n)
        delay, width = np.full(n, np.nan), np.zeros(n)
        began = np.full(n, self.clock.time)
        for tick in range(1, int(train.width / clock * (1 + 1e-9)) + 1):
            left = np.flatnonzero(np.isnan(delay))
            if not len(left):
                break
            self.pulse(cells[left], replace(train, amplitude=amplitude[left], gate=gate[left],
                                            width=clock))  # fmt: skip
            current = np.abs(self.true[cells[left]] * amplitude[left])
            done = np.where(amplitude[left] > 0, current >= threshold, current <= threshold)
            width[left] = tick * clock
            delay[left[done]] = tick * clock
        none = np.zeros(n, np.uint8)
        ones = np.ones(n, np.uint32)
        return Delays(cells, delay, began, none, amplitude, gate, width, ones, np.zeros(n))

    def cycle(
        self,
        cells: CellIndices,
        set_train: Train,
        reset_train: Train,
        count: int,
        *,
        voltage: float = 0.0,
        gate: float = 5.0,
        averages: int = 1,
    ) -> Cycled:
        return cycle(
            self, cells, (set_train, reset_train), count, voltage=voltage,
            gate=gate, averages=averages,
        )  # fmt: skip

    def schedule(self, cells: CellIndices, train: Train) -> Schedule:
        return Schedule(1, train.width * train.count)


@dataclass
class FakeLines:
    """Direct line control of FakeCells, with line-to-line shorts and swapped column gates.

    shorts: pairs of lines, rows counted first, columns after.  gate_of: the true gate of each
    column.  A line's current is the sum over its cells and its shorts; every line is driven.
    """

    cells: FakeCells
    shorts: list[tuple[int, int]] = field(default_factory=list)
    gate_of: list[int] = field(default_factory=list)
    states: list[LineState] = field(default_factory=list)

    def apply(self, sequence: list[LineState]) -> list[LineCurrents]:
        self.states += sequence
        return [self._currents(state) for state in sequence]

    def _currents(self, state: LineState) -> LineCurrents:
        n, m = self.cells.topology.rows, self.cells.topology.columns
        gates = state.gates[self.gate_of] if self.gate_of else state.gates
        g = self.cells.true.reshape(n, m) * (gates > 0.6)
        flow = g * np.subtract.outer(state.rows, state.columns)
        total = np.concatenate([flow.sum(axis=1), -flow.sum(axis=0)])
        voltage = np.concatenate([state.rows, state.columns])
        for a, b in self.shorts:
            current = (voltage[a] - voltage[b]) / 1e3
            total[a] += current
            total[b] -= current
        return LineCurrents(total[:n], total[n:])
