"""The access transistor against the square law solved by brute force."""

import pytest
from scipy.optimize import brentq

from labcim.sim_backend.devices.transistor import (
    saturation_current,
    series_current,
    triode_resistance,
)

BETA, THRESHOLD = 250e-6, 0.6


def square_law(gate, drain, source):
    """Return the current in A from drain to source, either way round."""
    if drain < source:
        return -square_law(gate, source, drain)
    over = gate - source - THRESHOLD
    if over <= 0.0:
        return 0.0
    across = drain - source
    if across >= over:
        return 0.5 * BETA * over**2
    return BETA * (over * across - 0.5 * across**2)


def by_brute_force(filament, row, column, gate):
    low, high = min(row, column), max(row, column)
    node = brentq(
        lambda v: filament * (row - v) - square_law(gate, v, column), low, high, xtol=1e-14
    )
    return filament * (row - node)


@pytest.mark.parametrize("filament", [1e-8, 2e-6, 40e-6, 200e-6])
@pytest.mark.parametrize(
    ("row", "column", "gate"),
    [
        (0.2, 0.0, 2.5),  # a read, triode
        (3.0, 0.0, 1.3),  # a SET under gate compliance
        (3.0, 0.0, 0.5),  # off
        (0.0, 3.3, 5.0),  # a RESET
        (0.0, 3.5, 2.0),  # a RESET through a source follower
        (1.0, 1.5, 3.0),  # away from ground
    ],
)
def test_the_closed_form_is_the_square_law(filament, row, column, gate):
    ours = series_current(filament, row, column, gate, THRESHOLD, BETA)

    assert ours == pytest.approx(by_brute_force(filament, row, column, gate), rel=1e-9, abs=1e-18)


def test_saturation_and_triode_are_the_limits_of_large_and_small_drain_voltage():
    assert saturation_current(BETA, 0.7) == pytest.approx(61.25e-6)
    assert saturation_current(BETA, -0.1) == 0.0
    current = series_current(1e-6, 1e-3, 0.0, 2.5, THRESHOLD, BETA)
    assert current == pytest.approx(1e-3 / (1e6 + triode_resistance(BETA, 1.9)), rel=1e-6)
