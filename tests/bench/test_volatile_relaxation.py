"""Relaxation of hidden chips: volatile Ag (D18), short-term oxides (D23), fresh filaments."""

import numpy as np
import pytest
from logic_bench import write_bench

import labcim

from .conftest import small_bench

SEEDS = range(1, 6)


def watch(folder, preset, rows, columns, seed, **recipe):
    """Return (results of the array by name, rows) of one run; off cells fail a contact check."""
    path = write_bench(folder, rows, columns, preset=preset, spread=1.0, seed=seed)
    chosen = labcim.new_recipe("volatile_relaxation", **recipe)
    with labcim.open_bench(path, record=folder / "r.sqlite") as bench:
        view = bench.run(chosen, check_contacts=False)
    assert view.stop.state == "completed", view.stop.reason
    return view.results().set_index("name")["value"], view.readings()


AG = {
    "amplitude": 0.9, "width": 1e-3, "gates": [0.8, 0.883, 0.95, 1.08, 1.23, 1.49], "last": 100.0,
    "pause": 100.0,
}  # fmt: skip


def test_d18_retention_rises_with_the_compliance_current_over_more_than_three_decades(tmp_path):
    powers = []
    for seed in SEEDS:
        found, rows = watch(tmp_path / str(seed), "ag-diffusive", 1, 8, seed, **AG)
        assert found["retention times rise with the current"] == 1.0
        assert found["decades of retention"] >= 3.0
        powers.append(found["retention, power of the current"])
        one = rows[(rows["cell"] == 0) & (rows["gate"] == 1.23)]
        assert one["since"].is_monotonic_increasing
        assert one["since"].iloc[0] == pytest.approx(20e-6, rel=0.1)
    assert np.mean(powers) == pytest.approx(3.5, rel=0.05)  # tau = 1 us (I / 1 uA)^3.5


def test_d23_facilitation_of_paired_pulses_fades_with_the_memory_of_the_oxide(tmp_path):
    for seed in SEEDS:
        found, rows = watch(
            tmp_path / str(seed), "wox-short-term", 1, 16, seed, amplitude=1.4, width=1e-3,
            gates=[3.0], last=0.5, pause=1.0, repeats=12, read_voltage=0.3, averages=20,
            intervals=[0.02, 0.03, 0.05, 0.08, 0.15],
        )  # fmt: skip
        assert found["facilitation fades in"] == pytest.approx(0.035, rel=0.05)
        assert found["retention time at 3 V"] == pytest.approx(0.035, rel=0.05)
        pairs = rows[rows["second"]]
        assert np.allclose(pairs["gap"], pairs["interval"], rtol=0.2)


def test_filaments_lose_in_their_first_second_what_the_law_of_the_chip_says(tmp_path):
    """Correction 1: sigma at 1 s by the polynomial of the public fit, within 10 %."""
    for seed in SEEDS:
        _, rows = watch(
            tmp_path / str(seed), "neurram-130nm", 32, 32, seed, amplitude=-1.7, gates=[5.0],
            per_decade=3, read_voltage=0.2, averages=10,
        )  # fmt: skip
        cells = rows.sort_values("since").groupby("cell")
        first, last = cells.first(), cells.last()
        written = first["conductance"] < first["rest"] - 2e-6  # the others had relaxed long before
        u = first["conductance"][written] / 40e-6
        law = 1e-6 * (0.348 + 16.03 * u - 43.853 * u**2 + 45.393 * u**3 - 16.815 * u**4)
        change = (last["conductance"] - first["conductance"])[written]
        assert written.sum() > 200
        assert change.std() == pytest.approx(np.sqrt(np.mean(law**2)), rel=0.10)


@pytest.mark.parametrize("rule", ["fit", "t-test"])
def test_watching_ends_when_the_cells_are_at_rest(tmp_path, rule):
    found, rows = watch(
        tmp_path, "ag-diffusive", 1, 4, 1, **AG | {"gates": [0.883], "rule": rule},
        tolerance=0.05, per_decade=10, averages=10,
    )  # fmt: skip
    assert rows["since"].max() < 100.0
    assert found["change by the last reading at 0.883 V"] < 0.0


def test_a_probed_chip_watches_a_cell_and_says_when_it_read(tmp_path):
    path = small_bench("probed", tmp_path, 4, stuck="0.0\nformed = true")
    recipe = labcim.new_recipe(
        "volatile_relaxation", cells=[[1, 1]], first=0.05, last=1.0, per_decade=3
    )
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        view = bench.run(recipe)
    assert view.stop.state == "completed", view.stop.reason
    since = view.readings()["since"]
    assert (since.to_numpy() >= recipe.delays() - 1e-9).all()
    assert view.readings()["flags"].eq(0).all()


def test_a_run_that_was_stopped_goes_on_with_the_gates_that_are_left(tmp_path):
    path = write_bench(tmp_path, 1, 4, preset="neurram-130nm", spread=1.0)
    recipe = labcim.new_recipe("volatile_relaxation", gates=[0.9, 1.0], last=1e-3)
    with labcim.open_bench(path, record=tmp_path / "r.sqlite") as bench:
        first = bench.run(recipe, on_progress=lambda *_: bench.steering.request("stop", "enough"))
        second = bench.resume("last")
    assert (first.stop.state, second.stop.state) == ("stopped", "completed")
    assert first.pulses()["gate"].unique() == pytest.approx([0.9])
    assert second.pulses()["gate"].unique() == pytest.approx([1.0])
