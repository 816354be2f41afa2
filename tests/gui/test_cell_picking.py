"""What clicks, drags and keys pick."""

import numpy as np
import pytest

from labcim.gui.crossbar.cell_picking import CellPicking


def flat(picking: CellPicking) -> list[tuple[int, int]]:
    return [divmod(int(cell), picking.columns) for cell in picking.cells]


def test_a_click_picks_one_cell_and_forgets_what_was_picked_before():
    picking = CellPicking(4, 5)
    picking.press(1, 2)
    picking.press(3, 4)
    assert picking.cells.tolist() == [3 * 5 + 4]
    assert picking.cells.dtype == np.uint32


@pytest.mark.parametrize("end", [(0, 0), (0, 4), (3, 0), (3, 4)])
def test_a_drag_in_any_direction_picks_the_block_between_its_ends(end):
    picking = CellPicking(4, 5)
    picking.press(2, 2)
    picking.reach(*end)
    rows = range(min(2, end[0]), max(2, end[0]) + 1)
    columns = range(min(2, end[1]), max(2, end[1]) + 1)
    assert flat(picking) == [(row, column) for row in rows for column in columns]


def test_a_drag_that_comes_back_lets_go_of_what_it_leaves():
    picking = CellPicking(4, 5)
    picking.press(0, 0)
    picking.reach(3, 4)
    picking.reach(0, 1)
    assert flat(picking) == [(0, 0), (0, 1)]


def test_a_drag_beyond_the_array_ends_at_its_edge():
    picking = CellPicking(4, 5)
    picking.press(2, 3)
    picking.reach(99, -7)
    assert flat(picking) == [(r, c) for r in (2, 3) for c in range(4)]


def test_ctrl_adds_a_block_and_on_a_picked_cell_takes_one_out():
    picking = CellPicking(4, 5)
    picking.press(0, 0)
    picking.press(2, 2, toggle=True)
    picking.reach(3, 3)
    assert flat(picking) == [(0, 0), (2, 2), (2, 3), (3, 2), (3, 3)]
    picking.press(2, 3, toggle=True)
    picking.reach(3, 3)
    assert flat(picking) == [(0, 0), (2, 2), (3, 2)]


def test_shift_extends_from_the_anchor_and_not_from_the_last_end():
    picking = CellPicking(4, 5)
    picking.press(1, 1)
    picking.press(3, 3, extend=True)
    picking.press(0, 1, extend=True)
    assert flat(picking) == [(0, 1), (1, 1)]


def test_shift_after_ctrl_keeps_what_ctrl_kept():
    picking = CellPicking(4, 5)
    picking.press(0, 0)
    picking.press(2, 2, toggle=True)
    picking.press(2, 4, extend=True)
    assert flat(picking) == [(0, 0), (2, 2), (2, 3), (2, 4)]


def test_arrows_walk_to_the_edge_and_no_further():
    picking = CellPicking(2, 3)
    picking.move(1, 0)  # no cursor yet: the first cell
    assert flat(picking) == [(0, 0)]
    for _ in range(5):
        picking.move(0, 1)
    assert flat(picking) == [(0, 2)]
    picking.move(1, 0)
    picking.move(1, 0)
    assert flat(picking) == [(1, 2)]


def test_shift_and_arrows_grow_and_shrink_a_block():
    picking = CellPicking(4, 5)
    picking.press(1, 1)
    picking.move(1, 0, extend=True)
    picking.move(0, 1, extend=True)
    assert flat(picking) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    picking.move(-1, 0, extend=True)
    assert flat(picking) == [(1, 1), (1, 2)]


def test_rows_and_columns_of_all_picked_cells_are_picked_whole():
    picking = CellPicking(3, 3)
    picking.press(0, 1)
    picking.press(2, 1, toggle=True)
    picking.pick_rows()
    assert flat(picking) == [(r, c) for r in (0, 2) for c in range(3)]
    picking.press(1, 2)
    picking.pick_columns()
    assert flat(picking) == [(0, 2), (1, 2), (2, 2)]


def test_with_nothing_picked_the_row_is_that_of_the_cursor():
    picking = CellPicking(3, 3)
    picking.press(1, 2)
    picking.clear()
    picking.pick_rows()
    assert flat(picking) == [(1, 0), (1, 1), (1, 2)]


def test_after_none_is_picked_an_arrow_goes_on_from_where_the_cursor_was():
    picking = CellPicking(3, 3)
    picking.press(1, 1)
    picking.clear()
    assert picking.cells.size == 0
    picking.move(0, 1)
    assert flat(picking) == [(1, 2)]


def test_all_cells_of_a_megapixel_are_picked_in_order():
    picking = CellPicking(1024, 1024)
    picking.pick_all()
    assert np.array_equal(picking.cells, np.arange(1024 * 1024))


def test_given_cells_are_picked_sorted_once_and_only_where_the_array_has_them():
    picking = CellPicking(2, 3)
    picking.pick(np.array([5, 1, 1, 6, 400], np.uint32))
    assert picking.cells.tolist() == [1, 5]


def test_the_only_cell_of_an_array_can_be_picked_by_every_means():
    picking = CellPicking(1, 1)
    for act in (picking.pick_all, lambda: picking.press(0, 0), lambda: picking.move(1, 1)):
        picking.clear()
        act()
        assert picking.cells.tolist() == [0]
