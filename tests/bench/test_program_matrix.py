"""A matrix from a file to products, on hidden chips, before and after on the same chip."""

import numpy as np
import pytest

import labcim
from labcim.errors import RecipeError

from .any_chip import any_chip, ran, result, truth_of
from .conftest import small_bench

BEFORE, AFTER = (f"RMS error of products {when}, of their RMS" for when in ("before", "after"))
WEIGHTS = "RMS error of weights, of the largest"
SPAN = 36e-6


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_products_are_those_of_the_matrix_after_it_was_written_and_not_before(tmp_path, seed):
    path = any_chip(tmp_path, 16, 16, preset="neurram-130nm", seed=seed)
    run = ran(path, "program_matrix")
    assert result(run, BEFORE)["value"] > 0.5
    after = result(run, AFTER)
    assert after["value"] < 0.1 and after["low"] < after["value"] < after["high"]


@pytest.mark.parametrize("signs", ["pair", "offset"])
def test_the_error_of_the_weights_is_that_of_the_true_conductances(tmp_path, signs):
    path = any_chip(tmp_path, 16, 16, preset="neurram-130nm", seed=6)
    run = ran(path, "program_matrix", signs=signs)
    rows = run.readings().set_index(["output", "input", "side"])
    true = truth_of(path).cells()["conductance"][rows["cell"]]  # before it relaxed
    rows["held"] = (true - 2e-6) / SPAN
    wanted, held = rows["wanted"].unstack("side"), rows["held"].unstack("side")
    if signs == "pair":
        error = held[0] - held[1] - wanted[0]
    else:
        held, wanted = held[0].unstack("input"), wanted[0].unstack("input")
        error = (2.0 * (held[:-1] - held.iloc[-1]) - wanted[:-1]).stack()
    said = result(run, WEIGHTS)
    assert said["value"] == pytest.approx(np.sqrt(np.mean(error**2)), rel=0.35)


def test_a_matrix_that_is_taller_than_the_array_is_folded_with_a_reference_in_each_tile(tmp_path):
    path = any_chip(tmp_path, 8, 16, preset="neurram-130nm", seed=7)
    run = ran(path, "program_matrix", signs="offset", outputs=4, inputs=16)
    rows = run.readings()
    assert rows["tile"].nunique() == 2
    assert len(rows) == 16 * (4 + 1)
    assert sorted(rows["output"].unique()) == [0, 1, 2, 3, 4]
    assert result(run, WEIGHTS)["value"] < 0.06
    assert result(run, AFTER)["value"] < 0.3 < result(run, BEFORE)["value"]


@pytest.mark.parametrize("name", ["weights.npz", "weights.npy", "weights.csv"])
def test_weights_come_from_a_file_beside_the_recipe(tmp_path, name):
    wanted = np.array([[1.0, -0.5, 0.25], [0.0, 0.75, -1.0]])
    if name.endswith("npz"):
        np.savez(tmp_path / name, layer=2.0 * wanted, other=np.zeros(3))
    elif name.endswith("npy"):
        np.save(tmp_path / name, 2.0 * wanted)
    else:
        np.savetxt(tmp_path / name, 2.0 * wanted, delimiter=",")
    recipe = tmp_path / "matrix.toml"
    recipe.write_text(f'protocol = "program_matrix"\nweights = "{name}"\nmember = "layer"\n')
    path = any_chip(tmp_path, 4, 4, preset="neurram-130nm", seed=8)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        rows = bench.run(labcim.load_recipe(recipe)).readings()
    placed = rows[rows["side"] == 0].set_index(["output", "input"])["wanted"].unstack("input")
    assert np.allclose(placed.to_numpy(), wanted)
    positive = rows[(rows["side"] == 0)].set_index(["output", "input"])["target"].unstack("input")
    assert np.allclose(positive.to_numpy(), 2e-6 + SPAN * np.maximum(wanted, 0.0))


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ({"weights": "none.npy"}, "none.npy"),
        ({"outputs": 3}, "takes at least 24 cells"),
        ({"member": "no", "weights": "two.npz"}, "it holds a, b"),
    ],
)
def test_what_cannot_be_placed_is_refused_before_anything_is_touched(tmp_path, recipe, said):
    np.savez(tmp_path / "two.npz", a=np.eye(2), b=np.eye(2))
    if "weights" in recipe:
        recipe = {**recipe, "weights": str(tmp_path / recipe["weights"])}
    path = any_chip(tmp_path, 4, 4, preset="neurram-130nm", seed=8)
    with (
        labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench,
        pytest.raises(RecipeError, match=said),
    ):
        bench.run(labcim.new_recipe("program_matrix", **recipe))
    assert len(truth_of(path).pulses()) == 0


def test_the_probe_station_writes_a_matrix_and_checks_it_by_its_readings(tmp_path):
    path = small_bench("probed", tmp_path, 4)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        bench.run(labcim.new_recipe("form"))
        run = bench.run(labcim.new_recipe("program_matrix", outputs=1, inputs=4))
    assert run.stop.state == "completed"
    assert result(run, WEIGHTS)["value"] < 0.05
    assert AFTER not in set(run.results()["name"])


def test_a_matrix_that_was_cut_off_is_written_to_its_end_on_resume(tmp_path):
    path = any_chip(tmp_path, 8, 8, preset="neurram-130nm", seed=9)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        seen = []

        def cut(unit, fraction, text):
            seen.append(unit)
            if len(set(seen)) == 3:
                bench.steering.request("abort", "enough")

        first = bench.run(labcim.new_recipe("program_matrix", block=24), on_progress=cut)
        again = bench.resume("last")
    assert first.stop.state == "aborted" and again.stop.state == "completed"
    cells = [*first.readings()["cell"], *again.readings()["cell"]]
    assert sorted(set(cells)) == list(range(64))
    assert result(again, AFTER)["value"] < 0.15
