"""How the board writes arrays: blocks in, blocks or text out, in either byte order.

Blocks that come in hold cell indices as uint32, volts as float32 and durations as float64; a board
without the transistors' gate for each cell takes one number in a block's place. What goes out is
told by FORMat[:DATA]: text, or columns one after the other, with time stamps always as float64.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..wire.scpi import ScpiError, block

Floats = NDArray[np.float64]
Cells = NDArray[np.uint32]
Kind = Literal["time", "value", "flag", "count"]
Column = tuple[Kind, NDArray[np.float64] | NDArray[np.uint8] | NDArray[np.uint32]]

_TEXT = {"time": "%.12E", "value": "%+.6E", "flag": "%d", "count": "%d"}
_DTYPES = {order + kind: np.dtype(order + kind) for order in "<>" for kind in ("u4", "f4", "f8")}
_NOT_A_NUMBER = "9.91E37"  # SCPI-99 volume 1, 7.2.1.5


class Codec:
    """FORMat[:DATA] and FORMat:BORDer. *RST: ASCii, 32 bits, NORMal (big-endian)."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Go to the *RST formats."""
        self.text = True
        self.bits = 32
        self.swapped = False

    @property
    def order(self) -> str:
        """Return numpy's sign for the byte order of blocks."""
        return "<" if self.swapped else ">"

    def cells(self, data: bytes) -> Cells:
        """Return the cell indices of a block; -161 when it holds no whole number of them."""
        return self._array(data, "u4").astype(np.uint32, copy=False)

    def volts(self, data: bytes | float, count: int) -> float | Floats:
        """Return one number, or the ``count`` float32 of a block as float64; -109, -223."""
        if isinstance(data, float):
            return data
        return _counted(self._array(data, "f4"), count).astype(np.float64)

    def seconds(self, data: bytes) -> Floats:
        """Return the float64 of a block."""
        return self._array(data, "f8").astype(np.float64)

    def matrix(self, data: bytes, width: int) -> Floats:
        """Return the float32 of a block as rows of ``width``; -109 where one is not full."""
        values = self._array(data, "f4").astype(np.float64)
        if not len(values) or len(values) % width:
            raise ScpiError(-109, device_info=f"{len(values)} values are no rows of {width}")
        return values.reshape(-1, width)

    def parts(self, *columns: Column) -> bytes:
        """Return arrays of any length one after the other, as text or as one block."""
        if self.text:
            return b",".join(self._as_text([column]).encode() for column in columns)
        return block(b"".join(self._packed(kind, values) for kind, values in columns))

    def answer(self, *columns: Column) -> bytes:
        """Return columns of equal length: interleaved as text, one after the other in a block."""
        if self.text:
            return self._as_text(columns).encode()
        return block(b"".join(self._packed(kind, values) for kind, values in columns))

    @staticmethod
    def row(time: float, value: float, flag: int) -> bytes:
        """Return one row of an answer as text."""
        shown = f"{value:+.6E}" if value == value else _NOT_A_NUMBER
        return f"{time:.12E},{shown},{flag:d}".encode()

    def _array(self, data: bytes, kind: str) -> NDArray[np.generic]:
        dtype = _DTYPES[self.order + kind]
        if len(data) % dtype.itemsize:
            raise ScpiError(-161, device_info=f"{len(data)} bytes are no {dtype.name}")
        return np.frombuffer(data, dtype)

    def _packed(self, kind: Kind, values: NDArray[np.generic]) -> bytes:
        if kind == "flag":
            return values.tobytes()
        if kind == "count":
            return values.astype(f"{self.order}u4", copy=False).tobytes()
        size = 8 if kind == "time" else self.bits // 8
        return values.astype(f"{self.order}f{size}", copy=False).tobytes()

    @staticmethod
    def _as_text(columns: Sequence[Column]) -> str:
        if columns[0][1].size == 1:
            return ",".join([_word(kind, values.item()) for kind, values in columns])
        words = [
            [_word(kind, value) for value in values.ravel().tolist()] for kind, values in columns
        ]
        return ",".join(word for row in zip(*words, strict=True) for word in row)


def _word(kind: Kind, value: float) -> str:
    return _TEXT[kind] % value if value == value else _NOT_A_NUMBER


def _counted(values: NDArray[np.generic], count: int) -> NDArray[np.generic]:
    if len(values) != count:
        code = -109 if len(values) < count else -223
        raise ScpiError(code, device_info=f"{count} values are needed, {len(values)} came")
    return values
