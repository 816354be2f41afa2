"""Read noise from cells of known make: what is a row, what is data, what is told."""

import numpy as np
import pytest
from fake_cells import FakeCells
from telegraph_series import states

from labcim.capabilities import Topology
from labcim.protocols.characterise.read_noise import ReadNoise, read_noise

from .running import run

ONE = Topology(1, 1)


class Recorded(FakeCells):
    """Cells whose record is a given conductance in S over time, (count,)."""

    series: np.ndarray

    def record(self, cells, voltage, *, rate, count, gate=5.0):
        assert len(self.series) == count
        self.asked = (voltage, rate, gate)
        return self.series[:, None] * voltage


def recorded(series, **recipe):
    cells = Recorded(ONE)
    cells.series = series
    done = run(read_noise, ReadNoise(cells="all", **recipe), cells)
    return cells, done


def test_a_reading_is_the_mean_of_its_good_samples_and_says_how_many_were_not():
    series = np.repeat(np.arange(1.0, 65.0) * 1e-6, 4)
    series[[1, 5, 6, 8, 9, 10, 11]] = np.nan
    cells, done = recorded(series, count=64, averages=4, rate=100.0)
    rows = {name: column[done.rows["reading"]] for name, column in done.rows.items()}

    assert cells.asked == (0.2, 400.0, 2.5)
    assert rows["flagged"][:4].tolist() == [1, 2, 4, 0]
    assert rows["conductance"][:2] == pytest.approx([1e-6, 2e-6])
    assert np.isnan(rows["conductance"][2])
    assert np.diff(rows["time"]) == pytest.approx(np.full(63, 0.01))
    assert np.array_equal(rows["next"][:-1], rows["conductance"][1:], equal_nan=True)


def test_the_spectrum_on_record_has_the_variance_of_the_readings():
    noise = np.random.default_rng(1).normal(1e-5, 1e-7, 4096)
    _, done = recorded(noise, rate=1e3)
    rows = {name: column[done.rows["spectral"]] for name, column in done.rows.items()}
    # White: the same density everywhere, over half the rate.
    assert np.median(rows["density"][-20:]) == pytest.approx(1e-14 / 500.0, rel=0.1)
    assert done.finding("sigma / G").value == pytest.approx(0.01, rel=0.05)
    assert done.finding("traps").value == 0.0


def test_a_trap_under_mains_pickup_is_told_and_so_is_the_pickup():
    random = np.random.default_rng(2)
    wave = np.sin(2.0 * np.pi * 50.0 * np.arange(16_384) / 1e3)
    series = 2e-5 + 4e-7 * states(random, 16_384, 0.02, 0.02)
    series = series + 2e-7 * wave + random.normal(0.0, 1e-7, 16_384)
    _, done = recorded(series, count=16_384)
    assert done.finding("pickup, frequency").value == pytest.approx(50.0, abs=0.1)
    assert done.finding("trap 1, step").value == pytest.approx(4e-7, rel=0.03)
    assert done.finding("trap 1, step").low < 4e-7 < done.finding("trap 1, step").high


def test_a_record_without_data_has_no_verdict():
    _, done = recorded(np.full(64, np.nan), count=64)
    assert done.finding("readings without a verdict on noise").value == 0.0
    assert done.rows["flagged"].sum() == 64


def test_listening_gives_no_pulse_and_waits_first():
    cells = FakeCells(ONE)
    run(read_noise, ReadNoise(count=64, settle="2 s"), cells)
    assert cells.pulses == []
    assert cells.clock.slept[0] == 2.0


def test_the_bias_is_what_the_read_limit_will_judge():
    demands = ReadNoise(read_voltage=0.4).demands()
    assert [d.name for d in demands if d.reads] == ["read_voltage"]
