"""A probed chip whose source-meter, pulses and gate are units of one B1500A."""

import threading

import numpy as np
import pytest

from labcim.bench_file import load_bench
from labcim.capabilities import Train
from labcim.errors import RangeError, RecipeError
from labcim.sim_backend.bench import SimulatedBench
from labcim.station import Station

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
name = "analyzer"
model = "keysightb1500a"
address = "GPIB0::17::INSTR"

[[instrument]]
name = "clock"
model = "clock"
address = "TCPIP0::clock::inst0::INSTR"
"""
WIRING = """
[wiring]
"analyzer.smu1" = "matrix.row1"
"analyzer.smu2" = "matrix.row2"
"analyzer.smu3" = "matrix.row3"
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

[instruments.analyzer]
driver = "keysightb1500a"
address = "GPIB0::17::INSTR"

[instruments.clock]
driver = "simulated_clock"
address = "TCPIP0::clock::inst0::INSTR"
"""
ROLES = """
[probed_chip]
source_meter = "analyzer"
sense_terminal = "smu1"
pulse_source = "analyzer"
pulse_terminal = "smu"
drain_channel = 2
gate_channel = 3
matrix = "matrix"
"""


@pytest.fixture
def written(tmp_path):
    (tmp_path / "chip.toml").write_text(CHIP + WIRING)
    (tmp_path / "bench.toml").write_text(BENCH + ROLES + WIRING)
    return tmp_path


@pytest.fixture
def lab(written):
    with SimulatedBench.shared(written / "chip.toml") as bench:
        with Station(load_bench(written / "bench.toml"), latch=threading.Event()) as station:
            yield station, bench


def levels(bench):
    return {
        name: state.voltage
        for name, state in bench.terminals.items()
        if name.startswith("analyzer.") and state.drives
    }


def test_a_cell_reads_what_it_truly_is(lab):
    station, bench = lab
    seen = station.cells.read(np.arange(4), 0.2, gate=3.0)
    assert (seen.flags == 0).all()
    assert seen.conductance == pytest.approx(bench.chip.true_conductance()[:4], rel=0.1, abs=2e-6)
    assert bench.terminals["analyzer.smu1"].voltage == pytest.approx(0.0, abs=5e-3)


def test_a_pulse_of_the_analyzer_sets_and_resets_a_cell(lab):
    station, _ = lab
    cell = np.array([0])
    reset = Train(amplitude=-2.5, width=1e-3, gate=3.5, count=3)
    before = station.cells.pulse_read(cell, reset, 0.2, delay=0.0, gate=3.0)[1].conductance[0]
    after = station.cells.pulse_read(
        cell, Train(amplitude=2.5, width=1e-3, gate=2.0, count=3), 0.2, delay=0.0, gate=3.0
    )[1].conductance[0]
    assert after > 2.0 * before


def test_a_sweep_follows_the_cell(lab):
    station, bench = lab
    swept = station.cells.sweep(
        0, np.linspace(0.0, 0.2, 5), dwell=1e-3, gate=3.0, current_limit=1e-3
    )
    conductance = bench.chip.true_conductance()[0]
    assert swept.voltage == pytest.approx(np.linspace(0.0, 0.2, 5), abs=2e-3)
    assert swept.current == pytest.approx(swept.voltage * conductance, rel=0.15, abs=1e-6)
    assert (np.diff(swept.time) > 1e-3).all()


def test_everything_is_off_at_the_end(lab):
    station, bench = lab
    station.instruments["analyzer"].smu(1).source(1.0, current_limit=1e-3)
    station.instruments["analyzer"].level(3, 2.0)
    assert set(levels(bench)) == {"analyzer.smu1", "analyzer.smu3"}
    assert station.make_safe().safe
    assert levels(bench) == {}


def test_a_unit_is_given_what_its_lines_stand(lab):
    station, _ = lab
    analyzer = station.instruments["analyzer"]
    with pytest.raises(RangeError, match=r"3\.5 V"):
        analyzer.smu(1).source(3.6, current_limit=1e-3)
    with pytest.raises(RangeError, match=r"5\.5 V"):
        analyzer.level(3, 5.6)
    with pytest.raises(RangeError, match=r"0 V to 3\.5 V"):
        analyzer.pulse(2, -1.0, width=1e-3, period=0.0, count=1)


def test_a_pulse_that_is_too_short_for_a_unit_is_refused_before_anything_moves(lab):
    station, bench = lab
    with pytest.raises(RangeError, match="width"):
        station.cells.pulse(np.array([0]), Train(amplitude=1.0, width=1e-6, gate=1.0))
    assert levels(bench) == {}


def test_a_pulse_generator_module_pulses_fast(written):
    slots = 'options = { slots = ["B1517A", "B1525A"] }'
    changes = [
        ('model = "keysightb1500a"', f'{slots}\nmodel = "keysightb1500a"'),
        ("analyzer.smu2", "analyzer.spgu201"), ("analyzer.smu3", "analyzer.spgu202"),
        ('pulse_terminal = "smu"', 'pulse_terminal = "spgu"'),
        ("drain_channel = 2", "drain_channel = 201"), ("gate_channel = 3", "gate_channel = 202"),
    ]  # fmt: skip
    for name in ("chip.toml", "bench.toml"):
        text = (written / name).read_text()
        for old, new in changes:
            text = text.replace(old, new)
        (written / name).write_text(text)
    with (
        SimulatedBench.shared(written / "chip.toml") as bench,
        Station(load_bench(written / "bench.toml"), latch=threading.Event()) as station,
    ):
        reset = Train(amplitude=-2.5, width=1e-6, gate=3.5, count=10)
        low = station.cells.pulse_read(np.array([0]), reset, 0.2, delay=0.0, gate=3.0)[1]
        set_ = Train(amplitude=2.5, width=1e-6, gate=2.0, count=10)
        high = station.cells.pulse_read(np.array([0]), set_, 0.2, delay=0.0, gate=3.0)[1]
        assert high.conductance[0] > 2.0 * low.conductance[0]
        assert high.conductance[0] == pytest.approx(bench.chip.true_conductance()[0], rel=0.1)
        assert station.make_safe().safe
        assert levels(bench) == {}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"smu1"\npulse', '"smu2"\npulse', "must be three terminals"),
        ('sense_terminal = "smu1"', 'sense_terminal = "smu12"', "sense_terminal"),
        ('pulse_terminal = "smu"', 'pulse_terminal = "ch"', "does not tie analyzer.ch2"),
    ],
)
def test_a_bench_file_whose_terminals_are_wrong_is_refused(written, old, new, told):
    text = (BENCH + ROLES + WIRING).replace(old, new)
    if "smu12" in new:
        text = text.replace('"analyzer.smu1" =', '"analyzer.smu12" =')
    (written / "bench.toml").write_text(text)
    with SimulatedBench.shared(written / "chip.toml"), pytest.raises(RecipeError, match=told):
        Station(load_bench(written / "bench.toml"), latch=threading.Event()).close()
