"""Transfer matrices, and what unselected lines are held at."""

import numpy as np
import pytest
from hypothesis import given, settings
from random_networks import networks

from labcim.errors import RangeError
from labcim.sim_backend.circuit import Network, Transfer, Voltages, bias, solve


@settings(max_examples=30, deadline=None, derandomize=True)
@given(networks(shorts=True))
def test_a_transfer_matrix_gives_the_currents_of_single_solutions(network):
    inputs = np.random.default_rng(0).uniform(-1, 1, (3, network.shape[0]))
    expected = -solve(network, Voltages(left=inputs)).bottom
    found = Transfer(network).currents(inputs)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.abs(expected).max() + 1e-18)


@pytest.mark.parametrize("shape", [(3, 8), (8, 3)])
def test_swapping_drive_and_sense_transposes_the_matrix(shape):
    rng = np.random.default_rng(1)
    network = Network(rng.uniform(1e-5, 1e-4, shape), 5.0, 3.0, 10.0, np.inf, np.inf, 7.0)
    there, back = Transfer(network), Transfer(network, inputs="bottom", outputs="left")
    np.testing.assert_allclose(there.conductance, back.conductance.T, rtol=1e-11)
    assert there.conductance.shape == shape


def test_a_matrix_from_a_side_to_itself_is_refused():
    with pytest.raises(RangeError, match="two different sides"):
        Transfer(Network(np.ones((1, 1))), inputs="left", outputs="left").currents(np.ones(1))


@pytest.mark.parametrize(
    ("scheme", "on_row", "on_column", "elsewhere"),
    [
        (bias.grounded, 3.0, 0.0, 0.0),
        (bias.half, 1.5, 1.5, 0.0),
        (bias.third, 1.0, 1.0, -1.0),
    ],
)
def test_with_ideal_wire_the_others_see_what_the_scheme_says(scheme, on_row, on_column, elsewhere):
    rows, columns = scheme((3, 4), [1], [2], 3.0)
    network = Network(np.full((3, 4), 1e-5))
    seen = solve(network, Voltages(left=rows, bottom=columns)).cell_voltage
    expected = np.full((3, 4), elsewhere)
    expected[1], expected[:, 2], expected[1, 2] = on_row, on_column, 3.0
    np.testing.assert_allclose(seen, expected, atol=1e-12)


def test_floating_lines_share_the_voltage_along_the_sneak_path():
    n = 5
    rows, columns = bias.floating((n, n), [0], [0], 1.0)
    left, left_ohm = bias.terminal(rows, 0.0)
    bottom, bottom_ohm = bias.terminal(columns, 0.0)
    network = Network(np.full((n, n), 1e-5), 0, 0, left_ohm, np.inf, np.inf, bottom_ohm)
    ours = solve(network, Voltages(left=left, bottom=bottom))
    # Beside the cell: n-1 cells, then (n-1)^2, then n-1, in series.
    sneak = 1.0 / (1 / (n - 1) + 1 / (n - 1) ** 2 + 1 / (n - 1))
    assert ours.left[0] == pytest.approx(1e-5 * (1 + sneak), rel=1e-11)


def test_lines_that_the_crossbar_does_not_have_are_refused():
    with pytest.raises(RangeError, match=r"columns \[4\]"):
        bias.half((3, 4), [0], [4], 1.0)
