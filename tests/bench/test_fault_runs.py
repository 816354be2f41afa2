"""R9: faults that are in the chip, found through whole benches and judged by the truth."""

import numpy as np
import pytest

import labcim
from labcim.analysis.fault_map import Fault

from .any_chip import any_chip, ran, truth_of
from .conftest import small_bench

LOW, HIGH = 1, 2  # the truth's words for stuck cells
IN_ARRAY = """
[faults]
shorted_cells = [[1, 2], [7, 7]]
open_cells = [[3, 4], [9, 9]]
broken = [["row.5", 6], ["column.10", 4]]
"""
ON_PADS = """
[faults]
open = ["column.2", "gate.9"]
shorted = [["row.3", "row.4"]]
swapped = [["row.8", "row.12"]]
"""
WIRES = """
[chip.wires]
row = "2 ohm"
column = "2 ohm"
driver = "20 ohm"
sense = "20 ohm"
"""
PASSIVE = {"set_stop": "3 V", "reset_stop": "3 V", "dead": "1 uS", "ratio": 1.4}


def mapped(path, **recipe):
    """Return (fault of every cell as found, as the truth has it), both (rows, columns)."""
    view = ran(path, "fault_map", check_contacts=False, **recipe)
    assert view.stop.state == "completed"
    found = view.readings().sort_values("cell")["fault"].to_numpy()
    side = int(np.sqrt(len(found)))
    true = truth_of(path).cells()["stuck"].copy()
    return found.reshape(side, side).copy(), true.reshape(side, side)


def scores(found, true, judged):
    """Return (precision, recall, share of right classes) for stuck cells."""
    low = np.isin(found, (Fault.STUCK_OFF, Fault.OPEN))  # a dead cell without a gate reads nothing
    stuck = (low | (found == Fault.STUCK_ON)) & judged
    truly = (true != 0) & judged
    both = stuck & truly
    right = np.where(found == Fault.STUCK_ON, true == HIGH, true == LOW)
    return both.sum() / stuck.sum(), both.sum() / truly.sum(), right[both].mean()


@pytest.mark.parametrize(
    "preset", ["neurram-130nm", pytest.param("sky130-reram", marks=pytest.mark.slow)]
)
def test_r9_stuck_cells_are_found_with_their_class(tmp_path, preset):
    every = []
    for seed in range(1, 7):
        chip = {"preset": preset, "seed": seed, "stuck": 0.1}
        every.append(mapped(any_chip(tmp_path / str(seed), 16, 16, **chip)))
    found, true = (np.concatenate(part) for part in zip(*every, strict=True))
    assert (true != 0).sum() > 100
    precision, recall, right = scores(found, true, np.full(true.shape, True))
    assert precision >= 0.99
    assert recall >= 0.99
    assert right >= 0.99


@pytest.mark.parametrize(
    "wires", ["", pytest.param(WIRES, marks=pytest.mark.slow)], ids=["ideal", "resistive"]
)
def test_r9_stuck_cells_are_found_without_transistors(tmp_path, wires):
    every = []
    for seed in range(1, 6):
        chip = {"preset": "taox-passive", "kind": "passive", "seed": seed, "stuck": 0.1}
        path = any_chip(tmp_path / str(seed), 12, 12, more=wires, **chip)
        every.append(mapped(path, **PASSIVE))
    found, true = (np.concatenate(part) for part in zip(*every, strict=True))
    precision, recall, right = scores(found, true, np.full(true.shape, True))
    assert (true != 0).sum() > 50
    assert min(precision, recall, right) >= 0.99


@pytest.mark.parametrize("seed", range(1, 6))
def test_r9_shorts_opens_and_breaks_in_the_array_are_told_from_stuck_cells(tmp_path, seed):
    chip = {"preset": "neurram-130nm", "seed": seed, "stuck": 0.05}
    found, true = mapped(any_chip(tmp_path, 12, 12, more=IN_ARRAY, **chip))
    assert found[1, 2] == found[7, 7] == Fault.SHORTED
    assert found[3, 4] == found[9, 9] == Fault.OPEN
    assert np.isin(found[5, 6:], (Fault.OPEN_LINE, Fault.OPEN)).all()
    assert np.isin(found[[0, 2, 3], 10], (Fault.OPEN_LINE, Fault.OPEN)).all()
    hidden = np.isin(found, (Fault.SHORTED, Fault.SHORTED_LINE, Fault.OPEN, Fault.OPEN_LINE))
    assert hidden.sum() <= 2 * 12 + 2 + 6 + 4
    precision, recall, right = scores(np.where(hidden, 0, found), true, ~hidden)
    assert min(precision, recall, right) == 1.0


def test_r9_faults_of_pads_are_those_of_whole_lines(tmp_path):
    chip = {"preset": "neurram-130nm", "seed": 3, "stuck": 0.05}
    found, true = mapped(any_chip(tmp_path, 16, 16, more=ON_PADS, **chip))
    true[[8, 12]] = true[[12, 8]]  # what is asked of row 8 is answered by row 12
    lines = np.zeros((16, 16), bool)
    lines[:, [2, 9]] = lines[3:5] = True
    assert np.isin(found[lines], (Fault.OPEN_LINE, Fault.SHORTED_LINE)).all()
    assert np.all(found[3:5] == Fault.SHORTED_LINE)
    assert np.array_equal(found[~lines] != 0, true[~lines] != 0)


def test_r9_shorts_and_breaks_without_transistors(tmp_path):
    chip = {"preset": "taox-passive", "kind": "passive", "seed": 2, "stuck": 0.05}
    found, true = mapped(any_chip(tmp_path, 16, 16, more=IN_ARRAY, **chip), **PASSIVE)
    assert found[1, 2] == found[7, 7] == Fault.SHORTED
    assert np.isin(found[5, 6:], (Fault.OPEN_LINE, Fault.OPEN)).all()
    known = ~np.isin(found, (Fault.UNKNOWN, Fault.SHORTED, Fault.OPEN_LINE, Fault.OPEN))
    precision, recall, right = scores(found, true, known)
    assert min(precision, recall, right) >= 0.99


def test_faults_are_found_on_the_probed_chip(tmp_path):
    path = small_bench("probed", tmp_path, 4, stuck="0.3", faults="open_cells = [[0, 1]]")
    ran(path, "form", check_contacts=False)
    found, true = mapped(path)
    assert found[0, 1] == Fault.OPEN
    found[0, 1] = true[0, 1] = 0
    assert (true != 0).any()
    assert np.array_equal(found != 0, true != 0)


def test_a_map_that_was_cut_off_goes_on_with_what_is_not_done(tmp_path):
    path = any_chip(tmp_path, 8, 8, preset="neurram-130nm", seed=1, stuck=0.1)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        steps = []

        def cut(unit, fraction, text):
            steps.append(unit)
            if len(set(steps)) == 3:
                bench.steering.request("abort", "enough")

        recipe = labcim.new_recipe("fault_map", block=16)
        assert bench.run(recipe, on_progress=cut).stop.units_done == 2
        view = bench.resume("last")
    assert view.stop.state == "completed"
    found = view.readings().sort_values("cell")["faulty"].to_numpy()
    assert np.array_equal(found, truth_of(path).cells()["stuck"] != 0)
