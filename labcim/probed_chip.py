"""A chip on a probe station: source-meter, pulse generator and switch matrix together are `Cells`.

One cell at a time. Its row and column meet one source and ground, its gate line meets the gate
channel, every other gate line ground; all other rows and columns float. SET drives the line that
the topology calls the SET terminal, RESET the other one, so that no line goes below ground. Relays
never move under voltage (see `probed_contacts`).
"""

import math
from dataclasses import replace
from functools import partial

import numpy as np

from .capabilities import (
    CellIndices,
    CellReadings,
    Cycled,
    Delays,
    Delivered,
    Flag,
    Floats,
    LineCurrents,
    LineState,
    Schedule,
    SweepReadings,
    Topology,
    Train,
)
from .clock import Clock
from .errors import RangeError
from .instrument_capabilities import PulseSource, SourceMeter, SpotMeter, SwitchMatrix
from .limits import ChipLimits, Family
from .pad_map import PadMap
from .probed_checks import Requests
from .probed_contacts import Contacts
from .probed_lines import ProbedLines
from .probed_order import visits
from .probed_results import NO_READING, Reading, delivered, joined, measured, runs_of_one_sign
from .pulse_by_pulse import Wait, cycle, delays, waited
from .units import show

READ_LIMIT = 1e-3  # A: what the source-meter lets through during a reading
SWITCH_TIME = 8e-3  # s: opening and closing of a relay, for estimates only


class ProbedChip:
    """`Cells` made of three instruments, of which only the capabilities are known.

    limits: what the chip stands; every request is checked against it as a whole, before a byte is
    sent.  read_limit: A, the source-meter's current limit for readings.  series_resistance: ohm, of
    cables and relays, measured by the user; it makes ``corrected`` from ``conductance``.
    """

    def __init__(
        self,
        source_meter: SourceMeter,
        pulse_source: PulseSource,
        matrix: SwitchMatrix,
        pads: PadMap,
        topology: Topology,
        clock: Clock,
        *,
        limits: ChipLimits | None = None,
        drain_channel: int = 1,
        gate_channel: int = 2,
        read_limit: float = READ_LIMIT,
        series_resistance: float = 0.0,
    ) -> None:
        pads.check(topology)
        self._meter = source_meter
        self._spot_meter = source_meter if isinstance(source_meter, SpotMeter) else None
        self._topology = topology
        self._clock = clock
        self._read_limit = read_limit
        self._series = series_resistance
        self._requests = Requests(
            topology, limits, source_meter, pulse_source, drain_channel, gate_channel
        )
        self._contacts = Contacts(
            source_meter, pulse_source, matrix, pads, topology, drain_channel, gate_channel
        )
        self._lines = ProbedLines(
            source_meter, pulse_source, matrix, pads, topology, clock, self._requests,
            self._contacts, (drain_channel, gate_channel), read_limit,
        )  # fmt: skip

    @property
    def topology(self) -> Topology:
        """Return the array's shape and kind."""
        return self._topology

    def read(
        self, cells: CellIndices, voltage: float, *, gate: float = 0.0, averages: int = 1
    ) -> CellReadings:
        """Read cells one after the other at ``voltage`` V (row - column), ``gate`` V on the gate.

        Raises RangeError before anything is sent. Flags are the source-meter's.
        """
        chosen = self._requests.cells(cells)
        self._requests.reading(voltage, gate, self._read_limit, averages)
        readings = [NO_READING] * len(chosen)
        with self._contacts.operation():
            for place in visits(chosen, self._topology):
                readings[place] = self._read(int(chosen[place]), voltage, gate, averages)
        return measured(chosen, readings, voltage, averages, self._series)

    def pulse(self, cells: CellIndices, train: Train) -> Delivered:
        """Deliver ``train`` to cells one after the other. Raises RangeError before sending.

        Nobody measures the current of a pulse, so that ``peak_current`` is NaN.
        """
        chosen = self._requests.cells(cells)
        amplitudes, gates = self._requests.train(chosen, train)
        times = [math.nan] * len(chosen)
        stimuli = list(zip(chosen.tolist(), amplitudes.tolist(), gates.tolist(), strict=True))
        with self._contacts.operation():
            for place in visits(chosen, self._topology, amplitudes > 0.0):
                times[place] = self._pulse(*stimuli[place], train)
        return delivered(chosen, amplitudes, gates, train, times)

    def pulse_read(
        self,
        cells: CellIndices,
        train: Train,
        voltage: float,
        *,
        delay: float,
        gate: float = 0.0,
        averages: int = 1,
    ) -> tuple[Delivered, CellReadings]:
        """Pulse and read cell by cell; at least ``delay`` s lie between pulse and reading.

        The relays have to move in between: a delay shorter than they need becomes theirs.
        """
        chosen = self._requests.cells(cells)
        amplitudes, gates = self._requests.train(chosen, train)
        self._requests.reading(voltage, gate, self._read_limit, averages)
        self._requests.duration("delay", delay)
        times, readings = [math.nan] * len(chosen), [NO_READING] * len(chosen)
        stimuli = list(zip(chosen.tolist(), amplitudes.tolist(), gates.tolist(), strict=True))
        with self._contacts.operation():
            for place in visits(chosen, self._topology, amplitudes > 0.0):
                times[place] = self._pulse(*stimuli[place], train)
                until = times[place] + delay if delay > 0.0 else None
                readings[place] = self._read(stimuli[place][0], voltage, gate, averages, until)
        return (
            delivered(chosen, amplitudes, gates, train, times),
            measured(chosen, readings, voltage, averages, self._series),
        )

    def sweep(
        self, cell: int, voltages: Floats, *, dwell: float, gate: float, current_limit: float
    ) -> SweepReadings:
        """Step one cell through ``voltages`` V (row - column), shape (points,), ``dwell`` s each.

        Where the sign changes, the source-meter moves to the other line of the cell.
        """
        self._requests.cells(np.array([cell]))
        levels = self._requests.sweep(voltages, dwell, gate, current_limit)
        parts = []
        with self._contacts.operation():
            for run in runs_of_one_sign(levels):
                sign = -1.0 if (run < 0.0).any() else 1.0
                self._contacts.bring("sense", self._side(sign), cell)
                self._contacts.set_gate(gate)
                began = self._clock.now()
                swept = self._meter.sweep(np.abs(run), dwell=dwell, current_limit=current_limit)
                time = began + (swept.time - swept.time[0])
                parts.append(
                    replace(
                        swept,
                        cell=cell,
                        voltage=sign * swept.voltage,
                        current=sign * swept.current,
                        time=time,
                    )
                )
        return joined(cell, parts)

    def record(
        self,
        cells: CellIndices,
        voltage: float,
        *,
        rate: float,
        count: int,
        gate: float = 0.0,
    ) -> Floats:
        """Read each cell ``count`` times at ``rate`` Hz, cell by cell; return A, (count, cells).

        A flagged reading is NaN. Raises RangeError where the source-meter cannot keep up.
        """
        chosen = self._requests.cells(cells)
        self._requests.reading(voltage, gate, self._read_limit, 1)
        self._requests.recording(rate, count)
        currents = np.empty((count, len(chosen)))
        with self._contacts.operation():
            for place in visits(chosen, self._topology):
                currents[:, place] = self._record(int(chosen[place]), voltage, gate, rate, count)
        return currents

    def time_to_threshold(
        self, cells: CellIndices, train: Train, threshold: float, *, clock: float
    ) -> Delays:
        """Give each cell pulses of one clock until a reading after one says that it has crossed.

        Nobody measures the current of a pulse: see `pulse_by_pulse` for what stands for it.
        """
        chosen = self._requests.cells(cells)
        pulse, most = self._requests.wait(train, threshold, clock)
        amplitudes, gates = self._requests.train(chosen, pulse)
        waits = [Wait(*it) for it in zip(amplitudes.tolist(), gates.tolist(), strict=True)]
        for wait in waits:
            self._requests.reading(wait.sense, wait.gate, self._read_limit, 1)
        found = [(0, NO_READING, math.nan)] * len(chosen)
        with self._contacts.operation():
            for place in visits(chosen, self._topology, amplitudes > 0.0):
                cell, wait = int(chosen[place]), waits[place]
                found[place] = waited(
                    wait, most, threshold, self._clock,
                    partial(self._pulse, cell, wait.amplitude, wait.gate, pulse),
                    partial(self._read, cell, wait.sense, wait.gate, 1),
                )  # fmt: skip
        return delays(chosen, amplitudes, gates, clock, found)

    def cycle(
        self,
        cells: CellIndices,
        set_train: Train,
        reset_train: Train,
        count: int,
        *,
        voltage: float = 0.0,
        gate: float = 0.0,
        averages: int = 1,
    ) -> Cycled:
        """SET all cells, read them, RESET them, read them, ``count`` times."""
        chosen = self._requests.cells(cells)
        self._requests.cycles(set_train, reset_train, count)
        for train in (set_train, reset_train):
            self._requests.train(chosen, train)
        if voltage != 0.0:
            self._requests.reading(voltage, gate, self._read_limit, averages)
        return cycle(
            self, chosen, (set_train, reset_train), count, voltage=voltage,
            gate=gate, averages=averages,
        )  # fmt: skip

    def apply(self, sequence: list[LineState]) -> list[LineCurrents]:
        """Apply line states, as far as the instruments reach (see `ProbedLines`)."""
        return self._lines.apply(sequence)

    def schedule(self, cells: CellIndices, train: Train) -> Schedule:
        """Say how long ``train`` takes: one cell after the other, with relays in between."""
        chosen = self._requests.cells(cells)
        self._requests.train(chosen, train)
        one = train.count * (train.period or 2.0 * train.width) + SWITCH_TIME
        return Schedule(
            steps=len(chosen),
            duration=len(chosen) * one,
            notes=(f"one cell at a time, {show(SWITCH_TIME, 's')} for the relays of each",),
        )

    # --- one cell ---

    def _pulse(self, cell: int, amplitude: float, gate: float, train: Train) -> float:
        """Deliver the train to one cell; return the bench time at its end."""
        is_set_on_row = self._topology.set_terminal == "row"
        side: Family = "row" if (amplitude > 0.0) is is_set_on_row else "column"
        self._contacts.bring("drain", side, cell)
        self._contacts.pulse(abs(amplitude), gate, train)
        return self._clock.now()

    def _read(
        self, cell: int, voltage: float, gate: float, averages: int, until: float | None = None
    ) -> Reading:
        """Read one cell, not before the bench time ``until``; the source goes back to 0 V."""
        self._contacts.bring("sense", self._side(voltage), cell)
        self._contacts.set_gate(gate)
        if until is not None and (left := until - self._clock.now()) > 0.0:
            self._clock.sleep(left)
        sensed, current, flags = self._spot(abs(voltage), averages)
        sign = math.copysign(1.0, voltage)
        return sign * sensed, sign * current, int(flags), self._clock.now()

    def _spot(self, voltage: float, averages: int) -> tuple[float, float, Flag]:
        meter, limit = self._meter, self._read_limit
        if self._spot_meter is not None:
            return self._spot_meter.spot(voltage, current_limit=limit, averages=averages)
        meter.source(voltage, current_limit=limit)
        reading = meter.measure(averages=averages)
        meter.source(0.0, current_limit=limit)
        return reading

    def _record(self, cell: int, voltage: float, gate: float, rate: float, count: int) -> Floats:
        currents = np.full(count, np.nan)
        sign = math.copysign(1.0, voltage)
        self._contacts.bring("sense", self._side(voltage), cell)
        self._contacts.set_gate(gate)
        self._meter.source(abs(voltage), current_limit=self._read_limit)
        began = self._clock.now()
        for sample in range(count):
            late = self._clock.now() - (began + sample / rate)
            if late > 1.0 / rate:
                self._meter.source(0.0, current_limit=self._read_limit)
                possible = sample / (self._clock.now() - began)
                raise RangeError(
                    f"rate = {show(rate, 'Hz')}: the source-meter is {show(late, 's')} late "
                    f"after {sample} readings; set rate (times averages) to at most "
                    f"{show(possible, 'Hz')}, or a shorter aperture"
                )
            if late < 0.0:
                self._clock.sleep(-late)
            _, current, flags = self._meter.measure()
            if flags == Flag.GOOD:
                currents[sample] = sign * current
        self._meter.source(0.0, current_limit=self._read_limit)
        return currents

    @staticmethod
    def _side(voltage: float) -> Family:
        """Return which line is raised for a voltage row - column."""
        return "row" if voltage >= 0.0 else "column"
