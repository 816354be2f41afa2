"""Rims and diamonds, pixel by pixel."""

import numpy as np
import pytest

from labcim.gui.crossbar.cell_marks import CLEAR, DARK, LIGHT, PULSED, marks
from labcim.gui.crossbar.pixels import Pixels

NONE = np.zeros((4, 4), np.bool_)
FOUR = Pixels(origin=10.0, pitch=20.0, first=-5, count=90)  # 4 cells from 0 to 80, and a margin


def one(row: int, column: int, shape=(4, 4)) -> np.ndarray:
    mask = np.zeros(shape, np.bool_)
    mask[row, column] = True
    return mask


def test_a_pixel_belongs_to_the_cell_below_its_middle():
    cells = FOUR.cells()
    assert [int(cells[place + 5]) for place in (-1, 0, 19, 20, 79, 80)] == [-1, 0, 0, 1, 3, 4]


def test_nothing_picked_and_nothing_pulsed_leaves_every_pixel_clear():
    assert (marks(NONE, NONE, FOUR, FOUR) == CLEAR).all()


def test_the_rim_of_a_cell_is_light_inside_dark_outside_and_leaves_its_middle_clear():
    codes = marks(one(1, 2), NONE, FOUR, FOUR)[5:85, 5:85]  # without the margin
    line = codes[30]
    assert line[39:43].tolist() == [DARK, LIGHT, LIGHT, CLEAR]
    assert line[57:61].tolist() == [CLEAR, LIGHT, LIGHT, DARK]
    assert (line[42:58] == CLEAR).all() and (line[:39] == CLEAR).all()
    assert codes[:, 50][19:23].tolist() == [DARK, LIGHT, LIGHT, CLEAR]


def test_a_block_has_one_rim_around_it_and_none_between_its_cells():
    block = NONE.copy()
    block[1:3, 1:3] = True
    codes = marks(block, NONE, FOUR, FOUR)[5:85, 5:85]
    assert (codes[25:55, 25:55] == CLEAR).all()
    assert codes[40, 19] == DARK and codes[40, 60] == DARK


def test_the_rim_at_the_edge_of_the_array_is_drawn_as_well():
    codes = marks(~NONE, NONE, FOUR, FOUR)
    assert codes[45, 4] == DARK and codes[45, 5] == LIGHT
    assert codes[45, 84] == LIGHT and codes[45, 85] == DARK


def test_a_pulsed_cell_has_a_diamond_in_its_middle_and_keeps_its_corners():
    codes = marks(NONE, one(2, 1), FOUR, FOUR)[5:85, 5:85]
    assert codes[50, 30] == PULSED
    assert codes[41, 21] == codes[58, 38] == CLEAR
    assert {CLEAR, DARK, PULSED} == set(codes[40:60, 20:40].ravel().tolist())
    outside = codes.copy()
    outside[40:60, 20:40] = CLEAR
    assert (outside == CLEAR).all()


@pytest.mark.parametrize("pitch", [0.05, 0.3, 0.47, 0.99, 1.0, 1.7, 3.0])
def test_no_marked_cell_is_lost_however_small_its_pixels(pitch):
    count = 64
    along = Pixels(origin=3.3, pitch=pitch, first=0, count=int(count * pitch) + 8)
    nothing = np.zeros((count, count), np.bool_)
    for place in range(count):
        picked = marks(one(place, 5, nothing.shape), nothing, along, along)
        assert (picked == LIGHT).any(), place
        pulsed = marks(nothing, one(5, place, nothing.shape), along, along)
        expected = max(1, round(pitch))
        assert abs(int((pulsed == PULSED).any(axis=0).sum()) - expected) <= 1
        assert (pulsed == PULSED).any(), place


def test_pixels_that_cover_several_cells_share_them_without_gap_or_overlap():
    first, last = Pixels(origin=7.25, pitch=0.37, first=0, count=60).covered()
    cells = [cell for a, b in zip(first, last, strict=True) for cell in range(a, b + 1)]
    assert cells == list(range(cells[0], cells[-1] + 1))
