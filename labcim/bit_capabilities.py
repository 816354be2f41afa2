"""What can be done with rows of bits that are held as charge, as typing Protocols.

Rows are numbered from 0. Bits are booleans, a row of them of shape (columns,).
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .capabilities import Floats

Bits = NDArray[np.bool_]
RowIndices = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Opened:
    """What sense amplifiers made of rows that were open together; (columns,).

    complement: of the second line of a column; where there is none, as bits.  time: s, begin.
    """

    bits: Bits
    complement: Bits
    time: float


@dataclass(frozen=True, slots=True)
class Levels:
    """A converter with ``count`` levels, evenly spaced from ``low`` to ``high`` V; 0: an ideal one.

    What lies more than half a step beyond them is flagged, and is no data.
    """

    count: int = 0
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True, slots=True)
class Sums:
    """What columns stand at, as their converters say.

    voltage: V, (batch, columns).  flags: likewise.  time: s, begin of each vector, (batch,).
    supply: V, of inputs and cells.
    """

    voltage: Floats
    flags: NDArray[np.uint8]
    time: Floats
    supply: float


@runtime_checkable
class BulkLogic(Protocol):
    """Rows of bits that can be opened together: what their lines then say is logic."""

    def write_rows(self, first: int, bits: Bits) -> None:
        """Write rows from number ``first`` on; bits: (rows, columns)."""

    def read_rows(self, first: int, count: int) -> Bits:
        """Open ``count`` rows one after the other; return their bits, (rows, columns)."""

    def activate(self, rows: RowIndices) -> Opened:
        """Open rows together.

        DRAM: the majority, which they all hold then. SRAM: AND, and NOR as the complement.
        """


@runtime_checkable
class ChargeSums(Protocol):
    """Products of vectors with stored bits, as voltages of the columns."""

    def sums(self, inputs: Floats, levels: Levels) -> Sums:
        """Multiply inputs, 0 to 1, (batch, rows), with the bits of all columns.

        XNOR cells take 0 and 1: a column stands at the supply times the share of cells that agree.
        Capacitors: at the supply times the mean of input times bit.
        """
