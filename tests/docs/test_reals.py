"""Chips fitted to one half of a real measurement show what the other half shows.

Held: the simulated statistic lies in the held-out half's 95 % bootstrap interval. One half of a
real chip passes this for the other in about five of six splits, so two of three are asked for. What
the model misses is in docs/validation.md, and not asked for here.
"""

import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
sys.path.insert(0, str(DOCS))

from reals import bake, currents, cycling, endurance, files, forming, noise  # noqa: E402
from reals.compare import table  # noqa: E402

from labcim.analysis.variation import SlowWalk  # noqa: E402

measured = pytest.mark.skipif(
    not files.FOLDER.is_dir(), reason="the measured files are not beside the repository"
)
SPLITS = range(3)


def held(splits, most=2):
    """Return the names of the statistics that hold in at least ``most`` splits."""
    found = table(splits)
    return set(found.index[found["holds"] >= most])


@measured
@pytest.mark.timeout(180)  # 10 s of work, on a busy machine a minute
def test_medians_spreads_and_correlation_of_both_states_hold(tmp_path):
    slow = SlowWalk(0.21, 0.99986)
    found = {
        seed: cycling.split(tmp_path / str(seed), seed, slow, side=64, resamples=300)
        for seed in SPLITS
    }

    assert held(found) >= {
        "LRS median",
        "LRS 90 %",
        "LRS ln-sd, total",
        "LRS ln-sd, cycle to cycle",
        "LRS ln-sd, device to device",
        "LRS correlation, lag 25",
        "HRS median",
        "HRS 10 %",
        "HRS 90 %",
        "HRS 99 %",
        "HRS ln-sd, total",
        "HRS ln-sd, cycle to cycle",
        "HRS ln-sd, device to device",
        "HRS correlation, lag 25",
    }


@measured
def test_what_cycles_remember_holds_over_2500_cycles():
    """One cell has only two halves; the simulated ones live for 300,000 cycles here."""
    found = {0: endurance.split(0, cells=4, cycles=300_000, resamples=200)}

    assert held(found, most=1) >= {
        "HRS median, 30,000 to 100,000 cycles",
        "HRS median, 100,000 to 300,000 cycles",
        "LRS median, 30,000 to 100,000 cycles",
        "HRS autocorrelation, 100 cycles",
        "HRS autocorrelation, 500 cycles",
        "HRS autocorrelation, 2,500 cycles",
    }


@measured
def test_the_shape_of_the_current_holds_by_class_of_conductance(tmp_path):
    found = {
        seed: currents.split(tmp_path / str(seed), seed, side=32, resamples=200) for seed in SPLITS
    }

    assert held(found) >= {
        "G(0.35 V)/G(0.2 V), 10-25 µS",
        "G(0.35 V)/G(0.2 V), 25-50 µS",
        "V0, 10-25 µS",
        "V0, 25-50 µS",
        "V0, 50-100 µS",
    }


@measured
def test_read_noise_and_its_spectrum_hold_for_the_recorded_cell_without_its_pickup(tmp_path):
    found = {
        half: noise.split(tmp_path / str(half), half, side=8, resamples=300) for half in (0, 1)
    }

    assert held(found) >= {
        "the same without 3.5-5.5 Hz",
        "spectrum, 0.5-3.5 Hz, 1/Hz",
        "slope of the spectrum, 0.04-1.5 Hz",
    }


@measured
def test_what_forming_leaves_holds(tmp_path):
    found = {
        seed: forming.split(tmp_path / str(seed), seed, side=256, resamples=100) for seed in SPLITS
    }

    assert held(found) >= {"post-form median"}


@measured
def test_what_a_bake_does_to_the_spread_holds_by_state(tmp_path):
    found = {
        seed: bake.split(tmp_path / str(seed), seed, side=48, resamples=300) for seed in SPLITS
    }

    assert held(found) >= {
        f"bake, spread of the change, {low}-{high} µS"
        for low, high in ((0, 25), (25, 50), (75, 100), (100, 130))
    }


def test_the_page_says_of_every_statistic_how_it_came_out():
    page = (DOCS / "validation.md").read_text(encoding="utf-8")
    for part in (cycling, endurance, currents, noise, forming, bake):
        for name in part.STATISTICS:
            assert f"\n| {name} | " in page, name
