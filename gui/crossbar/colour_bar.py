"""The scale beside a map: which colour is which value. It does not move."""

from typing import Any

import numpy as np

from .. import theme
from ..plots.axis import Axis
from ..qt import QtCore, pg

_WIDTH = 18  # px


class ColourBar(pg.PlotItem):  # type: ignore[misc]  # pyqtgraph has no types
    """A strip of colours with an axis on its right."""

    def __init__(self) -> None:
        self._axis = Axis("right")
        super().__init__(axisItems={"right": self._axis}, enableMenu=False)
        self.showAxis("right")
        self.hideAxis("left")
        self.hideAxis("bottom")
        self.hideButtons()
        self.getViewBox().disableAutoRange()
        self.layout.setColumnFixedWidth(1, _WIDTH)
        ramp = np.arange(256, dtype=np.float32).reshape(256, 1)
        self._strip = pg.ImageItem(ramp, levels=(0, 256))
        self.addItem(self._strip, ignoreBounds=True)
        self._shown: tuple[object, ...] = ()
        self.show_scale("", 0.0, 1.0, False)

    def insert_in(self, plot: Any) -> None:
        """Stand to the right of a plot."""
        plot.layout.addItem(self, 2, 5)
        plot.layout.setColumnFixedWidth(4, 12)

    def show_scale(self, label: str, low: float, high: float, signed: bool) -> None:
        """Show the scale from ``low`` to ``high``, of values or of deviations from zero."""
        if self._shown == (label, low, high, signed):
            return
        self._shown = (label, low, high, signed)
        self._axis.set_title(label)
        self._strip.setLookupTable(theme.colour_table(signed))
        self._strip.setRect(QtCore.QRectF(0.0, low, 1.0, high - low))
        self.getViewBox().setRange(xRange=(0.0, 1.0), yRange=(low, high), padding=0)
