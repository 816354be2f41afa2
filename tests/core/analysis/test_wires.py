"""Wire resistance from currents of a small network that is solved here, by its own equations."""

import numpy as np
import pytest

from labcim.analysis.wires import Loads, curve_power, fit_wires
from labcim.errors import RangeError

SIZE, VOLTAGE = 12, 0.2


def solved(conductance, row_ohm, column_ohm, row_volts, column_volts):
    """Return (current into rows, out of columns) of ohmic cells; NaN floats a line.

    Nodes: of rows, then of columns, one at each cell. Rows are driven before their first cell,
    columns before theirs: a segment of wire lies before each cell.
    """
    n, m = conductance.shape
    nodes = np.zeros((2 * n * m, 2 * n * m))
    source = np.zeros(2 * n * m)

    def join(a, b, g):
        nodes[a, a] += g
        nodes[b, b] += g
        nodes[a, b] -= g
        nodes[b, a] -= g

    for i in range(n):
        for j in range(m):
            top, bottom = i * m + j, n * m + i * m + j
            join(top, bottom, conductance[i, j])
            if j:
                join(top, top - 1, 1.0 / row_ohm)
            if i:
                join(bottom, bottom - m, 1.0 / column_ohm)
    ends = [(i * m, row_ohm, v) for i, v in enumerate(row_volts)]
    ends += [(n * m + j, column_ohm, v) for j, v in enumerate(column_volts)]
    for at, ohm, volts in ends:
        if np.isfinite(volts):
            nodes[at, at] += 1.0 / ohm
            source[at] += volts / ohm
    found = np.linalg.solve(nodes, source)
    into = [(v - found[at]) / ohm if np.isfinite(v) else 0.0 for at, ohm, v in ends]
    return np.array(into[:n]), -np.array(into[n:])


def loads(row_ohm, column_ohm, seed=1, size=SIZE):
    conductance = np.random.default_rng(seed).uniform(30e-6, 90e-6, (size, size))
    float_all, lines = np.full(size, np.nan), np.arange(size)
    by_row, by_column = [], []
    for line in lines:
        rows, columns = float_all.copy(), float_all.copy()
        rows[line] = VOLTAGE
        by_row.append(solved(conductance, row_ohm, column_ohm, rows, np.zeros(size))[1])
        columns[line] = 0.0
        driven = np.full(size, VOLTAGE)
        by_column.append(solved(conductance, row_ohm, column_ohm, driven, columns)[0])
    power = np.ones((size, size))
    return Loads(lines, lines, np.array(by_row), np.array(by_column), power, VOLTAGE)


@pytest.mark.parametrize(("row", "column"), [(0.5, 10.0), (3.0, 3.0), (10.0, 1.0)])
def test_wires_of_a_network_without_noise_are_found_to_2_percent_of_the_larger(row, column):
    """What leaks through floating lines is known to first order."""
    found = fit_wires(loads(row, column))
    for seen, true in ((found.row, row), (found.column, column)):
        assert abs(seen.value - true) <= 0.02 * max(row, column)


def test_the_interval_covers_the_truth_under_noise():
    exact = loads(8.0, 4.0, size=8)
    random, covered = np.random.default_rng(5), 0
    for _ in range(400):
        noisy = Loads(
            exact.rows, exact.columns,
            exact.by_row * (1.0 + 0.006 * random.normal(size=exact.by_row.shape)),
            exact.by_column * (1.0 + 0.006 * random.normal(size=exact.by_column.shape)),
            exact.power, VOLTAGE,
        )  # fmt: skip
        row = fit_wires(noisy).row
        covered += row.low <= 8.0 <= row.high
    assert 370 <= covered <= 390


def test_the_power_of_a_curve_is_that_of_its_law():
    """I = G V0 sinh(V / V0): d ln I / d ln V = x coth x, between 0.16 and 0.2 V."""
    scale, currents = 0.3, np.linspace(1.0, 3.0, 20)
    high, low = (currents * np.sinh(v / scale) for v in (0.2, 0.16))
    x = 0.18 / scale
    assert np.allclose(curve_power(high, low, 0.8), x / np.tanh(x), rtol=2e-3)


def test_lines_that_do_not_conduct_are_refused():
    nothing = np.zeros((3, 3))
    with pytest.raises(RangeError, match="0 cells at crossings conduct"):
        fit_wires(Loads(np.arange(3), np.arange(3), nothing, nothing, nothing + 1.0, 0.2))
