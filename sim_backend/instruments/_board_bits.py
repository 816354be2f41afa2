"""Rows of bits on the simulated board: BIT:WRITe, READ?, ACTivate?, SUM?, and their converter.

A board finds out by the chip that it carries whether there are any. Each row that is written or
opened, and each vector of inputs, takes one cycle of the chip.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Flag, Floats
from labcim.errors import RangeError

from ..chip.bit_array import BitArray
from ..wire.parameters import Block, Integer, Numeric
from ..wire.scpi import ScpiError, command, query
from ._board_requests import MEASURING, PULSING, BoardRequests

T = TypeVar("T")
_MOST_LEVELS = 2**18
_ROW = Integer(0)


class BitCommands(BoardRequests):
    """What can be done with rows of bits. bits: those of the chip, or None."""

    bits: BitArray | None = None
    wired = True  # whether every line is where its number says
    _levels = 0
    _low, _high = 0.0, 1.0

    def reset(self) -> None:
        """*RST: an ideal converter, too."""
        super().reset()
        self._levels, self._low, self._high = 0, 0.0, 1.0

    @property
    def operations(self) -> tuple[str, ...]:
        """Return what the chip allows; cells that hold charge carry no direct current."""
        if self.bits is None:
            return super().operations
        if self.bits.kind in ("xnor", "capacitor"):
            return ("BITS", "SUMS")
        return ("BITS",)

    @query("BIT:KIND")
    def bit_kind(self) -> str:
        """Tell what holds the bits: DRAM, SRAM, XNOR, CAPACITOR, or NONE."""
        return "NONE" if self.bits is None else self.bits.kind.upper()

    @query("BIT:SUPPly")
    def bit_supply(self) -> str:
        """Tell the supply of the cells in V."""
        return repr(self._bits().supply)

    @command("BIT:CONVerter", Integer(0, _MOST_LEVELS), Numeric("V"), Numeric("V"))
    def set_converter(self, count: int, low: float, high: float) -> None:
        """Choose a converter's levels and where they lie; none of them is an ideal one."""
        if count == 1 or not low < high:
            raise ScpiError(-222, device_info=f"{count} levels from {low:g} V to {high:g} V")
        self._levels, self._low, self._high = count, low, high

    @query("BIT:CONVerter")
    def converter(self) -> str:
        """Tell the converter's levels and where they lie."""
        return f"{self._levels},{self._low!r},{self._high!r}"

    @command("BIT:WRITe", _ROW, Block())
    def write_rows(self, first: int, data: bytes) -> None:
        """Write whole rows from ``first`` on, a byte for each bit."""
        self._check_output()
        array, given = self._bits(), np.frombuffer(data, np.uint8)
        if not given.size or given.size % array.columns or given.max() > 1:
            raise ScpiError(-161, device_info=f"{given.size} bytes are no rows of bits")
        rows = given.reshape(-1, array.columns) != 0
        _carried(lambda: array.write(first, rows))
        array.clock.advance(len(rows) * array.cycle)
        self.note("bits", f"{len(rows)} rows written", float(first))

    @query("BIT:READ", _ROW, Integer(1))
    def read_rows(self, first: int, count: int) -> bytes:
        """Open rows one after the other: a byte for each bit."""

        def carry_out() -> bytes:
            array = self._bits()
            if first + count > array.rows:
                raise ScpiError(-222, device_info=f"row {first + count - 1}")
            found = np.empty((count, array.columns), np.uint8)
            for place in range(count):
                found[place] = array.open(np.array([first + place])).bits
                array.clock.advance(array.cycle)
            self.note("bits", f"{count} rows read", float(first))
            return self.codec.answer(("flag", found.ravel()))

        return self._answered(carry_out, MEASURING)

    @query("BIT:ACTivate", Block())
    def open_rows(self, rows: bytes) -> bytes:
        """Open rows together: begin, bit and bit of the complement line of each column."""

        def carry_out() -> bytes:
            array, chosen = self._bits(), self.codec.cells(rows)
            began = np.full(array.columns, array.clock.now)
            found = _carried(lambda: array.open(chosen.astype(np.int64)))
            array.clock.advance(array.cycle)
            self.note("bits", f"{len(chosen)} rows open", float(chosen[0]))
            bits = [line.astype(np.uint8) for line in (found.bits, found.complement)]
            return self.codec.answer(("time", began), ("flag", bits[0]), ("flag", bits[1]))

        return self._answered(carry_out, PULSING)

    @query("BIT:SUM", Block())
    def sum_columns(self, inputs: bytes) -> bytes:
        """Multiply vectors with the bits of each column: begin, V and flag of each product."""

        def carry_out() -> bytes:
            array = self._bits()
            batch = max(1, len(inputs) // (4 * array.rows))
            given = np.asarray(self.codec.volts(inputs, batch * array.rows))
            volts = _carried(lambda: array.sums(given.reshape(batch, array.rows)))
            began = array.clock.now + array.cycle * np.arange(batch, dtype=np.float64)
            array.clock.advance(batch * array.cycle)
            self.note("bits", f"{batch} vectors", float(given.max()))
            seen, over = self._converted(volts)
            flags = over.ravel() * np.uint8(Flag.OVER_RANGE)
            times = np.repeat(began, array.columns)
            return self.codec.answer(("time", times), ("value", seen.ravel()), ("flag", flags))

        return self._answered(carry_out, MEASURING)

    def _converted(self, volts: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the levels nearest to V, and what lies more than half a step beyond them."""
        if not self._levels:
            return volts, np.zeros(volts.shape, np.bool_)
        step = (self._high - self._low) / (self._levels - 1)
        place = (volts - self._low) / step
        over = (place < -0.5) | (place > self._levels - 0.5)
        code = np.clip(np.rint(place), 0, self._levels - 1)
        return self._low + step * code, over

    def _bits(self) -> BitArray:
        if self.bits is None:
            raise ScpiError(-221, device_info="the chip's cells hold no bits as charge")
        if not self.wired:
            raise ScpiError(-221, device_info="lines are shorted, open or exchanged")
        return self.bits

    def _check_output(self) -> None:
        if not self.output:
            raise ScpiError(-221, device_info="the output is off")


def _carried(operation: Callable[[], T]) -> T:
    """Carry an operation out; what it refuses is -222."""
    try:
        return operation()
    except RangeError as refusal:
        raise ScpiError(-222, device_info=str(refusal)) from refusal
