"""What the record knows of a chip's cells: the map that a contact check compares with."""

from pathlib import Path

import numpy as np

from labcim.analysis.distributions import last_of_each
from labcim.capabilities import Floats, Topology
from labcim.db.archive import Archive
from labcim.errors import RecordError

from .record import open_record

LARGEST = 1 << 18
"""Cells of the largest array whose map is looked up: reading more takes longer than the check."""


def earlier_map(record: str | Path, chip: str, topology: Topology) -> Floats | None:
    """Return the conductance of every cell in S as last put on record, shape (rows, columns).

    NaN where it is not known, or where a later run may have changed it. None where nothing is
    known, and where there is no record yet.
    """
    if topology.size > LARGEST:
        return None
    try:
        with open_record(record) as kept:
            known = _known(kept, chip, topology)
    except RecordError:  # no record yet; one that cannot be used stops the run by itself
        return None
    return None if np.isnan(known).all() else known.reshape(topology.rows, topology.columns)


def _known(kept: Archive, chip: str, topology: Topology) -> Floats:
    """Walk back through the runs on a chip, as long as each says what it left behind."""
    known = np.full(topology.size, np.nan)
    shape = (topology.rows, topology.columns)
    for run in kept.runs():
        if run.chip != chip or (run.rows, run.columns) != shape or not (run.pulses or run.readings):
            continue
        rows = kept.done_rows(run.run)  # as arrays: pandas takes long to import
        if run.pulses == 0 and "cell" not in rows:
            continue  # such as a contact check of its own: it changed nothing
        if not {"cell", "conductance"} <= set(rows):
            break  # such as a sweep: nobody knows how it left the cells
        last = last_of_each(rows)
        if run.pulses and len(last) < len(rows["cell"]):
            break  # rows of what came in between: the last one need not be how a cell was left
        cells = rows["cell"][last]
        known[cells] = np.where(np.isnan(known[cells]), rows["conductance"][last], known[cells])
        if run.state != "completed" or not np.isnan(known).any():
            break  # what it did to the other cells is not sure
    return known
