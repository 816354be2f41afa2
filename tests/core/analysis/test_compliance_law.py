"""V_C of the law of compliance, on cells of known make."""

import math

import numpy as np
import pytest
from scipy.stats import t as student

from labcim.analysis.compliance_law import fit_compliance_law
from labcim.errors import RangeError

CURRENTS = np.geomspace(10e-6, 200e-6, 8)


def written(random, cells=16, *, currents=CURRENTS, volts=0.45, device=0.03, floor=0.02, slope=0.1):
    """Return cell, current and conductance as the physics has them: G = I / V_C, lognormal."""
    cell = np.repeat(np.arange(cells), len(currents))
    current = np.tile(currents, cells)
    spread = floor + slope * np.sqrt(10e-6 / current)
    scatter = device * random.standard_normal(cells)[cell]
    scatter += spread * random.standard_normal(len(cell))
    return cell, current, current / volts * np.exp(scatter)


@pytest.mark.parametrize(("cells", "device"), [(16, 0.03), (40, 0.1)])
def test_the_interval_of_v_c_covers_in_370_to_390_of_400_repetitions(cells, device):
    covered = 0
    for seed in range(400):
        law = fit_compliance_law(*written(np.random.default_rng([seed, 1]), cells, device=device))
        covered += law.voltage.low <= 0.45 <= law.voltage.high
    assert 370 <= covered <= 390


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cells", "levels", "device", "missing"),
    [(8, 8, 0.03, 0.0), (20, 3, 0.03, 0.0), (20, 8, 0.1, 0.3), (100, 8, 0.0, 0.0)],
)
def test_intervals_of_v_c_and_exponent_cover_95_percent_of_4000_repetitions(
    cells, levels, device, missing
):
    voltage = exponent = 0
    for seed in range(4000):
        random = np.random.default_rng([seed, 2])
        currents = np.geomspace(10e-6, 200e-6, levels)
        cell, current, conductance = written(random, cells, currents=currents, device=device)
        conductance[random.random(len(cell)) < missing] = np.nan
        law = fit_compliance_law(cell, current, conductance)
        voltage += law.voltage.low <= 0.45 <= law.voltage.high
        exponent += law.exponent.low <= 1.0 <= law.exponent.high
    assert voltage / 4000 == pytest.approx(0.95, abs=0.011)
    assert exponent / 4000 == pytest.approx(0.95, abs=0.02)


def test_spreads_are_told_apart_into_cells_cycles_and_what_grows_at_small_currents():
    law = fit_compliance_law(*written(np.random.default_rng(3), 2000))
    assert law.voltage.value == pytest.approx(0.45, rel=0.005)
    assert law.device_spread == pytest.approx(0.03, rel=0.1)
    assert law.floor == pytest.approx(0.02, rel=0.15)
    assert law.slope == pytest.approx(0.10, rel=0.05)
    assert law.cycle_spread(40e-6) == pytest.approx(0.02 + 0.10 / 2.0, rel=0.05)
    assert law.exponent.low < 1.0 < law.exponent.high


def test_small_currents_weigh_less_than_in_a_plain_mean_of_ratios():
    ours, plain = [], []
    for seed in range(100):
        points = written(np.random.default_rng([seed, 4]), 10, device=0.0)
        ours.append(math.log(fit_compliance_law(*points).voltage.value))
        plain.append(math.log(float(np.mean(points[1] / points[2]))))
    assert np.std(ours) < 0.8 * np.std(plain)


def test_cells_count_not_points():
    """Ten writes a cell hardly narrow what device-to-device spread leaves open."""
    cell, current, conductance = written(
        np.random.default_rng(5), 8, currents=np.full(200, 1e-4), device=0.1
    )
    law = fit_compliance_law(cell, current, conductance)
    means = np.log(current / conductance).reshape(8, 200).mean(axis=1)
    half = float(student.ppf(0.975, 7)) * float(np.std(means, ddof=1)) / math.sqrt(8.0)
    assert math.log(law.voltage.high / law.voltage.value) == pytest.approx(half, rel=1e-3)
    assert math.isnan(law.exponent.value)


def test_a_law_that_is_not_proportional_shows_in_its_exponent():
    cell, current, conductance = written(np.random.default_rng(6), 30)
    law = fit_compliance_law(cell, current, conductance * (current / 1e-4) ** 0.2)
    assert law.exponent.low < 1.2 < law.exponent.high
    assert law.exponent.low > 1.05


@pytest.mark.parametrize(
    ("cell", "current", "conductance"),
    [
        ([0, 0, 1, 1], [1e-5] * 4, [1e-5] * 4),  # two cells
        ([0, 1, 2], [1e-5] * 3, [1e-5] * 3),  # none twice
        ([0, 0, 1, 1, 2, 2], [1e-5] * 6, [1e-5] * 5),
        ([0, 0, 1, 1, 2, 2], [1e-5] * 6, [1e-5] * 5 + [0.0]),
        ([0, 0, 1, 1, 2, 2], [-1e-5] + [1e-5] * 5, [1e-5] * 6),
        ([0, 0, 1, 1, 2, 2], [1e-5] * 6, [math.nan] * 6),
        ([], [], []),
    ],
)
def test_what_fixes_no_law_is_refused(cell, current, conductance):
    with pytest.raises(RangeError, match="law of compliance"):
        fit_compliance_law(cell, current, conductance)
