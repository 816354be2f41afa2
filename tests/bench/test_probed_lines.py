"""Lines of the probed chip, as far as one source reaches; what the record knows of its cells."""

import numpy as np
import pytest

import labcim
from labcim.app.earlier_map import earlier_map
from labcim.capabilities import LineState

from .conftest import small_bench
from .refusing import SIZE, Lab, probed_lab

__all__ = ["probed_lab"]

FLOAT = float("nan")


def state(**driven: dict[int, float]) -> LineState:
    """Return a state of 1 ms with all lines at 0 V but those that are named."""
    levels = {name: np.zeros(SIZE) for name in ("rows", "columns", "gates")}
    for name, lines in driven.items():
        for line, volts in lines.items():
            levels[name][line] = volts
    return LineState(**levels, duration=1e-3)


def test_the_current_of_a_single_driven_row_is_that_of_its_open_cell(probed_lab: Lab) -> None:
    (currents,) = probed_lab.cells.apply([state(rows={1: 0.05}, gates={2: 2.5})])
    cell = np.array([1 * SIZE + 2], np.uint32)
    expected = probed_lab.cells.read(cell, 0.05, gate=2.5).current[0]
    # Every other cell of the row has a closed gate: only white noise and traps are left.
    assert currents.rows[1] == pytest.approx(expected, rel=0.2)
    assert np.isnan(np.delete(currents.rows, 1)).all()
    assert np.isnan(currents.columns).all()


def test_a_current_that_two_lines_share_is_not_told(probed_lab: Lab) -> None:
    (currents,) = probed_lab.cells.apply([state(rows={0: 0.05, 1: 0.05}, gates={2: 2.5})])
    assert np.isnan(currents.rows).all()


def test_two_voltages_at_once_are_out_of_reach(probed_lab: Lab) -> None:
    wrong = [state(rows={0: 0.05}), state(rows={0: 0.05}, columns={1: 0.1})]
    probed_lab.refuses(lambda: probed_lab.cells.apply(wrong), "50 mV", "100 mV", "accepts one")
    gates = [state(gates={0: 1.0, 1: 2.0})]
    probed_lab.refuses(lambda: probed_lab.cells.apply(gates), "1 V", "2 V", "accepts one")


@pytest.mark.parametrize(
    ("driven", "said"),
    [
        ({"rows": {0: 3.7}}, "3.7 V"),
        ({"columns": {0: 3.7}}, "3.7 V"),
        ({"rows": {0: -0.1}}, "-100 mV"),
        ({"gates": {3: 5.6}}, "5.6 V"),
        ({"gates": {3: np.inf}}, "inf"),
        ({"rows": {3: np.inf}}, "inf"),
    ],
)
def test_lines_beyond_the_chip_are_refused_with_the_whole_sequence(probed_lab, driven, said):
    probed_lab.refuses(lambda: probed_lab.cells.apply([state(), state(**driven)]), said, "accepts")


def test_cells_are_found_again_after_lines_were_driven(probed_lab: Lab) -> None:
    cells = np.array([5], np.uint32)
    before = probed_lab.cells.read(cells, 0.1, gate=2.5).conductance[0]
    probed_lab.cells.apply([state(rows={0: 0.05, 1: FLOAT})])
    after = probed_lab.cells.read(cells, 0.1, gate=2.5).conductance[0]
    assert after == pytest.approx(before, rel=0.2)


def test_the_record_knows_a_map_until_a_sweep_makes_it_old(tmp_path):
    path, record = small_bench("board", tmp_path, 8), tmp_path / "record.sqlite"
    with labcim.open_bench(path, record=record) as bench:
        topology, chip = bench.cells.topology, "neurram-64x64-a"
        assert earlier_map(record, chip, topology) is None
        view = bench.run(labcim.new_recipe("form"))
        known = earlier_map(record, chip, topology)
        rows = view.readings().set_index("cell").sort_index()
        assert known is not None
        assert np.array_equal(known.ravel(), rows["conductance"], equal_nan=True)
        assert earlier_map(record, "another", topology) is None
        bench.run(labcim.new_recipe("iv_sweep"))
        assert earlier_map(record, chip, topology) is None
