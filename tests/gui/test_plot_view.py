"""The live plot: every declared kind, following and held still, with true axes."""

import numpy as np
import pytest

from labcim.documents import Channel
from labcim.gui import theme
from labcim.gui.plots.plot_view import PlotView
from labcim.gui.qt import QtCore, QtGui, QtWidgets
from labcim.plots import PlotSpec
from labcim.plotted import Plotted, Trace, plotted

Key, Held, Button = QtCore.Qt.Key, QtCore.Qt.KeyboardModifier, QtCore.Qt.MouseButton
LINE = PlotSpec("I-V", "line", "current", x="voltage")


@pytest.fixture
def view(qtbot):
    made = PlotView()
    made.resize(800, 560)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def show(view: PlotView, spec: PlotSpec, *traces: Trace, labels=("voltage (mV)", "current (µA)")):
    view.show_plot(Plotted(spec, *labels, traces))
    QtWidgets.QApplication.processEvents()


def line(y, x=None, name="") -> Trace:
    y = np.asarray(y, float)
    return Trace(name, np.arange(len(y), dtype=float) if x is None else np.asarray(x, float), y)


def colours(view: PlotView) -> set[str]:
    """The colours inside the axes."""
    box = view.plot.plotItem.getViewBox()
    image = (
        view.plot.viewport()
        .grab(view.plot.mapFromScene(box.sceneBoundingRect()).boundingRect())
        .toImage()
    )
    wide, high = range(2, image.width() - 2), range(2, image.height() - 2)
    return {image.pixelColor(x, y).name().lower() for x in wide for y in high}


def colour_at(view: PlotView, x: float, y: float) -> str:
    box = view.plot.plotItem.getViewBox()
    place = view.plot.mapFromScene(box.mapViewToScene(QtCore.QPointF(x, y)))
    return view.plot.viewport().grab().toImage().pixelColor(place).name().lower()


def is_drawn(view: PlotView, x: float, y: float, number: int = 0) -> bool:
    """Say whether the colour of a trace is within a pixel of a place in its plot."""
    box = view.plot.plotItem.getViewBox()
    place = view.plot.mapFromScene(box.mapViewToScene(QtCore.QPointF(x, y)))
    image = view.plot.viewport().grab().toImage()
    near = [place + QtCore.QPoint(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    return theme.TRACES[number].lower() in {image.pixelColor(pixel).name() for pixel in near}


def ranges(view: PlotView) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(ends) for ends in view.plot.plotItem.getViewBox().viewRange())


def remark(view: PlotView) -> str:
    label = view.findChild(QtWidgets.QLabel, "plot_remark")
    return label.text() if label.isVisible() else ""


def wheel(view: PlotView, notches: int) -> None:
    where = QtCore.QPointF(view.plot.rect().center())
    event = QtGui.QWheelEvent(
        where, where, QtCore.QPoint(), QtCore.QPoint(0, 120 * notches), Button.NoButton,
        Held.NoModifier, QtCore.Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QtWidgets.QApplication.sendEvent(view.plot.viewport(), event)
    QtWidgets.QApplication.processEvents()


def test_before_a_run_the_plot_says_what_to_do(view):
    message = view.findChild(QtWidgets.QLabel, "plot_message")
    assert message.isVisible() and "No run yet" in message.text()


def test_a_line_goes_through_its_points_in_the_first_colour(view):
    show(view, LINE, line([0, 0, 10, 10], [0, 1, 1, 2]))
    assert is_drawn(view, 0.5, 0)
    assert is_drawn(view, 1.5, 10)
    assert not is_drawn(view, 0.5, 5)


def test_a_loop_is_drawn_whole_although_x_comes_back(view):
    angle = np.linspace(0, 2 * np.pi, 50_000)
    show(view, LINE, line(np.sin(angle), np.cos(angle)))
    for x, y in ((1, 0), (0, 1), (-1, 0), (0, -1)):
        assert is_drawn(view, x, y), (x, y)
    assert "50,000 points" in remark(view)


def test_a_spike_in_a_long_line_is_seen_at_any_zoom(view):
    y = np.zeros(200_000)
    y[77_777] = 100
    show(view, LINE, line(y))
    assert ranges(view)[1][1] > 100
    assert is_drawn(view, 77_777, 50) and not is_drawn(view, 70_000, 50)
    box = view.plot.plotItem.getViewBox()
    box.setRange(xRange=(77_700, 77_800), padding=0)
    box.sigRangeChangedManually.emit([True, True])
    assert is_drawn(view, 77_777.3, 70)
    (curve,) = view._items._items
    assert len(curve.xData) < 200 and 77_777 in curve.xData  # only what is in sight


def test_long_lines_are_thinned_to_what_a_screen_shows_and_have_thin_pens(view):
    show(view, LINE, line(np.random.default_rng(1).normal(size=200_000)))
    (curve,) = view._items._items
    assert len(curve.xData) <= 2 * view.width() + 4
    assert curve.opts["pen"].widthF() == 1 and curve.opts.get("symbol") is None


def test_groups_have_a_legend_colours_and_a_second_round_of_dashes(view):
    show(view, LINE, *(line([k, k], name=f"cell {k}") for k in range(8)))
    legend = view._items._legend
    assert [label.text for _, label in legend.items] == [f"cell {k}" for k in range(8)]
    for k in range(len(theme.TRACES)):
        assert is_drawn(view, 0.5, k, number=k), k
    assert view._items._items[6].opts["pen"].style() != QtCore.Qt.PenStyle.SolidLine


def test_a_single_trace_needs_no_legend(view):
    show(view, LINE, line([1, 2]))
    assert not view._items._legend.isVisible()


def test_points_stand_where_they_belong_and_only_there(view):
    spec = PlotSpec("Scatter", "scatter", "y", x="x")
    show(view, spec, line([0, 5, 10], [0, 1, 2]))
    assert all(is_drawn(view, k, 5 * k) for k in range(3))
    assert not is_drawn(view, 0.5, 2.5)


def test_at_most_5000_points_are_drawn_and_the_view_says_so(view):
    spec = PlotSpec("Scatter", "scatter", "y", x="x")
    rng = np.random.default_rng(1)
    show(view, spec, line(rng.normal(size=30_000)), line(rng.normal(size=30_000)))
    assert remark(view) == "5,000 of 60,000 points drawn, evenly picked"
    assert sum(len(x) for x, _ in view._items._items[0]._traces) == 5_000
    assert {colour.lower() for colour in theme.TRACES[:2]} <= colours(view)
    show(view, spec, line([1, 2, 3]), line([1, 2, 3]))
    assert remark(view) == ""


def test_points_far_outside_and_unknown_ones_do_no_harm(view):
    spec = PlotSpec("Scatter", "scatter", "y", x="x")
    show(view, spec, line([0, np.nan, np.inf, 1e300], [0, 1, 2, 3]))
    view.plot.plotItem.getViewBox().setRange(xRange=(-1, 1), yRange=(-1, 1), padding=0)
    QtWidgets.QApplication.processEvents()
    assert is_drawn(view, 0, 0)


def test_a_histogram_stands_on_zero_with_bars_as_high_as_their_counts(view):
    spec = PlotSpec("G", "histogram", "g")
    show(view, spec, Trace("", np.array([0.0, 1.0, 2.0, 3.0]), np.array([4.0, 0.0, 8.0])))
    paper = colour_at(view, 1.5, 3.3)
    assert colour_at(view, 0.5, 3.3) != paper and colour_at(view, 2.5, 7.3) != paper
    assert colour_at(view, 0.5, 4.3) == colour_at(view, 1.5, 0.7)
    assert ranges(view)[1] == pytest.approx((0, 8.4))


def test_a_histogram_on_a_log_axis_shows_single_cells_and_no_bar_for_none(view):
    spec = PlotSpec("G", "histogram", "g", y_scale="log")
    show(view, spec, Trace("", np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 0.0, 1000.0])))
    assert ranges(view)[1][0] == pytest.approx(np.log10(0.5))
    assert colour_at(view, 0.5, -0.15) != colour_at(view, 1.5, -0.15)
    assert remark(view) == ""


def test_a_log_axis_draws_decades_apart_and_says_what_it_cannot_draw(view):
    spec = PlotSpec("R", "line", "current", x="voltage", y_scale="log")
    show(view, spec, line([1e-3, 1e-1, 0.0, 1e1], [0, 1, 2, 3]))
    low, high = ranges(view)[1]
    assert (low + high) / 2 == pytest.approx(-1)
    assert is_drawn(view, 0.5, -2)
    assert remark(view) == "1 value not above 0: not on a log axis"
    axis = view.plot.plotItem.getAxis("left")
    assert {"0.001", "0.1", "10"} <= set(axis.ticks(low, high, axis.height()).texts)


def test_axes_say_what_plotted_says_without_a_hidden_factor(view):
    show(view, LINE, line([1e-9, 2e-9]), labels=("voltage (mV)", "current (nA)"))
    for side, label in (("bottom", "voltage (mV)"), ("left", "current (nA)")):
        text = view.plot.plotItem.getAxis(side).labelString()
        assert label in text and "(x" not in text


def test_every_kind_that_a_protocol_declares_is_drawn(view):
    rng = np.random.default_rng(1)
    rows = {
        "row": np.repeat(np.arange(8), 8),
        "column": np.tile(np.arange(8), 8),
        "conductance": rng.lognormal(-10, 1, 64),
        "error": rng.normal(0, 1e-6, 64),
    }
    channels = {
        name: Channel(name=name, dtype="f8", unit="" if name in ("row", "column") else "S")
        for name in rows
    }
    specs = [
        PlotSpec("G", "map", "conductance"),
        PlotSpec("E", "map", "error"),
        PlotSpec("line", "line", "conductance", x="row", group="column"),
        PlotSpec("scatter", "scatter", "error", x="conductance", x_scale="log"),
        PlotSpec("histogram", "histogram", "conductance", group="column"),
        PlotSpec("cdf", "cdf", "conductance", x_scale="log"),
    ]
    view.set_plots(specs)
    pictures = []
    for spec in (*specs, *specs, *specs[::-1]):  # at first the axes find their widths
        view.show_plot(plotted(spec, rows, channels))
        QtWidgets.QApplication.processEvents()
        pictures.append(view.grab().toImage())
    for forth, back in zip(pictures[6:12], pictures[12:][::-1], strict=True):
        assert forth == back  # nothing of another plot is left over
    assert len({picture.bits().asstring(picture.sizeInBytes()) for picture in pictures[6:]}) == 6


def test_a_map_among_the_plots_shows_each_cells_colour_and_cannot_be_picked(view, qtbot):
    picture = np.array([[0.0, 1.0], [np.nan, 0.5]])
    spec = PlotSpec("G", "map", "g")
    view.show_plot(Plotted(spec, "column", "g (µS)", (), picture, (0.0, 1.0)))
    QtWidgets.QApplication.processEvents()
    plot = view._picture
    before = plot.viewport().grab().toImage()
    for cell, step in (((0, 0), 0), ((0, 1), 255)):
        seen = before.pixelColor(plot.point_of(*cell)).getRgb()[:3]
        assert seen == tuple(map(int, theme.colour_table(False)[step]))
    qtbot.mouseClick(plot.viewport(), Button.LeftButton, Held.NoModifier, plot.point_of(0, 0))
    assert plot.viewport().grab().toImage() == before
    assert not view.findChild(QtWidgets.QPushButton, "plot_follow").isEnabled()


def test_the_view_follows_the_data_until_a_person_zooms_and_again_after_a(view, qtbot):
    show(view, LINE, line(np.arange(10)))
    show(view, LINE, line(np.arange(100)))
    assert view.follows and ranges(view)[0][1] > 99
    wheel(view, 3)
    held = ranges(view)
    assert not view.follows and held[0][1] - held[0][0] < 90
    show(view, LINE, line(np.arange(1_000)))
    assert ranges(view) == held
    qtbot.keyClick(view.plot.viewport(), Key.Key_A)
    assert view.follows and ranges(view)[0][1] > 999
    show(view, LINE, line(np.arange(2_000)))
    assert ranges(view)[0][1] > 1_999


def test_a_drag_holds_the_view_and_the_button_lets_it_follow_again(view, qtbot):
    show(view, LINE, line(np.arange(100)))
    screen, start = view.plot.viewport(), view.plot.rect().center()
    before = ranges(view)
    qtbot.mousePress(screen, Button.LeftButton, Held.NoModifier, start)
    for step in (10, 20, 40):
        event = QtGui.QMouseEvent(
            QtCore.QEvent.Type.MouseMove, QtCore.QPointF(start + QtCore.QPoint(step, 0)),
            Button.NoButton, Button.LeftButton, Held.NoModifier,
        )  # fmt: skip
        QtWidgets.QApplication.sendEvent(screen, event)
    end = start + QtCore.QPoint(40, 0)
    qtbot.mouseRelease(screen, Button.LeftButton, Held.NoModifier, end)
    assert not view.follows and ranges(view)[0][0] < before[0][0]
    button = view.findChild(QtWidgets.QPushButton, "plot_follow")
    assert button.text() == "Follow again" and "press A" in button.toolTip()
    qtbot.mouseClick(button, Button.LeftButton)
    assert ranges(view) == before and button.text() == "Following"


def test_another_plot_is_shown_whole_even_if_the_last_one_was_held(view):
    show(view, LINE, line(np.arange(100)))
    wheel(view, 3)
    show(view, PlotSpec("Other", "line", "y", x="x"), line(np.arange(5) * 1e6))
    assert view.follows and ranges(view)[1][1] > 4e6


def test_a_right_click_opens_no_menu(view, qtbot):
    show(view, LINE, line(np.arange(100)))
    for place in (view.plot.rect().center(), QtCore.QPoint(8, 200)):
        qtbot.mouseClick(view.plot.viewport(), Button.RightButton, Held.NoModifier, place)
        assert QtWidgets.QApplication.activePopupWidget() is None
        assert QtWidgets.QApplication.activeModalWidget() is None


def test_plots_are_offered_and_the_chosen_one_stays_when_they_come_again(view, qtbot):
    first, second = PlotSpec("A", "cdf", "a"), PlotSpec("A", "histogram", "a")
    assert view.chosen is None
    with qtbot.waitSignal(view.chosen_changed):
        view.set_plots((first, second))
    assert view.chosen == first
    choice = view.findChild(QtWidgets.QComboBox, "plot_choice")
    with qtbot.waitSignal(view.chosen_changed):
        choice.setCurrentIndex(1)  # of the same title as the first
    assert view.chosen == second
    with qtbot.assertNotEmitted(view.chosen_changed):
        view.set_plots((second, first))
    assert view.chosen == second
    with qtbot.waitSignal(view.chosen_changed):
        view.set_plots(())
    assert view.chosen is None and not choice.isEnabled() and choice.toolTip()


def test_clearing_takes_everything_out_and_says_why(view):
    show(view, LINE, line([1, 2], name="cell 1"), line([2, 3], name="cell 2"))
    view.clear("The run has no rows yet.")
    message = view.findChild(QtWidgets.QLabel, "plot_message")
    assert message.isVisible() and message.text() == "The run has no rows yet."
    show(view, LINE)
    assert remark(view) == "No points yet"
    assert theme.TRACES[0].lower() not in colours(view)


def test_a_hundred_updates_leave_no_items_behind(view):
    kinds = [
        (LINE, [line(np.arange(50), name="a"), line(np.arange(50), name="b")]),
        (PlotSpec("S", "scatter", "y", x="x"), [line(np.arange(50), name="a")]),
        (PlotSpec("H", "histogram", "y"), [Trace("", np.arange(4.0), np.arange(3.0))]),
    ]

    def count() -> tuple[int, int, int]:
        show(view, LINE, line([1, 2]))
        named = len(view._items._legend.items)
        return len(view.plot.scene().items()), len(view.findChildren(QtCore.QObject)), named

    for spec, traces in kinds:
        show(view, spec, *traces)
    before = count()
    for k in range(100):
        spec, traces = kinds[k % 3]
        show(view, spec, *traces)
    assert count() == before


def test_one_point_and_constant_values_have_room_around_them(view):
    show(view, LINE, line([3.0]))
    assert ranges(view)[1][0] < 3 < ranges(view)[1][1]
    show(view, LINE, line([7, 7, 7]))
    assert is_drawn(view, 1.5, 7)


def test_a_table_says_on_its_axes_what_its_columns_and_rows_are(view):
    spec = PlotSpec("P", "table", "share", x="width", group="voltage")
    picture = np.array([[0.0, 0.5, 1.0], [0.25, 0.75, 1.0]])
    across, down = ("width", "1 us", "10 us", "100 us"), ("voltage", "1 V", "2 V")
    view.show_plot(Plotted(spec, "width", "share", picture=picture, across=across, down=down))
    QtWidgets.QApplication.processEvents()
    drawn = view.findChild(QtWidgets.QWidget, "plot_map")
    axes = [drawn.plotItem.getAxis(name) for name in ("bottom", "left")]
    for axis, names in zip(axes, (across, down), strict=True):
        ((_, places), _) = axis.tickValues(-0.5, len(names) - 1.5, 600.0)
        texts = axis.tickStrings(places, 1.0, 1.0)
        assert texts == [names[1 + round(place)] for place in places]
        assert names[0] in axis.labelText
    assert drawn.values.tolist() == picture.tolist()
