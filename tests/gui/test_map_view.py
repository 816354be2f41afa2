"""The map: true colours, true cells, under real clicks and keys."""

import itertools

import numpy as np
import pytest

from labcim.gui import theme
from labcim.gui.crossbar.map_view import MapView
from labcim.gui.qt import QtCore, QtGui, QtWidgets

Key, Held, Button = QtCore.Qt.Key, QtCore.Qt.KeyboardModifier, QtCore.Qt.MouseButton


@pytest.fixture
def view(qtbot):
    made = MapView()
    made.resize(700, 560)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def show(view: MapView, values: np.ndarray, levels=(0.0, 100.0), signed=False) -> None:
    view.show_map(values.astype(np.float32), "conductance (µS)", levels, signed)
    QtWidgets.QApplication.processEvents()


def ramp(rows: int, columns: int) -> np.ndarray:
    return np.linspace(0, 100, rows * columns).reshape(rows, columns)


def colour_at(view: MapView, row: int, column: int) -> tuple[int, int, int]:
    image = view.plot.viewport().grab().toImage()
    return image.pixelColor(view.plot.point_of(row, column)).getRgb()[:3]


def expected(value: float, signed: bool = False) -> set[tuple[int, int, int]]:
    """The colour that the published map has at this share of the scale, one step up or down."""
    table = theme.colour_map(signed).getLookupTable(0.0, 1.0, 256, alpha=False)
    step = int(np.clip(value / 100 * 256, 0, 255))
    return {tuple(map(int, table[k])) for k in range(max(0, step - 1), min(255, step + 1) + 1)}


def point(view: MapView, row: int, column: int, held=Held.NoModifier, act="click") -> None:
    """Use the left button at the middle of a cell, as a hand would."""
    where, screen = view.plot.point_of(row, column), view.plot.viewport()
    kinds = {"press": ["press"], "release": ["release"], "click": ["press", "release"]}
    types = {"press": QtCore.QEvent.Type.MouseButtonPress, "move": QtCore.QEvent.Type.MouseMove}
    types["release"] = QtCore.QEvent.Type.MouseButtonRelease
    for kind in kinds.get(act, [act]):
        down = Button.NoButton if kind == "release" else Button.LeftButton
        which = Button.NoButton if kind == "move" else Button.LeftButton
        event = QtGui.QMouseEvent(types[kind], QtCore.QPointF(where), which, down, held)
        QtWidgets.QApplication.sendEvent(screen, event)


def drag(view: MapView, start: tuple[int, int], end: tuple[int, int], held=Held.NoModifier) -> None:
    point(view, *start, held, "press")
    point(view, *end, held, "move")
    point(view, *end, held, "release")


def press(qtbot, view: MapView, key, held=Held.NoModifier) -> None:
    qtbot.keyClick(view.plot.viewport(), key, held)


def picked(view: MapView) -> list[tuple[int, int]]:
    return [divmod(int(cell), view.plot.shape[1]) for cell in view.picked_cells]


def block(rows, columns) -> list[tuple[int, int]]:
    return list(itertools.product(rows, columns))


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (5, 12), (3, 200), (64, 64)])
def test_each_cell_has_the_colour_of_its_value(view, shape):
    values = ramp(*shape)
    show(view, values)
    image = view.plot.viewport().grab().toImage()
    rows, columns = shape
    for row, column in block({0, rows // 2, rows - 1}, {0, columns // 2, columns - 1}):
        seen = image.pixelColor(view.plot.point_of(row, column)).getRgb()[:3]
        assert seen in expected(values[row, column]), (row, column)


def test_a_megapixel_shows_its_quarters_and_every_pixel_leads_to_the_cell_it_shows(view):
    values = np.zeros((1024, 1024))
    values[512:, :512], values[:512, 512:], values[512:, 512:] = 25, 50, 75
    show(view, values)
    for (row, column), value in zip(block((200, 800), (200, 800)), (0, 50, 25, 75), strict=True):
        assert colour_at(view, row, column) in expected(value)
    point(view, 700, 300)
    ((row, column),) = picked(view)
    assert abs(row - 700) <= 2 and abs(column - 300) <= 2  # a pixel is more than two cells


def test_row_0_is_on_top_and_column_0_at_the_left(view):
    show(view, ramp(4, 4))
    first, below, beside = (view.plot.point_of(*cell) for cell in ((0, 0), (1, 0), (0, 1)))
    assert first.y() < below.y()
    assert first.x() < beside.x()


def test_signed_deviations_have_their_own_map_with_a_pale_middle(view):
    show(view, np.array([[-10.0, 0.0, 10.0]]), (-10.0, 10.0), signed=True)
    assert colour_at(view, 0, 0) in expected(0, signed=True)
    assert colour_at(view, 0, 2) in expected(100, signed=True)
    assert min(colour_at(view, 0, 1)) > 200


def test_values_beyond_the_scale_and_infinite_ones_have_the_colour_at_its_end(view):
    show(view, np.array([[-5.0, 1e30, np.inf, -np.inf]]))
    seen = [colour_at(view, 0, column) for column in range(4)]
    assert seen[0] == seen[3] and seen[0] in expected(0)
    assert seen[1] == seen[2] and seen[1] in expected(100)


def test_a_scale_without_width_still_draws(view):
    show(view, np.full((2, 2), 7.0), (7.0, 7.0))
    assert colour_at(view, 0, 0) in expected(50)


def test_a_cell_without_value_is_hatched_and_its_neighbour_is_not(view):
    values = ramp(4, 4)
    values[1, 2] = np.nan
    show(view, values)
    image = view.plot.viewport().grab().toImage()

    def inks(row: int, column: int) -> set[str]:
        middle = view.plot.point_of(row, column)
        reach = range(-8, 9)
        at = [middle + QtCore.QPoint(x, y) for x, y in itertools.product(reach, reach)]
        return {image.pixelColor(place).name() for place in at}

    assert inks(1, 2) == {theme.HATCH_PAPER, theme.HATCH_INK}
    assert len(inks(1, 1)) == 1


def test_new_values_are_drawn_and_equal_ones_are_not(view, qtbot):
    show(view, ramp(8, 8))
    before = colour_at(view, 0, 0)
    show(view, ramp(8, 8)[::-1])
    assert colour_at(view, 0, 0) != before
    painted = []

    class Watch(QtCore.QObject):
        def eventFilter(self, _thing, event):  # noqa: N802
            if event.type() == QtCore.QEvent.Type.Paint:
                painted.append(event)
            return False

    watch = Watch()
    view.plot.viewport().installEventFilter(watch)
    QtWidgets.QApplication.processEvents()
    painted.clear()
    show(view, ramp(8, 8)[::-1])
    assert painted == []


def test_an_array_that_is_changed_in_place_afterwards_does_not_change_what_is_read(view):
    values = ramp(2, 2).astype(np.float32)
    view.show_map(values, "conductance (µS)", (0.0, 100.0), False)
    assert colour_at(view, 1, 1) in expected(100)
    values[:] = 0
    view.show_map(values, "conductance (µS)", (0.0, 100.0), False)
    assert colour_at(view, 1, 1) in expected(0)


@pytest.mark.parametrize("cell", [(0, 0), (0, 11), (4, 0), (4, 11), (2, 6)])
def test_a_click_picks_the_cell_below_it(view, qtbot, cell):
    show(view, ramp(5, 12))
    with qtbot.waitSignal(view.picked):
        point(view, *cell)
    assert picked(view) == [cell]


def test_a_click_by_pytest_qt_picks_as_well(view, qtbot):
    show(view, ramp(5, 12))
    qtbot.mouseClick(
        view.plot.viewport(), Button.LeftButton, Held.NoModifier, view.plot.point_of(3, 4)
    )
    assert picked(view) == [(3, 4)]


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (16, 16)])
def test_every_pixel_of_the_picture_picks_the_cell_whose_colour_it_has(view, shape):
    rows, columns = shape
    values = np.arange(rows * columns).reshape(shape) % 7 * 16.0
    show(view, values)
    image = view.plot.viewport().grab().toImage()
    corner, end = view.plot.point_of(0, 0), view.plot.point_of(rows - 1, columns - 1)
    middle = (corner + end) / 2
    for x in range(corner.x(), end.x() + 1):
        place = QtCore.QPoint(x, middle.y())
        row, column = view.plot.cell_at(QtCore.QPointF(place))
        assert image.pixelColor(place).getRgb()[:3] in expected(values[row, column]), x


def test_a_drag_picks_a_block_and_says_so_while_it_grows(view):
    show(view, ramp(8, 8))
    seen = []
    view.picked.connect(lambda: seen.append(len(view.picked_cells)))
    drag(view, (5, 6), (2, 1))
    assert picked(view) == block(range(2, 6), range(1, 7))
    assert seen == [1, 24]


def test_a_drag_that_leaves_the_picture_ends_at_the_edge_of_the_array(view):
    show(view, ramp(8, 8))
    point(view, 6, 6, act="press")
    where = QtCore.QPointF(10_000, 10_000)
    event = QtGui.QMouseEvent(
        QtCore.QEvent.Type.MouseMove, where, Button.NoButton, Button.LeftButton, Held.NoModifier
    )
    QtWidgets.QApplication.sendEvent(view.plot.viewport(), event)
    point(view, 7, 7, act="release")
    assert picked(view) == block((6, 7), (6, 7))


def test_ctrl_adds_and_takes_out_and_shift_extends(view):
    show(view, ramp(8, 8))
    point(view, 0, 0)
    drag(view, (2, 2), (3, 3), Held.ControlModifier)
    point(view, 2, 3, Held.ControlModifier)
    assert picked(view) == [(0, 0), (2, 2), (3, 2), (3, 3)]
    point(view, 4, 4)
    point(view, 5, 6, Held.ShiftModifier)
    assert picked(view) == block((4, 5), (4, 5, 6))


def test_a_quick_second_click_counts_like_the_first(view, qtbot):
    show(view, ramp(8, 8))
    screen, where = view.plot.viewport(), view.plot.point_of(2, 2)
    qtbot.mouseClick(screen, Button.LeftButton, Held.ControlModifier, where)
    qtbot.mouseDClick(screen, Button.LeftButton, Held.ControlModifier, where)
    assert picked(view) == []  # in, out


def test_a_click_beside_the_array_and_other_buttons_pick_nothing(view, qtbot):
    show(view, ramp(4, 4))
    point(view, 1, 1)
    screen = view.plot.viewport()
    qtbot.mouseClick(screen, Button.LeftButton, Held.NoModifier, QtCore.QPoint(3, 3))
    qtbot.mouseClick(screen, Button.RightButton, Held.NoModifier, view.plot.point_of(2, 2))
    qtbot.mouseClick(screen, Button.MiddleButton, Held.NoModifier, view.plot.point_of(2, 2))
    assert picked(view) == [(1, 1)]
    assert QtWidgets.QApplication.activePopupWidget() is None


def test_keys_pick_move_extend_and_clear(view, qtbot):
    show(view, ramp(4, 4))
    point(view, 1, 1)
    press(qtbot, view, Key.Key_Down)
    assert picked(view) == [(2, 1)]
    press(qtbot, view, Key.Key_Right, Held.ShiftModifier)
    assert picked(view) == [(2, 1), (2, 2)]
    press(qtbot, view, Key.Key_C)
    assert picked(view) == block(range(4), (1, 2))
    press(qtbot, view, Key.Key_Escape)
    assert picked(view) == []
    press(qtbot, view, Key.Key_R)
    assert picked(view) == block((2,), range(4))
    press(qtbot, view, Key.Key_A, Held.ControlModifier)
    assert len(view.picked_cells) == 16


def test_the_stop_key_is_not_taken_for_escape(view, qtbot):
    show(view, ramp(4, 4))
    point(view, 1, 1)
    event = QtGui.QKeyEvent(QtCore.QEvent.Type.KeyPress, Key.Key_Escape, Held.ShiftModifier)
    view.plot.keyPressEvent(event)
    assert picked(view) == [(1, 1)]
    assert not event.isAccepted()


def wheel(view: MapView, row: int, column: int, notches: int) -> None:
    where = QtCore.QPointF(view.plot.point_of(row, column))
    event = QtGui.QWheelEvent(
        where, where, QtCore.QPoint(), QtCore.QPoint(0, 120 * notches), Button.NoButton,
        Held.NoModifier, QtCore.Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QtWidgets.QApplication.sendEvent(view.plot.viewport(), event)
    QtWidgets.QApplication.processEvents()


@pytest.mark.parametrize("corner", [(0, 0), (0, 63), (63, 0), (63, 63), (30, 40)])
def test_the_wheel_zooms_at_the_mouse_and_shows_nothing_beyond_the_array(view, corner):
    values = ramp(64, 64)
    show(view, values)
    before = view.plot.point_of(*corner)
    wheel(view, *corner, 6)
    left, right, top, bottom = view.plot.lens.window()
    assert left >= -0.5 - 1e-9 and right <= 63.5 + 1e-9 and right - left < 40
    assert top >= -0.5 - 1e-9 and bottom <= 63.5 + 1e-9
    cell = view.plot.cell_at(QtCore.QPointF(before))
    assert cell is not None and np.hypot(*np.subtract(cell, corner)) <= 12
    assert colour_at(view, *cell) in expected(values[cell])
    point(view, *cell)
    assert picked(view) == [cell]
    wheel(view, *cell, -60)
    assert view.plot.lens.window()[2:] == pytest.approx((-0.5, 63.5))


def test_after_zooming_an_arrow_out_of_sight_brings_its_cell_into_sight(view, qtbot):
    show(view, ramp(64, 64))
    point(view, 0, 0)
    wheel(view, 0, 0, 12)
    for _ in range(40):
        press(qtbot, view, Key.Key_Down)
    assert picked(view) == [(40, 0)]
    _, _, top, bottom = view.plot.lens.window()
    assert top <= 39.5 and bottom >= 40.5
    press(qtbot, view, Key.Key_A)
    assert view.plot.lens.zoom == 1


def test_the_middle_button_moves_a_zoomed_picture(view):
    show(view, ramp(64, 64))
    wheel(view, 32, 32, 8)
    before = view.plot.lens.window()
    where = QtCore.QPointF(view.plot.point_of(32, 32))
    for kind, at, which, down in (
        (QtCore.QEvent.Type.MouseButtonPress, where, Button.MiddleButton, Button.MiddleButton),
        (QtCore.QEvent.Type.MouseMove, where - QtCore.QPointF(90, 0), Button.NoButton,
         Button.MiddleButton),
    ):  # fmt: skip
        event = QtGui.QMouseEvent(kind, at, which, down, Held.NoModifier)
        QtWidgets.QApplication.sendEvent(view.plot.viewport(), event)
    after = view.plot.lens.window()
    assert after[0] - before[0] == pytest.approx(90 / view.plot.lens.pixels()[0])
    assert after[2:] == pytest.approx(before[2:])


def rim_is_seen(view: MapView, row: int, column: int) -> bool:
    """Say whether light and dark lines stand between the middle of a cell and the next one's."""
    image = view.plot.viewport().grab().toImage()
    start, end = view.plot.point_of(row, column), view.plot.point_of(row, column + 1)
    seen = {image.pixelColor(x, start.y()).name() for x in range(start.x(), end.x() + 1)}
    return {theme.BACKGROUND, theme.FOREGROUND} <= seen


def test_a_picked_block_has_a_rim_and_keeps_its_colours(view):
    values = ramp(8, 8)
    show(view, values)
    drag(view, (2, 2), (4, 4))
    assert rim_is_seen(view, 3, 4)  # at the edge of the block
    assert not rim_is_seen(view, 3, 3)  # inside of it
    assert colour_at(view, 3, 3) in expected(values[3, 3])


@pytest.mark.parametrize("shape", [(64, 64), (1024, 1024), (3, 200)])
def test_a_single_picked_cell_can_be_seen_in_arrays_of_all_sizes(view, shape):
    show(view, np.full(shape, 50.0))
    before = view.plot.viewport().grab().toImage()
    view.select(np.array([shape[0] // 2 * shape[1] + shape[1] // 2], np.uint32))
    after = view.plot.viewport().grab().toImage()
    where = view.plot.point_of(shape[0] // 2, shape[1] // 2)
    reach = itertools.product(range(-4, 5), range(-4, 5))
    near = [where + QtCore.QPoint(x, y) for x, y in reach]
    new = {after.pixelColor(p).name() for p in near} - {before.pixelColor(p).name() for p in near}
    assert {theme.BACKGROUND, theme.FOREGROUND} <= new


def test_pulsed_cells_have_a_mark_that_goes_away_again(view):
    values = ramp(8, 8)
    show(view, values)
    view.show_pulsed(np.array([9], np.uint32))
    assert colour_at(view, 1, 1) == QtGui.QColor(theme.PULSED).getRgb()[:3]
    edge = view.plot.point_of(1, 1) - QtCore.QPoint(int(view.plot.lens.pixels()[0] * 0.45), 0)
    image = view.plot.viewport().grab().toImage()
    assert image.pixelColor(edge).getRgb()[:3] in expected(values[1, 1])
    view.show_pulsed(np.zeros(0, np.uint32))
    assert colour_at(view, 1, 1) in expected(values[1, 1])


def read_out(view: MapView) -> str:
    return view.findChild(QtWidgets.QLabel, "map_read_out").text()


def test_pointing_at_a_cell_reads_its_value_with_unit_also_as_it_changes(view):
    values = ramp(8, 12)
    values[5, 8] = 12.3
    show(view, values)
    point(view, 5, 8, act="move")
    assert read_out(view).startswith("row 5, column 8: 12.3 µS")
    values[5, 8] = 45.6
    show(view, values)
    assert read_out(view).startswith("row 5, column 8: 45.6 µS")
    values[5, 8] = np.nan
    show(view, values)
    assert read_out(view).startswith("row 5, column 8: no value yet")


def test_the_line_below_counts_picked_cells_and_the_mouse_that_leaves_points_at_nothing(view):
    show(view, ramp(8, 8))
    drag(view, (0, 0), (1, 5))
    assert "12 cells picked" in read_out(view)
    QtWidgets.QApplication.sendEvent(view.plot, QtCore.QEvent(QtCore.QEvent.Type.Leave))
    assert read_out(view) == "12 cells picked"


def test_before_a_chip_the_map_says_what_to_do_and_nothing_is_picked(view):
    message = view.findChild(QtWidgets.QLabel, "map_message")
    assert message.isVisible() and "No chip yet" in message.text()
    assert view.picked_cells.size == 0
    view.select(np.array([0], np.uint32))
    assert view.picked_cells.size == 0


def test_a_chip_without_values_is_hatched_and_can_be_picked(view):
    view.set_shape(4, 6)
    QtWidgets.QApplication.processEvents()
    assert view.plot.isVisible()
    point(view, 3, 5)
    assert picked(view) == [(3, 5)]
    assert "no value yet" in read_out(view)


def test_clearing_says_why_and_forgets_the_picks(view, qtbot):
    show(view, ramp(4, 4))
    point(view, 1, 1)
    with qtbot.waitSignal(view.picked):
        view.clear("The bench is gone: join another one.")
    message = view.findChild(QtWidgets.QLabel, "map_message")
    assert message.isVisible() and message.text() == "The bench is gone: join another one."
    assert view.picked_cells.size == 0


def test_new_values_of_the_same_chip_keep_picks_and_zoom_another_chip_does_not(view):
    show(view, ramp(8, 8))
    point(view, 1, 1)
    wheel(view, 1, 1, 4)
    zoom = view.plot.lens.zoom
    show(view, ramp(8, 8)[::-1])
    assert picked(view) == [(1, 1)] and view.plot.lens.zoom == zoom
    show(view, ramp(8, 9))
    assert picked(view) == [] and view.plot.lens.zoom == 1


def test_selecting_from_outside_draws_and_emits_nothing(view, qtbot):
    show(view, ramp(8, 8))
    with qtbot.assertNotEmitted(view.picked):
        view.select(np.array([11, 10], np.uint32))
    assert view.picked_cells.tolist() == [10, 11]
    assert rim_is_seen(view, 1, 3)


def test_quantities_are_offered_and_the_chosen_one_stays_when_others_come(view, qtbot):
    with qtbot.waitSignal(view.quantity_changed):
        view.set_quantities(("conductance", "outcome"))
    choice = view.findChild(QtWidgets.QComboBox, "map_quantity")
    choice.setCurrentText("outcome")
    with qtbot.assertNotEmitted(view.quantity_changed):
        view.set_quantities(("conductance", "outcome", "pulses in this run"))
    assert view.quantity == "outcome"
    with qtbot.waitSignal(view.quantity_changed):
        view.set_quantities(("conductance",))
    assert view.quantity == "conductance"
    view.set_quantities(())
    assert view.quantity == "" and not choice.isEnabled() and choice.toolTip()


def axis_texts(view: MapView, side: str) -> tuple[str, ...]:
    axis = view.plot.plotItem.getAxis(side)
    size = axis.height() if side == "left" else axis.width()
    low, high = sorted(axis.range)
    return axis.ticks(low, high, size).texts


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (8, 8), (1024, 1024)])
def test_rows_and_columns_are_numbered_in_whole_numbers_that_exist(view, shape):
    view.set_shape(*shape)
    QtWidgets.QApplication.processEvents()
    for side, count in zip(("left", "bottom"), shape, strict=True):
        numbers = [int(text) for text in axis_texts(view, side)]  # "0.5" would raise
        assert numbers and numbers[0] == 0 and numbers[-1] < count
        assert len(numbers) == len(set(numbers)) <= 20


def test_the_colour_bar_names_the_quantity_and_cannot_be_moved(view, qtbot):
    show(view, ramp(8, 8))
    bar = view.plot._bar
    assert "conductance (µS)" in bar.getAxis("right").labelString()
    assert "(x" not in bar.getAxis("right").labelString()
    assert bar.getViewBox().viewRange()[1] == pytest.approx([0, 100])
    where = view.plot.mapFromScene(bar.getViewBox().sceneBoundingRect().center())
    qtbot.mousePress(view.plot.viewport(), Button.LeftButton, Held.NoModifier, where)
    qtbot.mouseMove(view.plot.viewport(), where + QtCore.QPoint(0, 60))
    qtbot.mouseRelease(view.plot.viewport(), Button.LeftButton)
    assert bar.getViewBox().viewRange()[1] == pytest.approx([0, 100])
    assert view.picked_cells.size == 0


def test_a_hundred_updates_leave_no_items_behind(view):
    show(view, ramp(8, 8))
    before = len(view.plot.scene().items()), len(view.findChildren(QtCore.QObject))
    for k in range(100):
        show(view, ramp(8, 8) + k, (0.0, 100.0 + k), signed=k % 2 == 0)
        view.show_pulsed(np.array([k % 64], np.uint32))
    assert (len(view.plot.scene().items()), len(view.findChildren(QtCore.QObject))) == before


def test_the_map_can_be_reached_and_named_without_a_mouse(view):
    assert view.plot.focusPolicy() & QtCore.Qt.FocusPolicy.TabFocus
    for name in ("map", "map_quantity", "map_read_out", "map_message"):
        assert view.findChild(QtWidgets.QWidget, name).accessibleName()
