"""sinh-shaped currents are taken apart as they were put together."""

import numpy as np
import pytest

from labcim.analysis.conduction import rise, sinh_fit
from labcim.errors import RangeError

VOLTAGE = np.linspace(0.0, 0.35, 36)


@pytest.mark.parametrize("scale", [0.24, 0.56, 1.4])
def test_a_current_without_noise_gives_its_constants_back(scale):
    current = -2e-6 + 40e-6 * scale * np.sinh(VOLTAGE / scale)
    found = sinh_fit(VOLTAGE, current)

    assert found.scale == pytest.approx(scale, rel=1e-3)
    assert found.conductance == pytest.approx(40e-6, rel=1e-3)
    assert found.offset == pytest.approx(-2e-6, abs=1e-9)


def test_an_ohmic_current_has_no_scale():
    found = sinh_fit(VOLTAGE, 1e-4 * VOLTAGE + 1e-6)

    assert found.scale == np.inf
    assert found.conductance == pytest.approx(1e-4)
    assert rise(found.scale, 0.2, 0.35) == pytest.approx(1.0, abs=1e-12)


def test_noise_of_the_instrument_moves_the_scale_by_less_than_its_share():
    """Mean of 100 currents of 17 uS under 0.2 uA: V0 = 0.28 V comes back to 3 %."""
    random = np.random.default_rng(1)
    current = 17e-6 * 0.28 * np.sinh(VOLTAGE / 0.28) + random.normal(0.0, 2e-8, 36)

    assert sinh_fit(VOLTAGE, current).scale == pytest.approx(0.28, rel=0.03)


def test_the_rise_is_the_ratio_of_two_sinhs():
    expected = np.sinh(0.35 / 0.28) / np.sinh(0.2 / 0.28) * 0.2 / 0.35
    assert rise(0.28, 0.2, 0.35) == pytest.approx(expected)


@pytest.mark.parametrize("current", [np.ones(3), np.full(36, np.nan)])
def test_too_few_points_or_no_numbers_are_refused(current):
    with pytest.raises(RangeError):
        sinh_fit(VOLTAGE[: len(current)], current)


def test_classes_of_conductance_have_the_bend_of_their_cells_without_the_instruments_offset():
    from labcim.analysis.conduction import bend_by_conductance

    voltage = np.linspace(0.0, 0.35, 36)
    weak, strong = 5e-6 * 0.24 * np.sinh(voltage / 0.24), 1e-4 * voltage
    current = np.vstack([weak, weak, strong]) - 2e-6
    found = bend_by_conductance(voltage, current, [1e-6, 1e-5, 5e-5, 1.6e-4])

    assert [one.cells for one in found] == [2, 1]
    assert found[0].fit.scale == pytest.approx(0.24, rel=0.01)
    assert found[1].fit.scale > 10.0
    with pytest.raises(RangeError, match="currents of shape"):
        bend_by_conductance(voltage, current[:, :5], [1e-6, 1e-5])
