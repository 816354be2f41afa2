"""What the lines that are not selected are held at, while some cells are read or written.

Each function returns V of the row lines, (rows,), and of the column lines, (columns,); NaN floats.
A selected cell sees ``voltage`` from row to column. What the others see with ideal wire is said.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

from .network import Floats

Lines = Sequence[int] | NDArray[np.integer]
Bias = tuple[Floats, Floats]


def grounded(shape: tuple[int, int], rows: Lines, columns: Lines, voltage: float) -> Bias:
    """Hold the others at 0 V: cells on selected rows see it all, those elsewhere nothing."""
    return _biased(shape, rows, columns, voltage, 0.0, 0.0)


def floating(shape: tuple[int, int], rows: Lines, columns: Lines, voltage: float) -> Bias:
    """Let the others float: they settle between, and sneak paths carry current."""
    return _biased(shape, rows, columns, voltage, np.nan, np.nan)


def half(shape: tuple[int, int], rows: Lines, columns: Lines, voltage: float) -> Bias:
    """V/2: the others at half the voltage; cells on selected lines see half, the rest nothing."""
    return _biased(shape, rows, columns, voltage, voltage / 2, voltage / 2)


def third(shape: tuple[int, int], rows: Lines, columns: Lines, voltage: float) -> Bias:
    """V/3: rows at a third, columns at two thirds; every other cell sees a third, plus or minus."""
    return _biased(shape, rows, columns, voltage, voltage / 3, 2 * voltage / 3)


def terminal(voltages: Floats, resistance: Floats | float) -> tuple[Floats, Floats]:
    """Return V and ohm of terminals on one side: where ``voltages`` is NaN, the end floats."""
    afloat = np.isnan(voltages)
    return np.where(afloat, 0.0, voltages), np.where(afloat, np.inf, resistance)


def _biased(
    shape: tuple[int, int],
    rows: Lines,
    columns: Lines,
    voltage: float,
    other_rows: float,
    other_columns: float,
) -> Bias:
    for name, chosen, count in (("rows", rows, shape[0]), ("columns", columns, shape[1])):
        wrong = [k for k in chosen if not 0 <= k < count]
        if wrong:
            raise RangeError(f"{name} {wrong}: the crossbar has {name} 0 to {count - 1}")
    row_voltage = np.full(shape[0], other_rows)
    column_voltage = np.full(shape[1], other_columns)
    row_voltage[list(rows)] = voltage
    column_voltage[list(columns)] = 0.0
    return row_voltage, column_voltage
