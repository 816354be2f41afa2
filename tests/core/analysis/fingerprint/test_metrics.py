"""Metrics against fingerprints whose truth is known, and bits that cannot be trusted."""

import math

import numpy as np
import pytest

from labcim.analysis.fingerprint.metrics import distances, quality
from labcim.analysis.fingerprint.separation import reliability, separation
from labcim.analysis.fingerprint.spatial import autocorrelation_map, spatial
from labcim.analysis.fingerprint.stable_bits import (
    answers,
    error_rate,
    expected_error_rate,
    majority,
    stable_bits,
    summed,
)
from labcim.errors import RangeError


def fair(seed, chips=20, bits=256):
    return np.random.default_rng(seed).integers(0, 2, (chips, bits)).astype(float)


def test_distances_of_three_short_responses_are_those_counted_by_hand():
    found = distances(np.array([[0, 0, 1, 1], [0, 1, 1, np.nan], [1, 1, 0, 0]], float))
    assert found == pytest.approx(np.array([[0, 1 / 3, 1], [1 / 3, 0, 2 / 3], [1, 2 / 3, 0]]))


def test_fair_independent_bits_are_found_to_be_so():
    found = quality(fair(1))
    for name, truth in (("uniformity", 0.5), ("uniqueness", 0.5), ("freedom", 256.0)):
        interval = getattr(found, name)
        assert interval.low <= truth <= interval.high
    assert found.aliasing_spread.low == 0.0
    assert found.min_entropy.low < found.ideal_min_entropy < found.min_entropy.high
    assert found.ideal_min_entropy == pytest.approx(0.775, abs=0.001)
    assert 0.93 < found.common_value < 1.0


def test_bits_that_favour_a_value_on_every_chip_show_as_aliasing():
    """Each bit's chance is 0.5 +- 0.2 on every chip alike: uniqueness 0.5 - 2 0.2^2."""
    random = np.random.default_rng(2)
    chance = np.where(random.random(2000) < 0.5, 0.3, 0.7)
    found = quality((random.random((40, 2000)) < chance).astype(float), resamples=200)
    assert found.aliasing_spread.low < 0.2 < found.aliasing_spread.high
    assert found.aliasing_spread.low > 0.15
    assert found.uniqueness.low < 0.42 < found.uniqueness.high < 0.44
    assert found.uniformity.low < 0.5 < found.uniformity.high


def test_bits_that_hang_together_have_fewer_degrees_of_freedom():
    doubled = np.repeat(fair(3, bits=128), 2, axis=1)
    assert quality(doubled).freedom.value == pytest.approx(128, rel=0.25)


@pytest.mark.slow
def test_uniformity_covers_the_truth_in_95_of_100_and_uniqueness_no_less():
    found = [quality(fair([s, 4], bits=64), resamples=500) for s in range(400)]
    covered = sum(one.uniformity.low <= 0.5 <= one.uniformity.high for one in found)
    assert 370 <= covered <= 390
    assert sum(one.uniqueness.low <= 0.5 <= one.uniqueness.high for one in found) >= 385


def test_rereads_with_2_percent_of_errors_show_them_and_part_well_from_strangers():
    truth = fair(5)
    random = np.random.default_rng(6)
    reads = np.where(random.random((20, 10, 256)) < 0.02, 1 - truth[:, None], truth[:, None])
    found = reliability(truth, reads)
    assert found.ber.low < 0.02 < found.ber.high
    assert found.reads == 200
    assert found.unstable == pytest.approx(1 - 0.98**10, abs=0.02)
    parted = separation(truth, reads)
    assert parted.intra.low < 0.02 < parted.intra.high
    # s.d. of shares of 256 bits: 0.00875 within, 0.03125 between.
    assert parted.decidability == pytest.approx(
        0.48 / math.hypot(0.00875, 0.03125) * 2**0.5, rel=0.1
    )
    assert 0.0 < parted.equal_error < 1e-15


def test_strangers_that_look_like_the_chip_itself_cannot_be_told_apart():
    truth = fair(7)
    reads = fair(8)[:, None, :]
    assert separation(truth, reads).equal_error > 0.3


def test_unknown_bits_count_for_nothing():
    truth = fair(9)
    holed = truth.copy()
    holed[np.random.default_rng(10).random(truth.shape) < 0.1] = np.nan
    assert quality(holed).uniqueness.value == pytest.approx(0.5, abs=0.01)
    assert reliability(holed, truth[:, None]).ber.value == 0.0


@pytest.mark.parametrize(
    "responses", [np.zeros((1, 8)), np.zeros(8), np.full((3, 8), 0.5), np.full((3, 8), np.nan)]
)
def test_responses_of_one_chip_or_of_no_bits_are_refused(responses):
    with pytest.raises(RangeError, match="responses"):
        quality(responses)


def test_a_map_of_independent_bits_stays_inside_the_band():
    found = spatial(fair(11, 20, 256).reshape(20, 16, 16))
    assert found.lags == 80
    assert found.outside < 0.15 and found.largest < 0.1
    assert found.rows_p > 0.001 and found.columns_p > 0.001


def test_line_resistance_shows_in_the_means_of_columns_and_neighbours_in_the_autocorrelation():
    random = np.random.default_rng(12)
    tilted = (random.random((20, 16, 16)) < np.linspace(0.35, 0.65, 16)).astype(float)
    assert spatial(tilted).columns_p < 1e-6 < 0.001 < spatial(tilted).rows_p
    smooth = random.standard_normal((20, 17, 16))
    alike = (smooth[:, 1:] + smooth[:, :-1] > 0.0).astype(float)
    assert autocorrelation_map(alike[0])[1, 0] > 0.2
    assert spatial(alike).largest == pytest.approx(1 / 3, abs=0.05)  # 2/pi arcsin(1/2)


def reads_of(seed, spread=0.05, reads=6, bits=4000):
    random = np.random.default_rng(seed)
    truth = random.standard_normal(bits)
    return truth, truth + spread * random.standard_normal((reads, bits))


def test_masked_bits_fail_as_rarely_as_estimated_and_unmasked_ones_as_often_as_the_law_says():
    truth, reads = reads_of(13, spread=0.3, reads=20)
    later = truth + 0.3 * np.random.default_rng(14).standard_normal((50, truth.size))
    reference = answers(truth)
    everything = np.ones(truth.size, bool)
    rate = error_rate(reference, answers(later))
    assert rate == pytest.approx(math.atan(0.3) / math.pi, rel=0.05)
    kept = stable_bits(reads, 2.0)
    assert 0.3 < kept.mean() < 0.7
    found = error_rate(reference[kept], answers(later[:, kept]))
    assert found == pytest.approx(expected_error_rate(reads, kept), rel=0.5)
    assert found < 0.01 < expected_error_rate(reads, everything)


def test_a_wide_margin_leaves_no_error_in_a_million_reads():
    truth, reads = reads_of(15)
    kept = stable_bits(reads, 6.0)
    later = truth + 0.05 * np.random.default_rng(16).standard_normal((400, truth.size))
    assert expected_error_rate(reads, kept) <= 1e-6
    assert kept.sum() * 400 > 1e6
    assert error_rate(answers(truth)[kept], answers(later[:, kept])) == 0.0


def test_majority_and_sums_take_errors_away():
    truth = answers(np.random.default_rng(17).standard_normal(3000))
    wrong = np.random.default_rng(18).random((5, 3000)) < 0.1
    voted = majority(np.where(wrong, 1 - truth, truth))
    # Three and more of five wrong at 10 %: 0.00856.
    assert error_rate(truth, voted) == pytest.approx(0.00856, abs=0.004)
    assert majority(np.array([[1, 0, np.nan], [0, 0, 1.0]])).tolist()[1:] == [0.0, 1.0]
    assert math.isnan(majority(np.array([[1.0], [0.0]]))[0])
    groups = summed(np.array([[1.0, -3.0, 2.0, 5.0, 9.0]]), 2)
    assert groups.tolist() == [[-2.0, 7.0]]


def test_bits_that_are_unknown_or_change_are_dark():
    reads = np.array([[1.0, 1.0, np.nan], [1.1, -1.0, 1.0], [0.9, 1.0, 1.0]])
    assert stable_bits(reads, 0.0).tolist() == [True, False, False]
    with pytest.raises(RangeError, match="two reads"):
        stable_bits(reads[:1], 0.0)
