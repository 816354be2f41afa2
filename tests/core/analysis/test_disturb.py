"""What moved by a stress, told from what moves anyway."""

import numpy as np
import pytest

from labcim.analysis.disturb import change, disturb


def readings(random, true, noise=2e-3, repeats=4):
    return true * (1.0 + noise * random.normal(size=(repeats, len(true))))


def measured(seed, *, moved=0.0, by=0.0, hops=0.0, cells=200):
    """Return the verdict on cells of which a share moves, and some hop by themselves."""
    random = np.random.default_rng(seed)
    true = random.uniform(5e-6, 40e-6, cells)

    def hopped(g):
        return g * np.where(random.random(cells) < hops, 1.05, 1.0)

    first, before = true, hopped(true)
    after = hopped(before) * np.where(random.random(cells) < moved, 1.0 + by, 1.0)
    sets = [readings(random, g) for g in (first, before, after)]
    rules = {"share": 0.01, "sigmas": 4.0}
    return disturb(change(*sets[1:], **rules), change(*sets[:2], **rules), scale=1.0)


def test_no_alarm_on_a_thousand_clean_arrays_with_telegraph_noise():
    found = [measured(seed, hops=0.03, cells=100) for seed in range(1000)]
    assert sum(one.surely > 0.01 for one in found) == 0


def test_the_interval_of_the_mean_covers_the_truth():
    covered = sum(
        (found := measured(seed, moved=0.0, by=0.0, cells=30).mean).low <= 0.0 <= found.high
        for seed in range(400)
    )
    assert 370 <= covered <= 390


def test_cells_that_moved_are_counted_and_sure():
    found = measured(1, moved=0.3, by=0.05, hops=0.03)
    assert found.moved.low <= 0.3 <= found.moved.high
    assert found.surely > 0.1
    assert found.mean.value == pytest.approx(0.3 * 0.05, abs=0.008)


def test_a_cell_without_a_good_reading_does_not_count():
    table = np.full((4, 3), 1e-5)
    table[:, 1] = np.nan
    seen = change(table, table * 1.1, share=0.01, sigmas=4.0)
    assert seen.moved.tolist() == [True, False, True]
    assert disturb(seen, change(table, table, share=0.01, sigmas=4.0), scale=1.0).moved.value == 1.0


def test_the_share_of_cells_that_moved_is_at_most_all_of_them():
    table = np.full((4, 2), 1e-5)
    seen, idle = (change(table, table * by, share=0.01, sigmas=4.0) for by in (1.1, 1.0))
    found = disturb(seen, idle, scale=1.0).moved
    assert found.value == found.high == 1.0
    assert found.low < 1.0
