"""Drift and temperature coefficients without a bench: what they read, and cells that are none."""

import numpy as np
import pytest
from fake_cells import FakeCells
from fake_stage import FakeStage

from labcim.capabilities import Topology
from labcim.errors import InstrumentError, RecipeError
from labcim.protocols.characterise.drift import Drift, drift
from labcim.protocols.characterise.temperature_coefficient import (
    TemperatureCoefficient,
    temperature_coefficient,
)

from .running import run


def cells(true=10e-6):
    made = FakeCells(Topology(3, 3))
    made.true[:] = true
    return made


def test_cells_that_keep_their_state_drift_by_nothing():
    done = run(drift, Drift(looks=20), cells())
    mean = done.finding("drift exponent, mean")
    assert mean.low < 0.0 < mean.high
    assert sum(finding.name == "drift exponent" for finding in done.findings) == 9
    assert not any("products" in finding.name for finding in done.findings)


def test_drift_looks_are_on_their_schedule_from_the_writing_on():
    done = run(drift, Drift(looks=6, first=10.0, duration=1e5, levels=(8e-6, 20e-6)), cells())
    planned = np.geomspace(10.0, 1e5, 6)
    since = done.rows["since"].reshape(6, 9)
    np.testing.assert_allclose(np.median(since, axis=1), planned, rtol=0.02, atol=0.3)


@pytest.mark.parametrize("alive", [0, 1])
def test_cells_that_conduct_nothing_are_not_followed(alive):
    for spec, recipe in (
        (drift, Drift(looks=5)),
        (temperature_coefficient, TemperatureCoefficient()),
    ):
        some = cells(0.0)
        some.true[:alive] = 10e-6
        done = run(spec, recipe, some, stage=FakeStage(some.clock))
        assert done.finding("cells followed").value == float(alive)


def test_a_way_up_and_down_meets_every_temperature_but_the_highest_twice():
    recipe = TemperatureCoefficient(temperatures=(300.0, 320.0, 340.0))
    assert recipe.way() == (300.0, 320.0, 340.0, 320.0, 300.0)
    assert TemperatureCoefficient(temperatures=(300.0, 340.0)).way() == (
        300.0, 340.0, 300.0, 340.0, 300.0,
    )  # fmt: skip
    some = cells()
    stage = FakeStage(some.clock)
    run(temperature_coefficient, recipe, some, stage=stage)
    assert stage.log == [300.0, 320.0, 340.0, 320.0, 300.0]


def test_a_stage_that_does_not_come_ends_the_measurement():
    some = cells()
    stage = FakeStage(some.clock, says=lambda time: 300.0)
    with pytest.raises(InstrumentError, match=r"20\.00 K from the 320 K asked for"):
        run(temperature_coefficient, TemperatureCoefficient(patience=600.0), some, stage=stage)
    assert stage.log[-1] == "off"


def test_a_bench_without_a_stage_has_no_temperature_coefficient():
    with pytest.raises(RecipeError, match="the bench has no thermal stage"):
        run(temperature_coefficient, TemperatureCoefficient(), cells())


def test_a_drift_whose_first_look_is_its_last_is_refused():
    with pytest.raises(RecipeError, match="is not before duration"):
        Drift.from_mapping({"first": 5.0, "duration": 5.0})
