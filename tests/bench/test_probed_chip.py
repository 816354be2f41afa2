"""The probed chip on a whole simulated bench: three instruments, real traffic, the chip's truth."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labcim.bench_file import load_bench
from labcim.capabilities import Train
from labcim.errors import (
    AbortedError,
    InstrumentError,
    RangeError,
    RecipeError,
    TransportError,
)
from labcim.sim_backend.bench import SimulatedBench
from labcim.station import Station

SIZE = 4
CHIP = """
[chip]
preset = "neurram-130nm"
rows = 4
columns = 4
seed = 7
formed = true
stuck = 0.0

[[instrument]]
name = "matrix"
model = "keithley3706a"
address = "TCPIP0::matrix::inst0::INSTR"

[[instrument]]
name = "smu"
model = "keithley2450"
address = "TCPIP0::smu::inst0::INSTR"

[[instrument]]
name = "awg"
model = "keysight33522b"
address = "TCPIP0::awg::inst0::INSTR"

[[instrument]]
name = "clock"
model = "clock"
address = "TCPIP0::clock::inst0::INSTR"
"""
WIRING = """
[wiring]
"smu.hi" = "matrix.row1"
"awg.ch1" = "matrix.row2"
"awg.ch2" = "matrix.row3"
"ground" = "matrix.row4"
"matrix.slot1.column[1:4]" = "row[0:3]"
"matrix.slot2.column[1:4]" = "column[0:3]"
"matrix.slot3.column[1:4]" = "gate[0:3]"
"""
BENCH = """
cells = "probed_chip"
clock = "clock"

[bench]
name = "probed"
visa = "chip.toml@labcim"

[chip]
identity = "test"
rows = 4
columns = 4

[chip.limits]
row = { high = "3.5 V", current = "5 mA" }
column = { high = "3.5 V", current = "5 mA" }
gate = { high = "5.5 V" }

[instruments.matrix]
driver = "keithley3706a"
address = "TCPIP0::matrix::inst0::INSTR"

[instruments.smu]
driver = "keithley2450"
address = "TCPIP0::smu::inst0::INSTR"

[instruments.awg]
driver = "keysight33522b"
address = "TCPIP0::awg::inst0::INSTR"

[instruments.clock]
driver = "simulated_clock"
address = "TCPIP0::clock::inst0::INSTR"

[probed_chip]
source_meter = "smu"
pulse_source = "awg"
matrix = "matrix"
"""


@dataclass
class Lab:
    station: Station
    bench: SimulatedBench
    sent: list[bytes]
    latch: threading.Event

    def fail_while_live(self, monkeypatch: pytest.MonkeyPatch, trouble: BaseException) -> None:
        """Let the next reading end in trouble, with the source-meter and the gate live."""
        meter: Any = self.station.instruments["smu"]

        def spot(voltage: float, *, current_limit: float, averages: int = 1) -> None:
            meter.source(voltage, current_limit=current_limit)
            assert self.live() == {b"smu.hi", b"awg.ch2"}
            if isinstance(trouble, AbortedError):
                self.latch.set()
            self.sent.clear()
            raise trouble

        monkeypatch.setattr(meter, "spot", spot)

    def live(self) -> set[bytes]:
        """Return the terminals that are truly not at 0 V."""
        levels = {
            bytes(action["target"]): float(action["value"])
            for action in self.bench.truth.actions()
            if action["kind"] in (b"source", b"gate")
        }
        return {target for target, level in levels.items() if level}


def write_files(folder: Path, wiring: str = WIRING) -> Path:
    (folder / "chip.toml").write_text(CHIP + WIRING)
    (folder / "bench.toml").write_text(BENCH + wiring)
    return folder / "bench.toml"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    path = write_files(tmp_path)
    sent: list[bytes] = []

    def traffic(_address: str, direction: str, data: bytes) -> None:
        if direction == ">":
            sent.append(data)

    latch = threading.Event()
    with (
        SimulatedBench.shared(tmp_path / "chip.toml") as bench,
        Station(load_bench(path), latch=latch, traffic=traffic) as station,
    ):
        yield Lab(station, bench, sent, latch)


ALL = np.arange(SIZE * SIZE, dtype=np.uint32)


def test_a_reading_is_the_cells_own_conductance_within_its_noise(lab: Lab) -> None:
    readings = lab.station.cells.read(ALL, 0.1, gate=5.0)
    truth = lab.bench.chip.true_conductance(ALL)
    assert readings.good.all()
    # Read noise, the transistor and the reference voltage of the truth leave a few percent.
    assert np.abs(readings.conductance / truth - 1.0).max() < 0.15


def test_the_truth_log_has_every_pulse_with_its_cell_amplitude_width_and_gate(lab: Lab) -> None:
    cells = np.array([1, 6, 11], np.uint32)
    amplitude, gate = np.array([1.5, -1.2, 2.0]), np.array([2.0, 5.0, 2.5])
    delivered = lab.station.cells.pulse(cells, Train(amplitude, 1e-6, gate))
    pulses = lab.bench.truth.pulses()
    found = {int(pulse["cell"]): pulse for pulse in pulses}
    assert len(pulses) == len(found) == 3
    for cell, volts, gate_volts in zip(
        delivered.cells, delivered.amplitude, delivered.gate, strict=True
    ):
        assert found[int(cell)]["amplitude"] == pytest.approx(volts, abs=1e-6)
        assert found[int(cell)]["gate"] == pytest.approx(gate_volts, abs=1e-6)
        assert found[int(cell)]["width"] == pytest.approx(1e-6)


def test_no_relay_ever_moves_under_voltage(lab: Lab) -> None:
    cells = lab.station.cells
    cells.pulse_read(ALL, Train(-1.2, 1e-6, 5.0), 0.2, delay=0.0, gate=5.0)
    cells.pulse(ALL, Train(1.5, 1e-6, 2.0))
    levels: dict[bytes, float] = {}
    moved = 0
    for action in lab.bench.truth.actions():
        if action["kind"] in (b"source", b"gate"):
            levels[action["target"]] = float(action["value"])
        if action["kind"] == b"relay":
            moved += 1
            assert not any(levels.values()), (action, levels)
    assert moved > 0


def test_reset_lowers_and_set_raises_the_conductance(lab: Lab) -> None:
    cells = lab.station.cells
    before = cells.read(ALL, 0.1, gate=5.0).conductance
    cells.pulse(ALL, Train(-2.5, 1e-6, 5.0))
    low = cells.read(ALL, 0.1, gate=5.0).conductance
    cells.pulse(ALL, Train(2.5, 1e-6, 3.0))
    high = cells.read(ALL, 0.1, gate=5.0).conductance
    assert np.median(low) < np.median(before)
    assert np.median(high) > np.median(low)


def test_what_is_beyond_the_chip_is_refused_before_a_byte_is_sent(lab: Lab) -> None:
    lab.sent.clear()
    with pytest.raises(RangeError, match=r"3\.5 V"):
        lab.station.cells.pulse(ALL, Train(np.linspace(1.0, 3.6, 16), 1e-6, 2.0))
    assert lab.sent == []


def test_make_safe_leaves_every_relay_open_and_every_output_off(lab: Lab) -> None:
    lab.station.cells.read(ALL[:3], 0.2, gate=5.0)
    report = lab.station.make_safe()
    assert report.safe
    matrix = lab.station.instruments["matrix"]
    assert matrix.transport.query("print(channel.getclose('allslots'))") == "nil"


def test_after_make_safe_the_next_reading_finds_its_cell_again(lab: Lab) -> None:
    before = lab.station.cells.read(ALL[:1], 0.1, gate=5.0)
    lab.station.make_safe_from_aside()
    after = lab.station.cells.read(ALL[:1], 0.1, gate=5.0)
    assert after.conductance[0] == pytest.approx(before.conductance[0], rel=0.1)


def test_after_make_safe_from_aside_every_pulse_reaches_its_cell_again(lab: Lab) -> None:
    for _ in range(2):
        lab.station.cells.pulse(ALL[:2], Train(1.5, 1e-6, 2.0))
        lab.station.make_safe_from_aside()
    lab.station.cells.pulse(ALL[:2], Train(1.5, 1e-6, 2.0))
    pulses = lab.bench.truth.pulses()
    assert pulses["cell"].tolist() == [0, 1] * 3
    assert pulses["amplitude"] == pytest.approx(np.full(6, 1.5), abs=1e-6)
    assert pulses["gate"] == pytest.approx(np.full(6, 2.0), abs=1e-6)


@pytest.mark.parametrize(
    "trouble", [InstrumentError("refused"), TransportError("silent"), KeyboardInterrupt()]
)
def test_trouble_in_a_reading_leaves_nothing_live(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, trouble: BaseException
) -> None:
    lab.fail_while_live(monkeypatch, trouble)
    with pytest.raises(type(trouble)) as raised:
        lab.station.cells.read(ALL[:1], 0.1, gate=5.0)
    assert raised.value is trouble
    assert lab.live() == set()


@pytest.mark.parametrize("silent", ["smu", "awg"])
def test_a_source_that_cannot_be_turned_off_hides_neither_the_trouble_nor_the_others(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, silent: str
) -> None:
    def off(*_channel: int) -> None:
        raise TransportError(f"{silent} did not answer")

    lab.station.cells.read(ALL[:1], 0.1, gate=5.0)
    lab.fail_while_live(monkeypatch, InstrumentError("refused"))
    monkeypatch.setattr(lab.station.instruments[silent], "off", off)
    with pytest.raises(InstrumentError, match="refused") as raised:
        lab.station.cells.read(ALL[:1], 0.1, gate=5.0)
    assert raised.value.__notes__ == [f"while turning off: {silent} did not answer"]
    assert lab.live() == {"smu": {b"smu.hi"}, "awg": {b"awg.ch2"}}[silent]


def test_after_a_stop_an_operation_sends_nothing_more(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.fail_while_live(monkeypatch, AbortedError("stopped"))
    with pytest.raises(AbortedError):
        lab.station.cells.read(ALL[:1], 0.1, gate=5.0)
    assert lab.sent == []


@pytest.mark.parametrize("line", ['"ground" = "matrix.row4"', '"smu.hi" = "matrix.row1"'])
def test_a_bench_whose_wiring_is_not_complete_is_refused(tmp_path: Path, line: str) -> None:
    path = write_files(tmp_path, WIRING.replace(line, ""))
    with pytest.raises(RecipeError, match="does not tie"):
        Station(load_bench(path), latch=threading.Event())
