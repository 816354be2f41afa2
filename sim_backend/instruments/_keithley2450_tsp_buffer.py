"""Reading buffers of a Keithley 2450 as scripts see them."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final, Protocol

from ..wire.errors import ScpiError
from ..wire.tsp import call, getter, number, setter
from ..wire.tsp_format import element_at
from ..wire.tsp_tree import indexed, maker, part
from ._keithley2450_buffer import BufferStore, ReadingBuffer

#: Attribute -> (element, whether it is a number).
COLUMNS: Final = {
    "readings": ("READ", True),
    "sourcevalues": ("SOUR", True),
    "relativetimestamps": ("REL", True),
    "seconds": ("SEC", True),
    "fractionalseconds": ("FRAC", True),
    "statuses": ("STAT", True),
    "sourcestatuses": ("SOURSTAT", True),
    "formattedreadings": ("FORM", False),
    "sourceformattedvalues": ("SOURFORM", False),
    "units": ("UNIT", False),
    "sourceunits": ("SOURUNIT", False),
    "timestamps": ("TST", False),
    "dates": ("DATE", False),
    "times": ("TIME", False),
}


class Host(Protocol):
    """Who has the buffers; after a reset they are others of the same names."""

    buffers: BufferStore


class Buffer:
    """A buffer by its name."""

    def __init__(self, host: Host, name: str) -> None:
        self._host = host
        self.name = name

    @property
    def it(self) -> ReadingBuffer:
        """Return the buffer. Raises ScpiError -224 where it was deleted."""
        return self._host.buffers.get(self.name)

    def __len__(self) -> int:
        return len(self.it.readings)

    def printed(self, first: int, last: int) -> Sequence[float | str]:
        """Return readings ``first`` to ``last``, from 1."""
        return Column(self, "readings").printed(first, last)


class Column:
    """One attribute of all readings of a buffer."""

    def __init__(self, buffer: Buffer, name: str) -> None:
        self._buffer = buffer
        self._element, self._is_number = COLUMNS[name]

    def __len__(self) -> int:
        return len(self._buffer)

    def printed(self, first: int, last: int) -> Sequence[float | str]:
        """Return the elements ``first`` to ``last``, from 1."""
        it = self._buffer.it
        take = it.value if self._is_number else it.element
        return [take(self._element, one) for one in islice(it.readings, first - 1, max(last, 0))]


class BufferFunctions:
    """What scripts can do with buffers."""

    def __init__(self, host: Host, scpi: Callable[[str], str]) -> None:
        self._host = host
        self._scpi = scpi
        self._made = 0

    @maker("buffer.make", "reading_buffer")
    def make(self, size: object, style: object = "buffer.STYLE_STANDARD") -> Buffer | None:
        """Make a buffer, which has no name but for the instrument."""
        words = {"buffer.STYLE_STANDARD": "STAN", "buffer.STYLE_FULL": "FULL"}.get(str(style))
        if words is None:
            raise ScpiError(-224)
        self._made += 1
        name = f"script_buffer{self._made}"
        self._scpi(f':TRAC:MAKE "{name}", {int(number(size, 1, 1e9))}, {words}')
        made = Buffer(self._host, name)
        made.it  # noqa: B018  refused with the reason that the command has queued
        return made

    @call("buffer.delete")
    def delete(self, buffer: object) -> None:
        """Forget a buffer that was made."""
        self._scpi(f':TRAC:DEL "{_checked(buffer).name}"')

    @call("reading_buffer:clear")
    def clear(self, buffer: Buffer) -> None:
        """Empty a buffer."""
        self._scpi(f':TRAC:CLE "{buffer.name}"')

    @getter("reading_buffer:n")
    def count(self, buffer: Buffer) -> int:
        """Return how many readings there are."""
        return len(buffer)

    @getter("reading_buffer:capacity")
    def capacity(self, buffer: Buffer) -> int:
        """Return how many readings there can be."""
        return buffer.it.size

    @setter("reading_buffer:capacity")
    def resize(self, buffer: Buffer, size: object) -> None:
        """Set how many readings there can be, which empties the buffer."""
        self._scpi(f':TRAC:POIN {int(number(size, 1, 1e9))}, "{buffer.name}"')

    @indexed("reading_buffer")
    def reading(self, buffer: Buffer, place: object) -> float | str:
        """Return one reading by its place."""
        return element_at(buffer, place)

    @indexed("synchronous_table")
    def element(self, column: Column, place: object) -> float | str:
        """Return one element by its place."""
        return element_at(column, place)


def _checked(buffer: object) -> Buffer:
    if not isinstance(buffer, Buffer):
        raise ScpiError(-104)
    return buffer


def _column(name: str) -> Callable[[BufferFunctions, Buffer], Column]:
    def column(_self: BufferFunctions, buffer: Buffer) -> Column:
        return Column(buffer, name)

    return part(f"reading_buffer:{name}", "synchronous_table")(column)


for _name in COLUMNS:
    setattr(BufferFunctions, _name, _column(_name))
