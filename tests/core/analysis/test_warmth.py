"""Coefficients by state, and conductances brought back to one temperature."""

import numpy as np
import pytest

from labcim.analysis.warmth import StateCoefficient, state_coefficient
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
