"""What stands inside the axes of a map: the cells' colours, hatching and marks."""

import numpy as np
from numpy.typing import NDArray

from .. import theme
from ..qt import QtCore, QtGui, QtWidgets
from .cell_colours import Inks, Values, colours, hatching, inks
from .cell_marks import marks
from .pixels import Pixels


def _ink(colour: str) -> int:
    return int(QtGui.QColor(colour).rgba())


_MARKS = np.array(  # the codes of cell_marks: clear, light, dark, pulsed
    [0, *map(_ink, (theme.BACKGROUND, theme.FOREGROUND, theme.PULSED))], np.uint32
)


class CellsItem(QtWidgets.QGraphicsItem):
    """Paints pixel by pixel, and only when something has changed.

    pyqtgraph's ImageItem colours all cells, seen or not, and needs 15 ms more for a megapixel in
    which some are unknown.
    """

    def __init__(self) -> None:
        super().__init__()
        self.values: Values = np.full((1, 1), np.nan, np.float32)
        self._area = QtCore.QRectF()
        self._levels = (0.0, 1.0)
        self._table = inks(theme.colour_table(False))
        self._picked = np.zeros((1, 1), np.bool_)
        self._pulsed = np.zeros((1, 1), np.bool_)
        self._drawn: tuple[Pixels, Pixels] | None = None
        self._hatched: tuple[Pixels, Pixels] | None = None
        self._lines: Inks = np.zeros((1, 1), np.uint32)
        self._memory: Inks = np.zeros((1, 1), np.uint32)  # the picture below looks at it
        self._picture = QtGui.QImage()

    def set_shape(self, rows: int, columns: int) -> None:
        """Cover an array of this size: nothing known, nothing marked."""
        self.prepareGeometryChange()
        self._area = QtCore.QRectF(-0.5, -0.5, columns, rows)
        self.values = np.full((rows, columns), np.nan, np.float32)
        self._picked = np.zeros((rows, columns), np.bool_)
        self._pulsed = np.zeros((rows, columns), np.bool_)
        self._changed()

    def show_values(self, values: Values, low: float, high: float, signed: bool) -> None:
        """Colour the cells; NaN is hatched."""
        table = inks(theme.colour_table(signed))
        drawn = np.array(values, np.float32)
        same = np.array_equal(drawn.view(np.uint32), self.values.view(np.uint32))
        if same and self._levels == (low, high) and np.array_equal(table, self._table):
            return
        self.values, self._levels, self._table = drawn, (low, high), table
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
        if painter is None or widget is None:
            return
        place = painter.worldTransform()
        # One pixel more on each side, where the rim of a picked cell at the edge stands.
        seen = place.mapRect(self._area).adjusted(-1, -1, 1, 1) & QtCore.QRectF(widget.rect())
        left, top = int(seen.left()), int(seen.top())
        across = Pixels(place.dx(), place.m11(), left, int(seen.right()) + 1 - left)
        down = Pixels(place.dy(), place.m22(), top, int(seen.bottom()) + 1 - top)
        if across.count < 1 or down.count < 1:
            return
        if self._drawn != (down, across):
            self._compose(down, across)
        painter.save()
        painter.resetTransform()
        painter.drawImage(QtCore.QPointF(left, top), self._picture)
        painter.restore()

    def _compose(self, down: Pixels, across: Pixels) -> None:
        picture, unknown = colours(self.values, self._levels, self._table, down, across)
        if unknown.any():
            np.copyto(picture, self._hatching(down, across), where=unknown)
        rows, columns = self.values.shape
        picture[_beyond(down, rows), :] = _ink(theme.BACKGROUND)
        picture[:, _beyond(across, columns)] = _ink(theme.BACKGROUND)
        if self._picked.any() or self._pulsed.any():
            codes = marks(self._picked, self._pulsed, down, across)
            np.copyto(picture, _MARKS[codes], where=codes > 0)
        self._memory = np.ascontiguousarray(picture)
        self._picture = QtGui.QImage(
            self._memory.data,  # type: ignore[call-overload]  # sip takes any buffer
            across.count,
            down.count,
            QtGui.QImage.Format.Format_RGB32,
        )
        self._drawn = (down, across)

    def _hatching(self, down: Pixels, across: Pixels) -> Inks:
        """Return the hatching of all pixels; it changes only with zoom and size."""
        if self._hatched != (down, across):
            paper, ink = _ink(theme.HATCH_PAPER), _ink(theme.HATCH_INK)
            self._lines = hatching(down, across, paper, ink)
            self._hatched = (down, across)
        return self._lines

    def _changed(self) -> None:
        self._drawn = None
        self.update()


def _beyond(pixels: Pixels, count: int) -> NDArray[np.bool_]:
    cells = pixels.cells()
    return (cells < 0) | (cells >= count)
