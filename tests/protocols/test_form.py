"""Forming fresh cells that form at 2.5 V, with a spread of 0.15 V."""

import numpy as np
import pytest
from fake_cells import FakeCells

from labcim.capabilities import Topology
from labcim.errors import RecipeError
from labcim.protocols.program.form import Form, Outcome, form

from .running import run

SIDE = Topology(16, 16)


def fresh(seed: int = 1) -> FakeCells:
    cells = FakeCells(SIDE, seed=seed)
    cells.unform(SIDE.all_cells())
    return cells


def test_every_good_cell_is_formed_at_the_first_step_above_its_own_voltage():
    cells = fresh()
    done = run(form, Form(), cells)
    steps = np.round(np.arange(2.0, 3.31, 0.1), 9)
    expected = steps[np.searchsorted(steps, cells.form_at)]
    assert done.rows["formed"].all()
    assert np.allclose(done.rows["voltage"], expected)


def test_all_pending_cells_of_a_unit_share_one_pulse_request_a_step():
    cells = fresh()
    recipe = Form()
    run(form, recipe, cells)
    units = len(recipe.units(SIDE))
    assert len(cells.pulses) <= units * len(recipe.steps())
    sizes = [len(chosen) for chosen, _, _ in cells.pulses]
    assert sizes == sorted(sizes, reverse=True)


def test_the_gate_rises_before_the_drain():
    steps = Form(gate_start="1 V", gate_stop="1.2 V", drain_start="2 V", drain_stop="2.2 V").steps()
    assert np.allclose(steps, [(1.0, 2.0), (1.1, 2.0), (1.2, 2.0), (1.2, 2.1), (1.2, 2.2)])


def test_formed_cells_get_no_pulse():
    cells = fresh()
    cells.formed[:100] = True
    cells.true[:100] = 10e-6
    done = run(form, Form(), cells)
    assert np.all(done.rows["outcome"][:100] == Outcome.WAS_FORMED)
    assert np.all(done.rows["pulses"][:100] == 0)
    assert min(chosen.min() for chosen, _, _ in cells.pulses) == 100


def test_a_cell_that_never_forms_gets_the_whole_ramp_and_is_named():
    cells = fresh()
    cells.stuck[77] = True
    recipe = Form()
    done = run(form, recipe, cells)
    assert done.rows["outcome"][77] == Outcome.NOT_FORMED
    assert done.rows["pulses"][77] == recipe.units(SIDE)[0].bound == len(recipe.steps())
    assert done.finding("not formed").cell == 77


def test_over_formed_cells_fail_the_run_and_get_no_further_pulse():
    cells = fresh()
    recipe = Form(gate_start="3.2 V", gate_stop="3.2 V")  # the fake then forms to 40 µS and more
    done = run(form, recipe.model_copy(update={"over_formed": 35e-6}), cells)
    assert np.all(done.rows["outcome"] == Outcome.OVER_FORMED)
    assert done.finding("over-formed cells").outcome == "FAIL"


def test_cells_found_high_are_told_apart_from_over_formed_ones():
    cells = fresh()
    cells.true[5] = 80e-6
    done = run(form, Form(), cells)
    assert done.rows["outcome"][5] == Outcome.WAS_HIGH
    assert done.rows["pulses"][5] == 0
    assert done.finding("over-formed cells").outcome == "PASS"


def test_an_interrupted_forming_goes_on_where_the_cells_are():
    cells = fresh()
    run(form, Form(drain_stop="2.5 V", drain_start="2 V"), cells)
    formed = cells.formed.copy()
    cells.pulses.clear()
    run(form, Form(), cells)
    pulsed = np.unique(np.concatenate([chosen for chosen, _, _ in cells.pulses]))
    assert np.array_equal(pulsed, np.flatnonzero(~formed))
    assert cells.formed.all()


def test_the_mean_forming_voltage_is_found_within_its_interval_and_a_step():
    cells = fresh(seed=3)
    mean = run(form, Form(drain_step="0.02 V"), cells).finding("forming voltage, mean")
    # A ramp stops at the step above, so it reports half a step more on the mean.
    assert mean.low - 0.01 <= cells.form_at.mean() + 0.01 <= mean.high + 0.01


def test_a_cell_that_formed_is_reset_once_right_after_if_wanted():
    cells = fresh()
    done = run(form, Form(reset_after="2.5 V"), cells)
    assert done.rows["formed"].all()
    assert np.median(done.rows["after_reset"]) < 0.5 * np.median(done.rows["conductance"])
    resets = [chosen for chosen, amplitude, _ in cells.pulses if amplitude[0] < 0.0]
    assert sorted(np.concatenate(resets)) == list(range(256))
    assert done.rows["pulses"].max() <= Form(reset_after="2.5 V").units(SIDE)[0].bound


def test_a_pulse_with_too_much_current_ends_the_ramp_of_its_cell():
    cells = fresh()
    pulse = cells.pulse

    def leaking(chosen, train):
        delivered = pulse(chosen, train)
        delivered.peak_current[chosen == 9] = 1e-3
        return delivered

    cells.pulse = leaking
    done = run(form, Form(trip="300 uA"), cells)
    assert np.flatnonzero(done.rows["outcome"] == Outcome.TRIPPED).tolist() == [9]
    assert done.rows["pulses"][9] == 1
    assert done.finding("cells tripped").value == 1.0


def test_cells_without_a_gate_are_formed_only_when_the_instruments_compliance_is_accepted():
    bare = Topology(4, 4, kind="passive")
    with pytest.raises(RecipeError, match="accept_instrument_compliance = true"):
        Form().units(bare)
    cells = FakeCells(bare)
    cells.unform(bare.all_cells())
    seen = []
    pulse = cells.pulse
    cells.pulse = lambda chosen, train: (seen.append(train.current_limit), pulse(chosen, train))[1]
    run(form, Form(accept_instrument_compliance=True, current_limit="150 uA"), cells)
    assert set(seen) == {150e-6}


def test_the_weibull_law_of_the_forming_voltages_is_found_between_the_steps():
    cells = FakeCells(Topology(64, 64))
    cells.unform(cells.topology.all_cells())
    cells.form_at = 2.57 * np.random.default_rng(4).weibull(18.0, 4096)
    done = run(form, Form(drain_start="1.5 V"), cells)
    scale = done.finding("forming voltage, Weibull scale")
    shape = done.finding("forming voltage, Weibull shape")
    assert scale.low <= 2.57 <= scale.high
    assert shape.low <= 18.0 <= shape.high
    assert scale.high - scale.low < 0.02


def test_a_ramp_that_falls_is_refused():
    with pytest.raises(RecipeError, match=r"drain_start = 2\.5 is above drain_stop = 2"):
        Form.from_mapping({"drain_start": "2.5 V", "drain_stop": "2 V"})
