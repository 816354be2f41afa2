"""The factory scripts of a Keithley 2636B that sweep and pulse one channel.

Source: Series 2600B Reference Manual, 2600BS-901-01, section 5 (factory scripts): the output is
turned on, readings go to nvbuffer1 with their source values and times, the output is turned off.
"""

from collections.abc import Callable

from ..wire.errors import ScpiError
from ..wire.tsp import call
from ..wire.tsp_tree import listed
from ._keithley2636b_channel import Channel
from ._keithley2636b_measure import Meter
from ._keithley2636b_ranges import Function, between
from ._keithley2636b_settings import DCAMPS, DCVOLTS
from ._keithley2636b_trigger import linear, logarithmic


class FactoryScripts:
    """``SweepVLinMeasureI`` and its relatives."""

    def __init__(self, meters: dict[str, Meter]) -> None:
        self._meters = meters

    @call("SweepVLinMeasureI")
    def lin_v(
        self, smu: object, start: object, stop: object, settle: object, points: object
    ) -> None:
        """Sweep a voltage in equal steps and measure the current."""
        self._sweep(smu, "v", linear(start, stop, points), settle)

    @call("SweepVLogMeasureI")
    def log_v(
        self, smu: object, start: object, stop: object, settle: object, points: object
    ) -> None:
        """Sweep a voltage in equal ratios and measure the current."""
        self._sweep(smu, "v", logarithmic(start, stop, points, 0.0), settle)

    @call("SweepVListMeasureI")
    def list_v(self, smu: object, levels: object, settle: object, points: object) -> None:
        """Sweep a list of voltages and measure the current."""
        self._sweep(smu, "v", _first(levels, points), settle)

    @call("SweepILinMeasureV")
    def lin_i(
        self, smu: object, start: object, stop: object, settle: object, points: object
    ) -> None:
        """Sweep a current in equal steps and measure the voltage."""
        self._sweep(smu, "i", linear(start, stop, points), settle)

    @call("SweepILogMeasureV")
    def log_i(
        self, smu: object, start: object, stop: object, settle: object, points: object
    ) -> None:
        """Sweep a current in equal ratios and measure the voltage."""
        self._sweep(smu, "i", logarithmic(start, stop, points, 0.0), settle)

    @call("SweepIListMeasureV")
    def list_i(self, smu: object, levels: object, settle: object, points: object) -> None:
        """Sweep a list of currents and measure the voltage."""
        self._sweep(smu, "i", _first(levels, points), settle)

    @call("PulseVMeasureI")
    def pulse_v(
        self, smu: object, bias: object, level: object, on: object, off: object, points: object
    ) -> None:
        """Pulse a voltage and measure the current at the end of each pulse."""
        self._pulse(smu, "v", (bias, level), (on, off), points)

    @call("PulseIMeasureV")
    def pulse_i(
        self, smu: object, bias: object, level: object, on: object, off: object, points: object
    ) -> None:
        """Pulse a current and measure the voltage at the end of each pulse."""
        self._pulse(smu, "i", (bias, level), (on, off), points)

    def _sweep(self, smu: object, function: Function, levels: list[float], settle: object) -> None:
        seconds = between(settle, 0.0, 1e4)

        def each(channel: Channel) -> None:
            for level in levels:
                channel.set(f"source.level{function}", level)
                channel.stage.wait(seconds)
                self._store(channel)

        self._with_output(smu, function, levels, each)

    def _pulse(
        self,
        smu: object,
        function: Function,
        levels: tuple[object, object],
        times: tuple[object, object],
        points: object,
    ) -> None:
        bias, level = (between(one, -1e3, 1e3) for one in levels)
        on, off = (between(one, 0.0, 1e4) for one in times)
        count = int(between(points, 1, 100_000))

        def each(channel: Channel) -> None:
            aperture = channel.values["measure.nplc"] / 50.0
            for _ in range(count):
                channel.set(f"source.level{function}", level)
                channel.stage.wait(max(on - aperture, 0.0))
                self._store(channel)
                channel.set(f"source.level{function}", bias)
                channel.stage.wait(off)

        self._with_output(smu, function, [level, bias], each)

    def _with_output(
        self, smu: object, function: Function, levels: list[float], each: Callable[[Channel], None]
    ) -> None:
        if not isinstance(smu, Channel):
            raise ScpiError(1401, "Parameter 1 is invalid")
        smu.set("source.func", DCVOLTS if function == "v" else DCAMPS)
        smu.range_of(function, max(levels, key=abs))
        smu.buffers[1].rows = []
        smu.set(f"source.level{function}", levels[0])
        smu.set("source.output", 1)
        try:
            each(smu)
        finally:
            smu.set("source.output", 0)

    def _store(self, channel: Channel) -> None:
        meter = self._meters[channel.letter]
        kind = "i" if channel.function == "v" else "v"
        meter.store(meter.read(kind), kind, [channel.buffers[1]])


def _first(levels: object, points: object) -> list[float]:
    found, count = listed(levels), int(between(points, 1, 100_000))
    if len(found) < count:
        raise ScpiError(1401, "Parameter 2 is invalid")
    return found[:count]
