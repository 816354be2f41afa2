"""The law of compliance below the cells' own highest conductance, on points drawn from the law."""

import numpy as np
import pytest

from labcim.analysis.compliance_knee import law_below_knee
from labcim.analysis.compliance_law import fit_compliance_law

V_C = 0.45
CURRENTS = np.array([20e-6, 30e-6, 45e-6, 70e-6, 105e-6, 160e-6])


def written(seed, end=1.0, exponent=1.0, cells=64):
    """Return (setting, cell, current, conductance) of cells that conduct at most ``end`` S."""
    random = np.random.default_rng(seed)
    cell, number = (part.ravel() for part in np.meshgrid(np.arange(cells), np.arange(6)))
    current = CURRENTS[number]
    off = 0.04 * random.standard_normal(cells)[cell] + 0.05 * random.standard_normal(len(cell))
    follows = 45e-6 / V_C * (current / 45e-6) ** exponent * np.exp(off)
    ends = end * np.exp(0.02 * random.standard_normal(cells)[cell])
    return number.astype(float), cell, current, np.minimum(follows, ends)


def test_without_a_knee_every_point_counts():
    points = written(1)
    found = law_below_knee(*points)
    assert len(found.kept) == 6 and len(found.dropped) == 0 and np.isnan(found.end)
    assert found.law == fit_compliance_law(*points[1:])


def test_v_c_is_that_of_the_points_that_follow_the_current_and_its_interval_covers_it():
    """The end of 200 uS is reached at 90 uA: with all points V_C would be 10 % off and more."""
    covered = 0
    for seed in range(100):
        points = written(seed, end=200e-6)
        assert fit_compliance_law(*points[1:]).voltage.value > 1.1 * V_C
        found = law_below_knee(*points)
        assert found.end == pytest.approx(200e-6, rel=0.02)
        assert len(found.dropped) in (2, 3)
        assert 0.97 < found.reach / (0.8 * 200e-6 * V_C) < 1.03
        covered += found.law.voltage.low <= V_C <= found.law.voltage.high
    assert covered >= 89  # of 100 at 95 %: three standard errors less


def test_settings_that_cells_hold_back_are_above_the_knee():
    setting, cell, current, conductance = written(3, end=200e-6)
    current = np.where(current > 100e-6, np.nan, current)
    found = law_below_knee(setting, cell, current, conductance)
    assert set(found.dropped) >= {4.0, 5.0}
    assert found.end == pytest.approx(200e-6, rel=0.02)


@pytest.mark.parametrize("exponent", [0.5, 1.3])
def test_there_is_no_v_c_where_conductance_is_no_multiple_of_the_current(exponent):
    assert law_below_knee(*written(4, exponent=exponent)).law is None


def test_there_is_no_v_c_where_all_cells_are_at_their_end():
    found = law_below_knee(*written(5, end=20e-6))
    assert found.law is None
    assert found.end == pytest.approx(20e-6, rel=0.02)


def test_no_points_have_no_law():
    found = law_below_knee(np.empty(0), np.empty(0, int), np.empty(0), np.empty(0))
    assert found.law is None and found.tried is None
