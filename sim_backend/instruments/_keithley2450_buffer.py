"""Reading buffers of a Keithley 2450, and how their elements are written."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

from ..wire.errors import ScpiError
from ..wire.parameters import Parameter
from ..wire.program import Token

EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
DEFAULT_BUFFERS: Final = ("defbuffer1", "defbuffer2")
DEFAULT_SIZE: Final = 100_000
SMALLEST, LARGEST = 10, 6_875_000
OVERFLOW: Final = 9.9e37

LIMITED: Final = 16  # source status: the source function level was limited
_OUTPUT_ON, _SENSE_4W, _READ_BACK = 4, 8, 64


@dataclass(slots=True)
class Reading:
    """One stored reading. value, source: in their units. time: s of simulated time.

    failed: bits of user limits 1 low, 1 high, 2 low, 2 high.  digits: that the display shows.
    """

    value: float
    unit: str
    source: float
    source_unit: str
    time: float
    limited: bool = False
    four_wire: bool = False
    read_back: bool = True
    output_on: bool = True
    failed: int = 0
    digits: int = 5

    @property
    def source_status(self) -> int:
        """Return the source status bits (manual, ``:TRACe:DATA?``, SOURSTATus)."""
        return (
            LIMITED * self.limited
            + _OUTPUT_ON * self.output_on
            + _SENSE_4W * self.four_wire
            + _READ_BACK * self.read_back
        )


class ReadingBuffer:
    """A named buffer of limited size. A full one drops its oldest reading, or takes no more."""

    def __init__(
        self, name: str, size: int = DEFAULT_SIZE, style: str = "STAN", mode: str = "CONT"
    ) -> None:
        self.name, self.style, self.mode = name, style, mode
        self.counted_from = 0  # reading that the statistics begin with
        self.logs = True
        self.readings: deque[Reading] = deque(maxlen=size)

    @property
    def size(self) -> int:
        """Return how many readings it can hold."""
        return self.readings.maxlen or 0

    def resize(self, size: int) -> None:
        """Change the size, which empties it."""
        self.readings = deque(maxlen=size)
        self.counted_from = 0

    def store(self, reading: Reading) -> bool:
        """Take a reading; say whether it filled the buffer."""
        readings = self.readings
        before = len(readings)
        if before == readings.maxlen and self.mode == "ONCE":
            return False
        readings.append(reading)
        return before + 1 == readings.maxlen

    def element(self, name: str, reading: Reading) -> str:
        """Return one element of a reading as text."""
        return _ELEMENTS[name](reading, self.readings[0].time)

    def value(self, name: str, reading: Reading) -> float:
        """Return one element of a reading as a number; 1133 for one that is none."""
        found = _NUMBERS.get(name)
        if found is None:
            raise ScpiError(1133, "Parameter 4, Syntax error, expected valid name parameters")
        return found(reading, self.readings[0].time)


def number(value: float) -> str:
    """Return a number as the instrument writes it: no plus sign, seven digits."""
    return f"{value:.6E}"


def stamp(time: float) -> datetime:
    """Return the instrument's date and time at a simulated time in s."""
    return EPOCH + timedelta(seconds=time)


def _formatted(value: float, unit: str, digits: int = 5) -> str:
    if abs(value) >= OVERFLOW:
        return "Overflow"
    scale, prefix = next((pair for pair in _PREFIXES if abs(value) >= pair[0]), _PREFIXES[-1])
    return f"{value / scale:+0{digits + 4}.{digits}f} {prefix}{unit}"


_PREFIXES: Final = ((1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"))
_UNITS: Final = {"V": "Volt DC", "A": "Amp DC", "Ohm": "Ohm", "W": "Watt DC"}

_ELEMENTS: Final[dict[str, Callable[[Reading, float], str]]] = {
    "DATE": lambda reading, _: f"{stamp(reading.time):%m/%d/%Y}",
    "FORM": lambda reading, _: _formatted(reading.value, reading.unit, reading.digits),
    "FRAC": lambda reading, _: f"{reading.time % 1.0:.9f}",
    "READ": lambda reading, _: number(reading.value),
    "REL": lambda reading, first: f"{reading.time - first:.9f}",
    "SEC": lambda reading, _: f"{stamp(reading.time).timestamp() // 1:.0f}",
    "SOUR": lambda reading, _: number(reading.source),
    "SOURFORM": lambda reading, _: _formatted(reading.source, reading.source_unit),
    "SOURSTAT": lambda reading, _: str(reading.source_status),
    "SOURUNIT": lambda reading, _: {"V": "Volt DC", "A": "Amp DC"}[reading.source_unit],
    "STAT": lambda reading, _: "8" if reading.output_on else "0",
    "TIME": lambda reading, _: f"{stamp(reading.time):%H:%M:%S.%f}",
    "TST": lambda reading, _: f"{stamp(reading.time):%m/%d/%Y %H:%M:%S.%f}",
    "UNIT": lambda reading, _: _UNITS[reading.unit],
}

#: Elements that go into binary blocks.
_NUMBERS: Final[dict[str, Callable[[Reading, float], float]]] = {
    "FRAC": lambda reading, _: reading.time % 1.0,
    "READ": lambda reading, _: reading.value,
    "REL": lambda reading, first: reading.time - first,
    "SEC": lambda reading, _: stamp(reading.time).timestamp() // 1,
    "SOUR": lambda reading, _: reading.source,
    "SOURSTAT": lambda reading, _: float(reading.source_status),
    "STAT": lambda reading, _: 8.0 * reading.output_on,
}

_LONG: Final = {
    "DATE": "DATE",
    "FORM": "FORMATTED",
    "FRAC": "FRACTIONAL",
    "READ": "READING",
    "REL": "RELATIVE",
    "SEC": "SECONDS",
    "SOUR": "SOURCE",
    "SOURFORM": "SOURFORMATTED",
    "SOURSTAT": "SOURSTATUS",
    "SOURUNIT": "SOURUNIT",
    "STAT": "STATUS",
    "TIME": "TIME",
    "TST": "TSTAMP",
    "UNIT": "UNIT",
}
_NAMES: Final = {form: short for short, long in _LONG.items() for form in (short, long)}


class BufferElements(Parameter):
    """The last parameters of a reading query: a quoted buffer name, then elements, all optional.

    Gives (buffer name, list of short element names).
    """

    takes_rest = True

    def convert(self, token: Token) -> object:
        """Return one element's short name; -224 for a word that is none."""
        found = _NAMES.get(token.upper()) if isinstance(token, str) else None
        if found is None:
            raise ScpiError(-224)
        return found

    def convert_all(self, tokens: Sequence[Token]) -> tuple[str, list[str]]:
        """Return the buffer's name and the elements asked for."""
        left = list(tokens)
        name = DEFAULT_BUFFERS[0]
        if left and isinstance(left[0], str) and left[0][:1] in ("'", '"'):
            text = left.pop(0)
            assert isinstance(text, str)  # looked at above
            name = text[1:-1]
        return name, [str(self.convert(token)) for token in left] or ["READ"]


class BufferStore:
    """All buffers of one instrument."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Drop user buffers, empty the default ones."""
        self._buffers = {name: ReadingBuffer(name) for name in DEFAULT_BUFFERS}

    def get(self, name: str) -> ReadingBuffer:
        """Return a buffer; -224 for a name that is none."""
        found = self._buffers.get(name)
        if found is None:
            raise ScpiError(-224, device_info="buffer not found")
        return found

    def make(self, name: str, size: int, style: str) -> None:
        """Make a user buffer, which is filled once; -224 for a name in use or that is none."""
        if name in self._buffers or not name.isidentifier() or len(name) > 31:
            raise ScpiError(-224)
        self._buffers[name] = ReadingBuffer(name, size, style, "ONCE")

    def delete(self, name: str) -> None:
        """Delete a user buffer; the default ones stay (-221)."""
        self.get(name)
        if name in DEFAULT_BUFFERS:
            raise ScpiError(-221)
        del self._buffers[name]

    def clear(self, name: str) -> None:
        """Empty a buffer."""
        buffer = self.get(name)
        buffer.readings.clear()
        buffer.counted_from = 0

    def last(self, name: str) -> Reading:
        """Return the newest reading; -230 from an empty buffer."""
        readings = self.get(name).readings
        if not readings:
            raise ScpiError(-230)
        return readings[-1]

    def span(self, name: str, first: int, last: int) -> Iterable[Reading]:
        """Return readings ``first`` to ``last``, from 1; -222 beyond what is there."""
        readings = self.get(name).readings
        if not 1 <= first <= last <= len(readings):
            raise ScpiError(-222)
        return islice(readings, first - 1, last)
