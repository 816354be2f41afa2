"""Brings the cells of a matrix to their targets, and says where they came to rest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.cost.work import Work
from labcim.capabilities import CellIndices, Floats
from labcim.programming.pulse_schedule import Status
from labcim.programming.tuning import tune_to
from labcim.programming.tuning_recipe import TuningRecipe
from labcim.protocol import Capabilities, Carry, Rows


class Tuning(TuningRecipe):
    """How the cells of a matrix are written; targets come from the matrix."""

    protocol: ClassVar[str] = "analog_matrix"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of cells, each (cells,). conductance: S, last good reading, NaN where none.

    accepted: in range.  stuck: does not answer, or cannot be read.  pulses: given to each.
    spent: what writing took, where it did not go through the capabilities that were given.
    """

    conductance: Floats
    accepted: NDArray[np.bool_]
    stuck: NDArray[np.bool_]
    pulses: NDArray[np.int64]
    spent: Work | None = None


Writer = Callable[[Capabilities, CellIndices, Floats, Tuning], Written]
"""Brings cells to targets, as ``write`` does."""


def write(given: Capabilities, cells: CellIndices, targets: Floats, tuning: Tuning) -> Written:
    """Tune ``cells`` to ``targets`` in S; cells that do not answer are told, not raised.

    Each cell may be named once. Blocks of ``tuning.block`` cells go one after the other.
    """
    batches: list[Mapping[str, NDArray[Any]]] = []
    carry: Carry = {}
    for first in range(0, len(cells), tuning.block):
        block = slice(first, first + tuning.block)
        steps = tune_to(targets[block], tuning, given, cells[block], carry)
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                carry = end.value or {}
                break
            if isinstance(step, Rows):
                batches.append(step.columns)
    names = batches[0].keys() if batches else ()
    rows = {name: np.concatenate([batch[name] for batch in batches]) for name in names}
    return outcome(cells, rows)


def outcome(cells: CellIndices, rows: Mapping[str, NDArray[Any]]) -> Written:
    """Return what became of ``cells``, from a write-verify's rows; a cell's last one counts."""
    order = np.argsort(rows["cell"], kind="stable")
    at = order[np.searchsorted(rows["cell"], cells, side="right", sorter=order) - 1]
    status = rows["status"][at]
    return Written(
        rows["conductance"][at],
        status == Status.ACCEPTED,
        (status == Status.UNRESPONSIVE) | (status == Status.UNREADABLE),
        rows["pulses"][at].astype(np.int64),
    )
