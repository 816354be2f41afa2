"""Chips without transistors, and resistive ones, behind the board; judged by the truth."""

import numpy as np
import pytest

from labcim.capabilities import Flag, Train
from labcim.errors import RangeError
from labcim.instruments.crossbar_board import CrossbarBoard
from labcim.limits import TerminalLimits
from labcim.sim_backend.bench import SimulatedBench
from labcim.transport import VisaTransport

CHIP = """
[chip]
preset = "{preset}"
rows = {rows}
columns = {columns}
kind = "{kind}"
seed = 3
formed = true
stuck = 0.0
{rest}
[[instrument]]
name = "board"
model = "crossbar_board"
address = "TCPIP0::board::inst0::INSTR"
"""
WIRES = "[chip.wires]\nrow = 2.0\ncolumn = 3.0\ndriver = 20.0\nsense = 20.0\n"
CELLS = np.array([7, 9, 11, 40], np.uint32)  # three of row 1, one of row 6


def limits(low, high):
    ends = TerminalLimits(low=low, high=high, current=10e-3)
    return {"row": ends, "column": ends, "gate": TerminalLimits(low=0.0, high=5.0, gate=True)}


@pytest.fixture
def make(tmp_path):
    """Make a bench with a board; give both."""
    opened = []

    def made(
        rest="", *, kind="passive", preset="taox-passive", low=0.0, high=4.0, rows=8, columns=6
    ):
        path = tmp_path / f"chip{len(opened)}.toml"
        path.write_text(
            CHIP.format(kind=kind, preset=preset, rest=rest, rows=rows, columns=columns)
        )
        simulated = SimulatedBench.shared(path)
        transport = VisaTransport("TCPIP0::board::inst0::INSTR", f"{path}@labcim")
        board = CrossbarBoard(transport, limits(low, high))
        board.initialise()
        opened.append((simulated, board))
        return simulated, board

    yield made
    for simulated, board in opened:
        board.close()
        simulated.close()


def seen(simulated):
    """Return (cell, V) of every pulse on the truth log."""
    pulses = simulated.truth.pulses()
    return {(int(p["cell"]), round(float(p["amplitude"]), 4)) for p in pulses}


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["set", "reset"])
def test_d22_by_half_the_voltage_half_selected_cells_see_half_and_all_others_nothing(make, sign):
    simulated, board = make()
    board.pulse(np.array([15], np.uint32), Train(sign * 2.4, 1e-6))  # row 2, column 3
    row = {(2 * 6 + j, sign * 1.2) for j in range(6) if j != 3}
    column = {(i * 6 + 3, sign * 1.2) for i in range(8) if i != 2}

    assert seen(simulated) == {(15, sign * 2.4)} | row | column


@pytest.mark.parametrize(
    ("preset", "least", "most"),
    [("taox-passive", 0.0, 0.01), ("neurram-130nm", 0.2, 0.6)],
    ids=["taox", "default RRAM: the alarm"],
)
def test_d22_a_thousand_half_selects_through_the_board_move_few_cells(make, preset, least, most):
    """500 pulses on each diagonal cell: every other cell is half-selected by its row and column."""
    simulated, board = make(preset=preset, rows=24, columns=24)
    before = np.array(simulated.chip.state.cells["conductance"])
    board.pulse(np.arange(24, dtype=np.uint32) * 25, Train(2.4, 1e-6, count=500))
    moved = np.abs(simulated.chip.state.cells["conductance"] / before - 1.0) > 0.01
    others = ~np.eye(24, dtype=bool).ravel()
    pulses = simulated.truth.pulses()
    half = pulses[np.isin(pulses["cell"], np.flatnonzero(others))]

    assert np.bincount(half["cell"], minlength=576)[others].tolist() == [1000] * 552
    assert np.abs(half["amplitude"]).max() == pytest.approx(1.2)
    assert least <= moved[others].mean() < most


def test_by_a_third_every_other_cell_sees_a_third_of_either_sign(make):
    simulated, board = make()
    board.bias(pulses="third")
    board.pulse(np.array([15], np.uint32), Train(2.4, 1e-6))
    found = dict(seen(simulated))

    assert len(found) == 48
    for cell, volts in found.items():
        on_lines = (cell // 6 == 2) + (cell % 6 == 3)
        assert volts == pytest.approx({2: 2.4, 1: 0.8, 0: -0.8}[on_lines], abs=1e-4)


def test_grounded_lines_let_the_whole_row_see_everything(make):
    simulated, board = make()
    board.bias(pulses="ground")
    board.pulse(np.array([15], np.uint32), Train(2.4, 1e-6))

    assert seen(simulated) == {(12 + j, 2.4) for j in range(6)}


def test_floating_lines_settle_between_so_that_a_sneak_path_shares_the_voltage(make):
    simulated, board = make()
    board.bias(pulses="float")
    board.pulse(np.array([15], np.uint32), Train(2.4, 1e-6))
    found = dict(seen(simulated))
    on_row = [found[cell] for cell in range(12, 18) if cell != 15]
    on_column = [found[cell] for cell in range(3, 48, 6) if cell != 15]

    assert found[15] == pytest.approx(2.4)
    assert 0.0 < min(on_row) and max(on_row) < 2.4 and 0.0 < min(on_column) < 2.4
    # Half-selected cells carry what goes on through all the others: more cells, less voltage.
    assert np.mean(on_row) + np.mean(on_column) > 2.4 - 0.5


def test_cells_of_one_row_are_written_at_once_each_with_its_own_amplitude(make):
    simulated, board = make()
    volts = np.array([2.4, 2.0, 2.2, 2.1])
    before = simulated.chip.true_conductance(CELLS)
    delivered = board.pulse(CELLS, Train(volts, 1e-6))

    assert len(set(delivered.time[:3])) == 1 and delivered.time[3] > delivered.time[0]
    found = {cell: v for cell, v in seen(simulated) if cell in CELLS.tolist() and v > 1.3}
    np.testing.assert_allclose([found[int(c)] for c in CELLS], volts, atol=1e-4)
    assert (simulated.chip.true_conductance(CELLS) >= before).all()
    assert (delivered.peak_current > 0).all()
    half = [v for cell, v in seen(simulated) if cell not in CELLS.tolist()]
    assert max(np.abs(half)) <= 1.2 + 1e-4


def test_by_a_third_cells_of_different_amplitude_have_steps_of_their_own(make):
    simulated, board = make()
    board.bias(pulses="third")
    train = Train(np.array([2.4, 2.0, 2.4, 2.0]), 1e-6)
    delivered = board.pulse(CELLS, train)

    assert board.schedule(CELLS, train).steps == 3
    assert delivered.time[0] == delivered.time[2] != delivered.time[1]
    others = [v for cell, v in seen(simulated) if cell not in CELLS.tolist()]
    assert max(np.abs(others)) <= 0.8 + 1e-4


def test_lines_that_may_go_below_zero_are_used_before_a_pulse_is_refused(make):
    simulated, board = make(low=-1.3, high=1.3)
    board.pulse(np.array([15], np.uint32), Train(2.4, 1e-6))
    with pytest.raises(RangeError, match="do not reach"):
        board.pulse(np.array([15], np.uint32), Train(2.7, 1e-6))

    assert (15, 2.4) in seen(simulated)
    assert len(simulated.truth.pulses()) == 13


@pytest.mark.parametrize("rest", ["", WIRES], ids=["ideal", "wires"])
def test_a_reading_with_grounded_lines_is_the_cell_and_one_by_half_is_not(make, rest):
    simulated, board = make(rest)
    cells = simulated.chip.topology.all_cells()
    truth = simulated.chip.true_conductance(cells)
    grounded = board.read(cells, 0.2, averages=100).conductance
    board.bias(readings="half")
    by_half = board.read(cells, 0.2, averages=100).conductance

    np.testing.assert_allclose(grounded, truth, rtol=0.06)
    assert np.median(by_half / truth) > 2.0  # seven half-selected cells answer with it
    assert len(simulated.truth.pulses()) == 0


def test_a_negative_reading_is_the_same_cell(make):
    simulated, board = make()
    cells = simulated.chip.topology.all_cells()
    read = board.read(cells, -0.2, averages=100)

    assert (read.current < 0.0).all()
    np.testing.assert_allclose(read.conductance, simulated.chip.true_conductance(cells), rtol=0.05)


def test_pulse_read_reads_a_step_before_the_next_is_pulsed(make):
    simulated, board = make()
    cells = np.array([20, 3, 9], np.uint32)
    pulsed, read = board.pulse_read(cells, Train(2.4, 1e-6), 0.2, delay=1e-5)

    np.testing.assert_allclose(read.time - pulsed.time, 1e-6 + 1e-5, rtol=1e-9)
    log = simulated.truth
    for cell, at in zip(cells, read.time, strict=True):
        record = next(r for r in log.reads() if r["cell"] == cell and r["time"] == at)
        last = [p for p in log.pulses() if p["cell"] == cell and p["time"] <= at][-1]
        relaxed = abs(record["conductance"] / last["conductance"] - 1.0)
        assert relaxed < 0.02
    assert (np.diff(np.sort(pulsed.time)) > 1e-5).all()


def test_the_schedule_told_before_is_the_time_that_passes(make):
    simulated, board = make(WIRES)
    cells = np.arange(0, 48, 2, dtype=np.uint32)
    amplitude = np.where(np.arange(24) % 3, 1.8, -1.9)
    train = Train(amplitude, 1e-6, current_limit=2e-3)
    told, before = board.schedule(cells, train), simulated.clock.now
    board.pulse(cells, train)

    assert simulated.clock.now - before == pytest.approx(told.duration, rel=1e-9)


def test_wire_takes_its_part_of_pulse_and_reading_behind_transistors(make):
    wires = WIRES.replace("2.0", "60.0").replace("3.0", "60.0")
    benches = [make(r, kind="1T1R", preset="neurram-130nm") for r in ("", wires)]
    cells = np.arange(48, dtype=np.uint32)
    reads, peaks = [], []
    for simulated, board in benches:
        reads.append(board.read(cells, 0.2, gate=2.5, averages=500).conductance)
        truth = simulated.chip.true_conductance(cells)
        peaks.append(board.pulse(cells, Train(0.4, 1e-6, 2.5)).peak_current)
    near, far = 5 + 42, 0  # the corner beside both terminals, and the one across

    assert (peaks[1] < peaks[0]).all()
    loss = 1.0 - reads[1] / truth
    assert np.median(loss) > 0.01
    assert peaks[1][far] / peaks[0][far] < peaks[1][near] / peaks[0][near]


def test_lines_that_settle_slower_than_the_channels_flag_every_reading(make):
    slow = WIRES + "row_capacitance = 2e-9\ncolumn_capacitance = 2e-9\n"
    _, board = make(slow)
    read = board.read(np.arange(4, dtype=np.uint32), 0.2)

    assert (read.flags & Flag.NOT_SETTLED).all()


def test_a_scheme_that_nobody_knows_is_refused(make):
    _, board = make()
    with pytest.raises(RangeError, match="half, third, ground, float"):
        board.bias(pulses="quarter")


def test_the_board_speaks_of_its_schemes_as_its_manual_has_it(make):
    _, board = make()
    talk = board.transport
    assert (talk.query(":BIAS:PULS?"), talk.query("SOURce:BIAS:READ?")) == ("HALF", "GRO")
    for word, short in (("THIRd", "THIR"), ("FLOat", "FLO"), ("GRO", "GRO"), ("half", "HALF")):
        talk.write(f"SOUR:BIAS:PULS {word};READ {word}")
        assert (talk.query(":BIAS:PULS?"), talk.query(":BIAS:READ?")) == (short, short)
    talk.write("BIAS:PULS FIFTH")
    assert talk.query("SYST:ERR?").startswith("-224")
    talk.write("*RST")
    assert talk.query(":BIAS:PULS?") == "HALF"


def test_the_true_wiring_lies_between_a_scheme_and_the_cells(make):
    simulated, board = make('[faults]\nswapped = [["row.2", "row.5"]]\n')
    board.pulse(np.array([15], np.uint32), Train(2.4, 1e-6))

    assert (5 * 6 + 3, 2.4) in seen(simulated)


def test_a_cell_shorted_in_a_passive_array_pulls_its_lines_and_reads_as_a_short(make):
    simulated, board = make("\n[faults]\nshorted_cells = [[2, 3]]\nshort_resistance = 200.0\n")
    read = board.read(np.array([15, 14], np.uint32), 0.1)

    assert read.conductance[0] == pytest.approx(1 / 200.0, rel=1e-3)
    assert read.conductance[1] == pytest.approx(simulated.chip.true_conductance()[14], rel=0.05)


def read_margin(made, volts):
    """Return (I_low - I_high) / I_low as the board reads it by V/2, all others at 100 uS."""
    simulated, board = made
    board.bias(readings="half")
    cells = simulated.chip.state.cells
    cells["relaxation"] = 0.0
    currents = []
    for conductance in (100e-6, 5e-6):
        cells["conductance"] = 100e-6
        cells["conductance"][40 * 64 + 50] = conductance
        read = board.read(np.array([40 * 64 + 50], np.uint32), volts, averages=100)
        assert not read.flags.any()
        currents.append(float(read.current[0]))
    return (currents[0] - currents[1]) / currents[0]


def test_d27_a_passive_64_x_64_fails_its_read_margin_through_the_board_and_a_selector_saves_it(
    make,
):
    """Ideal wires: 63 cells at half the voltage carry 31.5 times the cell's own current."""
    wires = "[chip.wires]\nrow = 1.0\ncolumn = 1.0\ndriver = 10.0\nsense = 10.0\n"
    selector = "[chip.selector]\nleakage = 3.3e-11\nsteepness = 0.1\n"
    ideal = read_margin(make(rows=64, columns=64), 0.2)
    bare = read_margin(make(wires, rows=64, columns=64), 0.2)
    selected = read_margin(make(wires + selector, kind="1S1R", rows=64, columns=64), 1.6)

    assert ideal == pytest.approx(0.95 / 32.5, rel=0.02)
    assert bare < ideal < 0.1 < selected
