"""The probed chip on instruments that know Ohm's law and note every relay, level and pulse.

The bench of these tests is a circuit of its own: 3 × 4 cells of known conductance, of which the one
is reached whose row, column and gate line the closed channels lead to.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from labcim.capabilities import Cells, Flag, Floats, SweepReadings, Topology, Train
from labcim.errors import InstrumentError, RangeError, RecipeError
from labcim.limits import ChipLimits, LineLimits
from labcim.pad_map import PadMap
from labcim.probed_chip import ProbedChip

ROWS, COLUMNS = 3, 4
LIMITS = ChipLimits(
    row=LineLimits(high=3.0, current=5e-3),
    column=LineLimits(high=2.0, current=5e-3),
    gate=LineLimits(high=5.0),
)
TERMINALS = {"sense": "r1", "drain": "r2", "gate": "r3", "ground": "r4"}
PADS = {
    "row": [f"R{index}" for index in range(ROWS)],
    "column": [f"C{index}" for index in range(COLUMNS)],
    "gate": [f"G{index}" for index in range(COLUMNS)],
}


@dataclass
class Table:
    """Everything that happens, in order, and the circuit it happens to."""

    log: list[str] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)
    levels: dict[str, float] = field(
        default_factory=lambda: {"sense": 0.0, "drain": 0.0, "gate": 0.0}
    )
    now: float = 0.0
    conductance: Floats = field(default_factory=lambda: np.arange(1.0, 1.0 + ROWS * COLUMNS) * 1e-5)

    def lines(self, row: str, family: str) -> list[int]:
        """Return the lines of a family that are tied to a row of the matrix."""
        found = [channel.split("-")[1] for channel in self.closed if channel.startswith(row + "-")]
        return sorted(int(name[1:]) for name in found if name[0] == family)

    def cell(self, source: str) -> tuple[int, int]:
        """Return (cell, sign of row - column) between a source and ground; checks all lines."""
        row = TERMINALS[source]
        on_row, on_column = self.lines(row, "R"), self.lines(row, "C")
        rows = on_row or self.lines("r4", "R")
        columns = on_column or self.lines("r4", "C")
        assert len(rows) == len(columns) == 1
        assert len(on_row) + len(on_column) == 1
        gated = self.lines("r3", "G")
        assert gated == columns  # the gate lines run along the columns
        assert sorted(gated + self.lines("r4", "G")) == list(range(COLUMNS))
        return rows[0] * COLUMNS + columns[0], 1 if on_row else -1


class Matrix:
    def __init__(self, table: Table) -> None:
        self.table = table
        self.moves = 0
        self.fails = False

    def crosspoint(self, row: str, column: str) -> str:
        return f"{row}-{column}"

    def connect(self, channels: list[str]) -> None:
        assert set(self.table.levels.values()) == {0.0}, "relays moved under voltage"
        if self.fails:
            raise InstrumentError("a relay is stuck")
        self.moves += len(self.table.closed ^ set(channels))
        self.table.closed = set(channels)
        self.table.log.append("connect")

    def open_all(self) -> None:
        self.connect([])

    def closed(self) -> list[str]:
        return sorted(self.table.closed)


class Meter:
    def __init__(self, table: Table) -> None:
        self.table = table
        self.limit = math.inf
        self.aperture = 1e-3

    def source(self, voltage: float, *, current_limit: float) -> None:
        self.table.levels["sense"] = voltage
        self.limit = current_limit
        self.table.log.append(f"source {voltage:g}")

    def measure(self, *, averages: int = 1) -> tuple[float, float, Flag]:
        cell, _ = self.table.cell("sense")
        self.table.now += self.aperture * averages
        voltage = self.table.levels["sense"]
        current = voltage * float(self.table.conductance[cell])
        if current > self.limit:
            return voltage, self.limit, Flag.IN_COMPLIANCE
        return voltage, current, Flag.GOOD

    def sweep(self, voltages: Floats, *, dwell: float, current_limit: float) -> SweepReadings:
        assert (voltages >= 0.0).all(), "a line would go below ground"
        cell, _ = self.table.cell("sense")
        time = 100.0 + dwell * np.arange(1, len(voltages) + 1)
        self.table.now += dwell * len(voltages)
        current = voltages * self.table.conductance[cell]
        self.table.log.append(f"sweep {len(voltages)}")
        return SweepReadings(0, voltages, current, time, np.zeros(len(voltages), np.uint8))

    def off(self) -> None:
        self.table.levels["sense"] = 0.0
        self.table.log.append("meter off")


class Pulser:
    def __init__(self, table: Table) -> None:
        self.table = table
        self.pulses: list[tuple[int, float, float]] = []

    def level(self, channel: int, voltage: float) -> None:
        assert channel == 2
        self.table.levels["gate"] = voltage
        self.table.log.append(f"gate {voltage:g}")

    def pulse(
        self, channel: int, amplitude: float, *, width: float, period: float, count: int
    ) -> None:
        assert channel == 1
        assert amplitude > 0.0, "a line would go below ground"
        cell, sign = self.table.cell("drain")
        self.pulses.append((cell, sign * amplitude, self.table.levels["gate"]))
        self.table.now += count * (period or 2.0 * width)
        self.table.log.append("pulse")

    def off(self, channel: int) -> None:
        self.table.levels[{1: "drain", 2: "gate"}[channel]] = 0.0
        self.table.log.append(f"ch{channel} off")


@dataclass
class TableClock:
    table: Table

    def now(self) -> float:
        return self.table.now

    def sleep(self, duration: float) -> None:
        assert duration >= 0.0
        self.table.now += duration


class Lab:
    def __init__(self, **options: float) -> None:
        self.table = Table()
        self.matrix, self.meter = Matrix(self.table), Meter(self.table)
        self.pulser = Pulser(self.table)
        self.chip = ProbedChip(
            self.meter,
            self.pulser,
            self.matrix,
            PadMap.through(self.matrix, TERMINALS, PADS),  # type: ignore[arg-type]
            Topology(ROWS, COLUMNS),
            TableClock(self.table),
            limits=LIMITS,
            **options,  # type: ignore[arg-type]
        )


@pytest.fixture
def lab() -> Lab:
    return Lab()


def cells(*indices: int) -> np.ndarray:
    return np.array(indices, np.uint32)


ALL = np.arange(ROWS * COLUMNS, dtype=np.uint32)


def test_it_has_cells(lab: Lab) -> None:
    assert isinstance(lab.chip, Cells)


def test_every_cell_is_reached_by_its_own_lines(lab: Lab) -> None:
    readings = lab.chip.read(ALL, 0.2, gate=5.0)
    assert readings.conductance == pytest.approx(lab.table.conductance)
    assert readings.sensed == pytest.approx(np.full(12, 0.2))
    assert readings.good.all()


def test_readings_come_back_in_the_order_that_was_asked_for(lab: Lab) -> None:
    readings = lab.chip.read(cells(7, 0, 11), 0.2, gate=5.0)
    assert readings.cells.tolist() == [7, 0, 11]
    assert readings.conductance == pytest.approx([8e-5, 1e-5, 12e-5])


def test_a_negative_voltage_raises_the_column_and_keeps_the_sign(lab: Lab) -> None:
    readings = lab.chip.read(cells(5), -0.2, gate=5.0)
    assert lab.table.lines(TERMINALS["sense"], "C") == [1]
    assert readings.sensed[0] == pytest.approx(-0.2)
    assert readings.current[0] == pytest.approx(-0.2 * 6e-5)
    assert readings.conductance[0] == pytest.approx(6e-5)


def test_set_drives_the_row_and_reset_the_column_with_the_trains_gate(lab: Lab) -> None:
    delivered = lab.chip.pulse(
        cells(6, 9), Train(np.array([2.5, -1.5]), 1e-6, np.array([1.8, 5.0]), count=3)
    )
    assert sorted(lab.pulser.pulses) == [(6, 2.5, 1.8), (9, -1.5, 5.0)]
    assert delivered.amplitude.tolist() == [2.5, -1.5]
    assert delivered.gate.tolist() == [1.8, 5.0]
    assert delivered.count == 3


def test_nobody_claims_to_know_the_current_of_a_pulse(lab: Lab) -> None:
    assert np.isnan(lab.chip.pulse(cells(1), Train(1.0, 1e-6, 2.0)).peak_current).all()


def test_a_reading_goes_relays_gate_source_and_back(lab: Lab) -> None:
    lab.chip.read(cells(5), 0.2, gate=5.0)
    assert lab.table.log == [
        "meter off", "ch1 off", "ch2 off", "connect", "gate 5", "source 0.2", "source 0", "gate 0",
    ]  # fmt: skip


def test_after_every_operation_all_sources_are_at_zero(lab: Lab) -> None:
    lab.chip.read(ALL, 0.2, gate=5.0)
    lab.chip.pulse(ALL, Train(1.0, 1e-6, 2.0))
    lab.chip.pulse_read(ALL, Train(-1.0, 1e-6, 5.0), 0.1, delay=0.0, gate=5.0)
    lab.chip.record(cells(0), 0.1, rate=10.0, count=2, gate=5.0)
    assert set(lab.table.levels.values()) == {0.0}


def test_readings_of_one_cell_in_a_row_move_no_relay_again(lab: Lab) -> None:
    lab.chip.read(cells(5), 0.2, gate=5.0)
    lab.table.log.clear()
    lab.chip.read(cells(5), 0.2, gate=5.0)
    assert lab.table.log == ["gate 5", "source 0.2", "source 0", "gate 0"]


def test_cells_of_one_gate_line_are_taken_together(lab: Lab) -> None:
    lab.chip.read(ALL, 0.2, gate=5.0)
    lab.matrix.moves = 0
    lab.chip.read(ALL, 0.2, gate=5.0)
    # Each of 3 gate lines taken anew: two relays change sides, and the column's; each of 12 rows.
    assert lab.matrix.moves <= 4 * (4 + 2) + 12 * 2


def test_a_cell_named_twice_gets_its_pulses_in_order(lab: Lab) -> None:
    lab.chip.pulse(cells(3, 3), Train(np.array([2.0, -1.0]), 1e-6, 5.0))
    assert [amplitude for _, amplitude, _ in lab.pulser.pulses] == [2.0, -1.0]


def test_pulse_read_waits_between_pulse_and_reading(lab: Lab) -> None:
    delivered, readings = lab.chip.pulse_read(
        cells(2, 5), Train(2.0, 1e-6, 2.0), 0.2, delay=0.5, gate=5.0
    )
    assert readings.time - delivered.time == pytest.approx([0.5 + 1e-3] * 2)
    assert readings.conductance == pytest.approx([3e-5, 6e-5])


def test_flags_of_the_source_meter_travel_through(lab: Lab) -> None:
    lab.table.conductance[4] = 1.0
    readings = lab.chip.read(cells(3, 4), 0.2, gate=5.0)
    assert readings.flags.tolist() == [0, Flag.IN_COMPLIANCE]
    assert readings.current[1] == pytest.approx(1e-3)


def test_series_resistance_is_corrected_beside_the_raw_value() -> None:
    lab = Lab(series_resistance=100.0)
    readings = lab.chip.read(cells(9), 0.2, gate=5.0)
    assert readings.conductance[0] == pytest.approx(1e-4)
    assert 1.0 / readings.corrected[0] == pytest.approx(1e4 - 100.0)


def test_a_sweep_through_both_signs_changes_the_line_and_keeps_row_minus_column(lab: Lab) -> None:
    voltages = np.array([0.0, 1.0, 0.0, -1.0, -2.0, 0.0])
    swept = lab.chip.sweep(7, voltages, dwell=0.1, gate=3.0, current_limit=1e-3)
    assert swept.voltage == pytest.approx(voltages)
    assert swept.current == pytest.approx(voltages * 8e-5)
    assert [word for word in lab.table.log if word.startswith("sweep")] == ["sweep 3", "sweep 3"]
    assert (np.diff(swept.time) > 0.0).all()
    assert swept.cell == 7


def test_a_recording_keeps_its_rate_for_each_cell(lab: Lab) -> None:
    currents = lab.chip.record(cells(0, 1), 0.2, rate=100.0, count=5, gate=5.0)
    assert currents.shape == (5, 2)
    assert currents[:, 1] == pytest.approx(np.full(5, 0.2 * 2e-5))
    assert lab.table.now == pytest.approx(2 * (4 / 100.0 + 1e-3))


def test_a_recording_that_cannot_keep_up_is_told(lab: Lab) -> None:
    lab.meter.aperture = 0.1
    with pytest.raises(RangeError, match="100 Hz"):
        lab.chip.record(cells(0), 0.2, rate=100.0, count=50, gate=5.0)
    assert lab.table.levels["sense"] == 0.0


def test_after_trouble_everything_is_brought_to_zero_before_relays_move(lab: Lab) -> None:
    lab.chip.read(cells(0), 0.2, gate=5.0)
    lab.matrix.fails = True
    with pytest.raises(InstrumentError):
        lab.chip.read(cells(1), 0.2, gate=5.0)
    lab.matrix.fails = False
    lab.table.log.clear()
    lab.chip.read(cells(0), 0.2, gate=5.0)
    assert lab.table.log[:4] == ["meter off", "ch1 off", "ch2 off", "connect"]


def test_relays_that_were_opened_meanwhile_are_closed_again(lab: Lab) -> None:
    lab.chip.read(cells(0), 0.2, gate=5.0)
    lab.matrix.open_all()
    assert lab.chip.read(cells(0), 0.2, gate=5.0).conductance[0] == pytest.approx(1e-5)


def test_the_schedule_is_one_cell_at_a_time_and_touches_nothing(lab: Lab) -> None:
    plan = lab.chip.schedule(ALL, Train(2.0, 1e-3, 2.0, period=0.1, count=2))
    assert plan.steps == 12
    assert plan.duration == pytest.approx(12 * (2 * 0.1 + 8e-3))
    assert lab.table.log == []


TRAINS = {
    "not a number": Train(math.nan, 1e-6, 2.0),
    "infinite": Train(math.inf, 1e-6, 2.0),
    "one of many is not a number": Train(np.array([1.0, math.nan]), 1e-6, 2.0),
    "SET above the row's window": Train(3.5, 1e-6, 2.0),
    "RESET above the column's window": Train(-2.5, 1e-6, 2.0),
    "one of many too high": Train(np.array([1.0, 3.01]), 1e-6, 2.0),
    "gate too high": Train(1.0, 1e-6, 5.5),
    "gate not a number": Train(1.0, 1e-6, math.nan),
    "gate below its window": Train(1.0, 1e-6, -0.1),
    "no polarity": Train(0.0, 1e-6, 2.0),
    "no width": Train(1.0, 0.0, 2.0),
    "endless width": Train(1.0, math.inf, 2.0),
    "no pulses": Train(1.0, 1e-6, 2.0, count=0),
    "half a pulse": Train(1.0, 1e-6, 2.0, count=1.5),  # type: ignore[arg-type]
    "slow edge": Train(1.0, 1e-6, 2.0, rise=1e-7),
    "a limit that nobody sets": Train(1.0, 1e-6, 2.0, current_limit=1e-4),
    "a resistor that is not there": Train(1.0, 1e-6, 2.0, series_resistance=1e3),
    "amplitudes for other cells": Train(np.array([1.0, 1.0, 1.0]), 1e-6, 2.0),
}


@pytest.mark.parametrize("what", TRAINS)
def test_a_train_that_cannot_be_is_refused_before_anything_is_sent(lab: Lab, what: str) -> None:
    with pytest.raises(RangeError, match="nothing was sent"):
        lab.chip.pulse(cells(0, 1), TRAINS[what])
    assert lab.table.log == []


@pytest.mark.parametrize(
    ("voltage", "gate", "averages"),
    [
        (math.nan, 5.0, 1), (math.inf, 5.0, 1), (3.5, 5.0, 1), (-2.5, 5.0, 1), (0.2, math.nan, 1),
        (0.2, 6.0, 1), (0.2, 5.0, 0),
    ],
)  # fmt: skip
def test_a_reading_that_cannot_be_is_refused_before_anything_is_sent(
    lab: Lab, voltage: float, gate: float, averages: int
) -> None:
    with pytest.raises(RangeError):
        lab.chip.read(cells(0), voltage, gate=gate, averages=averages)
    assert lab.table.log == []


@pytest.mark.parametrize("voltage", [0.51, -0.51])
def test_a_reading_that_would_write_cells_is_refused_before_anything_is_sent(
    lab: Lab, voltage: float
) -> None:
    said = r"510 mV: the chip is read at no more than 500 mV \(read limit\)"
    with pytest.raises(RangeError, match=said):
        lab.chip.read(cells(0), voltage, gate=5.0)
    with pytest.raises(RangeError, match=said):
        lab.chip.pulse_read(cells(0), Train(1.0, 1e-6, 2.0), voltage, delay=1.0, gate=5.0)
    with pytest.raises(RangeError, match=said):
        lab.chip.record(cells(0), voltage, rate=10.0, count=1, gate=5.0)
    assert lab.table.log == []


@pytest.mark.parametrize("index", [-1, ROWS * COLUMNS])
def test_a_cell_that_is_not_there_is_refused(lab: Lab, index: int) -> None:
    with pytest.raises(RangeError, match=f"cell {index}"):
        lab.chip.read(np.array([index]), 0.2, gate=5.0)


@pytest.mark.parametrize(
    ("voltages", "limit"),
    [([0.0, 3.5], 1e-3), ([0.0, -2.5], 1e-3), ([0.0, math.nan], 1e-3), ([], 1e-3), ([1.0], 0.1)],
)
def test_a_sweep_that_cannot_be_is_refused_before_anything_is_sent(
    lab: Lab, voltages: list[float], limit: float
) -> None:
    with pytest.raises(RangeError):
        lab.chip.sweep(0, np.array(voltages), dwell=1e-3, gate=3.0, current_limit=limit)
    assert lab.table.log == []


def test_a_pad_map_must_reach_every_line(lab: Lab) -> None:
    pads = {**PADS, "row": PADS["row"][:2]}
    short = PadMap.through(lab.matrix, TERMINALS, pads)  # type: ignore[arg-type]
    with pytest.raises(RecipeError, match="2 row lines, the chip has 3"):
        short.check(Topology(ROWS, COLUMNS))


def test_a_pad_map_must_not_reach_two_lines_by_one_channel(lab: Lab) -> None:
    pads = {**PADS, "row": ["R0", "R0", "R1"]}
    double = PadMap.through(lab.matrix, TERMINALS, pads)  # type: ignore[arg-type]
    with pytest.raises(RecipeError, match="serves two lines"):
        double.check(Topology(ROWS, COLUMNS))
