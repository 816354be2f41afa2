"""Reading buffers of a Keithley 2636B.

Source: Series 2600B Reference Manual, 2600BS-901-01, section 7 (bufferVar attributes).
"""

import weakref
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from ..wire.errors import ScpiError
from ..wire.tsp import call, getter, number, setter
from ..wire.tsp_format import element_at
from ..wire.tsp_tree import indexed, part
from ._keithley2636b_settings import chosen

DEDICATED_CAPACITY: Final = 140_000
LARGEST: Final = 2_000_000
UNITS: Final = {"v": "Volts DC", "i": "Amps DC", "r": "Ohms", "p": "Watts"}


class Row(NamedTuple):
    """One stored reading."""

    reading: float
    status: int
    function: str
    range: float
    source: float
    source_function: str
    source_range: float
    output: bool
    time: float


class ReadingBuffer:
    """Readings in order. dedicated: an nvbuffer, which collects everything from the start."""

    def __init__(self, name: str, capacity: int, *, dedicated: bool) -> None:
        self.name = name
        self.capacity = capacity
        self.dedicated = dedicated
        self.rows: list[Row] = []
        self.saved: list[Row] = []
        self.reset()

    def reset(self) -> None:
        """Empty the buffer and give it its first settings."""
        self.rows = []
        self.appending = False
        self.fill_mode = 0
        self.cache_mode = 1
        self.resolution = 1e-6
        self.collecting_sources = self.collecting_times = self.dedicated

    def begin(self) -> None:
        """Make ready for the readings of a command: outside of append mode the old ones go."""
        if not self.appending:
            self.rows = []

    def store(self, row: Row) -> None:
        """Append a reading. Raises ScpiError 5038 where a buffer that is filled once is full."""
        if len(self.rows) >= self.capacity:
            if self.fill_mode == 0:
                raise ScpiError(5038, "Index exceeds maximum reading")
            del self.rows[0]
        self.rows.append(row)

    def __len__(self) -> int:
        return len(self.rows)

    def printed(self, first: int, last: int) -> Sequence[float | str]:
        """Return readings ``first`` to ``last``, from 1."""
        return [row.reading for row in self.rows[first - 1 : last]]


class Column:
    """What one attribute of a buffer says of each reading."""

    def __init__(self, buffer: ReadingBuffer, name: str) -> None:
        self._buffer = buffer
        self.name = name

    def __len__(self) -> int:
        return len(self._buffer)

    def printed(self, first: int, last: int) -> Sequence[float | str]:
        """Return the elements ``first`` to ``last``, from 1."""
        rows = self._buffer.rows[first - 1 : last]
        if self.name == "timestamps":
            base = self._buffer.rows[0].time if self._buffer.rows else 0.0
            return [row.time - base for row in rows]
        take = _COLUMNS[self.name]
        return [take(row) for row in rows]


_COLUMNS: Final[dict[str, Callable[[Row], float | str]]] = {
    "readings": lambda row: row.reading,
    "statuses": lambda row: float(row.status),
    "measurefunctions": lambda row: UNITS[row.function],
    "measureranges": lambda row: row.range,
    "sourcevalues": lambda row: row.source,
    "sourcefunctions": lambda row: UNITS[row.source_function],
    "sourceranges": lambda row: row.source_range,
    "sourceoutputstates": lambda row: "On" if row.output else "Off",
}


class BufferFunctions:
    """What scripts can do with a reading buffer."""

    def __init__(self) -> None:
        self._made: weakref.WeakSet[ReadingBuffer] = weakref.WeakSet()

    def make(self, capacity: object) -> ReadingBuffer:
        """Return a new buffer. Raises ScpiError -225 where memory is short of it."""
        size = int(number(capacity, 1, LARGEST))
        if sum(buffer.capacity for buffer in self._made) + size > LARGEST:
            raise ScpiError(-225, "Out of Memory or TSP Memory allocation error")
        made = ReadingBuffer("buffer", size, dedicated=False)
        self._made.add(made)
        return made

    @call("reading_buffer:clear")
    def clear(self, buffer: ReadingBuffer) -> None:
        """Empty a buffer."""
        buffer.rows = []

    @call("reading_buffer:clearcache")
    def clear_cache(self, _buffer: ReadingBuffer) -> None:
        """Forget the cache, in which nothing else can stand than in the buffer."""

    @getter("reading_buffer:n")
    def count(self, buffer: ReadingBuffer) -> int:
        """Return how many readings there are."""
        return len(buffer)

    @getter("reading_buffer:next")
    def next_place(self, buffer: ReadingBuffer) -> int:
        """Return where the next reading goes."""
        return len(buffer) + 1

    @getter("reading_buffer:capacity")
    def capacity(self, buffer: ReadingBuffer) -> int:
        """Return how many readings there can be."""
        return buffer.capacity

    @getter("reading_buffer:basetimestamp")
    def base_time(self, buffer: ReadingBuffer) -> float:
        """Return the time in s of the first reading."""
        return buffer.rows[0].time if buffer.rows else 0.0

    @getter("reading_buffer:appendmode")
    def append_mode(self, buffer: ReadingBuffer) -> int:
        """Return whether readings are added to those that are there."""
        return int(buffer.appending)

    @setter("reading_buffer:appendmode")
    def set_append_mode(self, buffer: ReadingBuffer, state: object) -> None:
        """Set whether readings are added to those that are there."""
        buffer.appending = bool(chosen(state, 0, 1))

    @getter("reading_buffer:collectsourcevalues")
    def collects_sources(self, buffer: ReadingBuffer) -> int:
        """Return whether source values are stored."""
        return int(buffer.collecting_sources)

    @setter("reading_buffer:collectsourcevalues")
    def collect_sources(self, buffer: ReadingBuffer, state: object) -> None:
        """Set whether source values are stored."""
        buffer.collecting_sources = bool(_setting(buffer, state, 0, 1))

    @getter("reading_buffer:collecttimestamps")
    def collects_times(self, buffer: ReadingBuffer) -> int:
        """Return whether timestamps are stored."""
        return int(buffer.collecting_times)

    @setter("reading_buffer:collecttimestamps")
    def collect_times(self, buffer: ReadingBuffer, state: object) -> None:
        """Set whether timestamps are stored."""
        buffer.collecting_times = bool(_setting(buffer, state, 0, 1))

    @getter("reading_buffer:fillmode")
    def fill_mode(self, buffer: ReadingBuffer) -> int:
        """Return what a full buffer does: 0 refuses, 1 drops the oldest reading."""
        return buffer.fill_mode

    @setter("reading_buffer:fillmode")
    def set_fill_mode(self, buffer: ReadingBuffer, mode: object) -> None:
        """Set what a full buffer does."""
        buffer.fill_mode = int(_setting(buffer, mode, 0, 1))

    @getter("reading_buffer:cachemode")
    def cache_mode(self, buffer: ReadingBuffer) -> int:
        """Return whether readings are cached."""
        return buffer.cache_mode

    @setter("reading_buffer:cachemode")
    def set_cache_mode(self, buffer: ReadingBuffer, state: object) -> None:
        """Set whether readings are cached."""
        buffer.cache_mode = int(chosen(state, 0, 1))

    @getter("reading_buffer:timestampresolution")
    def resolution(self, buffer: ReadingBuffer) -> float:
        """Return the resolution of timestamps in s."""
        return buffer.resolution

    @setter("reading_buffer:timestampresolution")
    def set_resolution(self, buffer: ReadingBuffer, seconds: object) -> None:
        """Set the resolution of timestamps. Raises ScpiError 5047 below 1 us."""
        value = number(seconds)
        if not value >= 1e-6:
            raise ScpiError(5047, "Minimum timestamp resolution is 1us")
        buffer.resolution = value

    @indexed("reading_buffer")
    def reading(self, buffer: ReadingBuffer, place: object) -> float | str | None:
        """Return one reading by its place."""
        return element_at(buffer, place)

    @part("reading_buffer:readings", "synchronous_table")
    def readings(self, buffer: ReadingBuffer) -> Column:
        """Return the readings."""
        return Column(buffer, "readings")

    @part("reading_buffer:statuses", "synchronous_table")
    def statuses(self, buffer: ReadingBuffer) -> Column:
        """Return the status of each reading."""
        return Column(buffer, "statuses")

    @part("reading_buffer:measurefunctions", "synchronous_table")
    def functions(self, buffer: ReadingBuffer) -> Column:
        """Return what was measured."""
        return Column(buffer, "measurefunctions")

    @part("reading_buffer:measureranges", "synchronous_table")
    def ranges(self, buffer: ReadingBuffer) -> Column:
        """Return the measure ranges."""
        return Column(buffer, "measureranges")

    @part("reading_buffer:sourcevalues", "synchronous_table")
    def sources(self, buffer: ReadingBuffer) -> Column | None:
        """Return the source values, or nil where none are collected."""
        return Column(buffer, "sourcevalues") if buffer.collecting_sources else None

    @part("reading_buffer:sourcefunctions", "synchronous_table")
    def source_functions(self, buffer: ReadingBuffer) -> Column:
        """Return what was sourced."""
        return Column(buffer, "sourcefunctions")

    @part("reading_buffer:sourceranges", "synchronous_table")
    def source_ranges(self, buffer: ReadingBuffer) -> Column:
        """Return the source ranges."""
        return Column(buffer, "sourceranges")

    @part("reading_buffer:sourceoutputstates", "synchronous_table")
    def outputs(self, buffer: ReadingBuffer) -> Column:
        """Return whether the output was on."""
        return Column(buffer, "sourceoutputstates")

    @part("reading_buffer:timestamps", "synchronous_table")
    def timestamps(self, buffer: ReadingBuffer) -> Column | None:
        """Return the times since the first reading, or nil where none are collected."""
        return Column(buffer, "timestamps") if buffer.collecting_times else None

    @call("synchronous_table:getreading")
    def element(self, column: Column, place: object) -> float | str:
        """Return one element by its place."""
        return element_at(column, place)

    @indexed("synchronous_table")
    def element_at(self, column: Column, place: object) -> float | str:
        """Return one element by its place."""
        return element_at(column, place)


def _setting(buffer: ReadingBuffer, value: object, *choices: float) -> float:
    """Return a buffer's new setting. Raises ScpiError 5032 where readings are in the way."""
    given = chosen(value, *choices)
    if buffer.rows:
        raise ScpiError(5032, "Cannot change this setting unless buffer is cleared")
    return given
