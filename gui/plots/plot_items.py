"""The curves, points and steps of a plot: made once, given new numbers for each picture."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import theme
from ..qt import QtGui, pg
from .points import Points, legend_key
from .thinning import MOST_SCATTERED, MOST_UNSORTED, Drawn, in_sight, peaks, spread_out

_MOST_NAMED = 12
_MOST_SORTED = 12_000  # points of all lines together, of what is in sight
_MOST_DASHED = 400  # points of one line: Qt draws dashes slowly


class PlotItems:
    """What stands in a plot. Another kind of plot or number of traces makes it anew."""

    def __init__(self, plot: Any) -> None:
        self._plot = plot
        self._legend = plot.addLegend(
            offset=(-8, 8),
            labelTextColor=theme.FOREGROUND,
            labelTextSize="9pt",
            verSpacing=-4,
            brush=(255, 255, 255, 170),
        )
        self._legend.hide()
        self._kind = ""
        self._traces: tuple[Drawn, ...] = ()
        self._names: tuple[str, ...] = ()
        self._items: list[Any] = []

    def clear(self) -> None:
        """Take everything out."""
        self._legend.clear()
        self._legend.hide()
        for item in self._items:
            self._plot.removeItem(item)
        self._items = []
        self._kind, self._traces, self._names = "", (), ()

    def draw(self, kind: str, traces: Sequence[Drawn], floor: float) -> str:
        """Take the traces; return what a person has to know about points that are not drawn.

        floor: where the bars of a histogram stand, in coordinates of the axis. Lines appear with
        the next call of ``draw_lines``.
        """
        self._prepare(kind, tuple(traces))
        if kind == "scatter":
            most = MOST_SCATTERED // max(1, len(traces))
            kept = [(trace, spread_out(len(trace.x), most)) for trace in traces]
            self._items[0].show_points([(trace.x[k], trace.y[k]) for trace, k in kept])
        elif kind == "histogram":
            for item, trace in zip(self._items, traces, strict=True):
                item.setData(trace.x, np.where(np.isnan(trace.y), floor, trace.y))
                item.setFillLevel(floor)
        return _remarks(kind, traces)

    def draw_lines(self, low: float, high: float, width: float) -> None:
        """Draw of each line what lies between two places of x, on so many pixels."""
        if self._kind not in ("line", "cdf"):
            return
        share = max(1, len(self._traces))
        for number, (item, trace) in enumerate(zip(self._items, self._traces, strict=True)):
            x, y = trace.x, trace.y
            if trace.sorted:
                x, y = in_sight(x, y, low, high)
                most = min(max(_MOST_SORTED // share, 400), max(400, 2 * int(width)))
            else:
                most = max(MOST_UNSORTED // share, 400)
            if theme.is_dashed(number):
                most = _MOST_DASHED
            x, y = peaks(x, y, most)
            item.setData(x, y, connect="finite")

    def _prepare(self, kind: str, traces: tuple[Drawn, ...]) -> None:
        wanted = 1 if kind == "scatter" else len(traces)
        if kind != self._kind or wanted != len(self._items):
            self.clear()
            self._kind = kind
            self._items = [_made(kind, number, wanted == 1) for number in range(wanted)]
            for item in self._items:
                self._plot.addItem(item, ignoreBounds=True)
        self._traces = traces
        names = tuple(trace.name for trace in traces)
        if names != self._names:
            self._names = names
            self._name(names)

    def _name(self, names: tuple[str, ...]) -> None:
        self._legend.clear()
        points = self._kind == "scatter"
        for number, name in enumerate(names[:_MOST_NAMED]):
            if name:
                self._legend.addItem(legend_key(number) if points else self._items[number], name)
        self._legend.setVisible(any(names))


def _made(kind: str, number: int, alone: bool) -> Any:
    if kind == "scatter":
        return Points()
    pen = theme.trace_pen(number)
    if kind == "histogram":
        fill = QtGui.QColor(pen.color())
        fill.setAlpha(150 if alone else 60)
        return pg.PlotCurveItem(
            [0.0, 1.0], [0.0], pen=pen, brush=fill, fillLevel=0.0, stepMode="center"
        )
    return pg.PlotCurveItem(pen=pen)


def _remarks(kind: str, traces: Sequence[Drawn]) -> str:
    said = []
    share = max(1, len(traces))
    count = sum(len(trace.x) for trace in traces)
    drawn = sum(min(len(trace.x), MOST_SCATTERED // share) for trace in traces)
    if kind == "scatter" and drawn < count:
        said.append(f"{drawn:,} of {count:,} points drawn, evenly picked")
    folded = sum(len(t.x) for t in traces if not t.sorted and len(t.x) > MOST_UNSORTED // share)
    if kind == "line" and folded:
        said.append(f"{folded:,} points, drawn by their extremes")
    lost = sum(trace.left_out for trace in traces)
    if lost and kind != "histogram":
        said.append(f"{lost:,} {'value' if lost == 1 else 'values'} not above 0: not on a log axis")
    if len(traces) > _MOST_NAMED:
        said.append(f"{_MOST_NAMED} of {len(traces)} curves named")
    return "; ".join(said)
