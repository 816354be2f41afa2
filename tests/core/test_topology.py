"""How many lines an array shows (D4: 2n lines address n² cells)."""

import pytest

from labcim.capabilities import Topology


@pytest.mark.parametrize("n", [1, 40, 100])
def test_d4_2n_lines_address_n_squared_cells(n):
    array = Topology(n, n, "passive")

    assert (array.select_lines, array.size) == (2 * n, n * n)


def test_a_transistor_in_each_cell_needs_gate_lines_beside():
    assert Topology(100, 100, "1T1R", "column").select_lines == 300
