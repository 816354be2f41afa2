"""What one channel of a simulated Keithley 2636B measures, and the functions that do it."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Final, NamedTuple

from ..chip.electrics import Measured
from ..wire.errors import ScpiError
from ._keithley2636b_buffer import ReadingBuffer, Row
from ._keithley2636b_channel import Channel
from ._keithley2636b_ranges import AUTO_DELAYS, MEASURE_RANGES, OVER, Function
from ._keithley2636b_settings import AUTO, DCVOLTS, MEDIAN, REMOTE, REPEAT

OVERFLOW: Final = 9.91e37
LINE_FREQUENCY: Final = 50.0

AUTORANGED, SOURCE_AUTORANGED, FOUR_WIRE = 0x04, 0x08, 0x10
RELATIVE, COMPLIANCE, FILTERED = 0x20, 0x40, 0x80
VOLTAGE_LIMIT, CURRENT_LIMIT, OVERFLOWED, BUFFERED = 1, 2, 128, 256


class Reading(NamedTuple):
    """One measurement: values by function, ranges by function, status bits, time in s."""

    values: dict[str, float]
    ranges: dict[str, float]
    status: int
    time: float


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the settings say about readings. aperture: s; cycles: of the line; zeros: relative."""

    changes: int
    count: int
    kind: float
    aperture: float
    cycles: float
    status: int
    zeros: dict[str, float]

    @classmethod
    def of(cls, values: dict[str, float], changes: int) -> "_Plan":
        """Work it out of the settings of a channel."""
        count = int(values["measure.filter.count"]) if values["measure.filter.enable"] else 1
        kind, cycles = values["measure.filter.type"], values["measure.nplc"]
        if kind == REPEAT:
            cycles *= count
        function = "v" if values["source.func"] == DCVOLTS else "i"
        status = FILTERED * (count > 1) + FOUR_WIRE * (values["sense"] == REMOTE)
        status += AUTORANGED * bool(values["measure.autorangei"] or values["measure.autorangev"])
        status += SOURCE_AUTORANGED * bool(values[f"source.autorange{function}"])
        zeros = {
            f: values[f"measure.rel.level{f}"] for f in "virp" if values[f"measure.rel.enable{f}"]
        }
        return cls(changes, count, kind, cycles / LINE_FREQUENCY, cycles, status, zeros)


class Meter:
    """Readings of one channel.

    labour: counts what is done, and ends it.  on_status: told the bits of the channel's measurement
    register when they change.
    """

    def __init__(
        self,
        channel: Channel,
        labour: Callable[[], None],
        on_status: Callable[[int], None],
    ) -> None:
        self.channel = channel
        self._labour = labour
        self._on_status = on_status
        self._plan = _Plan.of(channel.values, -1)
        self._shown_status = 0
        self._moving: dict[str, deque[float]] = {}

    def read(self, functions: str, *, delayed: bool = True) -> Reading:
        """Make one measurement of functions such as "i" or "iv"; r and p measure both."""
        self._labour()
        channel = self.channel
        plan = self._planned()
        kinds = "vi" if "r" in functions or "p" in functions else functions
        if delayed:
            self._delay(kinds)
        if plan.count > 1 and plan.kind != REPEAT:
            seen, taken = self._filtered(kinds, plan)
        else:
            seen = channel.stage.look(plan.aperture)
            taken = {f: self._shown(f, _of(seen, f), plan.cycles) for f in kinds}
        limited = seen.in_compliance if channel.function == "v" else channel.tripped()
        return self._finished(functions, taken, channel.output and limited, plan)

    def _planned(self) -> _Plan:
        """Return what the settings say about readings; worked out when they change."""
        if self._plan.changes != self.channel.changes:
            self._plan = _Plan.of(self.channel.values, self.channel.changes)
        return self._plan

    def _filtered(self, kinds: str, plan: _Plan) -> tuple[Measured, dict[str, tuple[float, float]]]:
        """Return the last look, and readings through the median or the moving filter."""
        stage, taken = self.channel.stage, {}
        if plan.kind == MEDIAN:
            looks = [stage.look(plan.aperture) for _ in range(plan.count)]
            for f in kinds:
                each = [self._shown(f, _of(look, f), plan.cycles) for look in looks]
                taken[f] = median(value for value, _ in each), each[-1][1]
            return looks[-1], taken
        seen = stage.look(plan.aperture)
        for f in kinds:
            taken[f] = self._averaged(f, self._shown(f, _of(seen, f), plan.cycles), plan.count)
        return seen, taken

    def _delay(self, kinds: str) -> None:
        delay = self.channel.values["measure.delay"]
        if delay == AUTO:
            if "i" not in kinds:
                return
            pause = AUTO_DELAYS.get(self._range("i", 0.0), 0.0)
            self.channel.stage.pause(pause * self.channel.values["measure.delayfactor"])
        elif delay > 0.0:
            self.channel.stage.wait(delay)

    def _range(self, function: Function | str, value: float) -> float:
        """Return the range of a reading: that of the source, a fixed one, or what fits."""
        values = self.channel.values
        if function == self.channel.function and self.channel.output:
            return values["source.range" + function]
        if not values["measure.autorange" + function]:
            return values["measure.range" + function]
        lowest = values["measure.lowrange" + function]
        if function == "i" and not value:
            # Before the reading, an automatic range stands where the last one left it.
            return max(values["measure.rangei"], lowest)
        size = max(abs(value), lowest / OVER)
        ranges = MEASURE_RANGES["v" if function == "v" else "i"]
        found = next((name for name in ranges if size <= name * OVER), ranges[-1])
        values[f"measure.range{function}"] = found
        return found

    def _shown(self, function: str, value: float, cycles: float) -> tuple[float, float]:
        """Return a value as it reads, and its range; 9.91e37 beyond the range."""
        name = self._range(function, value or 1e-30)
        shown = self.channel.metrology.shown(function, value, name, cycles)
        return (OVERFLOW if abs(shown) > name * OVER * 1.001 else shown), name

    def _averaged(
        self, function: str, shown: tuple[float, float], count: int
    ) -> tuple[float, float]:
        if count == 1:
            return shown
        kept = self._moving.setdefault(function, deque(maxlen=count))
        if kept.maxlen != count:
            kept = self._moving[function] = deque(kept, maxlen=count)
        kept.append(shown[0])
        return sum(kept) / len(kept), shown[1]

    def _finished(
        self, functions: str, taken: dict[str, tuple[float, float]], limited: bool, plan: _Plan
    ) -> Reading:
        found = {f: value for f, (value, _) in taken.items()}
        ranges = {f: name for f, (_, name) in taken.items()}
        overflowed = OVERFLOW in found.values()
        if "r" in functions:
            ratio = found["v"] / found["i"] if found["i"] else OVERFLOW
            found["r"], ranges["r"] = OVERFLOW if overflowed else ratio, ranges["i"]
        if "p" in functions:
            power = OVERFLOW if overflowed else found["v"] * found["i"]
            found["p"], ranges["p"] = power, ranges["i"]
        status = plan.status | COMPLIANCE if limited else plan.status
        for f in functions:
            if f in plan.zeros:
                found[f] -= plan.zeros[f]
                status |= RELATIVE
        self._tell(limited, overflowed)
        return Reading(found, ranges, status, self.channel.stage.now)

    def _tell(self, limited: bool, overflowed: bool) -> None:
        bits = OVERFLOWED if overflowed else 0
        if limited:
            bits |= CURRENT_LIMIT if self.channel.function == "v" else VOLTAGE_LIMIT
        if bits != self._shown_status:
            self._shown_status = bits
            self._on_status(bits)

    # --- series of readings ---

    def take(self, functions: str, buffers: tuple[object, ...]) -> tuple[float, ...]:
        """Make as many measurements as the count says, into buffers if given; return the last."""
        values = self.channel.values
        wanted = [checked(buffer) for buffer in buffers if buffer is not None]
        count = int(values["measure.count"])
        if count > 1 and values["measure.filter.enable"] and values["measure.filter.count"] > 1:
            raise ScpiError(5025, "Cannot set filter.count > 1 when measure.count > 1")
        for buffer in wanted:
            buffer.begin()
        interval, start = values["measure.interval"], self.channel.stage.now
        for index in range(count):
            if interval and index:
                self.channel.stage.wait(start + index * interval - self.channel.stage.now)
            reading = self.read(functions, delayed=index == 0 or not interval)
            self.store(reading, functions, wanted)
        return tuple(reading.values[f] for f in functions)

    def store(self, reading: Reading, functions: str, buffers: list[ReadingBuffer]) -> None:
        """Put one measurement into buffers, one for each function."""
        channel = self.channel
        function = channel.function
        for buffer, f in zip(buffers, functions, strict=False):
            buffer.store(
                Row(
                    reading.values[f],
                    reading.status,
                    f,
                    reading.ranges[f],
                    channel.programmed,
                    function,
                    channel.values[f"source.range{function}"],
                    channel.output,
                    reading.time,
                )
            )


def _of(seen: Measured, function: str) -> float:
    return seen.voltage if function == "v" else seen.current


def checked(buffer: object) -> ReadingBuffer:
    """Return a reading buffer. Raises ScpiError 5033 for anything else."""
    if not isinstance(buffer, ReadingBuffer):
        raise ScpiError(5033, "Reading buffer not found within device")
    return buffer
