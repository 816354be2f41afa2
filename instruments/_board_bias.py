"""What unselected lines are held at on chips without transistors, and whether that fits."""

import numpy as np

from labcim.capabilities import Floats, Topology
from labcim.errors import RangeError
from labcim.limits import TerminalLimits
from labcim.units import show

# Short form for the board; unselected rows and columns in parts of the largest amplitude of a step.
SCHEMES: dict[str, tuple[str, float, float]] = {
    "half": ("HALF", 0.5, 0.5),
    "third": ("THIR", 1.0 / 3.0, 2.0 / 3.0),
    "ground": ("GRO", 0.0, 0.0),
    "float": ("FLO", np.nan, np.nan),
}


def checked_scheme(scheme: str) -> str:
    """Return a scheme's name. Raises RangeError for one that nobody knows."""
    if scheme not in SCHEMES:
        raise RangeError(f"bias {scheme!r}: accepts {', '.join(SCHEMES)}; nothing was sent")
    return scheme


def check_levels(
    name: str,
    volts: Floats,
    scheme: str,
    topology: Topology,
    limits: dict[str, TerminalLimits],
    *,
    together: bool,
) -> None:
    """Raise RangeError unless the levels of all steps fit the windows of rows and columns.

    With the row above the column by V, the row is at Vmax, the largest of the step, and the column
    at Vmax - V; below it, all levels are mirrored. All may be moved up or down together.
    """
    row_sign = 1.0 if topology.set_terminal == "row" else -1.0
    _, other_row, other_column = SCHEMES[scheme]
    for sign in (1.0, -1.0):
        sizes = sign * volts[sign * volts > 0.0]
        if not sizes.size:
            continue
        highest = float(sizes.max())
        least = float(sizes.min()) if together else highest
        rows = np.array([highest, other_row * highest])
        columns = np.array([0.0, highest - least, other_column * highest])
        if sign * row_sign < 0.0:
            rows, columns = highest - rows, highest - columns
        _check_shift(f"{name} {show(sign * highest, 'V')} by {scheme}", rows, columns, limits)


def _check_shift(
    what: str, rows: Floats, columns: Floats, limits: dict[str, TerminalLimits]
) -> None:
    lowest, most = -np.inf, np.inf
    for family, levels in (("row", rows), ("column", columns)):
        lowest = max(lowest, limits[family].low - float(np.fmin.reduce(levels)))
        most = min(most, limits[family].high - float(np.fmax.reduce(levels)))
    if lowest > most:
        windows = ", ".join(
            f"{family} {show(limits[family].low, 'V')} to {show(limits[family].high, 'V')}"
            for family in ("row", "column")
        )
        raise RangeError(f"{what}: the lines do not reach so far; accepts {windows}; nothing sent")
