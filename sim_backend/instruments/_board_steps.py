"""Requests for cells, step by step through the circuit: where no cell is alone on its lines.

Same calls as `_board_cells.Chip`. Cells that begin at one time are one step of the request.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..chip.wired_chip import WiredChip
from ._board_bias import Levels, Scheme, StepLines
from ._board_settings import BoardSettings

Floats = NDArray[np.float64]
Cells = NDArray[np.uint32]


class SteppedChip:
    """A chip whose lines are all held while some of its cells are pulsed or read."""

    def __init__(self, wired: WiredChip, lines: StepLines, settings: BoardSettings) -> None:
        self.wired, self._lines, self._settings = wired, lines, settings

    def pulse_cells(
        self,
        cells: Cells,
        amplitude: float | Floats,
        width: float,
        gate: float | Floats,
        *,
        count: int = 1,
        gap: float = 0.0,
        current_limit: float = np.inf,
        start: Floats,
    ) -> Floats:
        """Pulse cells; return peak currents in A. The others see what the circuit gives them."""
        peak = np.zeros(cells.size)
        scheme = self._settings.pulse_bias
        for step, at, held in self._steps(cells, amplitude, gate, start, scheme):
            found = self.wired.pulse_lines(
                held.rows, held.columns, held.gates, width, count=count, gap=gap,
                line_current_limit=current_limit, asked=cells[step], start=at,
            )  # fmt: skip
            peak[step] = found[cells[step]]
        return peak

    def read_cells(
        self,
        cells: Cells,
        voltage: float | Floats,
        gate: float | Floats,
        *,
        aperture: float,
        averages: int = 1,
        start: Floats,
    ) -> Floats:
        """Return the current in A into each cell's own line, from its SET terminal."""
        current = np.zeros(cells.size)
        lines, topology = self._lines, self._lines.topology
        sign = 1.0 if topology.set_terminal == "row" else -1.0
        scheme = self._settings.read_bias
        for step, at, held in self._steps(cells, voltage, gate, start, scheme):
            result = self.wired.line_currents(
                held.rows, held.columns, held.gates, aperture=aperture * averages, start=at
            )
            if lines.shares_row:
                current[step] = -sign * result.column_current[cells[step] % topology.columns]
            else:
                current[step] = sign * result.row_current[cells[step] // topology.columns]
        return current

    def _steps(
        self,
        cells: Cells,
        amplitude: float | Floats,
        gate: float | Floats,
        start: Floats,
        scheme: Scheme,
    ) -> Iterator[tuple[NDArray[np.intp], float, Levels]]:
        """Yield the places in the request, the time and the levels of each step, in order."""
        volts = np.broadcast_to(np.asarray(amplitude, np.float64), cells.shape)
        gates = np.broadcast_to(np.asarray(gate, np.float64), cells.shape)
        order = np.argsort(start, kind="stable")
        for step in np.split(order, np.flatnonzero(np.diff(start[order])) + 1):
            held = self._lines.levels(cells[step], volts[step], gates[step], scheme)
            yield step, float(start[step[0]]), held
