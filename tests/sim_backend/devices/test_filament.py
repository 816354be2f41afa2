"""Kinetics of the filament: laws that hold whatever the constants are."""

import numpy as np
import pytest

CARD = "neurram-130nm"
OXRAM = "oxram-1t1r-64k"


@pytest.mark.parametrize(("amplitude", "gate"), [(1.8, 2.5), (1.9, 1.2), (-2.0, 5.0), (-2.2, 2.6)])
@pytest.mark.parametrize("preset", [CARD, OXRAM])
def test_many_short_pulses_do_what_one_long_pulse_does(cell_array, quiet, preset, amplitude, gate):
    many, one = (cell_array(preset, size=64, **quiet) for _ in range(2))
    many.pulse(amplitude, gate, width=1e-6, count=1000)
    one.pulse(amplitude, gate, width=1e-3)

    np.testing.assert_allclose(many.true(), one.true(), rtol=1e-9)
    assert not np.allclose(one.true(), cell_array(preset, size=64, **quiet).true())


def test_a_set_follows_the_linear_equilibrium_line(cell_array, quiet, even):
    """From far below at the reference gate: G = lowest + 40 uS/V (V - 1.15 V), physics 2.4."""
    cells = cell_array(CARD, size=4, **quiet, **even)
    for volts in (1.5, 1.7, 1.9):
        cells.pulse(-3.3, 5.0)
        cells.pulse(volts, 2.5)
        np.testing.assert_allclose(cells.true(), 1e-6 + 40e-6 * (volts - 1.15), rtol=1e-4)


def test_a_decade_of_width_is_worth_eighty_millivolts(cell_array, quiet, even):
    short, long = (cell_array(CARD, size=4, **quiet, **even) for _ in range(2))
    for cells in (short, long):
        cells.pulse(-3.3, 5.0)
    short.pulse(1.68, 2.5, width=1e-6)
    long.pulse(1.60, 2.5, width=1e-5)

    np.testing.assert_allclose(short.true(), long.true(), rtol=1e-4)


@pytest.mark.parametrize("gate", [0.9, 1.1, 1.3, 2.5])
def test_a_set_never_lowers_a_cell_even_under_compliance(cell_array, gate):
    cells = cell_array(OXRAM, size=1024, one_second=0.0, one_day=0.0)
    before = cells.true()
    cells.pulse(3.0, gate)

    assert (cells.true() >= before).all()


def test_a_reset_never_raises_a_cell(cell_array):
    cells = cell_array(OXRAM, size=1024, one_second=0.0, one_day=0.0)
    before = cells.true()
    cells.pulse(-3.0, 3.0)

    assert (cells.true() <= before).all()


def test_the_gate_sets_conductance_by_its_saturation_current(cell_array, quiet, even):
    """G = I_C / 0.45 V with I_C = beta/2 (V_G - V_T)^2."""
    for gate in (1.0, 1.2, 1.3):
        cells = cell_array(OXRAM, size=4, **quiet, **even)
        cells.pulse(-3.5, 3.0)
        cells.pulse(3.0, gate)
        np.testing.assert_allclose(cells.true(), 0.5 * 247e-6 * (gate - 0.6) ** 2 / 0.45, rtol=1e-6)


def test_an_instrument_limit_sets_conductance_as_a_gate_does(cell_array, quiet, even):
    cells = cell_array(OXRAM, size=4, **quiet, **even)
    cells.pulse(-3.5, 3.0)
    peak = cells.pulse(3.0, 2.5, limit=30e-6)

    np.testing.assert_allclose(cells.true(), 30e-6 / 0.45, rtol=1e-6)
    assert (peak <= 30e-6).all()


def test_a_reset_sees_no_more_than_gate_less_threshold(cell_array, quiet, even):
    low, high = (cell_array(CARD, size=4, **quiet, **even) for _ in range(2))
    low.pulse(-2.0, 2.6)
    high.pulse(-3.3, 2.6)  # 2.6 V - 0.6 V is all that gets through

    np.testing.assert_allclose(low.true(), high.true(), rtol=1e-12)


def test_a_closed_gate_keeps_the_cell_as_it_is(cell_array):
    cells = cell_array(CARD)
    before = cells.true()
    peak = cells.pulse(3.3, 0.0)

    assert (cells.true() == before).all()
    assert (peak < 1e-12).all()


def test_cycle_variation_is_held_until_the_polarity_turns(cell_array, quiet):
    changes = {**quiet, "cycle_spread": 0.05}
    cells = cell_array(CARD, size=2000, **changes)
    cells.pulse(-3.3, 5.0)
    cells.pulse(1.6, 2.5)
    first = cells.true()
    cells.pulse(1.6, 2.5, width=1e-9)  # same polarity: the same threshold, too short to move
    np.testing.assert_allclose(cells.true(), first, rtol=1e-3)

    cells.pulse(-3.3, 5.0)
    cells.pulse(1.6, 2.5)
    inside = (first > 3e-6) & (first < 37e-6)
    change = (cells.true() - first)[inside] / cells.devices["set_slope"][inside]
    # Two independent draws of 50 mV, less what their slow parts (30 %, memory 0.94) share.
    assert change.std() == pytest.approx(0.05 * np.sqrt(2.0 * (1.0 - 0.3 * 0.94)), rel=0.08)


def test_jitter_stays_within_ten_millivolts_and_moves_every_pulse(cell_array, quiet, even):
    cells = cell_array(CARD, size=4000, **{**quiet, "jitter": 0.008}, **even)
    cells.pulse(-3.3, 5.0)
    cells.pulse(1.7, 2.5)

    assert cells.true().std() / 40e-6 == pytest.approx(0.008, rel=0.05)


def test_voltages_of_a_read_move_nothing_for_a_year(cell_array):
    cells = cell_array(CARD, one_second=0.0, one_day=0.0)
    before = cells.true()
    cells.pulse(0.2, 2.5, width=3e7)
    cells.pulse(-0.2, 5.0, width=3e7)

    assert (cells.true() == before).all()


def test_wear_ends_a_cell_at_one_side_of_the_window(cell_array):
    cells = cell_array(CARD, size=400, life=100.0, life_decades=0.1)
    for _ in range(300):
        cells.pulse(-2.5, 5.0)
        cells.pulse(2.0, 2.5)

    assert (cells.cells["stuck"] != 0).all()
    low_resistance = (cells.cells["stuck"] == 2).mean()
    assert low_resistance == pytest.approx(0.6, abs=4 * np.sqrt(0.24 / 400))
