"""Cells that are no resistors: laws by themselves, and in networks."""

from math import asinh, sinh

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from random_networks import networks, voltages_for

from labcim.errors import RangeError
from labcim.sim_backend.circuit import (
    Gated,
    Network,
    NonlinearSolver,
    Ohmic,
    Selected,
    Sinh,
    SlowSolverWarning,
    TwoTerminal,
    Voltages,
    solve,
    solve_nonlinear,
)

few = settings(max_examples=40, deadline=None, derandomize=True)
LAWS = {
    "sinh": lambda g: Sinh(g, 4.0),
    "selected": lambda g: Selected(g, 1e-8, 0.06),
    "gated": lambda g: Gated(g, 1.6, 0.5, 3e-4),
}


@few
@given(networks(), st.sampled_from(sorted(LAWS)))
def test_no_current_is_lost_and_every_cell_keeps_its_law(network, kind):
    law = LAWS[kind](np.array(network.conductance))
    ours = solve_nonlinear(network, law, voltages_for(network))
    most = max(np.abs(ours.row_current).max(), np.abs(ours.column_current).max())
    assert ours.kcl_residual <= 1e-8 * most + 1e-18
    current, _, _ = law.evaluate(ours.row_voltage, ours.column_voltage)
    np.testing.assert_array_equal(ours.cell_current, current)
    assert ours.power == pytest.approx(ours.losses, rel=1e-8, abs=1e-18)


@few
@given(networks())
def test_ohmic_cells_are_the_linear_network(network):
    voltages = voltages_for(network)
    law = Ohmic(np.array(network.conductance))
    one, same = solve_nonlinear(network, law, voltages, tolerance=1e-13), solve(network, voltages)
    np.testing.assert_allclose(one.row_voltage, same.row_voltage, rtol=0, atol=1e-8)
    np.testing.assert_allclose(one.column_voltage, same.column_voltage, rtol=0, atol=1e-8)


@pytest.mark.parametrize("voltage", [1e-3, 0.3, -2.0, 9.0])
def test_one_cell_of_sinh_behind_a_resistor_is_the_root_of_its_equation(voltage):
    g, alpha, ohm = 2e-5, 3.0, 5e3
    network = Network(np.zeros((1, 1)), ohm / 2, 0.0, 0.0, np.inf, np.inf, ohm / 2)
    ours = solve_nonlinear(network, Sinh(g, alpha), Voltages(left=voltage))
    current, across = ours.cell_current[0, 0], ours.cell_voltage[0, 0]
    assert current == pytest.approx(g / alpha * sinh(alpha * across), rel=1e-12)
    assert across + current * ohm == pytest.approx(voltage, rel=1e-9)


def test_the_current_of_a_selected_cell_is_the_root_of_its_equation():
    voltages = np.array([[1e-4, 0.05, 0.4, 1.0, 3.0, -1.0, 0.0]])
    current, slope, _ = Selected(1e-4, 1e-9, 0.05).evaluate(voltages, np.zeros_like(voltages))
    across = [[i / 1e-4 + 0.05 * asinh(i / 1e-9) for i in current[0]]]
    np.testing.assert_allclose(across, voltages, rtol=1e-12)
    assert (slope > 0).all()


@pytest.mark.parametrize("kind", sorted(LAWS))
def test_slopes_are_the_derivatives_of_the_current(kind):
    rng = np.random.default_rng(2)
    law = LAWS[kind](10 ** rng.uniform(-6, -4, (20, 20)))
    row, column, step = rng.uniform(-1, 1, (20, 20)), rng.uniform(0, 1, (20, 20)), 1e-6
    _, by_row, by_column = law.evaluate(row, column)
    up, _, _ = law.evaluate(row + step, column)
    down, _, _ = law.evaluate(row - step, column)
    np.testing.assert_allclose((up - down) / (2 * step), by_row, rtol=1e-4, atol=1e-10)
    up, _, _ = law.evaluate(row, column + step)
    down, _, _ = law.evaluate(row, column - step)
    np.testing.assert_allclose((down - up) / (2 * step), by_column, rtol=1e-4, atol=1e-10)


def test_a_law_of_two_functions_is_as_good_as_a_built_in_one():
    @njit
    def current(voltage, p):
        return p[0] * voltage + p[1] * voltage**3

    @njit
    def slope(voltage, p):
        return p[0] + 3 * p[1] * voltage**2

    rng = np.random.default_rng(8)
    parameters = rng.uniform(1e-5, 1e-4, (6, 5, 2))
    network = Network(np.zeros((6, 5)), 50.0, 50.0)
    ours = solve_nonlinear(network, TwoTerminal(current, slope, parameters), Voltages(left=1.0))
    v = ours.cell_voltage
    expected = parameters[..., 0] * v + parameters[..., 1] * v**3
    np.testing.assert_allclose(ours.cell_current, expected, rtol=1e-12)
    assert ours.kcl_residual < 1e-9 * np.abs(ours.row_current).max()


def test_the_next_voltages_begin_where_the_last_ended():
    rng = np.random.default_rng(3)
    cells = 10 ** rng.uniform(-6, -4, (20, 20))
    solver = NonlinearSolver(Network(cells, 2.0, 2.0), Sinh(cells, 4.0))
    first = solver.solve(Voltages(left=2.0))
    again = solver.solve(Voltages(left=2.0))
    nearby = solver.solve(Voltages(left=2.001))
    assert again.rounds <= nearby.rounds < first.rounds
    alone = solve_nonlinear(Network(cells, 2.0, 2.0), Sinh(cells, 4.0), Voltages(left=2.001))
    np.testing.assert_allclose(nearby.row_voltage, alone.row_voltage, rtol=1e-9)


def test_lines_that_stand_at_one_voltage_carry_nothing_whatever_gates_are_open():
    rng = np.random.default_rng(0)
    cells = 10 ** rng.uniform(-6, -4, (16, 16))
    level = np.full(16, 1.5)
    for gates in np.where(rng.random((100, 16)) < 0.5, 4.0, 0.0):
        law = Gated(cells, np.broadcast_to(gates, cells.shape), 0.5, 3e-4)
        found = solve_nonlinear(Network(cells, 1.0, 1.0), law, Voltages(left=level, bottom=level))
        assert np.abs(found.cell_current).max() < 1e-17
        np.testing.assert_allclose(found.row_voltage, 1.5, rtol=1e-12)


def test_transistors_on_lines_that_hardly_conduct_go_to_sparse_lu():
    rng = np.random.default_rng(9)
    cells = 10 ** rng.uniform(-4, -3, (12, 12))
    network = Network(cells, 3e3, 3e3, 100.0, np.inf, np.inf, 100.0)
    law = Gated(cells, 1.2, 0.5, 3e-3)
    with pytest.warns(SlowSolverWarning, match="one slope does not do"):
        ours = solve_nonlinear(network, law, Voltages(bottom=2.0))
    assert ours.kcl_residual < 1e-8 * np.abs(ours.column_current).max()


@njit
def no_slope(voltage, p):
    return 0.0


def test_a_current_that_jumps_is_refused_in_the_end():
    @njit
    def current(voltage, p):
        return 1e-3 if voltage > 0.5 else 0.0

    law = TwoTerminal(current, no_slope, np.zeros((2, 2, 1)))
    with pytest.raises(RangeError, match="no jumps"):
        solve_nonlinear(Network(np.zeros((2, 2)), 500.0, 500.0), law, Voltages(left=1.0))


def test_a_current_that_is_no_number_is_refused():
    @njit
    def current(voltage, p):
        return np.nan

    law = TwoTerminal(current, no_slope, np.zeros((2, 2, 1)))
    with pytest.raises(RangeError, match="no finite number"):
        solve_nonlinear(Network(np.zeros((2, 2))), law, Voltages(left=1.0))


def test_access_resistances_beside_a_law_are_refused():
    network = Network(np.ones((2, 2)), access=10.0)
    with pytest.raises(RangeError, match="law of cells"):
        solve_nonlinear(network, Ohmic(1e-4), Voltages(left=1.0))
