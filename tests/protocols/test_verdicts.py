"""Limits of a recipe: what they accept, and what they say of findings and cells."""

import math

import numpy as np
import pytest
from fake_cells import FakeCells
from pydantic import Field

from labcim.app.recipes import new_recipe, recipe_from_text
from labcim.capabilities import Topology
from labcim.documents import Channel
from labcim.errors import RecipeError
from labcim.plots import PlotSpec
from labcim.protocol import Finding, Rows, protocol
from labcim.recipe import Recipe
from labcim.verdicts import Verdict, judged, last_verdicts, verdicts

from .running import run


class Weigh(Recipe):
    """Hand out what the test says."""

    protocol = "weigh"
    values: tuple[float, ...] = Field((1e-6, 2e-6, 3e-6), description="S")


CHANNELS = (
    Channel(name="cell", dtype="<u4"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="conductance", dtype="<f8", unit="S"),
    Channel(name="flags", dtype="u1"),
)


@protocol(
    Weigh,
    channels=CHANNELS,
    plots=(PlotSpec("Map", "map", "conductance"),),
    summarise=lambda recipe, rows: [Finding("mean", float(rows["conductance"].mean()), "S")],
)
def weigh(recipe, given, unit, carry):
    """Weigh."""
    values = np.array(recipe.values)
    cells = np.arange(len(values))
    yield Finding("heaviest", float(values.max()), "S", upper_limit=1.0)
    yield Rows(
        {
            "cell": cells,
            "row": cells,
            "column": 0 * cells,
            "conductance": values,
            "flags": 0 * cells,
        }
    )
    return {"kept": cells}


def weighed(values=(1e-6, 2e-6, 3e-6), **limits):
    recipe = Weigh(values=values, limits=limits)
    spec = judged(weigh, recipe)
    return spec, run(spec, recipe, FakeCells(Topology(4, 1)))


def test_without_limits_a_protocol_is_itself():
    assert judged(weigh, Weigh()) is weigh


def test_a_limit_on_a_finding_gives_pass_or_fail():
    _, done = weighed(mean={"low": "1.9 uS"}, heaviest={"high": 2.9e-6})
    assert done.finding("mean").outcome == "PASS"
    assert done.finding("heaviest").outcome == "FAIL"
    assert done.finding("heaviest").upper_limit == 2.9e-6


def test_a_limit_on_a_channel_judges_every_cell_and_maps_it():
    spec, done = weighed(conductance={"low": "1.5 uS", "high": "2.5 uS"})
    assert list(done.rows["verdict"]) == [Verdict.FAIL, Verdict.PASS, Verdict.FAIL]
    assert spec.plots[-1] == PlotSpec("Yield", "map", "verdict")
    assert done.finding("cells in limits").value == pytest.approx(1 / 3)


def test_the_yield_can_be_limited_in_turn():
    _, done = weighed(conductance={"low": 1.5e-6}, **{"cells in limits": {"low": "60 %"}})
    assert done.finding("cells in limits").outcome == "PASS"
    _, done = weighed(conductance={"low": 1.5e-6}, **{"cells in limits": {"low": "70 %"}})
    assert done.finding("cells in limits").outcome == "FAIL"


def test_what_the_protocol_hands_on_is_handed_on():
    _, done = weighed(conductance={"low": 0.0})
    assert list(done.carries[0]["kept"]) == [0, 1, 2]


def test_a_limit_that_met_no_quantity_is_an_error_and_no_pass():
    _, done = weighed(menu={"low": 0.0})
    assert done.finding("menu").outcome == "ERROR"


def test_a_quantity_without_a_number_is_an_error_and_no_fail():
    assert Finding("x", math.nan, lower_limit=0.0).outcome == "ERROR"


def test_what_is_flagged_or_no_number_cannot_pass():
    columns = {"conductance": np.array([1.0, math.nan, 1.0]), "flags": np.array([0, 0, 2])}
    found = verdicts(columns, {"conductance": (0.0, 2.0)})
    assert list(found) == [Verdict.PASS, Verdict.ERROR, Verdict.ERROR]


def test_a_cell_is_as_its_last_row_says():
    columns = {"cell": np.array([3, 1, 3]), "verdict": np.array([2, 1, 1], np.uint8)}
    assert list(last_verdicts(columns)) == [1, 1]


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"conductance": {"low": "2 uV"}}, "is in V, expected S"),
        ({"conductance": {"low": "2 %"}}, "expected S"),
        ({"conductance": {}}, "needs low, high, or both"),
        ({"conductance": 3}, "write { low"),
        ({"conductance": {"low": 2.0, "high": 1.0}}, "above high"),
        ({"conductance": {"low": True}}, "low"),
        ({"conductance": {"low": math.nan}}, "low"),
        ({"conductance": {"lowest": 1.0}}, "lowest"),
    ],
)
def test_wrong_limits_are_refused_before_anything_is_touched(limits, said):
    with pytest.raises(RecipeError, match=said):
        new_recipe("read_map", limits=limits)


def test_limits_are_written_and_read_again_with_the_recipe(tmp_path):
    limits = {"conductance": {"low": "2 uS"}, "cells in limits": {"low": "99 %", "high": 1}}
    recipe = new_recipe("write_verify", limits=limits)
    assert recipe_from_text(recipe.to_toml(), tmp_path) == recipe
    assert "limits" not in new_recipe("write_verify").to_toml()


def test_a_limit_on_one_side_leaves_the_protocols_own_on_the_other():
    _, done = weighed(heaviest={"low": 2.9e-6})
    finding = done.finding("heaviest")
    assert (finding.lower_limit, finding.upper_limit) == (2.9e-6, 1.0)


def test_what_the_resumed_run_has_found_already_is_not_missed():
    recipe = Weigh(limits={"before": {"low": 0.0}, "never": {"low": 0.0}})
    spec = judged(weigh, recipe, frozenset({"before"}))
    done = run(spec, recipe, FakeCells(Topology(4, 1)))
    assert [f.name for f in done.findings if f.outcome == "ERROR"] == ["never"]
