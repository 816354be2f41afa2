"""``format``, ``printnumber`` and ``printbuffer``: how a TSP instrument writes numbers.

Binary data are ``#0``, the values and the newline of every reply; they may hold newlines as well.
Source: Series 2600B Reference Manual, 2600BS-901-01, section 7 (format.data and the like).
"""

import math
from collections.abc import Callable, Sequence
from typing import Final, Protocol, runtime_checkable

import numpy as np

from .errors import ScpiError
from .tsp_tree import getter, number, printer, setter

ASCII, REAL32, REAL64 = 1, 2, 3
BIG_ENDIAN, LITTLE_ENDIAN = 0, 1
NOT_A_NUMBER: Final = 9.91e37
INFINITE: Final = 9.9e37
_BINARY: Final = {REAL32: "f4", REAL64: "f8"}

CONSTANTS: Final = {
    "format.ASCII": ASCII, "format.REAL32": REAL32, "format.SREAL": REAL32,
    "format.REAL64": REAL64, "format.REAL": REAL64, "format.DREAL": REAL64,
    "format.NORMAL": BIG_ENDIAN, "format.BIGENDIAN": BIG_ENDIAN, "format.NETWORK": BIG_ENDIAN,
    "format.SWAPPED": LITTLE_ENDIAN, "format.LITTLEENDIAN": LITTLE_ENDIAN,
}  # fmt: skip


@runtime_checkable
class Printable(Protocol):
    """A reading buffer, or one of its columns."""

    def printed(self, first: int, last: int) -> Sequence[float | str]:
        """Return the elements of places ``first`` to ``last``, from 1."""

    def __len__(self) -> int: ...


def element_at(printable: Printable, place: object) -> float | str:
    """Return one element. Raises ScpiError 4900 for a place that there is not."""
    index = number(place)
    if not 1 <= index <= len(printable):
        raise ScpiError(4900, f"Reading buffer index {index:g} is invalid")
    return printable.printed(int(index), int(index))[0]


class Format:
    """The settings and the printing functions.

    automatic: the instrument knows a precision of 0, as many digits as a number needs, and begins
    with it; else it begins with six.
    """

    def __init__(self, set_number_format: Callable[[str], None], *, automatic: bool) -> None:
        self._set_number_format = set_number_format
        self._least, self._first = (0, 0) if automatic else (1, 6)
        self.reset()

    def reset(self) -> None:
        """Go to text, with the first precision."""
        self._data, self._order = ASCII, LITTLE_ENDIAN
        self.set_precision(self._first)

    @getter("format.asciiprecision")
    def precision(self) -> int:
        """Return how many significant digits are printed."""
        return self._precision

    @setter("format.asciiprecision")
    def set_precision(self, digits: object) -> None:
        """Set how many significant digits are printed, up to 16."""
        self._precision = int(number(digits, self._least, 16))
        self._form = f"%.{self._precision - 1}e" if self._precision else "%.14g"
        self._set_number_format(self._form)

    @getter("format.data")
    def data(self) -> int:
        """Return the data format: 1 text, 2 single, 3 double precision."""
        return self._data

    @setter("format.data")
    def set_data(self, kind: object) -> None:
        """Set the data format. Raises ScpiError 1406 for none."""
        if kind not in (ASCII, REAL32, REAL64) or isinstance(kind, bool):
            raise ScpiError(1406, "Invalid data format")
        self._data = int(number(kind))

    @getter("format.byteorder")
    def byte_order(self) -> int:
        """Return the order of binary bytes: 0 big-endian, 1 little-endian."""
        return self._order

    @setter("format.byteorder")
    def set_byte_order(self, order: object) -> None:
        """Set the order of binary bytes. Raises ScpiError 1404 for none."""
        if order not in (BIG_ENDIAN, LITTLE_ENDIAN) or isinstance(order, bool):
            raise ScpiError(1404, "Invalid byte order")
        self._order = int(number(order))

    @printer("printnumber")
    def print_number(self, *values: object) -> str:
        """Print numbers, separated by comma and blank, or binary."""
        return self._written([number(value) for value in values])

    @printer("printbuffer")
    def print_buffer(self, first: object, last: object, *buffers: object) -> str | None:
        """Print the elements ``first`` to ``last`` of buffers, one of each in turn."""
        if not buffers:
            raise ScpiError(-109)
        begin, end = number(first), number(last)
        columns = []
        for buffer in buffers:
            if not isinstance(buffer, Printable):
                raise ScpiError(-104)
            low, high = int(max(begin, 1)), int(min(end, len(buffer)))
            columns.append(buffer.printed(low, high))
        if not any(columns):
            return None
        if len(columns) == 1:
            return self._written(columns[0])
        return self._written([item for row in zip(*columns, strict=False) for item in row])

    def _written(self, values: Sequence[float | str]) -> str:
        if self._data == ASCII:
            form = self._form
            return ", ".join(
                value if isinstance(value, str) else form % _finite(value) for value in values
            )
        kind = (">" if self._order == BIG_ENDIAN else "<") + _BINARY[self._data]
        numbers = [NOT_A_NUMBER if isinstance(v, str) else _finite(v) for v in values]
        return "#0" + np.array(numbers, dtype=kind).tobytes().decode("latin-1")


def _finite(value: float) -> float:
    """Return what stands for a value in the output: numbers beyond all are 9.9e37, none 9.91e37."""
    if math.isfinite(value):
        return value
    return NOT_A_NUMBER if math.isnan(value) else math.copysign(INFINITE, value)
