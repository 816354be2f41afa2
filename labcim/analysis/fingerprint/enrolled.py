"""The rows of an enrolment as tables: one line for each reading, one column for each bit."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RecordError

Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]


class Phase(IntEnum):
    """Why a reading was made."""

    PREPARED = 0  # right after the cells were put at random, once for each time
    REFERENCE = 1  # what the chip is enrolled with
    REREAD = 2
    VOLTAGE = 3  # at another read voltage
    TEMPERATURE = 4


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Differences in S, NaN where unknown.

    cells: (bits, 2).  place: row and column of the first cell, (bits, 2).  reference: (bits,).
    prepared, rereads: (times, bits).  voltages, temperatures: corner -> (reads, bits), the corner
    in V or K as it was read.
    """

    cells: NDArray[np.uint32]
    place: NDArray[np.uint32]
    reference: Floats
    prepared: Floats
    rereads: Floats
    voltages: Mapping[float, Floats]
    temperatures: Mapping[float, Floats]

    @property
    def all_reads(self) -> Floats:
        """Return reference, re-reads and corners one below the other, (reads, bits).

        What a corner does to a difference counts as its spread.
        """
        corners = [*self.voltages.values(), *self.temperatures.values()]
        return np.concatenate([self.reference[None], self.rereads, *corners])

    @property
    def map_shape(self) -> tuple[int, int]:
        """Return (rows, columns) of a map that holds every bit at its place."""
        rows, columns = self._places()
        return int(rows.max()) + 1, int(columns.max()) + 1

    def as_map(self, bits: Floats) -> Floats:
        """Return values of the bits as a map by the places of the pairs; NaN where none is."""
        found = np.full(self.map_shape, np.nan)
        found[self._places()] = bits
        return found

    def _places(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return row and column of each bit with unused rows and columns left out."""
        rows = np.unique(self.place[:, 0], return_inverse=True)[1]
        columns = np.unique(self.place[:, 1], return_inverse=True)[1]
        return rows, columns


def enrolled(rows: Columns) -> Enrolled:
    """Return the tables of the rows of a `puf_enrol`. Raises RecordError without a reference.

    Of a reading that was made twice, since its unit was cut off, the later one counts.
    """
    phase = rows["phase"]
    if not (phase == Phase.REFERENCE).any():
        raise RecordError("this run has no reference: it ended before its chip was enrolled")
    bits = int(rows["bit"].max()) + 1
    at = np.flatnonzero(phase == Phase.REFERENCE)
    cells, place = np.zeros((bits, 2), np.uint32), np.zeros((bits, 2), np.uint32)
    number = rows["bit"][at]
    cells[number] = np.column_stack([rows["cell"][at], rows["other"][at]])
    place[number] = np.column_stack([rows["row"][at], rows["column"][at]])
    return Enrolled(
        cells,
        place,
        table_of(rows, Phase.REFERENCE, bits)[0],
        table_of(rows, Phase.PREPARED, bits),
        table_of(rows, Phase.REREAD, bits),
        _corners(rows, Phase.VOLTAGE, "voltage", bits),
        _corners(rows, Phase.TEMPERATURE, "temperature", bits),
    )


def table_of(rows: Columns, phase: int, bits: int) -> Floats:
    """Return the differences of one phase, (times, bits), NaN where there is none."""
    here = rows["phase"] == phase
    numbers, line = np.unique(rows["number"][here], return_inverse=True)
    found = np.full((len(numbers), bits), np.nan)
    found[line, rows["bit"][here]] = rows["difference"][here]
    return found


def _corners(rows: Columns, phase: int, quantity: str, bits: int) -> dict[float, Floats]:
    here = rows["phase"] == phase
    table = table_of(rows, phase, bits)
    numbers = np.unique(rows["number"][here])
    found: dict[float, Floats] = {}
    for line, number in enumerate(numbers):
        corner = float(rows[quantity][here][rows["number"][here] == number][-1])
        found[corner] = (
            np.concatenate([found[corner], table[[line]]]) if corner in found else (table[[line]])
        )
    return found
