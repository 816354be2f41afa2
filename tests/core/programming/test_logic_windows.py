"""Windows of gate voltages, against the voltage dividers that they come from."""

import numpy as np
import pytest

from labcim.errors import RangeError
from labcim.programming.logic import imply, magic
from labcim.programming.logic.imply import ImplyDrive
from labcim.programming.logic.thresholds import Thresholds

CELLS = Thresholds(set_voltage=1.5, reset_voltage=0.5)


def line(voltages, conductances):
    """Return V of a floating line on which cells meet that are driven at their other ends."""
    return np.dot(voltages, conductances) / np.sum(conductances)


@pytest.mark.parametrize("inputs", [1, 2, 3, 9])
@pytest.mark.parametrize("on_off", [10.0, 100.0])
def test_p9_the_lowest_drive_just_resets_an_output_by_one_input(inputs, on_off):
    drive = magic.drive_window(CELLS, inputs, on_off).low
    conductances = [1.0, *[1.0 / on_off] * (inputs - 1), 1.0]
    assert line([*[drive] * inputs, 0.0], conductances) == pytest.approx(0.5)


def test_p9_the_highest_drive_is_what_leaks_through_nine_inputs_of_0_when_these_are_many():
    window = magic.drive_window(CELLS, 9, 10.0)
    assert line([*[window.high] * 9, 0.0], [0.1] * 9 + [1.0]) == pytest.approx(0.5)
    assert "output that stays" in window.because_high
    assert magic.drive_window(CELLS, 2, 100.0).high == 1.5


def test_p9_cells_without_v_set_above_twice_v_reset_are_told_what_is_needed():
    with pytest.raises(RangeError, match=r"MAGIC needs V_SET well above 2 V_RESET: V_SET 1\.15 V"):
        magic.check_drive(Thresholds(1.15, 1.35), 2, 100.0, 1.2)


@pytest.mark.parametrize("drive", [0.9, 1.6, np.nan])
def test_p9_a_drive_outside_of_its_window_is_refused(drive):
    magic.check_drive(CELLS, 2, 100.0, 1.2)
    with pytest.raises(RangeError, match=r"accepts 0\.995 V"):
        magic.check_drive(CELLS, 2, 100.0, drive)


def drive(cond):
    return ImplyDrive(cond, set_voltage=1.9, gate=5.0, q_gate=0.9, limit=8e-6, drop=0.1)


def test_p10_the_lowest_v_cond_just_keeps_q_from_being_set():
    cells = Thresholds(1.5, 1.0)
    window = imply.cond_window(cells, drive(1.3), p_one=30e-6, load=40e-6, q_zero=1e-6)
    lifted = line([window.low, 1.9, 0.0], [30e-6, 1e-6, 40e-6])
    assert 1.9 - lifted == pytest.approx(1.5)


def test_p10_the_highest_v_cond_is_where_the_load_is_reset_or_p_is_set():
    at = dict(p_one=30e-6, load=40e-6, q_zero=1e-6)
    low_reset = imply.cond_window(Thresholds(1.5, 0.6), drive(1.3), **at)
    lifted = (low_reset.high * 30e-6 + 8e-6) / 70e-6  # P and Q conduct, Q at its limit
    assert lifted == pytest.approx(0.6)
    assert "load is RESET" in low_reset.because_high
    assert imply.cond_window(Thresholds(1.5, 2.0), drive(1.3), **at).high == 1.5


def test_p10_a_load_of_0_is_never_reset_and_bounds_nothing():
    cells, at = Thresholds(1.5, 0.6), dict(p_one=30e-6, load=40e-6, q_zero=1e-6)
    window = imply.cond_window(cells, drive(1.3), **at, load_one=False)
    assert window.high == 1.5 and "P is SET" in window.because_high


def test_p10_q_is_set_through_load_and_transistor_from_the_lowest_v_set_on():
    window = imply.set_window(Thresholds(1.5, 1.0), drive(1.3), load=40e-6)
    assert window.low - 8e-6 / 40e-6 - 0.1 == pytest.approx(1.5)


def test_p10_voltages_that_do_not_fit_are_refused_with_the_window():
    cells, at = Thresholds(1.5, 1.0), dict(p_one=30e-6, load=40e-6, q_zero=1e-6)
    imply.check_imply(cells, drive(1.3), **at)
    with pytest.raises(RangeError, match=r"V_cond = 0\.5 V does not fit: accepts"):
        imply.check_imply(cells, drive(0.5), **at)
    with pytest.raises(RangeError, match="no other voltage fits"):
        imply.check_imply(Thresholds(1.5, 0.4), drive(0.95), **at)


@pytest.mark.parametrize("values", [(0.0, 1.0), (1.0, np.nan), (np.inf, 1.0), (1.0, 1.0, -0.1)])
def test_thresholds_that_are_none_are_refused(values):
    with pytest.raises(RangeError, match="accepts"):
        Thresholds(*values)
