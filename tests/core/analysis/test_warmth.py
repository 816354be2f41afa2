"""Coefficients by state, and conductances brought back to one temperature."""

import numpy as np
import pytest

from labcim.analysis.warmth import StateCoefficient, cell_coefficients, state_coefficient
from labcim.errors import RangeError

LAW = StateCoefficient(np.array([0.0, 40e-6]), np.array([2e-3, -1e-3]), 300.0)


def test_what_is_seen_in_the_warmth_is_brought_back_by_the_state_it_was_in():
    cold = np.linspace(2e-6, 38e-6, 7)
    warm = cold * (1.0 + (2e-3 - 75.0 * cold) * 150.0)
    np.testing.assert_allclose(LAW.at_reference(warm, 450.0), cold, rtol=1e-6)
    np.testing.assert_array_equal(LAW.at_reference(cold, 300.0), cold)


def test_coefficients_are_found_from_cells_of_which_some_have_moved():
    random = np.random.default_rng(2)
    state = np.repeat([5e-6, 20e-6, 36e-6], 200)
    cold = state * random.normal(1.0, 0.1, 600)
    warm = cold * (1.0 + (2e-3 - 75.0 * cold) * 100.0) * random.normal(1.0, 0.05, 600)
    warm[::20] *= 0.3
    warm[1::50] = np.nan
    found = state_coefficient(state, cold, warm, reference=300.0, kelvin=400.0)

    np.testing.assert_allclose(found.conductance, [5e-6, 20e-6, 36e-6], rtol=0.03)
    np.testing.assert_allclose(found.coefficient, [1.625e-3, 0.5e-3, -0.7e-3], atol=1e-4)


def test_equal_temperatures_and_cells_that_were_not_read_are_refused():
    one = np.array([1e-5])
    with pytest.raises(RangeError, match="both temperatures are 300 K"):
        state_coefficient(one, one, one, reference=300.0, kelvin=300.0)
    with pytest.raises(RangeError, match="no cell was read"):
        state_coefficient(one, one, one * np.nan, reference=300.0, kelvin=400.0)


WAY = np.array([300.0, 320.0, 340.0, 320.0, 300.0])


def test_an_even_change_does_not_touch_the_coefficient():
    start, a, change = np.array([1e-5, 3e-5]), np.array([1.5e-3, -0.8e-3]), np.array([-0.2, 0.1])
    time = np.array([0.0, 160.0, 320.0, 700.0, 1600.0])
    seen = start * (1.0 + a * (WAY[:, None] - 300.0) + change * time[:, None] / 1600.0)
    found = cell_coefficients(seen, WAY, 5e3 + time)

    np.testing.assert_allclose(found.conductance, start, rtol=1e-9)
    np.testing.assert_allclose(found.coefficient, a, rtol=1e-9)
    np.testing.assert_allclose(found.change, change, rtol=1e-9)


def test_on_the_way_up_alone_the_same_change_would_be_taken_for_temperature():
    order = np.linspace(0.0, 1.0, 5)
    seen = 1e-5 * (1.0 - 0.2 * order)
    up = np.polyfit(WAY[:3] - 300.0, seen[:3] / seen[0], 1)[0]
    assert up == pytest.approx(-2.5e-3, rel=1e-6)
    assert cell_coefficients(seen[:, None], WAY, order).coefficient[0] == pytest.approx(
        0.0, abs=1e-12
    )


def test_a_cell_without_a_reading_has_no_coefficient_and_spoils_no_other():
    seen = np.full((5, 3), 1e-5)
    seen[2, 1] = np.nan
    found = cell_coefficients(seen, WAY, np.arange(5.0))
    assert np.isnan(found.coefficient[1])
    np.testing.assert_allclose(found.coefficient[[0, 2]], 0.0, atol=1e-12)


@pytest.mark.parametrize("way", [[300.0, 340.0, 300.0], [300.0, 300.0, 300.0, 300.0],
                                 [300.0, 310.0, 320.0, 330.0]])  # fmt: skip
def test_visits_that_cannot_part_temperature_and_change_are_refused(way):
    with pytest.raises(RangeError, match="up and down"):
        cell_coefficients(np.ones((len(way), 2)), np.array(way), np.arange(1.0 * len(way)))
