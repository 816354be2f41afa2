"""The trigger model of one channel: arm layer, trigger layer, sweeps.

Idle, then for each arm count: arm event; for each trigger count: source event, source action and
delay, measure event, measure action, end-pulse event and action. Events that are not set are not
waited for. Source: Series 2600B Reference Manual, 2600BS-901-01, section 3 (remote triggering).
"""

import math
from collections.abc import Callable, Iterator
from typing import Final

from ..wire.errors import ScpiError
from ._keithley2636b_buffer import ReadingBuffer
from ._keithley2636b_channel import Channel
from ._keithley2636b_events import CHANNEL_EVENTS, Detector, EventBus, Wait
from ._keithley2636b_measure import Meter
from ._keithley2636b_ranges import SOURCE_RANGES, Function, between, check_area, range_for
from ._keithley2636b_settings import AUTO, HOLD

SWEEPING, ARMED, SOURCED, MEASURED, PULSED, SWEPT, IDLE = range(7)
EVENT_NAMES: Final = {
    "SWEEPING_EVENT_ID": SWEEPING, "ARMED_EVENT_ID": ARMED, "SOURCE_COMPLETE_EVENT_ID": SOURCED,
    "MEASURE_COMPLETE_EVENT_ID": MEASURED, "PULSE_COMPLETE_EVENT_ID": PULSED,
    "SWEEP_COMPLETE_EVENT_ID": SWEPT, "IDLE_EVENT_ID": IDLE,
}  # fmt: skip
LONGEST: Final = 100_000
LAYERS: Final = ("arm", "source", "measure", "endpulse")


class TriggerModel:
    """Runs sweeps of one channel. on_sweep: told when one begins (True) and ends (False)."""

    def __init__(
        self, channel: Channel, meter: Meter, bus: EventBus, on_sweep: Callable[[bool], None]
    ) -> None:
        self.channel = channel
        self.meter = meter
        self._bus = bus
        self._on_sweep = on_sweep
        self._first_event = CHANNEL_EVENTS[channel.letter]
        self.detectors = {layer: Detector() for layer in LAYERS}
        for detector in self.detectors.values():
            bus.add(detector)
        self.steps: Iterator[Wait] | None = None
        self.waits_for: Wait = None
        self.reset()
        bus.machines.append(self)

    def reset(self) -> None:
        """Go to the factory settings, idle."""
        self.stop()
        self.sweep: tuple[Function, list[float]] | None = None
        self.measures = ""
        self.buffers: list[ReadingBuffer] = []
        self.limits: dict[str, float | None] = {"v": None, "i": None}
        for detector in self.detectors.values():
            detector.clear()
            self._bus.stimulate(detector, 0)

    def stop(self) -> None:
        """Go to idle at once."""
        if self.steps is not None:
            self.steps = self.waits_for = None
            self._end_sweep()

    def emit(self, event: int) -> None:
        """Let one of the channel's events happen."""
        self._bus.emit(self._first_event + event)

    def initiate(self) -> None:
        """Leave idle. Raises ScpiError where an action is enabled that was not configured."""
        values = self.channel.values
        if self.steps is not None:
            raise ScpiError(5042, "Invalid while overlapped measure")
        if values["trigger.source.action"]:
            if self.sweep is None:
                raise ScpiError(5059, "trigger.source.action enabled without configuration")
            self._check_sweep(*self.sweep)
        if values["trigger.measure.action"] and not self.measures:
            raise ScpiError(5060, "trigger.measure.action enabled without configuration")
        for detector in self.detectors.values():
            detector.clear()
        self.steps, self.waits_for = self._run(), None
        self._on_sweep(True)
        self._bus.run()

    def _check_sweep(self, function: Function, levels: list[float]) -> None:
        if function != self.channel.function:
            raise ScpiError(-221, "Settings Conflict")
        if not self.channel.output:
            raise ScpiError(5061, "Operation not permitted while OUTPUT is off")
        most = max(map(abs, levels))
        limit = self._limit(function)
        check_area(*((most, limit) if function == "v" else (limit, most)))
        self.channel.check_interlock(function, range_for(SOURCE_RANGES[function], most), limit)

    def _limit(self, function: Function) -> float:
        other: Function = "i" if function == "v" else "v"
        own = self.limits[other]
        return self.channel.values[f"source.limit{other}"] if own is None else own

    def _run(self) -> Iterator[Wait]:
        values, detectors = self.channel.values, self.detectors
        restore = self._take_sweep_settings()
        for buffer in self.buffers if values["trigger.measure.action"] else ():
            buffer.begin()
        place, arms = 0, int(values["trigger.arm.count"])
        self.emit(SWEEPING)
        arm = 0
        while not arms or arm < arms:
            arm += 1
            yield detectors["arm"]
            if values["trigger.autoclear"]:
                for layer in LAYERS[1:]:
                    detectors[layer].clear()
            self.emit(ARMED)
            count = int(values["trigger.count"])
            done = 0
            while not count or done < count:
                done += 1
                yield from self._point(place)
                place += 1
            self._end_level()
            self.emit(SWEPT)
        restore()
        self._end_sweep()
        self.emit(IDLE)

    def _point(self, place: int) -> Iterator[Wait]:
        self._bus.time.labour()  # a sweep without end, of which nothing is waited for, ends here
        channel, detectors = self.channel, self.detectors
        if not detectors["source"].take():
            yield detectors["source"]
        if channel.values["trigger.source.action"] and self.sweep is not None:
            levels = self.sweep[1]
            channel.put(levels[place % len(levels)])
            delay = channel.values["source.delay"]
            if delay == AUTO:
                channel.let_source_settle()
            elif delay > 0.0:
                yield channel.stage.now + delay
        self.emit(SOURCED)
        if self._bus.shares(self):
            yield None  # whoever was woken goes first: a measurement is one step, and takes time
        if not detectors["measure"].take():
            yield detectors["measure"]
        if channel.values["trigger.measure.action"]:
            delay = channel.values["measure.delay"]
            if delay > 0.0:
                yield channel.stage.now + delay
            reading = self.meter.read(self.measures, delayed=delay == AUTO)
            self.meter.store(reading, self.measures, self.buffers)
        self.emit(MEASURED)
        if self._bus.shares(self):
            yield None
        if not detectors["endpulse"].take():
            yield detectors["endpulse"]
        if channel.values["trigger.source.action"]:
            if channel.values["trigger.endpulse.action"] != HOLD:
                channel.put(channel.level())
        self.emit(PULSED)

    def _take_sweep_settings(self) -> Callable[[], None]:
        """Give the source the sweep's range and limit; return what undoes it."""
        values = self.channel.values
        if not values["trigger.source.action"] or self.sweep is None:
            return lambda: None
        function, levels = self.sweep
        other: Function = "i" if function == "v" else "v"
        changed = {f"source.limit{other}": self._limit(function)}
        if values[f"source.autorange{function}"]:
            wanted = range_for(SOURCE_RANGES[function], max(map(abs, levels)))
            values[f"source.range{function}"] = max(wanted, values[f"source.range{function}"])
        before = {name: values[name] for name in changed}
        values.update(changed)
        return lambda: values.update(before)

    def _end_level(self) -> None:
        values = self.channel.values
        if values["trigger.source.action"] and values["trigger.endsweep.action"] != HOLD:
            self.channel.put(self.channel.level())

    def _end_sweep(self) -> None:
        self._on_sweep(False)


def linear(start: object, stop: object, points: object) -> list[float]:
    """Return equally spaced levels."""
    first, last = between(start, -1e3, 1e3), between(stop, -1e3, 1e3)
    count = int(between(points, 1, LONGEST))
    if count == 1:
        return [first]
    step = (last - first) / (count - 1)
    return [first + index * step for index in range(count)]


def logarithmic(start: object, stop: object, points: object, asymptote: object) -> list[float]:
    """Return levels whose distances from an asymptote are in equal ratios."""
    first, last = between(start, -1e3, 1e3), between(stop, -1e3, 1e3)
    base = between(asymptote, -1e3, 1e3)
    low, high = first - base, last - base
    if not low * high > 0.0:
        raise ScpiError(1401, "Parameter 4 is invalid")
    count = int(between(points, 1, LONGEST))
    ratio = math.log(high / low) / max(count - 1, 1)
    return [base + low * math.exp(index * ratio) for index in range(count)]
