"""Parallel updates on the board: every coincidence is a pulse on a cell, and on the truth log."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from board_bench import board_on

from labcim.capabilities import Overlap, Train
from labcim.errors import InstrumentError

SLOT = 1e-6 + 1e-7
STEPS = Overlap(1.0, -1.0, 1e-6, 31, gate_up=3.0, gate_down=4.0, seed=3)


def values(lines, samples, seed):
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (samples, lines))


def counts_in(truth, shape, sign):
    chosen = truth["cell"][np.sign(truth["amplitude"]) == sign]
    return np.bincount(chosen, minlength=shape[0] * shape[1]).reshape(shape)


def alike(simulated):
    """Make all cells of a pulse-law chip one device without scatter; return what tells a change."""
    chip = simulated.chip
    for name in chip.state.devices.dtype.names:
        chip.state.devices[name] = chip.state.devices[name].mean()
    chip.state.devices["scale_down"] = chip.state.devices["scale_up"]
    chip.state.parameters["sigma"] = 0.0
    p, cells = chip.state.parameters[0], chip.state.cells
    siemens = (p["highest"] - p["lowest"]) / (p["w_max"] - p["w_min"])
    shown = p["lowest"] + (cells["weight"] - p["w_min"]) * siemens
    cells["conductance"] = shown / chip.state.devices["resistance_factor"]
    before = chip.true_conductance()[0]
    return lambda: chip.true_conductance()[0] - before


def test_every_coincidence_is_one_pulse_on_the_cell_and_on_the_truth_log(tmp_path):
    with board_on(tmp_path, "ecram-metal-oxide", 7, 5) as (simulated, board, _):
        updated = board.update(values(7, 6, 1), values(5, 6, 2), STEPS)
        truth = simulated.chip.truth.pulses()
    assert np.array_equal(updated.up, counts_in(truth, (7, 5), 1))
    assert np.array_equal(updated.down, counts_in(truth, (7, 5), -1))
    assert updated.up.sum() > 100 and updated.down.sum() > 100
    assert set(np.abs(truth["amplitude"])) == {np.float32(1.0)}
    assert set(truth["gate"][truth["amplitude"] > 0]) == {np.float32(3.0)}
    assert set(truth["gate"][truth["amplitude"] < 0]) == {np.float32(4.0)}
    assert set(truth["width"]) == {np.float32(1e-6)}
    assert updated.half == 0.0  # behind transistors a line alone does nothing


def test_resistive_lines_get_the_pulses_that_ideal_ones_do(tmp_path):
    rows, columns = values(4, 6, 1), values(4, 6, 2)
    found = []
    for name, wires in (("ideal", ""), ("wired", "[chip.wires]\nrow = 1.0\ncolumn = 1.0\n")):
        (tmp_path / name).mkdir()
        with board_on(tmp_path / name, "neurram-130nm", 4, 4, end=wires) as (simulated, board, _):
            updated = board.update(rows, columns, replace(STEPS, up=1.5, down=-1.5))
            truth = simulated.chip.truth.pulses()
        assert np.array_equal(updated.up, counts_in(truth, (4, 4), 1))
        assert np.array_equal(updated.down, counts_in(truth, (4, 4), -1))
        found.append((updated.up, updated.down))
    assert np.array_equal(*found)
    assert found[0][0].sum() > 10 and found[0][1].sum() > 10


def test_pulses_come_slot_by_slot_and_the_clock_moves_on_by_all_phases(tmp_path):
    with board_on(tmp_path, "ecram-metal-oxide", 3, 2) as (simulated, board, clock):
        began = clock.now()
        rows, columns = np.array([[1.0, -1.0, 0.0]]), np.array([[1.0, -1.0]])
        updated = board.update(rows, columns, STEPS)
        truth = simulated.chip.truth.pulses()
        assert clock.now() - began == pytest.approx(4 * 31 * SLOT)
        one_sign = board.update(np.abs(rows), np.abs(columns), STEPS)
        assert clock.now() - updated.ended == pytest.approx(31 * SLOT)
    assert (updated.began, updated.ended - began) == (began, pytest.approx(4 * 31 * SLOT))
    assert one_sign.ended - one_sign.began == pytest.approx(31 * SLOT)
    for phase, (row, column) in enumerate([(0, 0), (1, 1), (0, 1), (1, 0)]):
        times = truth["time"][truth["cell"] == 2 * row + column]
        assert times == pytest.approx(began + (phase * 31 + np.arange(31)) * SLOT)


def test_silence_takes_no_time_and_pulses_nothing(tmp_path):
    with board_on(tmp_path, "ecram-metal-oxide", 3, 2) as (simulated, board, clock):
        began = clock.now()
        updated = board.update(np.zeros((4, 3)), np.ones((4, 2)), STEPS)
        assert clock.now() == began
        assert not updated.up.any() and not len(simulated.chip.truth)


@pytest.mark.parametrize("gate_along", ["row", "column", "cell"])
@pytest.mark.parametrize("set_terminal", ["row", "column"])
def test_on_every_topology_up_raises_and_down_lowers_exactly_the_cells_that_meet(
    tmp_path, gate_along, set_terminal
):
    more = f'gate_along = "{gate_along}"\nset_terminal = "{set_terminal}"'
    with board_on(tmp_path, "ecram-metal-oxide", 5, 4, more=more) as (simulated, board, _):
        before = simulated.chip.true_conductance().reshape(5, 4)
        rows, columns = np.array([[1.0, 1.0, 0.0, -1.0, 0.0]]), np.array([[1.0, 0.0, -1.0, 0.0]])
        updated = board.update(rows, columns, STEPS)
        moved = np.sign(simulated.chip.true_conductance().reshape(5, 4) - before)
    wanted = np.sign(rows.T @ columns)
    assert np.array_equal(moved, wanted)
    assert np.array_equal(np.sign(updated.up.astype(int) - updated.down), wanted)


def test_deterministic_trains_give_each_cell_its_product_to_a_pulse(tmp_path):
    with board_on(tmp_path, "ecram-metal-oxide", 9, 8) as (_, board, _):
        rows, columns = values(9, 1, 4), values(8, 1, 5)
        overlap = Overlap(1.0, -1.0, 1e-6, 31, True, gate_up=3.0, gate_down=3.0)
        updated = board.update(rows, columns, overlap)
    net = updated.up.astype(int) - updated.down.astype(int)
    assert np.abs(net - 31 * rows.T @ columns).max() <= 1.0


def test_p5_the_mean_update_is_the_outer_product_within_two_per_cent(tmp_path):
    """1e4 trials; the chance of each slot makes the rest: 3 sigma of a cell is 1.3 % at most."""
    random = np.random.default_rng(6)
    x, d = random.uniform(0.4, 1.0, 8), random.uniform(0.4, 1.0, 6)
    x[::2], d[1::2] = -x[::2], -d[1::2]
    slots, batch, batches = 10, 200, 50
    with board_on(tmp_path, "idealized-steps", 8, 6) as (simulated, board, _):
        change = alike(simulated)
        board.pulse(np.array([0], np.uint32), Train(1.0, 1e-6, 3.0, count=200))
        step = change() / 200
        cells, total = simulated.chip.state.cells, np.zeros((8, 6))
        start = cells.copy()
        before = simulated.chip.true_conductance().reshape(8, 6)
        for number in range(batches):
            overlap = Overlap(
                1.0, -1.0, 1e-6, slots, gate_up=3.0, gate_down=3.0, seed=1, first=number * batch
            )
            board.update(np.tile(x, (batch, 1)), np.tile(d, (batch, 1)), overlap)
            total += simulated.chip.true_conductance().reshape(8, 6) - before
            cells[:] = start
    wanted = batch * batches * slots * step * np.outer(x, d)
    assert np.abs(total / wanted - 1.0).max() < 0.02


def test_no_line_carries_more_than_it_may_though_all_its_cells_draw_at_once(tmp_path):
    """Each cell is limited to its share: 2 mA of a row over 8 cells, of a column over 20."""
    with board_on(tmp_path, "neurram-130nm", 20, 8, current=2e-3) as (simulated, board, _):
        overlap = Overlap(2.5, -2.5, gate_up=4.0, gate_down=5.0, slots=3, deterministic=True)
        board.update(np.ones((1, 20)), np.ones((1, 8)), overlap)
        truth = simulated.chip.truth.pulses()
    assert len(truth) == 3 * 160
    assert truth["current"].max() == pytest.approx(2e-3 / 20, rel=1e-3)


def test_p5_moving_by_one_line_alone_does_nothing_behind_transistors(tmp_path):
    with board_on(tmp_path, "idealized-steps", 8, 6) as (simulated, board, _):
        before = simulated.chip.true_conductance().reshape(8, 6)
        rows, columns = np.zeros((50, 8)), np.zeros((50, 6))
        rows[:, 2], columns[:, 3] = 1.0, 1.0
        board.update(rows, columns, STEPS)
        after = simulated.chip.true_conductance().reshape(8, 6)
    elsewhere = np.ones((8, 6), bool)
    elsewhere[2, 3] = False
    assert after[2, 3] > before[2, 3]
    assert np.array_equal(after[elsewhere], before[elsewhere])


@pytest.mark.parametrize("windows", [(0.0, 4.0), (-2.0, 2.0)])
def test_p5_half_a_pulse_disturbs_by_ten_per_cent_of_a_whole_one(tmp_path, windows):
    """RPU target cells without transistors: all cells of a line that pulses see V/2 (D26)."""
    low, high = windows
    more = 'kind = "passive"'
    options = {"more": more, "low": low, "high": high}
    with board_on(tmp_path, "rpu-target", 8, 6, **options) as (simulated, board, _):
        alike(simulated)
        before = simulated.chip.true_conductance().reshape(8, 6)
        rows, columns = np.zeros((4, 8)), np.zeros((4, 6))
        rows[:, 2], columns[:, 3] = 1.0, 1.0
        updated = board.update(rows, columns, replace(STEPS, gate_up=0.0, gate_down=0.0))
        moved = simulated.chip.true_conductance().reshape(8, 6) - before
        truth = simulated.chip.truth.pulses()
    assert updated.half == 0.5
    assert updated.up[2, 3] == updated.up.sum() == 4 * 31
    half = truth["cell"][truth["amplitude"] == 0.5]
    assert sorted(set(half)) == sorted(
        {2 * 6 + c for c in range(6)} ^ {r * 6 + 3 for r in range(8)}
    )
    assert len(half) == 4 * 31 * (5 + 7)
    beside = np.concatenate([np.delete(moved[2], 3), np.delete(moved[:, 3], 2)])
    assert (beside > 0.0).all()
    assert beside.mean() <= 0.10 * moved[2, 3] * (1.0 + 1e-3)  # 10 % by the law, and rounding
    others = np.delete(np.delete(moved, 2, axis=0), 3, axis=1)
    assert not others.any()


def test_both_families_of_a_passive_chip_pulse_by_half_in_either_direction(tmp_path):
    more = 'kind = "passive"\nset_terminal = "column"'
    with board_on(tmp_path, "rpu-target", 4, 4, more=more) as (simulated, board, _):
        rows, columns = np.array([[1.0, 0.0, 0.0, -1.0]]), np.array([[1.0, -1.0, 0.0, 0.0]])
        updated = board.update(rows, columns, replace(STEPS, gate_up=0.0, gate_down=0.0))
        truth = simulated.chip.truth.pulses()
    assert np.array_equal(updated.up, counts_in(truth[truth["amplitude"] == 1.0], (4, 4), 1))
    assert np.array_equal(updated.down, counts_in(truth[truth["amplitude"] == -1.0], (4, 4), -1))
    assert set(truth["amplitude"]) == {-1.0, -0.5, 0.5, 1.0}


def test_the_same_seed_and_numbers_give_the_same_pulses_in_one_message_or_several(tmp_path):
    rows, columns = values(6, 20, 7), values(5, 20, 8)
    found = []
    for number, parts in enumerate(((0, 20), (0, 3, 20))):
        folder = tmp_path / str(number)
        folder.mkdir()
        with board_on(folder, "reram-es", 6, 5) as (simulated, board, _):
            for first, last in pairwise(parts):
                overlap = Overlap(1.0, -1.0, 1e-6, 31, gate_up=3.0, gate_down=3.0, first=first)
                board.update(rows[first:last], columns[first:last], overlap)
            found.append(simulated.chip.true_conductance())
    assert np.array_equal(*found)


def test_the_true_wiring_lies_between_an_update_and_the_cells(tmp_path):
    faults = '[faults]\nswapped = [["row.2", "row.3"]]\nopen = ["column.1"]'
    with board_on(tmp_path, "ecram-metal-oxide", 5, 3, end=faults) as (simulated, board, _):
        rows, columns = np.array([[0.0, 0.0, 1.0, 0.0, 0.0]]), np.array([[1.0, 1.0, -1.0]])
        board.update(rows, columns, STEPS)
        truth = simulated.chip.truth.pulses()
    whole = np.abs(truth["amplitude"]) == 1.0
    assert set(truth["cell"][whole]) == {3 * 3, 3 * 3 + 2}
    assert set(truth["cell"][~whole]) == {3 * 3 + 1}  # its column floats between all rows
    truth = truth[whole]
    assert counts_in(truth, (5, 3), 1)[3].tolist() == [31, 0, 0]
    assert counts_in(truth, (5, 3), -1)[3].tolist() == [0, 0, 31]


def test_slot_by_slot_and_cell_by_cell_do_the_same(tmp_path):
    """The wiring of two rows that are swapped twice is straight, yet asked slot by slot."""
    rows, columns = values(5, 2, 9), values(3, 2, 10)
    found = []
    for number, faults in enumerate(("", '[faults]\nswapped = [["row.0", "row.1"]]')):
        folder = tmp_path / str(number)
        folder.mkdir()
        with board_on(folder, "ecram-metal-oxide", 5, 3, end=faults) as (simulated, board, clock):
            order = [1, 0, 2, 3, 4] if faults else list(range(5))
            words = np.zeros_like(rows)
            words[:, order] = rows
            overlap = Overlap(1.0, -1.0, 1e-6, 31, True, gate_up=3.0, gate_down=3.0)
            board.update(words, columns, overlap)
            found.append((simulated.chip.true_conductance(), clock.now()))
    assert np.array_equal(found[0][0], found[1][0])
    assert found[0][1] == pytest.approx(found[1][1])


@pytest.mark.parametrize(
    ("settings", "message", "code"),
    [
        ("UPD:VOLT 4.5,-1", "UPD:APPL? #14\0\0\0\0,#14\0\0\0\0", -222),
        ("UPD:GATE 6,1", "UPD:APPL? #14\0\0\0\0,#14\0\0\0\0", -222),
        ("UPD:SLOT 5", "UPD:APPL? #18\0\0\0\0\0\0\0\0,#14\0\0\0\0", -109),
        ("UPD:SLOT 5", "UPD:APPL? #14\0\0\0\x40,#14\0\0\0\0", -222),  # a value of 2
        ("UPD:SLOT 5", "UPD:APPL? #14\0\0\xc0\x7f,#14\0\0\0\0", -222),  # NaN
        ("OUTP 0", "UPD:APPL? #14\0\0\0\0,#14\0\0\0\0", -221),
    ],
)
def test_what_the_board_refuses_is_an_empty_block_and_drives_nothing(
    tmp_path, settings, message, code
):
    with board_on(tmp_path, "ecram-metal-oxide", 1, 1) as (simulated, board, clock):
        board.send("OUTP 1;:FORM:BORD SWAP")
        board.transport.write(settings)
        began = clock.now()
        assert board.transport.query_block(message.encode("latin-1")) == b""
        with pytest.raises(InstrumentError, match=str(code)):
            board.raise_errors()
        assert clock.now() == began
        assert not len(simulated.chip.truth)
