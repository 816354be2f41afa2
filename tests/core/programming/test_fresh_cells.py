"""Which readings look unformed, and when they refuse an experiment."""

import numpy as np
import pytest
from fake_cells import FakeCells

from labcim.capabilities import Topology
from labcim.errors import RecipeError
from labcim.programming.fresh_cells import look_fresh, refuse_fresh
from labcim.programming.pulse_schedule import Status
from labcim.programming.tuning import tune_to
from labcim.programming.tuning_recipe import TuningRecipe
from labcim.protocol import Capabilities, Rows

RECIPE = TuningRecipe(fresh_below=100e-9)
GATED, PASSIVE, SELECTED = (Topology(2, 2, kind=kind) for kind in ("1T1R", "passive", "1S1R"))


def test_cells_that_conduct_less_than_the_bound_look_fresh_and_unknown_ones_do_not():
    g = np.array([-2e-9, 99e-9, 100e-9, np.nan])
    assert look_fresh(RECIPE, GATED, g).tolist() == [True, True, False, False]


@pytest.mark.parametrize("topology", [PASSIVE, SELECTED], ids=["passive", "selector"])
def test_cells_without_a_transistor_never_look_fresh(topology):
    assert not look_fresh(RECIPE, topology, np.zeros(4)).any()


def test_half_of_the_cells_are_not_most_of_them():
    refuse_fresh(RECIPE, GATED, np.array([20e-9, 20e-9, 5e-6, 5e-6]))
    with pytest.raises(RecipeError, match=r"2 of 3 cells conduct less than fresh_below = 100 nS"):
        refuse_fresh(RECIPE, GATED, np.array([20e-9, 20e-9, 5e-6, np.nan]))


def test_without_a_bound_or_a_reading_nothing_is_refused():
    for recipe, g in ((TuningRecipe(fresh_below=0.0), 20e-9), (RECIPE, np.nan)):
        assert not look_fresh(recipe, GATED, np.full(4, g)).any()
        refuse_fresh(recipe, GATED, np.full(4, g))  # raises nothing


def test_the_bound_comes_last_but_for_the_limits():
    assert list(TuningRecipe.fields_in_order())[-2:] == ["fresh_below", "limits"]


def tuned(cells, target, **recipe):
    chip = cells.topology
    targets = np.full(chip.size, target)
    steps = tune_to(
        targets, TuningRecipe(**recipe), Capabilities(cells.clock, cells), chip.all_cells(), {}
    )
    (rows,) = [step.columns for step in steps if isinstance(step, Rows)]
    return rows


def test_a_fresh_cell_in_need_of_a_set_ends_without_a_pulse_and_with_its_reading():
    cells = FakeCells(Topology(4, 4))
    cells.unform(np.array([5]))
    rows = tuned(cells, 25e-6)
    assert rows["status"][5] == Status.UNRESPONSIVE
    assert rows["pulses"][5] == 0
    assert rows["conductance"][5] == pytest.approx(50e-9, abs=20e-9)
    assert not cells.formed[5]
    assert rows["accepted"].sum() == 15


def test_a_low_cell_whose_target_is_as_low_is_where_it_should_be():
    cells = FakeCells(Topology(4, 4))
    cells.true[5] = 20e-9
    rows = tuned(cells, 0.5e-6)
    assert rows["accepted"][5]
    assert rows["pulses"][5] == 0


def test_a_low_cell_is_pulsed_where_the_recipe_says_so():
    cells = FakeCells(Topology(4, 4))
    cells.true[5] = 20e-9
    assert tuned(cells, 25e-6, fresh_below=0.0)["accepted"].all()
