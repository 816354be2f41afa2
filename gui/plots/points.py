"""The points of a scatter plot, stamped into one picture: a tenth of the time of single symbols."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import theme
from ..qt import QtCore, QtGui, QtWidgets, pg
from .thinning import Floats

_FAR = 1e6  # px: points further off are not in the picture, whatever the zoom

# Told apart by shape as well as by colour: dot, square, triangle, diamond, plus, cross.
_SHAPES = (
    ("..###..", ".#####.", "#######", "#######", "#######", ".#####.", "..###.."),
    ("......", ".#####.", ".#####.", ".#####.", ".#####.", ".#####."),
    ("...#...", "...#...", "..###..", "..###..", ".#####.", "#######"),
    ("...#...", "..###..", ".#####.", "#######", ".#####.", "..###..", "...#..."),
    ("...#...", "...#...", "...#...", "#######", "...#...", "...#...", "...#..."),
    ("#.....#", ".#...#.", "..#.#..", "...#...", "..#.#..", ".#...#.", "#.....#"),
)


def _stamp(shape: Sequence[str]) -> NDArray[np.int64]:
    """Return (down, right) of each pixel of a symbol, from its middle."""
    places = [(y, x) for y, line in enumerate(shape) for x, mark in enumerate(line) if mark == "#"]
    return np.array(places, np.int64) - 3


_STAMPS = tuple(map(_stamp, _SHAPES))


class Points(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """All points of a plot; the number of a trace gives them colour and shape."""

    def __init__(self) -> None:
        super().__init__()
        self._traces: list[tuple[Floats, Floats]] = []
        self._memory = np.zeros((1, 1), np.uint32)  # the picture on the screen looks at it

    def show_points(self, traces: Sequence[tuple[Floats, Floats]]) -> None:
        """Draw these (x, y), in coordinates of the axes; NaN is not drawn."""
        self._traces = list(traces)
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QtCore.QRectF:  # noqa: N802
        """Return all that is in sight."""
        box = self.getViewBox()
        return QtCore.QRectF() if box is None else QtCore.QRectF(box.viewRect())

    def viewTransformChanged(self) -> None:  # noqa: N802
        """Cover what is now in sight."""
        self.prepareGeometryChange()

    def paint(
        self,
        painter: QtGui.QPainter,
        option: QtWidgets.QStyleOptionGraphicsItem,
        widget: QtWidgets.QWidget | None = None,
    ) -> None:
        """Stamp the points that are in sight."""
        place = painter.worldTransform()
        seen = place.mapRect(self.boundingRect()).toAlignedRect()
        if seen.isEmpty():
            return
        self._memory = np.zeros((seen.height(), seen.width()), np.uint32)
        for number, (x, y) in enumerate(self._traces):
            across = x * place.m11() + (place.dx() - seen.left())
            down = y * place.m22() + (place.dy() - seen.top())
            self._stamp(number, across, down)
        picture = QtGui.QImage(
            self._memory.data,  # type: ignore[call-overload]  # sip takes any buffer
            seen.width(),
            seen.height(),
            QtGui.QImage.Format.Format_ARGB32_Premultiplied,
        )
        painter.save()
        painter.resetTransform()
        painter.drawImage(seen.topLeft(), picture)
        painter.restore()

    def _stamp(self, number: int, across: Floats, down: Floats) -> None:
        near = (np.abs(across) < _FAR) & (np.abs(down) < _FAR)  # false for NaN
        stamp = _STAMPS[_shape_of(number)]
        rows = np.add.outer(down[near].astype(np.int64), stamp[:, 0])
        columns = np.add.outer(across[near].astype(np.int64), stamp[:, 1])
        height, width = self._memory.shape
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        ink = QtGui.QColor(theme.TRACES[number % len(theme.TRACES)]).rgba()
        self._memory[rows[inside], columns[inside]] = ink


def _shape_of(number: int) -> int:
    """Return the shape of a trace; in a second round each colour gets the shape after its own."""
    return (number + number // len(theme.TRACES)) % len(_SHAPES)


def legend_key(number: int) -> Any:
    """Return what stands in a legend for the points of the trace with this number."""
    return pg.ScatterPlotItem(
        size=8,
        symbol=("o", "s", "t1", "d", "+", "x")[_shape_of(number)],
        pen=QtGui.QColor(theme.TRACES[number % len(theme.TRACES)]),
        brush=QtGui.QColor(theme.TRACES[number % len(theme.TRACES)]),
    )
