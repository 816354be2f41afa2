"""Compliance tuning with default currents on chips whose cells are at their end long before.

The presets' truth: G = I_C / 0.45 V up to 250, 120 and 40 uS, that is 112, 54 and 18 uA.
"""

import re

import pytest

from .any_chip import any_chip, ran, result

V_C = 0.45
ENDS = {"oxram-1t1r-64k": 250e-6, "sky130-reram": 120e-6, "neurram-130nm": 40e-6}


@pytest.mark.parametrize("preset", list(ENDS))
def test_v_c_and_the_levels_are_those_of_currents_that_cells_follow(tmp_path, preset):
    end, covered = ENDS[preset], 0
    for seed in (1, 2, 3, 4, 5):
        folder = tmp_path / str(seed)
        folder.mkdir()
        path = any_chip(folder, 8, 8, preset=preset, seed=seed)
        run = ran(path, "compliance_tuning", levels=2)
        assert run.stop.state == "completed"
        voltage = result(run, "V_C")
        assert voltage["value"] == pytest.approx(V_C, rel=0.04)
        covered += voltage["low"] <= V_C <= voltage["high"]
        assert result(run, "highest conductance of the cells")["value"] == pytest.approx(
            end, rel=0.02
        )
        assert result(run, "points above the knee, left out")["value"] >= 1
        followed = result(run, "highest current that cells follow")["value"]
        assert 0.7 * end * V_C < followed < 0.9 * end * V_C
        rows = run.readings()
        rows = rows[rows["level"] > 0]
        assert rows["compliance"].max() == pytest.approx(followed)
        top = rows[(rows["level"] == 2) & rows["of_level"]]["conductance"]
        assert top.median() == pytest.approx(followed / V_C, rel=0.05)
    assert covered >= 3  # of 5; at 95 % each, fewer are seen once in 900


def test_currents_of_which_cells_follow_none_are_refused_with_what_they_conduct(tmp_path):
    path = any_chip(tmp_path, 8, 8, preset="neurram-130nm", seed=6)
    run = ran(path, "compliance_tuning", lowest=40e-6)
    assert run.stop.state == "failed"
    conducts = re.search(r"the cells conduct at most (\S+) S", run.stop.reason)
    assert float(conducts[1]) == pytest.approx(40e-6, rel=0.02)
    assert "Lower highest" in run.stop.reason and "widen" not in run.stop.reason
