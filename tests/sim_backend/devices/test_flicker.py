"""1/f noise as a time series: its law, its spectrum, and that reads of one cell belong together."""

import numpy as np
import pytest
from scipy import signal

CARD = "neurram-130nm"
ONLY = {
    "white_floor": 0.0, "white_slope": 0.0, "trap_fraction": 0.0, "one_second": 0.0,
    "one_day": 0.0, "flicker": 0.01, "flicker_exponent": 0.0,
}  # fmt: skip


def flickering(cell_array, size=4000, conductance=20e-6, **changes):
    cells = cell_array(CARD, size=size, gated=False, **(ONLY | changes))
    cells.cells["conductance"] = conductance
    return cells


def relative(cells, aperture=1e-7):
    return cells.read(aperture=aperture) / 0.2 / cells.true() - 1.0


def slope_over_three_decades(cells, start):
    """Return the slope of ln(power) over ln(frequency), in bands even in ln(f), 0.2 to 250 Hz."""
    interval, seen = 1e-3, []
    cells.time = start
    for _ in range(16384):
        seen.append(cells.read(aperture=interval))
        cells.time += interval
    frequency, power = signal.welch(np.array(seen).T, 1.0 / interval, nperseg=8192)
    power = power.mean(axis=0)
    edges = np.logspace(np.log10(0.2), np.log10(250.0), 11)
    band = np.digitize(frequency, edges)
    middle = [np.log(frequency[band == k]).mean() for k in range(1, 11)]
    level = [np.log(power[band == k].mean()) for k in range(1, 11)]
    return np.polyfit(middle, level, 1)[0]


@pytest.mark.parametrize("age", [1e-4, 1e-2, 1.0, 1e4, 1e6])
def test_the_noise_grows_with_the_root_of_the_logarithm_of_time(cell_array, age):
    """sigma/G = flicker sqrt(ln(t / 2 t0)), t0 = 1 us."""
    cells = flickering(cell_array)
    cells.time = age
    seen = relative(cells)

    assert seen.std() == pytest.approx(0.01 * np.sqrt(np.log(age / 2e-6)), rel=0.05)
    assert seen.mean() == pytest.approx(0.0, abs=4 * seen.std() / np.sqrt(seen.size))


def test_r6_the_noise_of_filaments_is_one_over_f_over_three_decades(cell_array):
    slope = slope_over_three_decades(flickering(cell_array, size=48), 1e5)

    assert slope == pytest.approx(-1.0, abs=0.1)


def test_d5_the_noise_of_phase_change_is_one_over_f_over_three_decades(cell_array):
    still = {"drift_lowest": 0.0, "drift_highest": 0.0}
    cells = cell_array("pcm-mushroom", size=48, **still)
    cells.devices["drift"] = 0.0
    cells.cells["conductance"] = cells.cells["reached"] = 12.5e-6

    assert slope_over_three_decades(cells, 1e4) == pytest.approx(-1.0, abs=0.1)


def test_two_reads_differ_by_what_has_passed_between_them_only(cell_array):
    """Of a 1/f process, a difference over t has the variance 2 ln(t) + ..., whatever its age."""
    cells = flickering(cell_array)
    cells.time = 1e5
    first, again = relative(cells), relative(cells)
    np.testing.assert_array_equal(first, again)
    apart = {}
    for lag in (1e-3, 1.0, 1e3):
        cells.time = 1e5 + lag
        apart[lag] = np.var((relative(cells) - first) / 0.01)

    assert np.corrcoef(first, relative(cells))[0, 1] > 0.1
    decade = 2.0 * np.log(10.0)
    assert (apart[1.0] - apart[1e-3]) / 3 == pytest.approx(decade, rel=0.1)
    assert (apart[1e3] - apart[1.0]) / 3 == pytest.approx(decade, rel=0.1)


def test_a_read_asks_for_no_read_before_it(cell_array):
    """A function of seed, cell and time: who reads once sees what he sees who read all along."""
    often, once = (flickering(cell_array, size=50) for _ in range(2))
    for often.time in np.linspace(0.0, 10.0, 37):
        seen = relative(often)
    once.time = 10.0

    np.testing.assert_array_equal(relative(once), seen)


def test_an_aperture_averages_what_is_faster_than_it(cell_array):
    """From 0.1 us to 1 s: what is left lies in parts that last longer."""
    short, long = flickering(cell_array), flickering(cell_array)
    short.time = long.time = 1e5
    points = np.array([1e5 + k / 64 for k in range(64)])
    mean = np.zeros(4000)
    for short.time in points:
        mean += relative(short) / 64
    whole = relative(long, aperture=1.0)

    assert whole.std() == pytest.approx(mean.std(), rel=0.05)
    # Not 1: what changes faster than the aperture has an average of its own draw.
    assert np.corrcoef(whole, mean)[0, 1] > 0.9


def test_a_write_begins_the_noise_anew(cell_array, quiet):
    cells = flickering(cell_array, **quiet)
    cells.time = 1e5
    before = relative(cells).std()
    cells.pulse(2.2, 2.5)
    cells.time += 2e-6

    assert relative(cells).std() < 0.2 * before


def test_no_noise_is_drawn_where_the_preset_has_none(cell_array):
    cells = flickering(cell_array, size=50, flicker=0.0)
    cells.time = 1e5

    np.testing.assert_allclose(relative(cells), 0.0, atol=1e-12)
