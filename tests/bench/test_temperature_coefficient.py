"""Temperature coefficients through the bench, against the chip's law; drift is told apart."""

import pytest

import labcim
from labcim.errors import RecipeError

from .conftest import small_bench

LEVELS = (8e-6, 20e-6, 36e-6)


def law(conductance):
    """Return the preset's coefficient in 1/K: +0.2 %/K at 0 S to -0.1 %/K at 40 µS."""
    return 2e-3 - 3e-3 * conductance / 40e-6


def coefficients(path, **recipe):
    with labcim.open_bench(path, record=path.parent / "record.sqlite") as bench:
        run = bench.run(labcim.new_recipe("temperature_coefficient", **recipe))
    assert run.stop.state == "completed", run.stop.reason
    return run, run.results().set_index("name")


def test_it_finds_the_coefficient_of_low_middle_and_high_states_of_five_chips(tmp_path):
    """The law of each cell's own state: cells have relaxed by a few microsiemens, each its way."""
    inside = 0
    for seed in range(1, 6):
        path = small_bench("oven", tmp_path / f"chip{seed}", 16, seed=str(seed))
        run, results = coefficients(
            path, levels=LEVELS, temperatures=(300.0, 330.0, 360.0), settle=1e5
        )
        rows = run.readings()
        first = rows[(rows["visit"] == 0) & rows["counts"]]
        for level in LEVELS:
            row = results.loc[f"temperature coefficient, {level * 1e6:g} µS"]
            truth = law(first.loc[first["level"] == level, "conductance"]).mean()
            inside += row["low"] < truth < row["high"]
            assert row["value"] == pytest.approx(truth, abs=1.5e-4)
    assert inside >= 12  # of 15


def test_cells_as_they_are_are_told_in_thirds(tmp_path):
    path = small_bench("oven", tmp_path, 16, seed="3")
    _, results = coefficients(path, temperatures=(300.0, 340.0))
    thirds = [results.loc[f"temperature coefficient, third {k} of the cells"] for k in (1, 2, 3)]
    assert thirds[0]["value"] > thirds[2]["value"]


def test_every_visit_is_read_at_its_temperature_and_the_last_where_the_first_was(tmp_path):
    path = small_bench("oven", tmp_path, 4, seed="3")
    run, _ = coefficients(path, temperatures=(300.0, 320.0, 340.0))
    rows = run.readings()
    assert rows.groupby("visit")["asked"].first().tolist() == [300.0, 320.0, 340.0, 320.0, 300.0]
    assert (abs(rows["temperature"] - rows["asked"]) <= 1.0).all()


def test_drift_of_phase_change_is_told_apart_from_temperature(tmp_path):
    """Their law has no coefficient: all that changes is drift, which the way down takes out."""
    path = small_bench("oven", tmp_path, 16, seed="3", preset='"pcm-mushroom"')
    _, results = coefficients(path, temperatures=(300.0, 310.0, 320.0), settle=1e3)
    change = results.loc["change meanwhile, third 2 of the cells"]
    slope = results.loc["temperature coefficient, third 2 of the cells"]
    assert change["high"] < 0.0
    assert abs(slope["value"]) < 2e-4


@pytest.mark.parametrize("wrong", [[300.0], [300.0, 300.0], []])
def test_fewer_than_two_temperatures_are_refused(wrong):
    with pytest.raises(RecipeError, match="accepts two or more, each once"):
        labcim.new_recipe("temperature_coefficient", temperatures=wrong)
