"""Puts on record what is done with rows of bits: written, opened, multiplied with."""

import numpy as np

from .bit_capabilities import Bits, BulkLogic, ChargeSums, Levels, Opened, RowIndices, Sums
from .capabilities import Floats
from .recorded import PublishEvent, ToldIfCut


class RecordedBits:
    """Rows of bits; one event for each call. To open rows can change them, so it is told, too."""

    def __init__(self, bits: BulkLogic, event: PublishEvent, remark: PublishEvent) -> None:
        self._bits = bits
        self._event = event
        self._remark = remark

    def write_rows(self, first: int, bits: Bits) -> None:
        """Write rows, and tell how many ones."""
        rows = len(np.atleast_2d(bits))
        text, told = f"{rows} rows of bits written", {"first": int(first), "rows": rows}
        with ToldIfCut(self._remark, text, told):
            self._bits.write_rows(first, bits)
        self._event("bits", text, told | {"ones": int(np.count_nonzero(bits))})

    def read_rows(self, first: int, count: int) -> Bits:
        """Open rows one after the other, and tell."""
        text, told = f"{count} rows of bits read", {"first": int(first), "rows": int(count)}
        with ToldIfCut(self._remark, text, told):
            found = self._bits.read_rows(first, count)
        self._event("bits", text, told)
        return found

    def activate(self, rows: RowIndices) -> Opened:
        """Open rows together, and tell which."""
        chosen = [int(row) for row in rows]
        text, told = f"{len(chosen)} rows open together", {"rows": chosen}
        with ToldIfCut(self._remark, text, told):
            found = self._bits.activate(rows)
        self._event("bits", text, told)
        return found


class RecordedSums:
    """Products with stored bits; one event for each call."""

    def __init__(self, sums: ChargeSums, event: PublishEvent, remark: PublishEvent) -> None:
        self._sums = sums
        self._event = event
        self._remark = remark

    def sums(self, inputs: Floats, levels: Levels) -> Sums:
        """Multiply vectors with the bits, and tell how many values were over range."""
        batch = len(inputs)
        text, told = f"{batch} vectors times bits", {"batch": batch, "levels": levels.count}
        with ToldIfCut(self._remark, text, told):
            found = self._sums.sums(inputs, levels)
        self._event("bits", text, told | {"over_range": int(np.count_nonzero(found.flags))})
        return found
