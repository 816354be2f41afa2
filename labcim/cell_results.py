"""What cells give when they are asked; import it from `capabilities`, which has the verbs."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CellIndices = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What reached the cells; one row a cell. Amplitudes are those that were commanded."""

    cells: CellIndices
    amplitude: Floats
    gate: Floats
    width: float
    count: int
    time: Floats
    peak_current: Floats
    flags: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.cells)


@dataclass(frozen=True, slots=True)
class CellReadings:
    """Readings of cells; one row a cell. Flagged rows are not data.

    current: A.  applied, sensed: V.  conductance: S, as measured (current / sensed).
    corrected: S, after the declared corrections.  time: bench time in s.
    """

    cells: CellIndices
    current: Floats
    applied: Floats
    sensed: Floats
    conductance: Floats
    corrected: Floats
    time: Floats
    flags: NDArray[np.uint8]
    averages: int = 1
    current_range: float = float("nan")
    sense_mode: Literal["virtual ground", "shunt"] = "virtual ground"
    impedance: float = 0.0

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def good(self) -> NDArray[np.bool_]:
        """Return which rows are data, shape (cells,)."""
        return np.equal(self.flags, 0)


@dataclass(frozen=True, slots=True)
class SweepReadings:
    """An I-V sweep of one cell. voltage: V, current: A, time: s, each of shape (points,)."""

    cell: int
    voltage: Floats
    current: Floats
    time: Floats
    flags: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Delays:
    """How long cells took to carry a threshold current; one row a cell.

    delay: s, whole clocks, from the begin of the pulse; NaN where the longest wait passed without.
    time: bench time of that begin in s.  amplitude, gate: V, as commanded.  width, count: what
    reached the cell: one pulse that ended when the current crossed, or as many of one clock each.
    """

    cells: CellIndices
    delay: Floats
    time: Floats
    flags: NDArray[np.uint8]
    amplitude: Floats
    gate: Floats
    width: Floats
    count: NDArray[np.uint32]
    peak_current: Floats

    def __len__(self) -> int:
        return len(self.cells)


@dataclass(frozen=True, slots=True)
class Cycled:
    """What cells did in ``count`` cycles of SET and RESET, begun and ended at bench times in s.

    high, low: S after each SET and each RESET, as measured, (count, cells); (0, cells) where
    nothing was read. high_flags, low_flags: likewise; flagged readings are not data.
    time: s, begin of each cycle that was read.  set_peak, reset_peak: A, the largest of all cycles,
    (cells,), NaN where nobody measures the current of a pulse; set_flags, reset_flags: of those.
    """

    cells: CellIndices
    high: Floats
    low: Floats
    high_flags: NDArray[np.uint8]
    low_flags: NDArray[np.uint8]
    time: Floats
    count: int
    began: float
    ended: float
    set_peak: Floats
    reset_peak: Floats
    set_flags: NDArray[np.uint8]
    reset_flags: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.cells)
