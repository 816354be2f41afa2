"""Kinetics map through the whole bench, on chips that hide how volts trade for decades of time."""

import numpy as np
import pytest

from labcim.app.recipes import new_recipe

from .test_endurance import bench_of, finding

# The voltage is that of the source: of 20 uS in series with the transistor, a gate of 4 V leaves
# the cell more than the reference gate of 2.5 V does (square law, 250 uA/V2, threshold 0.6 V).
AT_THE_SOURCE = 1.0 + 20e-6 * (1.0 / (250e-6 * 3.4) - 1.0 / (250e-6 * 1.9))


@pytest.mark.parametrize(
    ("seed", "decade"), [(1, 0.08), (2, 0.06), (3, 0.10), (4, 0.07), (5, 0.12)]
)
def test_r12_finds_the_voltage_time_slope_of_set_and_reset_within_5_percent(tmp_path, seed, decade):
    recipe = new_recipe("kinetics_map", longest=1e-3)
    with bench_of(tmp_path, size=16, seed=seed, constants=f"decade = {decade}") as bench:
        view = bench.run(recipe, report=tmp_path / "report.html")
    for name, truth in (("SET", decade), ("RESET", decade * AT_THE_SOURCE)):
        slope = finding(view, f"{name} slope")
        assert slope["value"] == pytest.approx(truth, rel=0.05)
        assert slope["low"] - 0.01 * truth <= truth <= slope["high"] + 0.01 * truth


def test_probability_rises_with_voltage_and_with_width(tmp_path):
    with bench_of(tmp_path, size=8, seed=1, constants="") as bench:
        rows = bench.run(new_recipe("kinetics_map")).readings()
    for name in ("set", "reset"):
        here = rows[rows[name]]
        table = here.pivot_table("switched", "voltage", "width", "sum").to_numpy()
        tried = here.pivot_table("tries", "voltage", "width", "sum").to_numpy()
        share = table / tried
        assert share[0].max() < 0.2 < 0.8 < share[-1].min()
        assert (np.diff(share, axis=0) > -0.1).all()
        assert (np.diff(share, axis=1) > -0.1).all()


def test_kinetics_map_runs_on_a_probed_chip(tmp_path):
    recipe = new_recipe(
        "kinetics_map", cells=[[0, 1], [2, 3]], repeats=1, shortest=1e-6, longest=1e-5, step=0.7
    )
    with bench_of(tmp_path, size=4, seed=2, constants="", kind="probed") as bench:
        view = bench.run(recipe)
    assert view.stop.state == "completed"
    assert finding(view, "SET trials")["value"] == 8


def test_a_cut_off_width_is_done_again_and_every_try_is_counted_once(tmp_path):
    recipe = new_recipe("kinetics_map", repeats=1, longest=1e-6)
    with bench_of(tmp_path, size=4, seed=2, constants="") as bench:

        def stop(unit, _fraction, text):
            if unit == "reset-1e-07s" and text.startswith("1.7 V"):
                bench.steering.request("abort", "enough")

        assert bench.run(recipe, on_progress=stop).stop.state == "aborted"
        done = bench.resume("last")
    assert done.stop.state == "completed"
    assert finding(done, "RESET trials")["value"] == 2 * 8 * 16
