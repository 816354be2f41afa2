"""Health tests: cutoffs of the reference table, alarms in time, counters that go on."""

import numpy as np
import pytest

from labcim.analysis.entropy.health import (
    AdaptiveProportion,
    RepetitionCount,
    proportion_cutoff,
    repetition_cutoff,
    standard_proportion_alarm,
)
from labcim.errors import RangeError

# entropy: (repetition count, adaptive proportion) for a = 20, 30, 40 and a window of 1024
TABLE = {
    1.0: ((21, 589), (31, 609), (41, 625)),
    0.9: ((24, 625), (35, 645), (46, 661)),
    0.8: ((26, 664), (39, 683), (51, 699)),
    0.7: ((30, 705), (44, 723), (59, 739)),
    0.5: ((41, 793), (61, 810), (81, 824)),
    0.3: ((68, 890), (101, 904), (135, 915)),
    0.1: ((201, 991), (301, 999), (401, 1005)),
}


@pytest.mark.parametrize("entropy", TABLE)
def test_cutoffs_are_those_of_the_table(entropy):
    for a, expected in zip((20, 30, 40), TABLE[entropy], strict=True):
        assert (repetition_cutoff(entropy, a), proportion_cutoff(entropy, a)) == expected
    assert proportion_cutoff(0.5, 20, 512) == 410


@pytest.mark.parametrize(
    ("entropy", "a"), [(0.0, 20), (-1.0, 20), (1.0, 0.0), (float("nan"), 20), (1.0, float("inf"))]
)
def test_cutoffs_of_nothing_are_refused(entropy, a):
    for cutoff in (repetition_cutoff, proportion_cutoff):
        with pytest.raises(RangeError, match="accepts above 0"):
            cutoff(entropy, a)


def random_bits(count: int, sources: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (count, sources)).astype(np.uint8)


@pytest.mark.parametrize("seed", range(5))
def test_r10_a_stuck_source_is_found_within_the_cutoff_and_only_it(seed):
    bits = random_bits(300, 16, seed)
    bits[100:, 7] = seed % 2
    test = RepetitionCount(16, 23)
    assert [alarm.source for alarm in test.take(bits[:100])] == []
    alarm = test.take(bits[100:])
    assert [a.source for a in alarm] == [7]
    assert alarm[0].sample <= 100 + 23


@pytest.mark.parametrize("bias", [0.8, 0.2])
def test_r10_a_bias_is_found_within_1024_bits_whenever_it_begins(bias):
    found = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        begin = int(rng.integers(0, 3000))
        bits = random_bits(begin + 1024, 1, seed)
        bits[begin:, 0] = rng.random(1024) < bias
        test = AdaptiveProportion(1, proportion_cutoff(0.9, 40))
        assert test.take(bits[:begin]) == []
        found += len(test.take(bits[begin:]))
    assert found >= 190


@pytest.mark.parametrize("cut", [1, 37, 1023, 1024, 2500])
def test_counters_go_on_where_they_were_put_down(cut):
    bits = random_bits(4000, 3)
    bits[2000:, 1] = np.random.default_rng(1).random(2000) < 0.85
    whole, first = AdaptiveProportion(3, 661), AdaptiveProportion(3, 661)
    at_once = whole.take(bits)
    in_parts = first.take(bits[:cut])
    second = AdaptiveProportion(3, 661, first.state)
    in_parts += second.take(bits[cut:])
    assert at_once == in_parts[:1] and len(at_once) == 1  # a part that follows an alarm has its own
    assert np.array_equal(whole.state, second.state)
    runs, part = RepetitionCount(3, 12), RepetitionCount(3, 12)
    part.take(bits[:cut])
    again = RepetitionCount(3, 12, part.state)
    runs.take(bits)
    again.take(bits[cut:])
    assert np.array_equal(runs.state, again.state)


def test_the_last_1024_bits_see_whatever_the_standards_windows_see():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        bits = (rng.random(5000) < rng.uniform(0.55, 0.9)).astype(np.uint8)
        ours = AdaptiveProportion(1, 661).take(bits[:, None])
        standard = standard_proportion_alarm(bits, 661)
        if standard:
            assert ours and ours[0].sample <= standard


def test_the_standards_window_counts_only_what_came_first():
    bits = np.ones(1024, np.uint8)
    assert standard_proportion_alarm(bits, 661) == 661
    bits[0] = 0
    assert standard_proportion_alarm(bits, 661) == 0  # and that is why both values are counted


@pytest.mark.slow
def test_r10_ten_million_healthy_bits_raise_no_alarm():
    for seed in range(5):
        bits = random_bits(10_000_000 // 64, 64, seed)
        assert RepetitionCount(64, repetition_cutoff(0.9, 40)).take(bits) == []
        assert AdaptiveProportion(64, proportion_cutoff(0.9, 40)).take(bits) == []


def test_counters_of_other_sources_are_refused():
    with pytest.raises(RangeError, match="accepts"):
        RepetitionCount(3, 21, np.zeros((3, 4), np.int64))
