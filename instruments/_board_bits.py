"""Rows of bits on a crossbar board: checks before a byte is sent, messages, answers."""

import numpy as np
from numpy.typing import NDArray

from labcim.bit_capabilities import Bits, Levels, Opened, RowIndices, Sums
from labcim.capabilities import Flag, Floats
from labcim.errors import RangeError, TransportError
from labcim.transport import block

from . import _board_blocks as blocks
from . import _board_checks as checks
from ._board_vectors import VectorVerbs

_TIME, _BIT, _VALUE = 8, 1, 4
_MOST_LEVELS = 2**18
_MOST_BYTES = 2**24


class BitVerbs(VectorVerbs):
    """`labcim.bit_capabilities.BulkLogic` and `ChargeSums`."""

    _supply: float | None = None

    def write_rows(self, first: int, bits: Bits) -> None:
        """Write rows from number ``first`` on; bits: (rows, columns). Raises RangeError."""
        self.require("bits")
        given = np.asarray(bits)
        chip = self.topology
        if given.ndim != 2 or given.shape[1] != chip.columns or not len(given):
            raise RangeError(
                f"bits of shape {given.shape}: accepts (rows, {chip.columns}); nothing was sent"
            )
        if not np.isin(given, (0, 1)).all():
            raise RangeError("bits: accepts 0 and 1; nothing was sent")
        self._check_rows(first, len(given))
        self._ensure({"OUTP": "1"})
        each = max(1, _MOST_BYTES // chip.columns)
        for start in range(0, len(given), each):
            payload = block(given[start : start + each].astype(np.uint8).tobytes())
            self.send(f":BIT:WRIT {int(first) + start},".encode() + payload)
            self._known["OUTP"] = "1"

    def read_rows(self, first: int, count: int) -> Bits:
        """Open ``count`` rows one after the other; return their bits, (rows, columns)."""
        self.require("bits")
        self._check_rows(first, count)
        self._ensure({"OUTP": "1"})
        payload = self._request(f":BIT:READ? {int(first)},{int(count)}".encode())
        found = _table(payload, count, self.topology.columns, 1)
        return np.asarray(found.reshape(count, -1) != 0)

    def activate(self, rows: RowIndices) -> Opened:
        """Open rows together; see `BulkLogic.activate`. Raises RangeError."""
        self.require("bits")
        chosen = np.asarray(rows)
        if chosen.ndim != 1 or not chosen.size or chosen.dtype.kind not in "ui":
            raise RangeError("rows: accepts one row number or more; nothing was sent")
        self._check_rows(int(chosen.min()), 1)
        self._check_rows(int(chosen.max()), 1)
        if np.unique(chosen).size != chosen.size:
            raise RangeError("rows: a row is given twice; nothing was sent")
        self._ensure({"OUTP": "1"})
        columns = self.topology.columns
        cells = blocks.cells_block(np.ascontiguousarray(chosen, np.uint32))
        payload = self._request(b":BIT:ACT? " + cells)
        if len(payload) != columns * (_TIME + 2 * _BIT):
            raise TransportError(f"crossbar board: {len(payload)} bytes are no open rows")
        time = np.frombuffer(payload, "<f8", columns)
        found = np.frombuffer(payload, "u1", 2 * columns, columns * _TIME).reshape(2, columns) != 0
        return Opened(found[0], found[1], float(time[0]))

    def sums(self, inputs: Floats, levels: Levels) -> Sums:
        """Multiply inputs, 0 to 1, (batch, rows), with the bits of all columns; see `ChargeSums`.

        Raises RangeError before anything is sent.
        """
        self.require("sums")
        given = np.asarray(inputs, np.float64)
        rows, columns = self.topology.rows, self.topology.columns
        if given.ndim != 2 or given.shape[1] != rows or not len(given):
            raise RangeError(
                f"inputs of shape {given.shape}: accepts (batch, {rows}); nothing was sent"
            )
        checks.check_between("least input", float(given.min()), 0.0, 1.0, "")
        checks.check_between("largest input", float(given.max()), 0.0, 1.0, "")
        if levels.count:
            checks.check_between("levels", levels.count, 2, _MOST_LEVELS, "")
            checks.check_between("highest level", levels.high, levels.low, 100.0, "V")
            if levels.low == levels.high:
                raise RangeError(f"levels from {levels.low} V to the same: accepts two ends")
        converter = f"{int(levels.count)},{float(levels.low)!r},{float(levels.high)!r}"
        self._ensure({"OUTP": "1", "BIT:CONV": converter})
        each = max(1, _MOST_BYTES // (4 * max(rows, columns)))
        parts = []
        for start in range(0, len(given), each):
            part = given[start : start + each].astype(np.float32)
            payload = self._request(b":BIT:SUM? " + blocks.float_block(part))
            parts.append(_sums(payload, len(part), columns, self.supply))
        return parts[0] if len(parts) == 1 else _joined(parts)

    @property
    def supply(self) -> float:
        """Return the supply of the cells in V."""
        if self._supply is None:
            self._supply = float(self.ask(":BIT:SUPP?"))
        return self._supply

    def _check_rows(self, first: int, count: int) -> None:
        last = int(first) + int(count) - 1
        if int(first) < 0 or int(count) < 1 or last >= self.topology.rows:
            raise RangeError(
                f"rows {int(first)} to {last}: accepts 0 to {self.topology.rows - 1}; "
                "nothing was sent"
            )


def _table(payload: bytes, rows: int, columns: int, each: int) -> NDArray[np.uint8]:
    if len(payload) != rows * columns * each:
        raise TransportError(f"crossbar board: {len(payload)} bytes are no {rows} rows of bits")
    return np.frombuffer(payload, "u1")


def _sums(payload: bytes, batch: int, columns: int, supply: float) -> Sums:
    count = batch * columns
    if len(payload) != count * (_TIME + _VALUE + _BIT):
        raise TransportError(f"crossbar board: {len(payload)} bytes are no {batch} sums")
    time = np.frombuffer(payload, "<f8", count).reshape(batch, columns)[:, 0]
    value = np.frombuffer(payload, "<f4", count, count * _TIME)
    flags = np.frombuffer(payload, "u1", count, count * (_TIME + _VALUE))
    shape = (batch, columns)
    return Sums(
        value.astype(np.float64).reshape(shape),
        (flags & np.uint8(Flag.OVER_RANGE)).reshape(shape),
        time.copy(),
        supply,
    )


def _joined(parts: list[Sums]) -> Sums:
    return Sums(
        np.concatenate([part.voltage for part in parts]),
        np.concatenate([part.flags for part in parts]),
        np.concatenate([part.time for part in parts]),
        parts[0].supply,
    )
