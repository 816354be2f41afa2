"""What is refused before a byte is sent to a crossbar board, whole arrays at once."""

import math
from collections.abc import Mapping
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import CellIndices, Floats, LineState, Topology
from labcim.errors import RangeError
from labcim.limits import TerminalLimits
from labcim.units import show

Volts = NDArray[np.float32]


def checked_cells(cells: CellIndices, topology: Topology) -> CellIndices:
    """Return cells as uint32. Raises RangeError for none, for unknown ones, and for repeats."""
    given = np.asarray(cells)
    if given.ndim != 1 or given.dtype.kind not in "ui":
        raise RangeError(f"cells: accepts whole numbers, shape (cells,), not {given.dtype.name}")
    if not given.size:
        raise RangeError("cells: none are given; nothing was sent")
    low, high = int(given.min()), int(given.max())
    if low < 0 or high >= topology.size:
        wrong = low if low < 0 else high
        raise RangeError(f"cell {wrong}: accepts 0 to {topology.size - 1}; nothing was sent")
    seen = np.zeros(high + 1, np.bool_)
    seen[given] = True
    if np.count_nonzero(seen) != given.size:
        raise RangeError("cells: a cell is given twice; nothing was sent")
    return np.ascontiguousarray(given, np.uint32)


def spread(name: str, values: float | Floats, count: int) -> Floats:
    """Return a scalar or an array (cells,) as finite float64 of shape (cells,), not writeable."""
    given = np.asarray(values, np.float64)
    if given.shape not in ((), (count,)):
        raise RangeError(f"{name}: shape {given.shape}, accepts a number or ({count},)")
    if not np.isfinite(given).all():
        wrong = float(given[~np.isfinite(given)].flat[0]) if given.ndim else float(given)
        raise RangeError(f"{name} = {wrong} V: accepts numbers only; nothing was sent")
    return np.broadcast_to(given, (count,))


def check_amplitudes(
    name: str,
    volts: Floats,
    topology: Topology,
    limits: Mapping[str, TerminalLimits],
    *,
    together: bool = True,
) -> None:
    """Raise RangeError unless row and column stay in their windows for all cells of a request.

    A positive amplitude raises the SET terminal to it; a negative one raises the other terminal to
    the largest, Vmax, while the SET terminal of each cell stays at Vmax - |amplitude|.
    together: amplitudes may stand side by side in one step; not so in a sweep.
    """
    set_terminal = topology.set_terminal
    other = "column" if set_terminal == "row" else "row"
    for sign, raised, counterpart in ((1.0, set_terminal, other), (-1.0, other, set_terminal)):
        highest = float(volts.max() if sign > 0.0 else -volts.min())
        if highest <= 0.0:
            continue
        limits[raised].check_voltage(f"{name} {sign * highest:g} V: {raised}", highest)
        # No counterpart rises above the highest, so its own window is looked at only if lower.
        if together and highest > limits[counterpart].high:
            lowest = float((sign * volts[sign * volts > 0.0]).min())
            beside = f"{name} {sign * highest:g} V beside {sign * lowest:g} V: {counterpart}"
            limits[counterpart].check_voltage(beside, highest - lowest)


def check_read(name: str, voltage: float, limits: Mapping[str, TerminalLimits]) -> None:
    """Raise RangeError unless ``voltage`` V across a cell is within the read limit."""
    for family in ("row", "column"):
        limits[family].check_read(name, voltage)


def check_window(name: str, volts: Floats, limits: TerminalLimits) -> None:
    """Raise RangeError unless all of an array of V lie in a terminal's window."""
    if volts.size:
        limits.check_voltage(name, float(volts.min()))
        limits.check_voltage(name, float(volts.max()))


def check_real(name: str, value: object) -> None:
    """Raise RangeError for text, None, complex numbers and the like: a script may say anything."""
    if not isinstance(value, Real):
        raise RangeError(f"{name} = {value!r}: accepts real numbers only; nothing was sent")


def check_between(name: str, value: float, low: float, high: float, unit: str) -> None:
    """Raise RangeError unless ``value`` is a number from ``low`` to ``high``."""
    check_real(name, value)
    if not (math.isfinite(value) and low <= value <= high):
        raise RangeError(
            f"{name} = {show(value, unit)}: accepts {show(low, unit)} to {show(high, unit)}; "
            "nothing was sent"
        )


def commanded(volts: Floats, low: float, high: float) -> Volts:
    """Return the float32 that are sent for V; rounding takes none out of ``low`` to ``high``."""
    rounded = volts.astype(np.float32)
    outside = (rounded > np.float64(high)) | (rounded < np.float64(low))
    if outside.any():
        rounded[outside] = np.nextafter(rounded[outside], np.float32(0.0))
    return rounded


def check_sequence(
    sequence: list[LineState], topology: Topology, limits: Mapping[str, TerminalLimits]
) -> None:
    """Raise RangeError unless every state has a level in its window, or NaN, for every line."""
    if not sequence:
        raise RangeError("line sequence: holds no state; nothing was sent")
    counts = {"row": topology.rows, "column": topology.columns, "gate": topology.gates}
    for index, state in enumerate(sequence):
        check_between(f"line state {index}: duration", state.duration, 1e-8, 1e9, "s")
        named = {"row": state.rows, "column": state.columns, "gate": state.gates}
        for family, volts in named.items():
            given = np.asarray(volts, np.float64)
            if given.shape != (counts[family],):
                raise RangeError(
                    f"line state {index}: {family} levels of shape {given.shape}, "
                    f"accepts ({counts[family]},); nothing was sent"
                )
            driven = given[~np.isnan(given)]
            if not np.isfinite(driven).all():
                raise RangeError(f"line state {index}: {family} = inf V; nothing was sent")
            check_window(f"line state {index}: {family}", driven, limits[family])


def check_whole(name: str, value: float, low: float, high: float) -> None:
    """Raise RangeError unless a number is whole and lies between two others."""
    check_between(name, value, low, high, "")
    if value != int(value):
        raise RangeError(f"{name} = {value}: accepts whole numbers; nothing was sent")
