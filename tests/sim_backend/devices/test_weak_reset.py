"""Some cells leave some RESETs undone: how many, how often, and that more voltage overcomes it."""

import numpy as np
import pytest

WEAK = {"weak_reset_share": 0.3, "weak_reset_chance": 0.4, "weak_reset_shift": 0.7}


def fails(cells, cycles, voltage=-3.5, gate=3.0):
    """Cycle cells and return where a RESET left more than 60 uS, shape (cycles, cells)."""
    found = []
    for _ in range(cycles):
        cells.pulse(3.0, 1.3)
        cells.pulse(voltage, gate)
        found.append(cells.true() > 60e-6)
    return np.array(found)


@pytest.fixture
def weak(cell_array, quiet, even):
    """Return 4,000 cells that are alike but for weak RESETs."""
    return cell_array("oxram-1t1r-64k", size=4000, **{**quiet, **even, **WEAK})


def test_weak_cells_fail_at_their_rate_and_the_others_never(weak):
    found = fails(weak, 40)
    rates = found.mean(axis=0)

    assert (rates > 0.0).mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / 4000))
    assert rates[rates > 0.0].mean() == pytest.approx(0.4, abs=4 * np.sqrt(0.24 / 40 / 1200))


def test_a_weak_reset_of_one_cycle_says_nothing_of_the_next(weak):
    found = fails(weak, 200)[:, weak.devices["weak_reset"] > 0.0].astype(float)
    centred = found - found.mean()

    assert np.mean(centred[1:] * centred[:-1]) / np.mean(centred**2) == pytest.approx(0, abs=0.01)


def test_within_a_cycle_more_pulses_of_the_same_voltage_help_little_and_more_voltage_does(weak):
    weak.pulse(3.0, 1.3)
    weak.pulse(-3.5, 3.0)
    left = np.flatnonzero(weak.true() > 60e-6).astype(np.uint32)
    weak.pulse(-3.5, 3.0, cells=left)
    again = (weak.true(left) > 60e-6).mean()
    weak.pulse(-4.0, 4.0, cells=left)

    assert left.size > 300
    assert again == 1.0
    assert (weak.true(left) < 60e-6).all()


def test_without_a_share_there_are_no_weak_resets(cell_array, quiet, even):
    cells = cell_array("oxram-1t1r-64k", size=500, **{**quiet, **even, "weak_reset_share": 0.0})

    assert not fails(cells, 20).any()
