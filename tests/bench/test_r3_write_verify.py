"""R3: adaptive start against the published schedule, on the same hidden chips, by their truth."""

import shutil

import numpy as np
import pytest

import labcim
from labcim.sim_backend.chip.truth import Truth

from .any_chip import any_chip, ran
from .conftest import small_bench
from .judging import true_errors, usable

SEEDS = (11, 12, 13, 14, 15, 16)
TOLERANCE = 1e-6
T_95 = 2.571  # Student's t, 5 degrees of freedom
pytestmark = pytest.mark.timeout(300)


class Pair:
    """One chip, formed once, and what both algorithms made of copies of it."""

    def __init__(self, kind, folder, seed, size):
        formed = folder / f"{seed}"
        path = small_bench(kind, formed, size, seed=str(seed))
        with labcim.open_bench(path, record=formed / "record.sqlite") as bench:
            bench.run(labcim.new_recipe("form"))
        self.pulses, self.true, self.accepted = {}, {}, {}
        for algorithm in ("plain", "adaptive"):
            copy = folder / f"{seed}-{algorithm}"
            shutil.copytree(formed, copy)
            with labcim.open_bench(copy / "bench.toml", record=copy / "record.sqlite") as bench:
                recipe = labcim.new_recipe("write_verify", targets="rows", algorithm=algorithm)
                run = bench.run(recipe)
            truth = Truth(copy / "chip.state")
            good = usable(truth)
            rows = run.readings().set_index("cell").sort_index()
            self.pulses[algorithm] = rows["pulses"].to_numpy()[good].mean()
            self.true[algorithm] = np.mean(true_errors(truth, run) <= TOLERANCE)
            self.accepted[algorithm] = rows["accepted"].to_numpy()[good].mean()


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("r3")
    return [Pair("board", folder, seed, 24) for seed in SEEDS]


def of(pairs, quantity, algorithm):
    return np.array([getattr(pair, quantity)[algorithm] for pair in pairs])


def interval(values):
    half = T_95 * values.std(ddof=1) / np.sqrt(len(values))
    return values.mean() - half, values.mean() + half


def test_r3_adaptive_start_saves_at_least_30_percent_of_the_pulses_of_the_published_schedule(pairs):
    saved = 1.0 - of(pairs, "pulses", "adaptive") / of(pairs, "pulses", "plain")
    assert interval(saved)[0] >= 0.30
    assert saved.min() >= 0.30


def test_r3_both_are_truly_within_1_microsiemens_at_99_percent_of_the_cells(pairs):
    for algorithm in ("plain", "adaptive"):
        assert interval(of(pairs, "true", algorithm))[0] >= 0.99
        assert of(pairs, "accepted", algorithm).min() >= 0.99
    apart = of(pairs, "true", "adaptive") - of(pairs, "true", "plain")
    assert interval(apart)[0] > -0.005


def test_r3_plain_needs_at_most_18_pulses_a_cell_and_adaptive_at_most_10(pairs):
    assert interval(of(pairs, "pulses", "plain"))[1] <= 18.0
    assert interval(of(pairs, "pulses", "adaptive"))[1] <= 10.0


@pytest.mark.slow
def test_r3_adaptive_start_saves_as_much_where_two_cells_take_turns(tmp_path):
    """The probed chip: slow, so that groups are small, and cells relax between their readings."""
    pairs = [Pair("probed", tmp_path, seed, 16) for seed in (2026, 2, 3, 4, 5, 6)]
    saved = 1.0 - of(pairs, "pulses", "adaptive") / of(pairs, "pulses", "plain")
    assert interval(saved)[0] >= 0.30
    assert of(pairs, "pulses", "adaptive").max() <= 10.0
    assert of(pairs, "true", "adaptive").min() >= 0.98  # 256 cells each: one in 256 is 0.4 %


OTHERS = {
    "sky130-reram": {"low": 10e-6, "high": 100e-6, "tolerance": 3e-6, "set_start": 1.5},
    "ihp-1t1r": {
        "low": 50e-6, "high": 200e-6, "tolerance": 5e-6, "set_start": 1.5, "averages": 50,
    },
    "cmo-hfox": {
        "low": 15e-6, "high": 85e-6, "set_start": 0.5, "reset_start": 0.5, "zero_reset_start": 0.6,
        "step": 0.05, "cap": 1.5,
    },
    "confined-filament": {},
    "pcm-mushroom": {
        "low": 2e-6, "high": 20e-6, "tolerance": 1.5e-6, "set_start": 0.6, "reset_start": 1.0,
        "averages": 20,
    },
    "ecram-li": {"low": 30e-6, "high": 70e-6, "tolerance": 2e-6},
    "reram-array-om": {"low": 30e-6, "high": 70e-6, "tolerance": 4e-6},
    "fefet-hfo2": {"low": 3e-6, "high": 15e-6, "tolerance": 1e-6},
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("preset", sorted(OTHERS))
def test_the_adaptive_start_is_never_the_worse_one_whatever_law_cells_follow(tmp_path, preset):
    pulses, accepted = {}, {}
    for algorithm in ("plain", "adaptive"):
        folder = tmp_path / algorithm
        folder.mkdir()
        path = any_chip(folder, 12, 12, preset=preset, seed=3)
        recipe = {"targets": "rows", "algorithm": algorithm, **OTHERS[preset]}
        rows = ran(path, "write_verify", **recipe).readings()
        pulses[algorithm], accepted[algorithm] = rows["pulses"].mean(), rows["accepted"].mean()
    assert pulses["adaptive"] <= pulses["plain"]
    assert accepted["adaptive"] >= accepted["plain"] - 0.01
