import numpy as np

from labcim.analysis.sweeps import loop_area, reset_voltage, set_voltage, staircase


def test_a_staircase_turns_once():
    assert np.allclose(staircase(0.0, 0.3, 0.1, double=True), [0, 0.1, 0.2, 0.3, 0.2, 0.1, 0])
    assert np.allclose(staircase(0.0, -0.2, 0.1, double=False), [0, -0.1, -0.2])


def test_a_resistor_has_neither_set_nor_reset_nor_hysteresis():
    v = staircase(0.0, 1.0, 0.05, double=True)
    assert np.isnan(set_voltage(v, v * 1e-5))
    assert np.isnan(reset_voltage(-v, -v * 1e-5))
    assert abs(loop_area(v, v * 1e-5)) < 1e-18


def test_an_abrupt_set_is_found_at_its_step():
    v = staircase(0.0, 1.0, 0.05, double=False)
    current = np.where(v >= 0.7 - 1e-9, v * 1e-4, v * 1e-6)
    assert np.isclose(set_voltage(v, current), 0.7)


def test_a_reset_is_found_at_the_largest_current():
    v = -staircase(0.0, 1.0, 0.05, double=False)
    current = np.where(v <= -0.6 - 1e-9, v * 1e-6, v * 1e-4)
    assert np.isclose(reset_voltage(v, current), -0.6)


def test_the_area_of_a_rectangle_is_its_sides():
    v = np.array([1.0, 2.0, 2.0, 1.0])
    i = np.array([1.0, 1.0, 3.0, 3.0])
    assert np.isclose(loop_area(v, i), 2.0)
