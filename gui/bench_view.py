"""Map, plot and cell side by side, drawn from what a hub holds."""

import logging
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.plotted import is_signed, plotted, scale_of, usual_range
from labcim.units import show

from .crossbar.cell_panel import CellPanel
from .crossbar.map_view import MapView
from .pace import Throttle
from .plots.plot_view import PlotView
from .qt import QtCore, QtWidgets
from .run.hub import Hub

log = logging.getLogger(__name__)

_NOTHING = "No run yet: choose a protocol on the right, then press Start (F5)."
_PLACE = ("cell", "row", "column")  # stand in the panel's title
OLD = 2.0
"""s by which a picture may lag before it is called old."""

_SAMPLE = 20_000  # values that are enough to find the range of the colours


class BenchView(QtWidgets.QSplitter):
    """The middle of the window. ``look_at`` says whose documents it shows."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(QtCore.Qt.Orientation.Horizontal)
        self.setObjectName("bench_view")
        self.map = MapView()
        self.plot = PlotView()
        self.cell = CellPanel()
        self._hub = hub
        self._specs: tuple[PlotSpec, ...] = ()
        self._old = ""
        self._map_pace, self._plot_pace, self._cell_pace = Throttle(), Throttle(), Throttle()
        right = QtWidgets.QSplitter(QtCore.Qt.Orientation.Vertical)
        right.addWidget(self.plot)
        right.addWidget(self.cell)
        right.setSizes([430, 190])
        self.addWidget(self.map)
        self.addWidget(right)
        self.setSizes([560, 500])
        self.map.quantity_changed.connect(self._map_pace.want)
        self.map.picked.connect(self._cell_pace.want)
        self.plot.chosen_changed.connect(self._plot_pace.want)
        self.clear(_NOTHING)

    def look_at(self, hub: Hub) -> None:
        """Show another hub's documents from now on."""
        self._hub = hub
        self._specs = ()
        self.clear(_NOTHING)
        self.take({"run", "map", "rows"})

    def clear(self, text: str) -> None:
        """Show nothing, and say why."""
        self.map.clear(text)
        self.plot.clear(text)
        self.cell.clear("")

    def take(self, changed: Collection[str]) -> None:
        """Draw what has changed, each view when its time has come."""
        if "run" in changed:
            self._begin()
        if "map" in changed:
            self._map_pace.want()
            self._cell_pace.want()
        if "rows" in changed:
            self._plot_pace.want()
        self._map_pace(self._draw_map)
        self._plot_pace(self._draw_plot)
        self._cell_pace(self._draw_cell)
        if self._hub.start is not None:
            self.map.show_pulsed(self._hub.recently_pulsed())

    def _begin(self) -> None:
        start, hub = self._hub.start, self._hub
        if start is None:
            self._specs = ()
            self.plot.set_plots(())
            self.clear(_NOTHING)
            return
        self.map.set_shape(start.rows, start.columns)
        # What the cells are comes first, whatever the protocol's own first picture is.
        self.map.set_quantities(tuple(sorted(hub.map_names, key=lambda n: n != "conductance")))
        if hub.plots != self._specs:
            self._specs = hub.plots
            # The map stands beside them already: other plots come first.
            self.plot.set_plots(sorted(hub.plots, key=lambda spec: spec.kind == "map"))
        self._map_pace.want()
        self._plot_pace.want()
        self._cell_pace.want()

    def _draw_map(self) -> None:
        name = self.map.quantity
        if not name:
            return
        values = self._hub.map(name)
        if not values.size:
            return  # the run was taken away meanwhile: its end is told by another frame
        divisor, label = scale_of(values, self._hub.channel(name))
        scaled = values / np.float32(divisor)
        signed = is_signed(name)
        levels = usual_range(_sample(scaled), signed)
        self.map.show_map(scaled, label, levels, signed)
        self.map.remark(self._remark(name))

    def show_lag(self, lag: float) -> None:
        """Say how old the picture is where it lags by more than ``OLD`` s."""
        old = f"▲ this picture is {lag:.0f} s old" if lag > OLD else ""
        if old != self._old:
            self._old = old
            self._map_pace.want()
            self.plot.remark(old)

    def _remark(self, name: str) -> str:
        """Return what the map does not show of itself."""
        if self._old:
            return self._old
        if (cut_off := self._hub.cut_off) is not None:
            return f"{len(cut_off.cells):,} cells of a unit that was cut off may have changed"
        earlier = self._hub.earlier_cells(name)
        return f"{earlier:,} cells as an earlier run found them" if earlier else ""

    def _draw_plot(self) -> None:
        spec = self.plot.chosen
        if spec is None:
            return
        found = self._hub.drawable(spec)
        if found is None:
            self.plot.clear(f"“{spec.title}” needs channels that this run has not")
            return
        if not len(next(iter(found.rows.values()), ())):
            self.plot.clear("No rows yet: they come when a unit of work is done.")
            return
        try:
            shown = plotted(spec, found.rows, found.channels, found.shape)
        except Exception as trouble:  # whatever a protocol tells: its run must not end by it
            log.exception("plot %r cannot be drawn", spec.title)
            self.plot.clear(f"“{spec.title}” cannot be drawn: {trouble}")
            return
        self.plot.show_plot(shown)

    def _draw_cell(self) -> None:
        cells, start = self.map.picked_cells, self._hub.start
        if start is None or not cells.size:
            self.cell.clear("Pick a cell on the map: its latest values stand here.")
        elif cells.size == 1:
            row, column = divmod(int(cells[0]), start.columns)
            self.cell.show_cell(row, column, self._values_of(int(cells[0])))
        else:
            self.cell.show_cells(self._values_of_many(cells), cells.size)

    def _values_of(self, cell: int) -> list[tuple[str, str]]:
        return [
            (name.replace("_", " "), _said(value, self._hub.channel(name)))
            for name, value in self._hub.cell(cell).items()
            if name not in _PLACE
        ]

    def _values_of_many(self, cells: NDArray[np.uint32]) -> list[tuple[str, str]]:
        name = self.map.quantity
        values = self._hub.map(name).reshape(-1)[cells] if name else np.zeros(0)
        known = values[np.isfinite(values)]
        if not known.size:
            return []
        channel = self._hub.channel(name)
        return [
            (f"{name.replace('_', ' ')}, median", _said(float(np.median(known)), channel)),
            ("lowest", _said(float(known.min()), channel)),
            ("highest", _said(float(known.max()), channel)),
        ]


def _sample(
    values: NDArray[np.float32],
) -> NDArray[np.float64]:
    flat = values.reshape(-1)
    return flat[:: max(flat.size // _SAMPLE, 1)].astype(np.float64)


def _said(value: float, channel: Channel) -> str:
    return show(value, channel.unit) if channel.unit else f"{value:.6g}"
