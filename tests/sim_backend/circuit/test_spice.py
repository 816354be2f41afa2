"""The circuit against ngspice: other people's assembly, solver and transistors."""

import numpy as np
import pytest
from random_networks import around
from spice import operating_point, worst_difference

from labcim.sim_backend.circuit import (
    Gated,
    Network,
    Sinh,
    Voltages,
    bias,
    solve,
    solve_nonlinear,
)

SHAPES = [(1, 1), (1, 9), (7, 1), (8, 8), (17, 5), (32, 32)]


def random_network(rng, shape, *, degenerate):
    """Return a network with, if asked, open cells, floating ends, ideal and broken segments."""
    rows, columns = shape
    odd = [0.0] if degenerate else []
    wires = [0.0, np.inf] if degenerate else []
    return Network(
        around(rng, shape, -6, -4, odd, 0.1),
        around(rng, (rows, columns + 1), -1, 1, wires, 0.03),
        around(rng, (rows + 1, columns), -1, 1, wires, 0.03),
        around(rng, rows, 0, 2, [np.inf] if degenerate else [], 0.2),
        around(rng, rows, 0, 2, [np.inf], 0.7),
        around(rng, columns, 0, 2, [np.inf], 0.7),
        around(rng, columns, 0, 2, [np.inf] if degenerate else [], 0.2),
    )


def random_voltages(rng, shape):
    rows, columns = shape
    return Voltages(*(rng.uniform(-1, 1, n) for n in (rows, rows, columns, columns)))


@pytest.mark.parametrize("degenerate", [False, True], ids=["plain", "degenerate"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_ohmic_crossbars_are_what_ngspice_finds(shape, degenerate, tmp_path):
    rng = np.random.default_rng([*shape, degenerate])
    network = random_network(rng, shape, degenerate=degenerate)
    voltages = random_voltages(rng, shape)
    theirs = operating_point(network, voltages, tmp_path)
    ours = solve(network, voltages)
    assert worst_difference(ours, theirs) <= 1e-9
    currents = network.conductance * (theirs[0] - theirs[1])
    worst = np.abs(ours.cell_current - currents).max()
    assert worst <= 1e-9 * np.abs(currents).max()


@pytest.mark.parametrize("shape", [(1, 5), (9, 4), (16, 16)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_cells_of_sinh_are_what_ngspice_finds(shape, tmp_path):
    rng = np.random.default_rng(shape)
    network = random_network(rng, shape, degenerate=False)
    law = Sinh(network.conductance, rng.uniform(0.5, 5, shape))
    voltages = random_voltages(rng, shape)
    theirs = operating_point(network, voltages, tmp_path, law)
    ours = solve_nonlinear(network, law, voltages)
    assert worst_difference(ours, theirs) <= 1e-6
    currents = law.evaluate(*theirs)[0]
    assert np.abs(ours.cell_current - currents).max() <= 1e-6 * np.abs(currents).max()


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["set", "reset"])
def test_transistors_in_series_are_those_of_ngspice(sign, tmp_path):
    rng = np.random.default_rng(11)
    shape = (12, 10)
    network = random_network(rng, shape, degenerate=False)
    law = Gated(network.conductance, rng.uniform(0.4, 1.8, shape), 0.5, 2.5e-4)
    high = rng.uniform(0.2, 2.0, shape[0] if sign > 0 else shape[1])
    voltages = Voltages(left=high) if sign > 0 else Voltages(bottom=high)
    theirs = operating_point(network, voltages, tmp_path, law)
    assert worst_difference(solve_nonlinear(network, law, voltages), theirs) <= 1e-6


def test_a_passive_array_written_at_half_voltage_is_what_ngspice_finds(tmp_path):
    rng = np.random.default_rng(4)
    shape = (14, 14)
    rows, columns = bias.half(shape, [3], [9], 2.0)
    left, left_ohm = bias.terminal(rows, 20.0)
    bottom, bottom_ohm = bias.terminal(columns, 20.0)
    cells = around(rng, shape, -6, -4)
    network = Network(cells, 2.0, 2.0, left_ohm, np.inf, np.inf, bottom_ohm)
    law, voltages = Sinh(cells, np.full(shape, 3.0)), Voltages(left=left, bottom=bottom)
    theirs = operating_point(network, voltages, tmp_path, law)
    assert worst_difference(solve_nonlinear(network, law, voltages), theirs) <= 1e-6
