"""Retention without a bench: its schedule, what it reads, and two of ArC's weaknesses."""

import dataclasses

import numpy as np
import pytest
from fake_cells import FakeCells

from labcim.capabilities import Topology
from labcim.errors import RecipeError
from labcim.protocols.characterise.retention import Retention, retention

from .running import run


def watched(**recipe):
    cells = FakeCells(Topology(4, 4), seconds_each=recipe.pop("seconds_each", 0.0))
    return cells, run(retention, Retention(**recipe), cells)


def test_looks_are_on_the_schedule_however_long_each_takes():
    """ArC sleeps a fixed time after each reading, so that its time stamps drift."""
    _, done = watched(first=10.0, duration=1e4, looks=13, seconds_each=0.05)
    planned = np.concatenate([[0.0], np.geomspace(10.0, 1e4, 13)])
    since = done.rows["since"].reshape(14, 16)
    np.testing.assert_allclose(since, np.broadcast_to(planned[:, None], since.shape), atol=1e-6)
    assert (done.rows["late"] == 0.0).all()


def test_a_bench_that_is_slower_than_its_schedule_says_so_and_sleeps_no_negative_time():
    """ArC ends with an error where reading takes longer than the interval."""
    cells, done = watched(first=0.1, duration=10.0, looks=8, seconds_each=0.1)
    late = done.rows["late"].reshape(9, 16)[:, 0]
    assert late.max() > 1.0
    assert min(cells.clock.slept, default=0.0) >= 0.0
    assert any("behind its time" in step.text for step in done.progress)
    assert late[-1] < late.max()  # it catches up where looks are farther apart


def test_the_first_action_is_a_reading_and_nothing_is_pulsed_unless_levels_are_asked_for():
    cells, done = watched()
    assert cells.pulses == []
    assert np.isnan(done.rows["level"]).all()
    cells, done = watched(levels=(8e-6, 20e-6))
    assert len(cells.reads[0][0]) == 16
    assert set(done.rows["level"]) == {8e-6, 20e-6}
    np.testing.assert_allclose(done.rows["written"], done.rows["level"], atol=1.5e-6)


def test_only_the_cells_of_the_recipe_are_read():
    """ArC reads what is selected at that moment."""
    cells, done = watched(cells=((0, 1), (3, 2)))
    assert {cell for read in cells.reads for cell in read[0]} == {1, 14}
    assert set(done.rows["cell"]) == {1, 14}


def test_cells_that_keep_their_state_are_all_in_the_window():
    _, done = watched()
    assert done.finding("still in the window").value == 1.0
    assert done.finding("cells followed").value == 16.0


def test_a_cell_that_conducts_nothing_is_not_followed_and_a_flagged_look_is_no_data():
    cells = FakeCells(Topology(4, 4))
    cells.true[3] = 0.1e-6
    recipe = Retention(looks=4, flagged=1)
    spec = dataclasses.replace(retention)
    cells.flag_next[:] = 0
    done = run(spec, recipe, cells)
    assert not done.rows["counts"][done.rows["cell"] == 3].any()
    assert np.isnan(done.rows["share"][done.rows["cell"] == 3]).all()
    assert done.finding("cells followed").value == 15.0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"first": 2.0, "duration": 1.0}, "is not before duration"),
        ({"temperatures": [400.0, 400.0], "levels": [1e-5]}, "each once"),
        ({"temperatures": [400.0, 420.0]}, "accepts one temperature, or levels"),
        ({"levels": [1e-5, 1e-5]}, "each once"),
        ({"levels": [0.0]}, "accepts conductances above 0 S"),
        ({"set_start": 4.0}, "accept up to cap = 3.3 V"),
    ],
)
def test_a_recipe_that_cannot_be_done_is_refused_by_its_field(wrong, says):
    with pytest.raises(RecipeError, match=says):
        Retention.from_mapping(wrong)


def test_each_temperature_has_its_own_block_of_cells_unless_they_are_written_again():
    topology = Topology(4, 4)
    recipe = Retention(temperatures=(400.0, 420.0, 440.0), levels=(1e-5,))
    blocks = [set(unit.cells.tolist()) for unit in recipe.units(topology)]
    assert [unit.key for unit in recipe.units(topology)] == ["400 K", "420 K", "440 K"]
    assert sum(len(block) for block in blocks) == 16
    assert set.union(*blocks) == set(range(16))
    again = recipe.model_copy(update={"cells_each": False})
    assert [len(unit.cells) for unit in again.units(topology)] == [16, 16, 16]
    assert all(unit.bound == 300 for unit in again.units(topology))


def test_what_only_reads_demands_no_pulse():
    assert max(demand.voltage for demand in Retention().demands() if demand.family == "row") == 0.2
    assert any(demand.voltage == 3.3 for demand in Retention(levels=(1e-5,)).demands())
