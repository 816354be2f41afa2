"""The transistor's law, recovered from currents."""

import numpy as np
import pytest

from labcim.errors import RangeError
from labcim.programming.gate_law import fitted

BETA, THRESHOLD = 247e-6, 0.6


def currents(gates, spread=0.0, seed=1):
    own = THRESHOLD + spread * np.random.default_rng(seed).normal(size=gates.shape)
    return 0.5 * BETA * (gates - own) ** 2


def test_exact_currents_give_the_law_back():
    gates = np.linspace(0.9, 1.9, 6)
    law = fitted(gates, currents(gates))
    assert law.beta == pytest.approx(BETA)
    assert law.threshold == pytest.approx(THRESHOLD)
    assert law.gate(100e-6) == pytest.approx(THRESHOLD + np.sqrt(200e-6 / BETA))
    assert law.current(law.gate(50e-6)) == pytest.approx(50e-6)


def test_thresholds_that_differ_from_cell_to_cell_leave_their_mean():
    gates = np.repeat(np.linspace(0.9, 1.9, 6), 200)
    law = fitted(gates, currents(gates, spread=0.015))
    assert law.threshold == pytest.approx(THRESHOLD, abs=3 * 0.015 / np.sqrt(1200) * 3)
    assert law.beta == pytest.approx(BETA, rel=0.01)


def test_a_current_beyond_what_was_measured_is_refused():
    gates = np.linspace(0.9, 1.5, 4)
    with pytest.raises(RangeError, match=r"0\.0002 A"):
        fitted(gates, currents(gates)).gate(200e-6)


@pytest.mark.parametrize("given", [[np.nan, np.nan], [1e-6, np.nan], [0.0, 0.0], [2e-6, 1e-6]])
def test_currents_that_say_no_law_are_refused(given):
    with pytest.raises(RangeError, match="gate law"):
        fitted(np.array([1.0, 1.2]), np.array(given))
