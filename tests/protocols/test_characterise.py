"""Read maps and I-V sweeps on cells with a closed form."""

import numpy as np
import pytest
from fake_cells import FakeCells

from labcim.app.recipes import new_recipe
from labcim.capabilities import Topology
from labcim.errors import RecipeError
from labcim.protocols.characterise.iv_sweep import IvSweep, iv_sweep
from labcim.protocols.characterise.read_map import ReadMap, read_map

from .running import run

SIDE = Topology(16, 16)


def test_a_map_returns_the_mean_and_the_scatter_of_the_readings():
    cells = FakeCells(SIDE, noise=0.02)
    cells.true[:] = np.linspace(1e-6, 40e-6, SIDE.size)
    rows = run(read_map, ReadMap(repeats=200), cells).rows
    assert np.allclose(rows["conductance"], cells.true, rtol=5 * 0.02 / np.sqrt(200))
    # The scatter of 200 readings is known to 5 %; five sigma of that.
    assert np.allclose(rows["sigma"], 0.02 * cells.true, rtol=0.25)


def test_a_map_waits_once_before_its_first_reading():
    cells = FakeCells(SIDE)
    rows = run(read_map, ReadMap(delay="1 s", block=64), cells).rows
    assert cells.clock.slept == [1.0]
    assert rows["time"].min() >= 1.0


def test_a_map_gives_no_pulse():
    cells = FakeCells(SIDE)
    run(read_map, ReadMap(repeats=3), cells)
    assert cells.pulses == []


def test_a_flagged_reading_is_read_again_for_a_map():
    cells = FakeCells(SIDE)
    cells.flag_next[3] = 4
    done = run(read_map, ReadMap(), cells)
    assert done.rows["flagged"][3] == 1
    assert done.rows["conductance"].max() < 20e-6
    assert done.finding("cells read").value == 1.0


def test_a_rectangle_is_read_row_by_row():
    rows = run(read_map, ReadMap(cells="2:4, 5:7"), FakeCells(SIDE)).rows
    assert list(zip(rows["row"], rows["column"], strict=True)) == [(2, 5), (2, 6), (3, 5), (3, 6)]


@pytest.mark.parametrize("cells", ["0:17, 0:4", [[0, 16]], "4:4, 0:1"])
def test_cells_that_the_array_does_not_have_are_refused(cells):
    with pytest.raises(RecipeError, match="16 rows"):
        ReadMap(cells=cells).units(SIDE)


def test_a_loop_goes_out_and_back_on_both_sides():
    done = run(
        iv_sweep, IvSweep(set_stop="1 V", reset_stop="0.5 V", step="0.25 V"), FakeCells(SIDE)
    )
    up = [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25, 0]
    swept = done.rows["swept"]
    assert np.allclose(done.rows["voltage"][swept], [*up, 0, -0.25, -0.5, -0.25, 0])
    assert done.rows["polarity"][swept].tolist() == [1] * 9 + [-1] * 5


def test_the_set_voltage_is_where_the_cell_answers():
    cells = FakeCells(SIDE, spread=0.0, redraw=0.0)
    cells.true[0] = 1e-6
    done = run(iv_sweep, IvSweep(reset_stop=0.0, dwell="1 us", set_limit="1 mA"), cells)
    # The line passes 2 µS at 1.225 V; pulses before it add up to less than one step of 50 mV.
    assert 1.15 <= done.finding("SET voltage").value <= 1.3


def test_points_in_compliance_carry_their_flag_and_stay_in_the_rows():
    rows = run(iv_sweep, IvSweep(set_limit="5 uA", reset_stop=0.0), FakeCells(SIDE)).rows
    held = rows["flags"] != 0
    assert held.any()
    assert np.allclose(np.abs(rows["current"][held]), 5e-6)
    assert np.all(np.abs(rows["current"][~held]) < 5e-6)


def test_a_sweep_demands_its_turning_points_and_limits():
    demands = {demand.name: demand for demand in IvSweep(set_limit="50 uA").demands()}
    assert (demands["set_stop"].family, demands["set_stop"].voltage) == ("row", 2.5)
    assert (demands["reset_stop"].family, demands["reset_stop"].voltage) == ("column", 2.5)
    assert (demands["set_limit"].family, demands["set_limit"].current) == ("row", 50e-6)


def test_no_gate_is_taken_that_the_stages_of_a_characterisation_could_not_raise():
    with pytest.raises(RecipeError, match="set_gate"):
        new_recipe("characterise", set_gate=0.0)
