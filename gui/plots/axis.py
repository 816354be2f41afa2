"""An axis whose ticks say what they are worth, linear or logarithmic, without a hidden factor."""

import html
from collections.abc import Sequence
from typing import Any

from ..qt import QtCore, pg
from ..theme import FOREGROUND
from .ticks import Ticks, linear_ticks, log_ticks

_ROOM = {"left": 34.0, "right": 34.0, "bottom": 72.0, "top": 72.0}  # px that a label wants
_END = 20.0  # px that a label may reach beyond the end of its axis
_SAME = 1e-9


class Axis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws ticks of :mod:`ticks`. In log mode the coordinates are log10 of the values.

    whole: ticks are whole numbers, from 0 to below ``count`` (rows, columns).
    """

    def __init__(self, orientation: str, whole: bool = False) -> None:
        super().__init__(orientation, pen=FOREGROUND, textPen=FOREGROUND, maxTickLength=4)
        self.enableAutoSIPrefix(False)
        self.setStyle(maxTextLevel=0, autoReduceTextSpace=False)
        self.log = False
        self._titled = ""
        self.count: int | None = None
        self._whole = whole
        self._text_of: dict[float, str] = {}
        self._names: tuple[str, ...] = ()

    def set_log(self, log: bool) -> None:
        """Choose between log10 and linear ticks."""
        if log != self.log:
            self.log = log
            self._redraw()

    def set_count(self, count: int) -> None:
        """Say how many rows or columns there are: no tick stands beyond them."""
        self.count = count
        self._redraw()

    def set_names(self, names: Sequence[str]) -> None:
        """Say what stands at 0, 1, ... on a whole axis; nothing: the numbers themselves."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            self._redraw()

    def set_title(self, text: str) -> None:
        """Set the label, as plain text and with its unit."""
        if text != self._titled:
            self._titled = text
            self.setLabel(html.escape(text))

    def ticks(self, low: float, high: float, size: float) -> Ticks:
        """Return the ticks for a stretch of the axis that is ``size`` pixels long."""
        room = min(_ROOM[self.orientation], 40.0 if self._whole else 99.0)
        most = max(2, int(size / room))
        if self.log:
            return log_ticks(low, high, most)
        if self.count is not None:
            low, high = max(low, 0.0), min(high, self.count - 1.0)
            if low == high:  # one row only
                low, high = low - _SAME, high + _SAME
        return linear_ticks(low, high, most, self._whole)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[Any]:  # noqa: N802, N803
        """Give pyqtgraph the places of the ticks: labelled ones first."""
        found = self.ticks(min(minVal, maxVal), max(minVal, maxVal), size)
        self._text_of = dict(zip(found.places, found.texts, strict=True))
        if self._names:
            named = {place: round(place) for place in found.places}
            self._text_of = {p: self._names[n] for p, n in named.items() if n < len(self._names)}
        return [(None, list(found.places)), (None, list(found.between))]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: Any) -> list[str]:  # noqa: N802
        """Give pyqtgraph the labels of the places it was given."""
        return [self._text_of.get(value, "") for value in values]

    def boundingRect(self) -> QtCore.QRectF:  # noqa: N802
        """Return where the axis draws; labels at its ends reach beyond it, with a grid as well."""
        room = (_END, 0.0) if self.orientation in ("bottom", "top") else (0.0, _END / 2)
        area: QtCore.QRectF = super().boundingRect()
        return area.adjusted(-room[0], -room[1], room[0], room[1])

    def _redraw(self) -> None:
        self.picture = None
        self.update()
