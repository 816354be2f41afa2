"""Rows of stateful logic: their channels, plots and findings."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import share_interval
from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.protocol import Finding
from labcim.recipe import Recipe

CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="gate", dtype="<u4", doc="line of the gate"),
    Channel(name="station", dtype="<u4", doc="number of the cell in its gate"),
    Channel(name="table", dtype="<u4", doc="number of the operation on this gate"),
    Channel(name="drive", dtype="<f8", unit="V"),
    Channel(name="is_operand", dtype="?", doc="is to be kept, but where it takes the answer"),
    Channel(name="is_output", dtype="?"),
    Channel(name="meant", dtype="?", doc="what was to be written"),
    Channel(name="before", dtype="<f8", unit="S", doc="read before the operation"),
    Channel(name="wanted", dtype="?", doc="what the cell should hold after"),
    Channel(name="after", dtype="<f8", unit="S", doc="read after the operation"),
    Channel(name="written", dtype="?", doc="held before what was meant"),
    Channel(name="right", dtype="?", doc="holds after what was wanted"),
    Channel(name="time", dtype="<f8", unit="s"),
)

PLOTS = (
    PlotSpec("Output after the operation", "scatter", "after", x="drive", group="wanted",
             where="is_output", y_scale="log"),
    PlotSpec("Before and after", "scatter", "after", x="before", group="station",
             x_scale="log", y_scale="log"),
    PlotSpec("Right", "map", "right"),
)  # fmt: skip


def summarise(recipe: Recipe, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return for each drive how many answers are right, operands kept, and gates always right.

    Operations whose cells could not be written as meant are counted apart: nothing was asked.
    """
    first, number = _operations(rows)
    size, drive, gate = len(first), rows["drive"][first], rows["gate"][first]

    def all_of(good: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.asarray(np.bincount(number, ~good, minlength=size) == 0)

    asked = all_of(rows["written"])
    answered = all_of(rows["right"] | ~rows["is_output"])
    kept = all_of(rows["right"] | ~rows["is_operand"] | rows["is_output"])
    found = [_share("operations asked", asked)]
    fits = []
    for one in np.unique(drive):
        here = asked & (drive == one)
        gates, which = np.unique(gate[here], return_inverse=True)
        wrong = np.bincount(which, ~(answered & kept)[here], minlength=len(gates))
        found += [
            _share(f"right answers at {one:g} V", answered[here]),
            _share(f"operands kept at {one:g} V", kept[here]),
            _share(f"gates always right at {one:g} V", wrong == 0),
        ]
        fits += [float(one)] if not wrong.any() else []
    if fits:
        found.append(Finding("lowest drive at which all gates are right", min(fits), "V"))
        found.append(Finding("highest drive at which all gates are right", max(fits), "V"))
    return found


def _operations(
    rows: Mapping[str, NDArray[Any]],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first row of each operation, and for each row the number of its operation."""
    key = rows["gate"].astype(np.int64) << 32 | rows["table"].astype(np.int64)
    _, first, number = np.unique(key, return_index=True, return_inverse=True)
    return first, number


def _share(name: str, good: NDArray[np.bool_]) -> Finding:
    share = share_interval(int(good.sum()), len(good))
    return Finding(name, share.value, "", share.low, share.high)
