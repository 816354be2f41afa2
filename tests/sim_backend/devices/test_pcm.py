"""Phase change: the published laws of writing, drift and 1/f noise (D5), and projection (D6)."""

import numpy as np
import pytest
from scipy import signal

MUSHROOM, PROJECTED = "pcm-mushroom", "pcm-projected"
GATE = 3.0


def write(cells, conductance):
    """RESET cells to about ``conductance`` S: 25 uS less 25 uS for each volt beyond 1.5 V."""
    cells.devices["voltage_offset"] = 0.0
    cells.pulse(-(1.5 + (25e-6 - conductance) / 25e-6), 5.0, width=50e-9)


def held_at(cell_array, conductance, size=4000, preset=MUSHROOM, **changes):
    cells = cell_array(preset, size=size, **changes)
    cells.cells["conductance"] = cells.cells["reached"] = conductance
    return cells


@pytest.mark.parametrize("conductance", [2.5e-6, 7e-6, 12.5e-6, 20e-6, 24.9e-6])
def test_d5_a_write_scatters_by_the_published_polynomial(cell_array, conductance):
    cells = cell_array(MUSHROOM, size=8000)
    write(cells, conductance)
    u = conductance / 25e-6
    sigma = (0.26348 + 1.9650 * u - 1.1731 * u * u) * 1e-6

    assert cells.true().std() == pytest.approx(sigma, rel=0.05)
    assert cells.true().mean() == pytest.approx(conductance, abs=4 * sigma / np.sqrt(8000))


@pytest.mark.parametrize("conductance", [1e-6, 2.5e-6, 10e-6, 25e-6])
def test_d5_fitted_drift_exponents_have_the_published_mean_and_spread(cell_array, conductance):
    """Slope of ln G over ln(1 + t/t0) from 2 s to 20,000 s; t0 = 20 s."""
    cells = held_at(cell_array, conductance)
    times = np.logspace(0.3, 4.3, 9)
    grown = []
    for cells.time in times:
        grown.append(np.log(cells.true()))
    exponents = -np.polyfit(np.log1p(times / 20.0), np.array(grown), 1)[0]
    log_u = np.log(conductance / 25e-6)
    mean = np.clip(-0.0155 * log_u + 0.0244, 0.049, 0.1)
    spread = np.clip(-0.0125 * log_u - 0.0059, 0.008, 0.045)

    assert exponents.mean() == pytest.approx(mean, rel=0.05)
    assert exponents.std() == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize("age", [1e-3, 1.0, 1e4])
@pytest.mark.parametrize("conductance", [2.5e-6, 25e-6])
def test_d5_the_noise_of_short_reads_grows_as_published(cell_array, conductance, age):
    cells = held_at(cell_array, conductance)
    cells.time = age
    relative = cells.read(aperture=250e-9) / 0.2 / cells.true() - 1.0
    law = min(0.0088 / (conductance / 25e-6) ** 0.65, 0.2)
    law *= np.sqrt(np.log((age + 250e-9) / 500e-9))

    assert relative.std() == pytest.approx(law, rel=0.06)


def test_d5_the_noise_is_one_over_f(cell_array):
    cells = held_at(cell_array, 12.5e-6, size=100, drift_lowest=0.0, drift_highest=0.0)
    cells.devices["drift"] = 0.0
    interval, seen = 1e-3, []
    cells.time = 1e4
    for _ in range(2048):
        seen.append(cells.read(aperture=interval))
        cells.time += interval
    frequency, power = signal.welch(np.array(seen).T, 1.0 / interval, nperseg=1024)
    band = (frequency > 3.0) & (frequency < 150.0)
    slope = np.polyfit(np.log(frequency[band]), np.log(power.mean(axis=0)[band]), 1)[0]

    assert slope == pytest.approx(-1.0, abs=0.1)


def test_d6_projected_cells_keep_a_scalar_product_to_8_bits_for_10000_seconds(cell_array):
    error = {}
    for preset in (MUSHROOM, PROJECTED):
        cells = cell_array(preset, size=4000)
        write(cells, np.random.default_rng(1).uniform(1e-6, 25e-6, cells.size))
        written = cells.true().copy()
        cells.time += 1e4
        product = cells.read(aperture=1e-3)  # 0.2 V times G
        error[preset] = np.sqrt(np.mean((product - 0.2 * written) ** 2)) / (0.2 * 25e-6)

    assert error[PROJECTED] <= 0.004
    assert error[MUSHROOM] >= 5.0 * error[PROJECTED]


def test_d6_projected_cells_drift_by_less_than_one_percent_a_decade(cell_array):
    cells = held_at(cell_array, 10e-6, preset=PROJECTED)
    cells.time = 2e5
    exponents = -np.log(cells.true() / 10e-6) / np.log1p(2e5 / 20.0)

    assert exponents.max() <= 0.01


def test_d7_the_mean_of_several_cells_scatters_with_the_root_of_their_number(cell_array):
    cells = cell_array(MUSHROOM, size=9000)
    write(cells, 12.5e-6)
    alone = cells.true().std()
    for number in (2, 4, 9):
        means = cells.true()[: 9000 // number * number].reshape(-1, number).mean(axis=1)
        assert means.std() == pytest.approx(alone / np.sqrt(number), rel=0.1)


def test_partial_sets_crystallise_as_one_long_one(cell_array):
    many, one = (
        cell_array(MUSHROOM, size=8, write_sigma=0.0, voltage_spread=0.0) for _ in range(2)
    )
    for cells in (many, one):
        cells.pulse(-2.6, 5.0, width=50e-9)
    many.pulse(1.2, GATE, width=20e-9, count=10)
    one.pulse(1.2, GATE, width=200e-9)

    np.testing.assert_allclose(many.true(), one.true(), rtol=1e-9)
    line = 0.1e-6 + 40e-6 * 0.4
    np.testing.assert_allclose(one.true(), line + (0.1e-6 - line) * np.exp(-2.0), rtol=1e-6)


def test_a_weaker_reset_quenches_anew_what_a_stronger_one_has_melted(cell_array):
    cells = cell_array(MUSHROOM, size=4000, voltage_spread=0.0)
    write(cells, 5e-6)
    before = cells.true().copy()
    cells.pulse(-1.8, 5.0, width=50e-9)
    spread = before.std()

    assert cells.true().mean() == pytest.approx(5e-6, abs=4 * spread / np.sqrt(4000))
    assert cells.true().std() == pytest.approx(spread, rel=0.08)
    assert abs(np.corrcoef(before, cells.true())[0, 1]) < 4 / np.sqrt(4000)


def test_a_reset_too_weak_to_melt_leaves_the_cell_alone(cell_array):
    cells = cell_array(MUSHROOM, size=64, voltage_spread=0.0)
    cells.pulse(-2.3, 5.0, width=50e-9)
    before = cells.true().copy()
    cells.pulse(-1.4, 5.0, width=50e-9)

    assert (cells.true() == before).all()


def test_a_write_starts_drift_and_noise_anew(cell_array):
    cells = cell_array(MUSHROOM, size=2000)
    write(cells, 10e-6)
    cells.time = 1e4
    cells.read(aperture=1e-5)
    cells.time += 1.0
    write(cells, 10e-6)
    cells.time += 50e-9
    seen = cells.read(aperture=250e-9) / 0.2

    assert cells.true().mean() == pytest.approx(10e-6, rel=0.01)
    assert (seen / cells.true()).std() < 0.01


@pytest.mark.parametrize("pulses", [1, 3, 6])
def test_d21_a_pair_learns_both_ways_by_partial_sets_of_one_cell_or_the_other(cell_array, pulses):
    """W = G+ - G-: up on G+, down on G-, as much; both undo each other (6T-2R, Ishii 2019)."""
    weights, spread = {}, {}
    for seed, (up, down) in enumerate(((pulses, 0), (0, pulses), (pulses, pulses)), start=1):
        plus, minus = (cell_array(MUSHROOM, size=2000, seed=10 * seed + side) for side in (0, 1))
        for cells, count in ((plus, up), (minus, down)):
            cells.pulse(-2.6, 5.0, width=50e-9)
            if count:
                cells.pulse(1.2, GATE, width=20e-9, count=count)
        pair = plus.true() - minus.true()
        weights[up - down], spread[up - down] = pair.mean(), pair.std() / np.sqrt(2000)
    # Of the way from 0.1 uS to the line at 16.1 uS, 1 - exp(-t / 100 ns).
    step = 16e-6 * -np.expm1(-0.2 * pulses)

    assert weights[pulses] == pytest.approx(step, rel=0.1)
    assert abs(weights[pulses] + weights[-pulses]) < 4.0 * np.hypot(spread[pulses], spread[-pulses])
    assert abs(weights[0]) < 4.0 * spread[0]
