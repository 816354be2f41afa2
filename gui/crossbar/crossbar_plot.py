"""Draws an array: a colour for each cell, hatching where there is no value, marks, a scale."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import theme
from ..plots.axis import Axis
from ..qt import QtCore, QtGui, QtWidgets, Signal, pg
from .cell_colours import Values
from .cells_item import CellsItem
from .colour_bar import ColourBar
from .lens import Lens

_WHEEL = 1.2  # zoom for one notch


class CrossbarPlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """The picture of an array, row 0 on top; the wheel zooms, the middle button moves it."""

    zoomed = Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        self._rows = Axis("left", whole=True)
        self._columns = Axis("bottom", whole=True)
        super().__init__(
            parent,
            background=theme.BACKGROUND,
            axisItems={"left": self._rows, "bottom": self._columns},
            enableMenu=False,
        )
        self.lens = Lens()
        self.shape = (1, 1)
        self._label = ""
        self._dragged_from: QtCore.QPointF | None = None
        self._lay_out()
        self._cells = CellsItem()
        self.plotItem.addItem(self._cells, ignoreBounds=True)
        self.set_shape(1, 1)

    @property
    def values(self) -> Values:
        """What is shown: shape (rows, columns), NaN where nothing is known."""
        return self._cells.values

    @property
    def label(self) -> str:
        """What the values are, with their unit."""
        return self._label

    def set_shape(self, rows: int, columns: int) -> None:
        """Say how many cells there are; all of them without a value, none marked."""
        self.shape = (rows, columns)
        self.lens.rows, self.lens.columns = rows, columns
        self.lens.show_all()
        self._cells.set_shape(rows, columns)
        self._rows.set_count(rows)
        self._columns.set_count(columns)
        self._look()

    def show_values(
        self, values: Values, label: str, levels: tuple[float, float], signed: bool = False
    ) -> None:
        """Draw values of shape (rows, columns); what has not changed is not drawn again."""
        if values.shape != self.shape:
            self.set_shape(*values.shape)
        low, high = _usable(levels)
        self._bar.show_scale(label, low, high, signed)
        self._label = label
        self._cells.show_values(values, low, high, signed)

    def name_axes(self, across: tuple[str, ...], down: tuple[str, ...]) -> None:
        """Say what the columns and rows of a table are: the title, then each; nothing: cells."""
        for axis, names in ((self._columns, across), (self._rows, down)):
            axis.set_names(names[1:])
            axis.set_title(names[0] if names else "")

    def mark(self, picked: NDArray[np.bool_]) -> None:
        """Put a rim around picked cells: shape (rows, columns)."""
        self._cells.set_picked(picked)

    def mark_pulsed(self, cells: NDArray[np.uint32]) -> None:
        """Put a diamond on these cells (row * columns + column)."""
        self._cells.set_pulsed(cells)

    def show_all(self) -> None:
        """Show the whole array."""
        self.lens.show_all()
        self._look()

    def show_cell(self, row: int, column: int) -> None:
        """Move the picture as far as needed to have this cell in sight."""
        self.lens.show(row, column)
        self._look()

    def zoom(self, factor: float) -> None:
        """Zoom about the middle of what is shown."""
        left, right, top, bottom = self.lens.window()
        self.lens.zoom_at((left + right) / 2, (top + bottom) / 2, factor)
        self._look()

    def point_of(self, row: int, column: int) -> QtCore.QPoint:
        """Return the pixel of the viewport in which the middle of a cell lies."""
        scene = self._box.mapViewToScene(QtCore.QPointF(column, row))
        point: QtCore.QPoint = self.mapFromScene(scene)
        return point

    def cell_at(self, point: QtCore.QPointF) -> tuple[int, int] | None:
        """Return (row, column) of the cell below a point of the viewport, or None."""
        row, column = self.nearest_cell(point)
        inside = self._box.sceneBoundingRect().contains(self.mapToScene(point.toPoint()))
        rows, columns = self.shape
        return (row, column) if inside and 0 <= row < rows and 0 <= column < columns else None

    def nearest_cell(self, point: QtCore.QPointF) -> tuple[int, int]:
        """Return (row, column) below a point of the viewport, as if the array had no end."""
        # The middle of the pixel decides, as it does when the pixel is given its colour.
        scene = self.mapToScene(point.toPoint()) + QtCore.QPointF(0.5, 0.5)
        place = self._box.mapSceneToView(scene)
        return int(np.floor(place.y() + 0.5)), int(np.floor(place.x() + 0.5))

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:  # noqa: N802
        """Zoom at the mouse."""
        place = self._box.mapSceneToView(self.mapToScene(event.position().toPoint()))
        self.lens.zoom_at(place.x(), place.y(), _WHEEL ** (event.angleDelta().y() / 120))
        self._look()
        event.accept()

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:  # noqa: N802
        """Take hold of the picture with the middle button."""
        if event.button() == QtCore.Qt.MouseButton.MiddleButton:
            self._dragged_from = event.localPos()
        event.accept()

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:  # noqa: N802
        """Move the picture while it is held."""
        if self._dragged_from is not None:
            across, down = self.lens.pixels()
            moved = event.localPos() - self._dragged_from
            self._dragged_from = event.localPos()
            self.lens.move(-moved.x() / across, -moved.y() / down)
            self._look()
        event.accept()

    def mouseReleaseEvent(self, event: QtGui.QMouseEvent) -> None:  # noqa: N802
        """Let the picture go."""
        self._dragged_from = None
        event.accept()

    def _lay_out(self) -> None:
        self._box: Any = self.plotItem.getViewBox()
        self._box.invertY(True)
        self._box.disableAutoRange()
        self._box.sigResized.connect(self._resized)
        self.plotItem.hideButtons()
        self.plotItem.setContentsMargins(2, 10, 2, 2)
        self._rows.set_title("row")
        self._columns.set_title("column")
        self._bar = ColourBar()
        self._bar.insert_in(self.plotItem)
        self.setMouseTracking(True)

    def _resized(self, _box: Any = None) -> None:
        self.lens.width = max(1.0, float(self._box.width()))
        self.lens.height = max(1.0, float(self._box.height()))
        self._look()

    def _look(self) -> None:
        left, right, top, bottom = self.lens.window()
        self._box.setRange(xRange=(left, right), yRange=(top, bottom), padding=0)
        self.zoomed.emit()


def _usable(levels: tuple[float, float]) -> tuple[float, float]:
    low, high = float(levels[0]), float(levels[1])
    if not (np.isfinite(low) and np.isfinite(high)):
        return 0.0, 1.0
    if high > low:
        return low, high
    around = max(abs(low) * 0.1, 1e-12)  # one colour for all: in the middle of the scale
    return low - around, low + around
