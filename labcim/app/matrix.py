"""A matrix on an open bench: its cells are written by a run, so that every pulse is on record."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from labcim.analysis.cost.work import Work
from labcim.capabilities import CellIndices, Floats, Topology
from labcim.errors import InstrumentError
from labcim.programming.matrix import AnalogMatrix
from labcim.programming.matrix.writing import Tuning, Writer, Written, outcome
from labcim.protocol import Capabilities
from labcim.protocols.program.write_verify import WriteVerify

__all__ = ["AnalogMatrix", "recorded_writer"]

from .record import open_record

if TYPE_CHECKING:
    from .bench import Bench


def recorded_writer(bench: "Bench") -> Writer:
    """Return what writes cells by a ``write_verify`` run on the bench."""

    def write(given: Capabilities, cells: CellIndices, targets: Floats, tuning: Tuning) -> Written:
        recipe = WriteVerify(
            **tuning.model_dump() | {"cells": chosen(cells, given.cells.topology)},
            targets="list",
            values=tuple(targets.tolist()),
        )
        run = bench.run(recipe)
        if run.stop.state != "completed":
            raise InstrumentError(f"writing the matrix ended early: {run.stop.reason}")
        rows, spent = run.readings(), Work()
        with open_record(run.record) as kept:
            for document in kept.documents(run.run):
                spent(document)
        found = outcome(cells, {str(name): rows[name].to_numpy() for name in rows})
        return replace(found, spent=spent)

    return write


def chosen(cells: CellIndices, topology: Topology) -> str | tuple[tuple[int, int], ...]:
    """Return cells, in ascending order, as a recipe names them: a rectangle if they are one."""
    rows, columns = np.divmod(cells.astype(np.int64), topology.columns)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    if len(cells) == height * width:  # ascending and distinct, so that they fill it in order
        return f"{rows[0]}:{rows[-1] + 1}, {columns.min()}:{columns.max() + 1}"
    return tuple(zip(rows.tolist(), columns.tolist(), strict=True))
