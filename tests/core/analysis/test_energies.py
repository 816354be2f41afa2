"""Energies of lives whose spread changes with temperature, as where cells differ in energy."""

import math

import numpy as np
import pytest

from labcim.analysis.energies import energy_with_own_spreads
from labcim.analysis.life import BOLTZMANN, Lifetimes, fit_arrhenius
from labcim.errors import RangeError

KELVINS = (423.15, 448.15, 473.15)


def baked(seed, *, energies=0.0, last=1e5, cells=150, spread=0.5):
    """Cells of 1.2 eV, from cell to cell by ``energies`` eV; half have failed by 1e5 s at first."""
    random, groups = np.random.default_rng(seed), {}
    looks = np.concatenate([[0.0], np.geomspace(1e2, last, 30), [math.inf]])
    for kelvin in KELVINS:
        energy = random.normal(1.2, energies, cells) if energies else np.full(cells, 1.2)
        # The pre-factor belongs to a use at 358.15 K, as cells are usually specified.
        times = random.normal(0.0, spread, cells) + energy / BOLTZMANN * (
            1.0 / kelvin - 1.0 / 358.15
        )
        times += math.log(1e5) - 1.2 / BOLTZMANN * (1.0 / KELVINS[0] - 1.0 / 358.15)
        at = np.searchsorted(looks, np.exp(times))
        groups[kelvin] = Lifetimes(looks[at - 1], looks[at])
    return groups


def covered(energies, last, fit, seeds=range(12)):
    found = [fit(baked(seed, energies=energies, last=last)) for seed in seeds]
    inside = sum(one.low < 1.2 < one.high for one in found)
    return inside / len(found), float(np.mean([one.value for one in found]))


def test_where_cells_differ_in_energy_its_interval_holds_and_the_common_spreads_does_not():
    own, mean = covered(0.15, 3e4, energy_with_own_spreads)
    common, shifted = covered(0.15, 3e4, lambda groups: fit_arrhenius(groups).activation_energy)
    assert own >= 0.85
    assert mean == pytest.approx(1.2, abs=0.03)
    assert common < 0.75
    assert shifted > 1.2 + 0.05


def test_with_one_spread_it_agrees_with_the_common_fit_and_is_a_little_wider():
    for seed in range(3):
        groups = baked(seed, last=1e6)
        own, common = energy_with_own_spreads(groups), fit_arrhenius(groups).activation_energy
        assert own.value == pytest.approx(common.value, abs=0.01)
        assert 0.9 < (own.high - own.low) / (common.high - common.low) < 1.4


def test_complete_lives_give_the_line_through_their_means():
    random = np.random.default_rng(8)
    groups, means = {}, []
    for kelvin, spread in zip(KELVINS, (0.4, 0.4, 0.4), strict=True):
        logs = random.normal(0.0, spread, 50) + 1.2 / BOLTZMANN / kelvin - 20.0
        groups[kelvin] = Lifetimes.exact(np.exp(logs))
        means.append(logs.mean())
    line = np.polyfit([1.0 / (BOLTZMANN * k) for k in KELVINS], means, 1)[0]
    assert energy_with_own_spreads(groups).value == pytest.approx(line, abs=0.02)


def test_a_temperature_at_which_nothing_failed_does_not_count():
    groups = baked(1, last=1e5)
    groups[373.15] = Lifetimes(np.full(20, 1e5), np.full(20, math.inf))
    alone = energy_with_own_spreads(baked(1, last=1e5))
    assert energy_with_own_spreads(groups).value == pytest.approx(alone.value, abs=1e-6)
    del groups[473.15]
    with pytest.raises(RangeError, match="spreads at 2 temperatures"):
        energy_with_own_spreads(groups)


@pytest.mark.parametrize("cells", [4, 6, 10])
def test_few_cells_have_a_wide_interval_or_are_refused_and_never_end_in_an_error(cells):
    widths = []
    for seed in range(8):
        try:
            found = energy_with_own_spreads(baked(seed, cells=cells, energies=0.1))
        except RangeError:
            continue
        assert found.low < found.value < found.high
        widths.append(found.high - found.low)
    assert len(widths) >= 2
    assert np.median(widths) > 0.1
