"""Crossbars on an area (D4)."""

import pytest

from labcim.analysis.density import bits_per_square_metre
from labcim.capabilities import Topology
from labcim.errors import RangeError


def test_d4_2n_lines_address_n_squared_cells():
    array = Topology(100, 100, "passive")

    assert (array.select_lines, array.size) == (200, 10_000)


def test_a_transistor_in_each_cell_needs_gate_lines_beside():
    assert Topology(100, 100, "1T1R", "column").select_lines == 300


def test_d4_100_nanometres_of_pitch_hold_10_gigabit_on_a_square_centimetre():
    """Kim et al., Nano Lett. 12:389 (2012): one bit a cell."""
    assert bits_per_square_metre(100e-9) * 1e-4 == pytest.approx(10e9)


def test_bits_and_layers_multiply():
    assert bits_per_square_metre(100e-9, bits_per_cell=2.0, layers=4) * 1e-4 == pytest.approx(80e9)


@pytest.mark.parametrize("pitch", [0.0, -1e-7, float("nan"), float("inf")])
def test_a_pitch_that_is_none_is_refused(pitch):
    with pytest.raises(RangeError, match="pitch"):
        bits_per_square_metre(pitch)


def test_no_bits_and_no_layers_are_refused():
    with pytest.raises(RangeError, match="bits_per_cell"):
        bits_per_square_metre(1e-7, bits_per_cell=0.0)
    with pytest.raises(RangeError, match="layers"):
        bits_per_square_metre(1e-7, layers=0)
