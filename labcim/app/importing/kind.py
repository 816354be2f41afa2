"""What a kind of measured file holds: its channels, plots, checks and what it says."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.protocol import Finding

from .numbers import Table

Rows = Mapping[str, NDArray[Any]]

ADDRESS = (
    Channel(name="cell", dtype="<u4", doc="address in the file"),
    Channel(name="row", dtype="<u4", doc="address divided by the columns of a square array"),
    Channel(name="column", dtype="<u4", doc="what is left of that division"),
)
_LARGEST = 1 << 24


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file. protocol: the name under which it stands on record.

    read: checks a table and returns the rows; raises RecordError with the line.  findings: what
    the rows say.  remarks: what a reader should know of them.
    """

    protocol: str
    title: str
    columns: tuple[str, ...]
    channels: tuple[Channel, ...]
    plots: tuple[PlotSpec, ...]
    read: Callable[[Table], Rows]
    findings: Callable[[Rows], list[Finding]]
    remarks: Callable[[Rows], list[str]] = lambda rows: []


def addresses(table: Table, side: int) -> dict[str, NDArray[np.uint32]]:
    """Return cell, row and column of the first column of a table, on a square array."""
    cell = table.values[:, 0].astype(np.uint32)
    return {"cell": cell, "row": cell // side, "column": cell % side}


def side_of(table: Table) -> int:
    """Return the side of the square array that holds the addresses; 256, or as many as it takes.

    Raises RecordError for an address that is none.
    """
    address = table.values[:, 0]
    table.check(
        (address != np.floor(address)) | (address < 0) | (address >= _LARGEST),
        f"an address is a whole number from 0 to {_LARGEST - 1}",
    )
    largest = int(address.max())
    return max(256, 1 << math.ceil(math.log2(math.isqrt(largest) + 1)))


def conductances(table: Table, resistance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return S of resistances in ohm. Raises RecordError for one that is 0, or beyond reason."""
    size = np.abs(resistance)
    table.check((size < 1e-3) | (size > 1e18), "a resistance is 1 mOhm to 1e18 Ohm, or minus that")
    return np.asarray(1.0 / resistance)
