"""Draws an array: a colour for each cell, hatching where there is no value, marks, a scale."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import theme
from .axis import Axis
from .cell_marks import Pixels, marks
from .colour_bar import ColourBar
from .lens import Lens
from .qt import QtCore, QtGui, QtWidgets, Signal, pg

Values = NDArray[np.floating[Any]]

_INK = np.array(  # of the codes of cell_marks
    [0, *(QtGui.QColor(ink).rgba() for ink in ("#ffffff", theme.FOREGROUND, theme.PULSED))],
    np.uint32,
)
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
        self._values: Values = np.full((1, 1), np.nan, np.float32)
        self._signed = False
        self._label = ""
        self._dragged_from: QtCore.QPointF | None = None
        self._lay_out()
        self._hatch = _Hatch()
        self.image = pg.ImageItem(self._values, levels=(0.0, 1.0))
        self.image.setLookupTable(theme.colour_table(False))
        self.image.setPos(-0.5, -0.5)
        self._marks = _Marks()
        for item in (self._hatch, self.image, self._marks):
            self.plotItem.addItem(item, ignoreBounds=True)
        self.set_shape(1, 1)

    @property
    def values(self) -> Values:
        """What is shown: shape (rows, columns), NaN where nothing is known."""
        return self._values

    @property
    def label(self) -> str:
        """What the values are, with their unit."""
        return self._label

    def set_shape(self, rows: int, columns: int) -> None:
        """Say how many cells there are; all of them without a value, none marked."""
        self.shape = (rows, columns)
        self.lens.rows, self.lens.columns = rows, columns
        self.lens.show_all()
        self._values = np.full((rows, columns), np.nan, np.float32)
        self.image.setImage(self._values, autoLevels=False)
        self._hatch.set_shape(rows, columns)
        self._marks.set_shape(rows, columns)
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
        if signed != self._signed:
            self._signed = signed
            self.image.setLookupTable(theme.colour_table(signed))
        if tuple(self.image.getLevels()) != (low, high):
            self.image.setLevels((low, high), update=False)
            self.image.updateImage()
        self._bar.show_scale(label, low, high, signed)
        self._label = label
        drawn = np.array(values, np.float32)
        # A float beyond any number has no place in a table of colours; the last colour says it.
        np.clip(drawn, low - 1e3 * (high - low), high + 1e3 * (high - low), out=drawn)
        if not np.array_equal(drawn, self.image.image, equal_nan=True):
            self.image.setImage(drawn, autoLevels=False)
        self._values = values

    def mark(self, picked: NDArray[np.bool_]) -> None:
        """Put a rim around picked cells: shape (rows, columns)."""
        self._marks.set_picked(picked)

    def mark_pulsed(self, cells: NDArray[np.uint32]) -> None:
        """Put a diamond on these cells (row * columns + column)."""
        self._marks.set_pulsed(cells)

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
        """Return the pixel of this widget in which the middle of a cell lies."""
        scene = self._box.mapViewToScene(QtCore.QPointF(column, row))
        point: QtCore.QPoint = self.mapFromScene(scene)
        return point

    def cell_at(self, point: QtCore.QPointF) -> tuple[int, int] | None:
        """Return (row, column) of the cell below a point of this widget, or None."""
        row, column = self.nearest_cell(point)
        inside = self._box.sceneBoundingRect().contains(self.mapToScene(point.toPoint()))
        rows, columns = self.shape
        return (row, column) if inside and 0 <= row < rows and 0 <= column < columns else None

    def nearest_cell(self, point: QtCore.QPointF) -> tuple[int, int]:
        """Return (row, column) below a point, as if the array had no end."""
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
        self._box.setMouseEnabled(x=False, y=False)
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


class _Hatch(QtWidgets.QGraphicsItem):
    """Hatched paper below the cells: what has no value shows it."""

    def __init__(self) -> None:
        super().__init__()
        self._area = QtCore.QRectF()

    def set_shape(self, rows: int, columns: int) -> None:
        """Cover this array."""
        self.prepareGeometryChange()
        self._area = QtCore.QRectF(-0.5, -0.5, columns, rows)

    def boundingRect(self) -> QtCore.QRectF:  # noqa: N802
        """Return the array."""
        return self._area

    def paint(
        self,
        painter: QtGui.QPainter | None,
        option: QtWidgets.QStyleOptionGraphicsItem | None,
        widget: QtWidgets.QWidget | None = None,
    ) -> None:
        """Draw in pixels of the screen: hatching does not grow with the zoom."""
        assert painter is not None
        area = painter.worldTransform().mapRect(self._area)
        painter.save()
        painter.resetTransform()
        painter.fillRect(area, QtGui.QColor(theme.HATCH_PAPER))
        pattern = QtCore.Qt.BrushStyle.BDiagPattern
        painter.fillRect(area, QtGui.QBrush(QtGui.QColor(theme.HATCH_INK), pattern))
        painter.restore()


class _Marks(QtWidgets.QGraphicsItem):
    """Rims and diamonds, in pixels of the screen; worked out again when something has changed."""

    def __init__(self) -> None:
        super().__init__()
        self._area = QtCore.QRectF()
        self._picked = np.zeros((1, 1), np.bool_)
        self._pulsed = np.zeros((1, 1), np.bool_)
        self._any = False
        self._drawn: tuple[object, ...] | None = None
        self._picture = QtGui.QImage()
        self._memory: NDArray[np.uint32] = np.zeros((1, 1), np.uint32)  # what _picture looks at

    def set_shape(self, rows: int, columns: int) -> None:
        """Cover this array, without marks."""
        self.prepareGeometryChange()
        self._area = QtCore.QRectF(-0.5, -0.5, columns, rows)
        self._picked = np.zeros((rows, columns), np.bool_)
        self._pulsed = np.zeros((rows, columns), np.bool_)
        self._changed()

    def set_picked(self, picked: NDArray[np.bool_]) -> None:
        """Put a rim around these."""
        if not np.array_equal(picked, self._picked):
            self._picked = picked.copy()
            self._changed()

    def set_pulsed(self, cells: NDArray[np.uint32]) -> None:
        """Put a diamond on these."""
        pulsed = np.zeros_like(self._pulsed)
        known = np.asarray(cells, dtype=np.int64)
        pulsed.reshape(-1)[known[known < pulsed.size]] = True
        if not np.array_equal(pulsed, self._pulsed):
            self._pulsed = pulsed
            self._changed()

    def boundingRect(self) -> QtCore.QRectF:  # noqa: N802
        """Return the array."""
        return self._area

    def paint(
        self,
        painter: QtGui.QPainter | None,
        option: QtWidgets.QStyleOptionGraphicsItem | None,
        widget: QtWidgets.QWidget | None = None,
    ) -> None:
        """Draw the part that is in sight."""
        assert painter is not None
        if not self._any or widget is None:
            return
        place = painter.worldTransform()
        screen = QtCore.QRectF(widget.rect())
        seen = place.mapRect(self._area).adjusted(-1, -1, 1, 1) & screen
        left, top = int(seen.left()), int(seen.top())
        across = Pixels(place.dx(), place.m11(), left, int(seen.right()) + 1 - left)
        down = Pixels(place.dy(), place.m22(), top, int(seen.bottom()) + 1 - top)
        if self._drawn != (across, down):
            codes = marks(self._picked, self._pulsed, down, across)
            self._memory = _INK[codes]
            self._picture = QtGui.QImage(
                self._memory.data,  # type: ignore[call-overload]  # sip takes any buffer
                across.count,
                down.count,
                QtGui.QImage.Format.Format_ARGB32_Premultiplied,
            )
            self._drawn = (across, down)
        painter.save()
        painter.resetTransform()
        painter.drawImage(QtCore.QPointF(left, top), self._picture)
        painter.restore()

    def _changed(self) -> None:
        self._any = bool(self._picked.any() or self._pulsed.any())
        self._drawn = None
        self.update()


def _usable(levels: tuple[float, float]) -> tuple[float, float]:
    low, high = float(levels[0]), float(levels[1])
    if not (np.isfinite(low) and np.isfinite(high)):
        return 0.0, 1.0
    if high > low:
        return low, high
    around = max(abs(low) * 0.1, 1e-12)  # one colour for all: in the middle of the scale
    return low - around, low + around
