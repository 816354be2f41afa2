"""``smuX.trigger`` of a Keithley 2636B: what sets up and starts the trigger model of a channel."""

from ..wire.errors import ScpiError
from ..wire.tsp import call, getter, setter
from ..wire.tsp_tree import listed
from ._keithley2636b_events import EventBus
from ._keithley2636b_measure import checked
from ._keithley2636b_ranges import SOURCE_RANGES, Function, between, range_for
from ._keithley2636b_trigger import LONGEST, TriggerModel, linear, logarithmic


class TriggerModelFunctions:
    """``smuX.trigger`` of one channel; its counts and actions are plain settings."""

    def __init__(self, model: TriggerModel, bus: EventBus) -> None:
        self._model = model
        self._bus = bus

    @call("trigger.initiate")
    def initiate(self) -> None:
        """Start what was configured."""
        self._model.initiate()

    @call("trigger.source.listv")
    def list_voltages(self, levels: object) -> None:
        """Sweep over a list of voltages in V."""
        self._configure("v", listed(levels))

    @call("trigger.source.listi")
    def list_currents(self, levels: object) -> None:
        """Sweep over a list of currents in A."""
        self._configure("i", listed(levels))

    @call("trigger.source.linearv")
    def linear_voltages(self, start: object, stop: object, points: object) -> None:
        """Sweep from one voltage in V to another in equal steps."""
        self._configure("v", linear(start, stop, points))

    @call("trigger.source.lineari")
    def linear_currents(self, start: object, stop: object, points: object) -> None:
        """Sweep from one current in A to another in equal steps."""
        self._configure("i", linear(start, stop, points))

    @call("trigger.source.logv")
    def log_voltages(
        self, start: object, stop: object, points: object, asymptote: object = 0.0
    ) -> None:
        """Sweep from one voltage in V to another in equal ratios above an asymptote."""
        self._configure("v", logarithmic(start, stop, points, asymptote))

    @call("trigger.source.logi")
    def log_currents(
        self, start: object, stop: object, points: object, asymptote: object = 0.0
    ) -> None:
        """Sweep from one current in A to another in equal ratios above an asymptote."""
        self._configure("i", logarithmic(start, stop, points, asymptote))

    def _configure(self, function: Function, levels: list[float]) -> None:
        if not 1 <= len(levels) <= LONGEST:
            raise ScpiError(1401, "Parameter 1 is invalid")
        values, ranges = self._model.channel.values, SOURCE_RANGES[function]
        if not values[f"source.autorange{function}"]:
            for level in levels:
                self._model.channel.range_of(function, level)
        range_for(ranges, max(map(abs, levels)))
        self._model.sweep = function, levels

    @call("trigger.measure.i")
    def measure_current(self, buffer: object) -> None:
        """Measure the current at each point."""
        self._measure("i", buffer)

    @call("trigger.measure.v")
    def measure_voltage(self, buffer: object) -> None:
        """Measure the voltage at each point."""
        self._measure("v", buffer)

    @call("trigger.measure.r")
    def measure_resistance(self, buffer: object) -> None:
        """Measure the resistance at each point."""
        self._measure("r", buffer)

    @call("trigger.measure.p")
    def measure_power(self, buffer: object) -> None:
        """Measure the power at each point."""
        self._measure("p", buffer)

    @call("trigger.measure.iv")
    def measure_both(self, currents: object, voltages: object) -> None:
        """Measure current and voltage at each point."""
        self._measure("iv", currents, voltages)

    def _measure(self, functions: str, *buffers: object) -> None:
        self._model.buffers = [checked(buffer) for buffer in buffers]
        self._model.measures = functions

    @getter("trigger.source.limitv")
    def limit_voltage(self) -> float | str:
        """Return the voltage limit of a sweep in V."""
        return self._limit("v")

    @getter("trigger.source.limiti")
    def limit_current(self) -> float | str:
        """Return the current limit of a sweep in A."""
        return self._limit("i")

    def _limit(self, kind: str) -> float | str:
        own = self._model.limits[kind]
        return "auto" if own is None else own

    @setter("trigger.source.limitv")
    def set_limit_voltage(self, limit: object) -> None:
        """Set the voltage limit of a sweep in V; ``LIMIT_AUTO`` is that of the source."""
        self._model.limits["v"] = None if limit == "auto" else between(limit, 0.02, 200.0)

    @setter("trigger.source.limiti")
    def set_limit_current(self, limit: object) -> None:
        """Set the current limit of a sweep in A; ``LIMIT_AUTO`` is that of the source."""
        self._model.limits["i"] = None if limit == "auto" else between(limit, 1e-10, 1.5)

    @call("trigger.arm.set")
    def set_arm(self) -> None:
        """Let the arm layer go on."""
        self._set("arm")

    @call("trigger.source.set")
    def set_source(self) -> None:
        """Let the source action happen."""
        self._set("source")

    @call("trigger.measure.set")
    def set_measure(self) -> None:
        """Let the measure action happen."""
        self._set("measure")

    @call("trigger.endpulse.set")
    def set_end(self) -> None:
        """Let the pulse end."""
        self._set("endpulse")

    def _set(self, layer: str) -> None:
        self._model.detectors[layer].set()
        self._bus.run()
