"""One live plot of those that the protocol declares, drawn as the report draws it."""

import math
from collections.abc import Sequence
from typing import Any

from labcim.plots import PlotSpec
from labcim.plotted import Plotted

from .. import theme
from ..crossbar.crossbar_plot import CrossbarPlot
from ..qt import QtCore, QtGui, QtWidgets, Signal, pg
from .axis import Axis
from .plot_items import PlotItems
from .thinning import Drawn, limits, on_axes, with_margin

_EMPTY = "No run yet: choose a protocol and start it, its plot then stands here."
_KEYS = "Wheel zooms, drag moves (right button: stretches), A follows the data again."
_FOLLOWS = "The view follows the data. Zoom or drag to hold it still. Key A"
_HELD = "The view is held still. Click here or press A to follow the data again"


class PlotView(QtWidgets.QWidget):
    """A plot with a choice of what to draw; the view follows the data until it is moved."""

    chosen_changed = Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plot_view")
        self.setAccessibleName("Live plot")
        self._specs: tuple[PlotSpec, ...] = ()
        self._shown: PlotSpec | None = None
        self._limits: tuple[tuple[float, float], tuple[float, float]] | None = None
        self._choice = QtWidgets.QComboBox()
        self._follow = QtWidgets.QPushButton("Following")
        self._message = _line("plot_message", "What the plot waits for")
        self._note = _line("plot_note", "State of the plot")
        self._remark = _line("plot_remark", "What is not drawn")
        self._pages = QtWidgets.QStackedWidget()
        self._build_plot()
        self._build()
        self._choice.currentIndexChanged.connect(self._chosen)
        self._follow.toggled.connect(self._followed)
        self.clear(_EMPTY)

    @property
    def chosen(self) -> PlotSpec | None:
        """Which of the declared plots is to be shown."""
        index = self._choice.currentIndex()
        return self._specs[index] if 0 <= index < len(self._specs) else None

    @property
    def follows(self) -> bool:
        """Whether the view goes along with the data."""
        return bool(self._follow.isChecked())

    def set_plots(self, specs: Sequence[PlotSpec]) -> None:
        """Offer these; the one that is shown stays, if it is among them."""
        if tuple(specs) == self._specs:
            return
        before = self.chosen
        self._specs = tuple(specs)
        blocked = self._choice.blockSignals(True)
        self._choice.clear()
        self._choice.addItems([spec.title for spec in specs])
        if specs:
            self._choice.setCurrentIndex(self._specs.index(before) if before in specs else 0)
        self._choice.blockSignals(blocked)
        self._choice.setEnabled(bool(specs))
        self._choice.setToolTip(
            "What to plot" if specs else "Nothing to plot: no run has declared a plot"
        )
        if self.chosen != before:
            self._chosen()

    def show_plot(self, plotted: Plotted) -> None:
        """Draw this; the view stays where a person has moved it."""
        if plotted.spec != self._shown:
            self._shown = plotted.spec
            self._items.clear()
            self._follow.setChecked(True)
        if plotted.picture is not None:
            self._picture.show_values(
                plotted.picture, plotted.y_label, plotted.levels, plotted.signed
            )
            self._picture.name_axes(plotted.across, plotted.down)
            self._turn_to(self._picture, "")
            return
        x_log, y_log = plotted.spec.x_scale == "log", plotted.spec.y_scale == "log"
        drawn = [on_axes(t.name, t.x, t.y, x_log, y_log) for t in plotted.traces]
        floor = math.log10(0.5) if y_log else 0.0
        said = self._items.draw(plotted.spec.kind, drawn, floor)
        self._x.set_log(x_log)
        self._y.set_log(y_log)
        self._x.set_title(plotted.x_label)
        self._y.set_title(plotted.y_label)
        self._limits = _limits(plotted.spec.kind, drawn, floor)
        if self.follows:
            self._go_along()
        self._draw_lines()
        if not any(len(trace.y) for trace in plotted.traces):
            said = "No points yet"
        self._turn_to(self.plot, said)

    def remark(self, text: str) -> None:
        """Say something about the plot above it, such as how old it is; empty for nothing."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def clear(self, text: str) -> None:
        """Draw nothing, but say why and what to do."""
        self._items.clear()
        self._shown = None
        self._limits = None
        self._message.setText(text)
        self.remark("")
        self._turn_to(self._message, "")

    def show_all(self) -> None:
        """Let the view follow the data again (of a map: show all of it)."""
        self._picture.show_all()
        self._follow.setChecked(True)
        self._go_along()
        self._draw_lines()

    def keyPressEvent(self, event: QtGui.QKeyEvent | None) -> None:  # noqa: N802
        """Follow the data again with A."""
        if event is None:
            return
        plain = event.modifiers() == QtCore.Qt.KeyboardModifier.NoModifier
        if event.key() == QtCore.Qt.Key.Key_A and plain:
            self.show_all()
            event.accept()
        else:
            super().keyPressEvent(event)

    def _build_plot(self) -> None:
        self._x, self._y = Axis("bottom"), Axis("left")
        axes = {"bottom": self._x, "left": self._y}
        self.plot: Any = pg.PlotWidget(
            background=theme.BACKGROUND, axisItems=axes, enableMenu=False
        )
        self.plot.setObjectName("plot")
        self.plot.setAccessibleName("Plot")
        self.plot.setStyleSheet(theme.focus_rim("plot"))
        self.plot.setAccessibleDescription(_KEYS)
        self.plot.plotItem.hideButtons()
        self.plot.plotItem.setContentsMargins(2, 8, 12, 2)
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        for axis in axes.values():
            axis.setZValue(-1)  # the lines of the grid belong below the curves
        self._box = self.plot.plotItem.getViewBox()
        self._box.disableAutoRange()
        self._box.sigRangeChangedManually.connect(self._moved)
        self._box.sigResized.connect(self._draw_lines)
        self._items = PlotItems(self.plot.plotItem)
        self._picture = CrossbarPlot()
        self._picture.setObjectName("plot_map")
        self._picture.setAccessibleName("Plot of all cells")

    def _build(self) -> None:
        self._choice.setObjectName("plot_choice")
        self._choice.setAccessibleName("Which plot is shown")
        self._choice.setSizeAdjustPolicy(QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._choice.setEnabled(False)
        self._choice.setToolTip("Nothing to plot: no run has declared a plot")
        self._follow.setObjectName("plot_follow")
        self._follow.setAccessibleName("View follows the data")
        self._follow.setCheckable(True)
        self._follow.setChecked(True)
        self._message.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        self._message.setWordWrap(True)
        name = QtWidgets.QLabel("P&lot")
        name.setBuddy(self._choice)
        top = QtWidgets.QHBoxLayout()
        for widget in (name, self._choice):
            top.addWidget(widget)
        top.addWidget(self._note, 1)
        top.addStretch()
        top.addWidget(self._follow)
        for page in (self._message, self.plot, self._picture):
            self._pages.addWidget(page)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addLayout(top)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self._remark)
        self._note.hide()

    def _turn_to(self, page: QtWidgets.QWidget, said: str) -> None:
        self._pages.setCurrentWidget(page)
        self._remark.setText(said)
        self._remark.setVisible(bool(said))
        curves = page is self.plot
        self._follow.setEnabled(curves)
        self._follow.setToolTip(
            (_FOLLOWS if self.follows else _HELD) if curves else "Only a plot with axes can follow"
        )

    def _chosen(self) -> None:
        self._follow.setChecked(True)
        self.chosen_changed.emit()

    def _moved(self, _axes: object = None) -> None:
        self._follow.setChecked(False)
        self._draw_lines()

    def _followed(self, follows: bool) -> None:
        self._follow.setText("Following" if follows else "Follow again")
        self._follow.setToolTip(_FOLLOWS if follows else _HELD)
        if follows:
            self._go_along()
            self._draw_lines()

    def _draw_lines(self, _box: object = None) -> None:
        (low, high), _ = self._box.viewRange()
        self._items.draw_lines(low, high, self._box.width())

    def _go_along(self) -> None:
        if self._limits is not None:
            x, y = self._limits
            self._box.setRange(xRange=x, yRange=y, padding=0)


def _limits(
    kind: str, drawn: Sequence[Drawn], floor: float
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    x = limits(trace.x for trace in drawn)
    y = limits(trace.y for trace in drawn)
    if x is None or y is None:
        return None
    if kind != "histogram":
        return with_margin(*x), with_margin(*y)
    top = max(y[1], floor)
    return with_margin(*x), (floor, top + (0.05 * (top - floor) or 1.0))


def _line(name: str, accessible: str) -> QtWidgets.QLabel:
    label = QtWidgets.QLabel()
    label.setObjectName(name)
    label.setAccessibleName(accessible)
    label.setStyleSheet(f"color: {theme.QUIET}")
    return label
