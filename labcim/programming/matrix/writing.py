"""Brings the cells of a matrix to their targets, and says where they came to rest."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import CellIndices, Floats
from labcim.programming.pulse_schedule import Status
from labcim.programming.tuning import TuningRecipe, tune_to
from labcim.protocol import Capabilities, Carry, Rows


class Tuning(TuningRecipe):
    """How the cells of a matrix are written; targets come from the matrix."""

    protocol: ClassVar[str] = "analog_matrix"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of cells, each (cells,). conductance: S, last good reading, NaN where none.

    accepted: in range.  stuck: does not answer, or cannot be read.  pulses: given to each.
    """

    conductance: Floats
    accepted: NDArray[np.bool_]
    stuck: NDArray[np.bool_]
    pulses: NDArray[np.int64]
    readings: int


def write(given: Capabilities, cells: CellIndices, targets: Floats, tuning: Tuning) -> Written:
    """Tune ``cells`` to ``targets`` in S; cells that do not answer are told, not raised.

    Each cell may be named once. Blocks of ``tuning.block`` cells go one after the other.
    """
    conductance = np.full(len(cells), np.nan)
    status = np.zeros(len(cells), np.uint8)
    pulses = np.zeros(len(cells), np.int64)
    place = np.empty(int(cells.max(initial=0)) + 1, np.intp)
    place[cells] = np.arange(len(cells))
    readings = 0
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
                rows = step.columns
                at = place[rows["cell"]]
                conductance[at] = rows["conductance"]
                status[at], pulses[at] = rows["status"], rows["pulses"]
                verifies = rows["pulses"].astype(np.int64) + tuning.confirmations + rows["flagged"]
                readings += int(verifies.sum()) * tuning.averages
    stuck = (status == Status.UNRESPONSIVE) | (status == Status.UNREADABLE)
    return Written(conductance, status == Status.ACCEPTED, stuck, pulses, readings)
