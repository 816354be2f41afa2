"""The monitor of raw values: what it must see, and what it must leave alone."""

import numpy as np
import pytest

from labcim.analysis.entropy.monitor import (
    WINDOW,
    ValueMonitor,
    find_baseline,
    strongest_line,
    symbols,
)
from labcim.errors import RangeError

SOURCES = 64
PERIOD = 3.1e-3  # s, of a round of all sources


def healthy(rounds: int, seed: int, sources: int = SOURCES) -> tuple[np.ndarray, np.ndarray]:
    """Return values with a memory like that of cells (30 % a slow walk), and their times."""
    rng = np.random.default_rng(seed)
    slow, keep = np.empty((rounds, sources)), 0.92
    slow[0] = rng.normal(size=sources)
    for i in range(1, rounds):
        slow[i] = keep * slow[i - 1] + np.sqrt(1 - keep**2) * rng.normal(size=sources)
    values = np.sqrt(0.3) * slow + np.sqrt(0.7) * rng.normal(size=(rounds, sources))
    jitter = rng.uniform(0.0, 1e-4, (rounds, sources))
    time = np.arange(rounds)[:, None] * PERIOD + np.arange(sources) * PERIOD / sources + jitter
    own = np.random.default_rng(1).uniform(5.0, 8.0, sources)
    return own + 1.3 * values, time


def monitor(seed: int = 99, **how) -> ValueMonitor:
    return ValueMonitor(find_baseline(healthy(128, seed)[0]), **how)


def alarms_of(watch: ValueMonitor, values, time) -> dict[str, int]:
    fired: dict[str, int] = {}
    for alarm in watch.take(values, time):
        fired.setdefault(alarm.test, alarm.sample)
    return fired


@pytest.mark.parametrize("seed", range(5))
def test_healthy_values_raise_no_alarm(seed):
    assert alarms_of(monitor(seed + 50), *healthy(3000, seed)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_r10_ten_million_healthy_values_raise_no_alarm(seed):
    watch = monitor(seed + 70)
    for part in range(100):
        values, time = healthy(100_000 // SOURCES, 1000 * seed + part)
        assert alarms_of(watch, values, time) == {}


@pytest.mark.parametrize("mains", [50.0, 60.0])
@pytest.mark.parametrize("seed", range(5))
def test_r10_a_pickup_of_half_a_sigma_is_found_within_4096_samples(seed, mains):
    values, time = healthy(WINDOW // SOURCES, seed)
    actual = mains * (1.0 + 0.001 * (seed - 2))  # mains wander
    values += 0.5 * 1.3 * np.sin(2 * np.pi * actual * time + seed)
    fired = alarms_of(monitor(), values, time)
    assert f"line at {mains:g} Hz" in fired and max(fired.values()) <= WINDOW


@pytest.mark.parametrize("step", [-0.5, 0.5])
@pytest.mark.parametrize("seed", range(5))
def test_r10_a_mean_that_moves_by_half_a_sigma_is_found_within_4096_samples(seed, step):
    values, time = healthy(WINDOW // SOURCES, seed)
    assert "mean" in alarms_of(monitor(), values + step * 1.3, time)


@pytest.mark.parametrize("factor", [1.5, 0.5])
def test_r10_a_sigma_that_changes_by_half_is_found_within_4096_samples(factor):
    values, time = healthy(WINDOW // SOURCES, 3)
    mean = np.random.default_rng(1).uniform(5.0, 8.0, SOURCES)
    assert "sigma" in alarms_of(monitor(), mean + factor * (values - mean), time)


def test_what_was_taken_in_parts_is_judged_as_at_once():
    values, time = healthy(400, 5)
    values[200:] += 0.8
    at_once, parts = monitor(), monitor()
    expected = at_once.take(values, time)
    found = []
    for first in range(0, 400, 7):
        found += parts.take(values[first : first + 7], time[first : first + 7])
    assert expected == found and expected


def test_the_power_of_a_line_is_that_of_its_amplitude():
    rng = np.random.default_rng(6)
    time = np.sort(rng.uniform(0.0, 10.0, 20_000))
    values = rng.normal(size=20_000) + 0.2 * np.sin(2 * np.pi * 50.05 * time)
    power, _ = strongest_line(values, time, 50.0)
    assert power == pytest.approx(20_000 * 0.2**2 / 4 / 1.02, rel=0.2)
    powers = [
        strongest_line(rng.normal(size=500), np.sort(rng.uniform(0, 1e-3, 500)) * 1e3, 60.0)[0]
        for _ in range(200)
    ]
    assert np.max(powers) < 15.0  # of about 200 draws from an exponential law, and few lines each


def test_samples_at_one_phase_show_no_line():
    time = np.arange(4096) * 0.02
    values = np.random.default_rng(7).normal(size=4096)
    assert strongest_line(values, time, 50.0)[0] < 15.0


def test_a_baseline_needs_values_that_vary():
    with pytest.raises(RangeError, match="16 or more"):
        find_baseline(np.zeros((10, 4)))
    with pytest.raises(RangeError, match="do not vary"):
        find_baseline(np.ones((64, 4)))


def test_symbols_of_what_is_stuck_repeat():
    assert symbols(np.array([0.1, 0.4, -0.1, np.nan, np.nan])).tolist() == [100, 100, 99, 0, 0]
