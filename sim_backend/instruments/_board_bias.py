"""What every line is held at while some cells of one step are pulsed or read.

The cells of a step share one line, and each has one of its own. V = row - column is the law:

    V > 0   row lines above column lines: a shared row is at Vmax and each column at Vmax - V; a
            shared column is at 0 V and each row at V.
    V < 0   the mirror image: every level L becomes Vmax - L.

Vmax is the largest |V| of the step. On a 1T1R chip all other own lines are where the shared line
is, so that cells whose gate is open with theirs see nothing; or they float, where their window does
not reach as far. On other chips the shared line is a row, and a scheme says what the lines are held
at that are not selected. All levels may be moved up or down together to fit the windows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Topology

from ..wire.scpi import ScpiError
from ._board_lines import LineBank

Floats = NDArray[np.float64]
Cells = NDArray[np.uint32]
Scheme = Literal["HALF", "THIR", "GRO", "FLO"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
SLACK = 1e-6  # V: windows and amplitudes come as float32

# Unselected rows and columns, in parts of Vmax, where rows are above columns; NaN floats.
UNSELECTED: dict[Scheme, tuple[float, float]] = {
    "HALF": (0.5, 0.5),
    "THIR": (1.0 / 3.0, 2.0 / 3.0),
    "GRO": (0.0, 0.0),
    "FLO": (np.nan, np.nan),
}


def scheme_of(word: str) -> Scheme:
    """Return the scheme of that short form."""
    return next(scheme for scheme in SCHEMES if scheme == word)


@dataclass(frozen=True, slots=True)
class Levels:
    """V of every line; NaN floats."""

    rows: Floats
    columns: Floats
    gates: Floats


class StepLines:
    """The levels of one board's lines on one topology."""

    def __init__(self, topology: Topology, banks: dict[str, LineBank]) -> None:
        self.topology, self._banks = topology, banks
        self.gated = topology.kind == "1T1R"
        self.along = topology.gate_along if self.gated else "row"
        self._sign = 1.0 if topology.set_terminal == "row" else -1.0
        self.shares_row = self.along == "row"

    def levels(self, cells: Cells, amplitude: Floats, gate: Floats, scheme: Scheme) -> Levels:
        """Return what one step needs. amplitude: V, gate: V, (cells,), of one polarity."""
        across = self._sign * amplitude
        rows, columns = cells // self.topology.columns, cells % self.topology.columns
        highest, upward = float(np.abs(across).max()), bool(across.sum() >= 0.0)
        size = np.abs(across)
        if self.gated:
            other_rows = other_columns = highest if self.shares_row else 0.0
        else:
            other_rows, other_columns = (part * highest for part in UNSELECTED[scheme])
        row_v = np.full(self.topology.rows, other_rows)
        column_v = np.full(self.topology.columns, other_columns)
        if self.shares_row:
            row_v[rows], column_v[columns] = highest, highest - size
        else:
            row_v[rows], column_v[columns] = size, 0.0
        if not upward:
            row_v, column_v = highest - row_v, highest - column_v
        if self.gated:
            self._inhibit(row_v, rows, "row")
            self._inhibit(column_v, columns, "column")
        else:
            shift = self._shift([row_v, column_v])
            row_v, column_v = row_v + shift, column_v + shift
        return Levels(row_v, column_v, self._gates(cells, gate))

    def fit(self, highest: float, lowest: float, sign: float, scheme: Scheme) -> None:
        """Raise -222 unless a step of |V| between ``lowest`` and ``highest`` fits the windows."""
        other_rows, other_columns = (part * highest for part in UNSELECTED[scheme])
        row_v = np.array([highest, other_rows])
        column_v = np.array([0.0, highest - lowest, other_columns])
        if sign * self._sign < 0.0:
            row_v, column_v = highest - row_v, highest - column_v
        self._shift([row_v, column_v])

    def _shift(self, levels: Sequence[Floats]) -> float:
        """Return V by which to move all levels into their windows: as few as will do."""
        least, most = -np.inf, np.inf
        for name, volts in zip(("row", "column"), levels, strict=True):
            bank = self._banks[name]
            least = max(least, bank.low - float(np.fmin.reduce(volts)))
            most = min(most, bank.high - float(np.fmax.reduce(volts)))
        if least > most + SLACK:
            raise ScpiError(-222, device_info="the scheme's levels do not fit the windows")
        return min(max(0.0, least), most)

    def _inhibit(self, volts: Floats, selected: Cells, name: str) -> None:
        """Let lines float that would have to follow beyond their window."""
        beyond = volts > self._banks[name].high + SLACK
        beyond[selected] = False
        volts[beyond] = np.nan

    def _gates(self, cells: Cells, gate: Floats) -> Floats:
        gates = np.zeros(self.topology.gates)
        if self.gated:
            place = {"row": cells // self.topology.columns, "column": cells % self.topology.columns}
            gates[place.get(self.topology.gate_along, cells)] = gate
        return gates
