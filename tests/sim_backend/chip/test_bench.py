"""The bench: terminals through relays to pads, one holder, the clock line."""

import os
import subprocess
import sys

import numpy as np
import pytest

from labcim.errors import BenchHeldError, RangeError, RecipeError
from labcim.sim_backend.bench import SimulatedBench

CLOCK = """
[[instrument]]
name = "clock"
model = "clock"
address = "TCPIP0::clock::inst0::INSTR"
"""
CELL = 2 * 5 + 3  # row 2, column 3


def reach(bench, pulse="matrix.row2"):
    """Connect one terminal to row 2, ground to column 3, the gate channel to gate 3."""
    bench.connect(pulse, "matrix.column3")
    bench.connect("matrix.row4", "matrix.column14")
    bench.connect("matrix.row3", "matrix.column24")
    bench.drive("gen.ch2", 2.5, kind="gate")


def test_a_pulse_reaches_the_cell_behind_the_closed_relays_and_no_other(probed):
    reach(probed)
    probed.drive("gen.ch1", 0.0)
    probed.pulse("gen.ch1", 2.2, 1e-6, count=2, period=1e-5)
    pulses = probed.truth.pulses()

    assert pulses["cell"].tolist() == [CELL, CELL]
    assert pulses["amplitude"] == pytest.approx([2.2, 2.2])
    assert pulses["time"] == pytest.approx([0.0, 1e-5])
    assert probed.clock.now == pytest.approx(2e-5)


def test_a_source_meter_measures_the_cell(probed):
    reach(probed, "matrix.row1")
    probed.drive("smu.hi", 0.2, impedance=0.01)
    current = probed.measure_current("smu.hi", 1e-3)
    true = probed.chip.true_conductance(np.array([CELL], np.uint32))[0]

    assert current / 0.2 == pytest.approx(true, rel=0.02)
    assert probed.clock.now == pytest.approx(1e-3)


def test_an_output_that_is_off_and_a_relay_that_is_open_reach_nothing(probed):
    reach(probed)
    probed.pulse("gen.ch1", 2.5, 1e-6)
    probed.drive("gen.ch1", 0.0)
    probed.disconnect("matrix.row2", "matrix.column3")
    probed.pulse("gen.ch1", 2.5, 1e-6)

    assert len(probed.truth.pulses()) == 0
    assert probed.measure("gen.ch1", 1e-3).current == 0.0


def test_a_dwell_in_compliance_gives_the_limit_and_less_than_the_voltage(probed):
    reach(probed, "matrix.row1")
    voltage, current, limited = probed.dwell("smu.hi", 1.8, 1e-3, 5e-6)
    rest, _, free = probed.dwell("smu.hi", 0.1, 1e-3, 1e-3)

    assert limited and current == 5e-6 and 0.0 < voltage < 1.8
    assert not free and rest == 0.1


def test_compliance_of_the_instrument_limits_what_a_set_adds(probed):
    """G = I_C / V_C with V_C of 0.45 V, to its spread."""
    probed.chip.pulse_cells(np.array([CELL], np.uint32), -3.3, 1e-6, 5.0)
    reach(probed, "matrix.row1")
    probed.dwell("smu.hi", 2.5, 1e-3, 9e-6)

    assert probed.chip.true_conductance(np.array([CELL], np.uint32))[0] == pytest.approx(
        20e-6, rel=0.4
    )


def test_levels_that_stand_move_cells_while_time_passes(probed):
    reach(probed)
    probed.drive("gen.ch1", 0.2)
    probed.advance(3600.0)
    assert len(probed.truth.pulses()) == 0
    probed.drive("gen.ch1", 2.0)
    probed.advance(10.0)

    assert probed.truth.pulses()["width"].tolist() == [10.0]
    assert probed.clock.now == pytest.approx(3610.0)


def test_two_sources_on_one_line_are_a_short_and_meet_half_way(probed):
    probed.connect("matrix.row2", "matrix.column1")
    probed.connect("matrix.row3", "matrix.column1")
    probed.drive("gen.ch1", 2.0)
    probed.drive("gen.ch2", 0.0)
    current = probed.measure("gen.ch1", 1e-3).current

    assert probed.sensed_voltage("matrix.column1") == pytest.approx(1.0)
    assert current == pytest.approx(1.0 / 50.0)
    assert b"short" in probed.truth.actions()["kind"]


def test_what_instruments_do_is_on_the_actions_log_in_order(probed):
    probed.drive("gen.ch1", 1.5)
    probed.connect("matrix.row2", "matrix.column1")
    probed.drive("gen.ch1", None)
    actions = probed.truth.actions()

    assert actions["kind"].tolist() == [b"output", b"source", b"relay", b"output"]
    assert actions["value"].tolist() == [1.0, 1.5, 1.0, 0.0]
    assert (np.diff(actions["wall_time"]) >= 0).all()


def test_a_level_that_is_no_number_is_refused(probed):
    with pytest.raises(RangeError, match="finite"):
        probed.drive("gen.ch1", float("nan"))


@pytest.mark.parametrize(
    ("faults", "row", "cell"),
    [
        ('swapped = [["row.2", "row.4"]]', 4, 4 * 5 + 3),
        ('open = ["row.2"]', 2, None),
    ],
)
def test_swapped_and_open_lines_lead_where_the_chip_file_says(make_bench, faults, row, cell):
    bench = make_bench(rest=f"[faults]\n{faults}")
    board = bench.wired_chip("board")
    current = board.read_cells(np.array([CELL], np.uint32), 0.2, 2.5, aperture=1e-3)
    reads = bench.truth.reads()["cell"].tolist()

    assert not board.straight
    assert reads == ([] if cell is None else [cell])
    assert (current[0] == 0.0) == (cell is None)


def test_shorted_lines_fight_and_move_both_cells(make_bench):
    bench = make_bench(rest='[faults]\nshorted = [["row.1", "row.2"]]')
    board = bench.wired_chip("board")
    current = board.read_cells(np.array([CELL], np.uint32), 0.2, 2.5, aperture=1e-3)

    assert sorted(bench.truth.reads()["cell"].tolist()) == [1 * 5 + 3, CELL]
    assert current[0] > 1e-3  # drivers into each other, far beyond any cell


def test_a_board_on_straight_wiring_finds_every_cell_at_its_number(make_bench):
    bench = make_bench(rest='[wiring]\n"board.row[0:5]" = "row[0:5]"')
    board = bench.wired_chip("board")

    assert board.straight


def test_one_process_shares_one_bench(write_chip):
    path = write_chip(rest=CLOCK)
    first, second = SimulatedBench.shared(path), SimulatedBench.shared(str(path))
    first.close()
    assert first is second
    core = second.instruments["tcpip0::CLOCK::inst0::instr"]
    core.feed(b"*IDN?\n", True)
    assert b"CLOCK" in core.read(100)[0]
    second.close()

    with SimulatedBench.shared(path) as again:
        assert again is not first


def test_a_second_process_is_told_who_holds_the_chip(write_chip):
    path = write_chip()
    script = "import sys; from labcim.sim_backend.bench import SimulatedBench as B; B(sys.argv[1])"
    with SimulatedBench.shared(path):
        with pytest.raises(BenchHeldError, match=f"process {os.getpid()}"):
            SimulatedBench(path)
        other = subprocess.run(
            [sys.executable, "-c", script, str(path)], capture_output=True, text=True
        )
    assert f"held by process {os.getpid()}" in other.stderr
    SimulatedBench(path).close()


def test_a_model_without_a_file_is_refused_and_the_chip_let_go(write_chip):
    rest = CLOCK.replace('model = "clock"', 'model = "sundial"')
    with pytest.raises(RecipeError, match="sundial"):
        SimulatedBench(write_chip(rest=rest))
    SimulatedBench(write_chip()).close()


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"TIME?", b"0.0\n"),
        (b"SLEEP -1", b"ERROR"),
        (b"SLEEP inf", b"ERROR"),
        (b"SLEEP soon", b"ERROR"),
        (b"WAKE", b"ERROR"),
    ],
)
def test_the_clock_line_answers(make_bench, line, answer):
    core = make_bench(rest=CLOCK).instruments["TCPIP0::clock::inst0::INSTR"]
    core.feed(line + b"\n", True)

    assert core.read(200)[0].startswith(answer)


def test_a_sleep_moves_simulated_time_exactly_and_no_other(make_bench):
    core = make_bench(rest=CLOCK).instruments["TCPIP0::clock::inst0::INSTR"]
    core.feed(b"SLEEP 3600.125\n", True)
    core.feed(b"TIME?\n", True)

    assert core.read(100) == (b"3600.125\n", True)
