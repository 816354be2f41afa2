"""The curves, points and steps of a plot: made once, given new numbers for each picture."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import theme
from .qt import QtGui, pg
from .thinning import MOST_SCATTERED, MOST_UNSORTED, Drawn, peaks, spread_out

_MOST_NAMED = 12


class PlotItems:
    """What stands in a plot. Another kind of plot or number of traces makes it anew."""

    def __init__(self, plot: Any) -> None:
        self._plot = plot
        self._legend = plot.addLegend(
            offset=(-8, 8),
            labelTextColor=theme.FOREGROUND,
            labelTextSize="9pt",
            verSpacing=-6,
            brush=(255, 255, 255, 170),
        )
        self._legend.hide()
        self._kind = ""
        self._names: tuple[str, ...] | None = None
        self._items: list[Any] = []

    def clear(self) -> None:
        """Take everything out."""
        self._legend.clear()
        self._legend.hide()
        for item in self._items:
            self._plot.removeItem(item)
        self._items = []
        self._names = None

    def draw(self, kind: str, traces: Sequence[Drawn], floor: float) -> str:
        """Draw the traces; return what a person has to know about points that are not drawn.

        floor: where the bars of a histogram stand, in coordinates of the axis.
        """
        self._prepare(kind, traces)
        most = MOST_SCATTERED // max(1, len(traces))
        for item, trace in zip(self._items, traces, strict=True):
            if kind == "scatter":
                kept = spread_out(len(trace.x), most)
                item.setData(x=trace.x[kept], y=trace.y[kept])
            elif kind == "histogram":
                item.setData(trace.x, np.where(np.isnan(trace.y), floor, trace.y))
                item.setFillLevel(floor)
            else:
                _draw_line(item, trace)
        return _remarks(kind, traces, most)

    def _prepare(self, kind: str, traces: Sequence[Drawn]) -> None:
        if kind != self._kind or len(traces) != len(self._items):
            self.clear()
            self._kind = kind
            for number in range(len(traces)):
                item = _made(kind, number, alone=len(traces) == 1)
                self._items.append(item)
                self._plot.addItem(item, ignoreBounds=True)
        names = tuple(trace.name for trace in traces)
        if names != self._names:
            self._names = names
            self._name(names)

    def _name(self, names: tuple[str, ...]) -> None:
        self._legend.clear()
        for item, name in list(zip(self._items, names, strict=True))[:_MOST_NAMED]:
            if name:
                self._legend.addItem(item, name)
        if len(names) > _MOST_NAMED:
            self._legend.addItem(self._items[_MOST_NAMED], f"... {len(names) - _MOST_NAMED} more")
        self._legend.setVisible(any(names))


def _made(kind: str, number: int, alone: bool) -> Any:
    pen = theme.trace_pen(number)
    if kind == "scatter":
        symbol = theme.SYMBOLS[number % len(theme.SYMBOLS)]
        return pg.ScatterPlotItem(
            size=6, symbol=symbol, pen=None, brush=QtGui.QColor(pen.color()), pxMode=True
        )
    if kind == "histogram":
        fill = QtGui.QColor(pen.color())
        fill.setAlpha(150 if alone else 60)
        return pg.PlotCurveItem(
            [0.0, 1.0], [0.0], pen=pen, brush=fill, fillLevel=0.0, stepMode="center"
        )
    return pg.PlotDataItem(pen=pen, antialias=False)


def _draw_line(item: Any, trace: Drawn) -> None:
    # pyqtgraph's own thinning looks at the part in sight, but takes x to be in order.
    item.setClipToView(trace.sorted)
    item.setDownsampling(auto=trace.sorted, method="peak")
    if trace.sorted:
        item.setData(trace.x, trace.y, connect="all", skipFiniteCheck=True)
    else:
        x, y = peaks(trace.x, trace.y, MOST_UNSORTED)
        item.setData(x, y, connect="finite")


def _remarks(kind: str, traces: Sequence[Drawn], most: int) -> str:
    said = []
    count = sum(len(trace.x) for trace in traces)
    drawn = sum(min(len(trace.x), most) for trace in traces)
    if kind == "scatter" and drawn < count:
        said.append(f"{drawn:,} of {count:,} points drawn, evenly picked")
    unsorted = sum(len(t.x) for t in traces if not t.sorted and len(t.x) > MOST_UNSORTED)
    if kind in ("line", "cdf") and unsorted:
        said.append(f"{unsorted:,} points thinned to their extremes")
    lost = sum(trace.left_out for trace in traces)
    if lost and kind != "histogram":
        said.append(f"{lost:,} {'value' if lost == 1 else 'values'} not above 0: not on a log axis")
    return "; ".join(said)
