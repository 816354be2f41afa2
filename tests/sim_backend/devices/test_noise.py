"""Read noise: white by aperture, telegraph noise from traps, and nothing that is biased."""

import numpy as np
import pytest

CARD = "neurram-130nm"


def reads_of(cells, count, aperture, interval):
    readings = []
    for _ in range(count):
        readings.append(cells.read(aperture=aperture) / 0.2)
        cells.time += interval
    return np.array(readings)


def test_white_noise_follows_its_law_and_falls_with_the_root_of_the_aperture(cell_array):
    """sigma/G = 0.4 % + 0.9 % sqrt(20 uS / G) at 10 us."""
    for conductance in (5e-6, 20e-6, 35e-6):
        cells = cell_array(CARD, size=500, trap_fraction=0.0, one_second=0.0, one_day=0.0)
        cells.cells["conductance"] = conductance
        for aperture in (10e-6, 1e-3):
            seen = reads_of(cells, 40, aperture, 1e-3)
            law = (0.004 + 0.009 * np.sqrt(20e-6 / conductance)) * np.sqrt(10e-6 / aperture)
            assert seen.std() / conductance == pytest.approx(law, rel=0.03)


def test_a_read_at_the_reference_is_unbiased(cell_array):
    cells = cell_array(CARD, size=1000, one_second=0.0, one_day=0.0)
    seen = reads_of(cells, 50, 1e-3, 1e-2)

    assert np.mean(seen / cells.true()) == pytest.approx(1.0, abs=1e-3)


def test_a_quarter_of_the_cells_have_traps(cell_array):
    share = np.mean(cell_array(CARD, size=20_000).devices["trap_count"] > 0)

    assert 0.20 <= share <= 0.30


def test_telegraph_noise_has_the_dwell_times_of_its_trap(cell_array):
    """Sampled at dt, a telegraph signal has the correlation exp(-dt/tau) from sample to sample."""
    cells = cell_array(
        CARD, size=400, trap_fraction=1.0, second_trap_fraction=0.0, white_floor=0.0,
        white_slope=0.0, one_second=0.0, one_day=0.0,
    )  # fmt: skip
    cells.devices["trap_time"] = 1e-3
    cells.devices["trap_occupancy"] = 0.5
    cells.cells["conductance"] = 20e-6
    seen = reads_of(cells, 400, 1e-9, 5e-4)
    centred = np.sign(seen - 20e-6)
    correlation = np.mean(centred[1:] * centred[:-1])

    assert correlation == pytest.approx(np.exp(-0.5), abs=0.01)
    steps = np.ptp(seen, axis=0) / 20e-6
    np.testing.assert_allclose(
        steps, cells.devices["trap_amplitude"][:, 0].clip(0.005, 0.1), rtol=5e-3
    )


def test_an_aperture_beyond_the_dwell_time_averages_the_trap_out(cell_array):
    """Variance of a mean over T of a telegraph signal: p (1 - p) 2 tau / T for T >> tau."""
    cells = cell_array(
        CARD, size=400, trap_fraction=1.0, second_trap_fraction=0.0, white_floor=0.0,
        white_slope=0.0, one_second=0.0, one_day=0.0,
    )  # fmt: skip
    cells.devices["trap_time"] = 1e-6
    cells.devices["trap_occupancy"] = 0.5
    cells.devices["trap_amplitude"] = 0.05
    cells.cells["conductance"] = 20e-6
    seen = reads_of(cells, 100, 1e-4, 1e-3) / 20e-6

    assert seen.std() == pytest.approx(0.05 * 0.5 * np.sqrt(2e-6 / 1e-4), rel=0.03)


def test_read_noise_of_the_64k_chips_at_93_microsiemens(cell_array):
    """1.35 % inside blocks of 100 reads of 1 ms (NI-RRAM-Python, 10,000 reads of one cell)."""
    cells = cell_array("oxram-1t1r-64k", size=2000, one_second=0.0, one_day=0.0)
    cells.cells["conductance"] = 93e-6
    seen = reads_of(cells, 100, 1e-3, 1e-3)

    assert np.median(seen.std(axis=0)) / 93e-6 == pytest.approx(0.0135, rel=0.05)
