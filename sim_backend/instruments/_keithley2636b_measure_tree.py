"""``smuX.measure`` of a Keithley 2636B: the functions that make readings."""

from ..wire.errors import ScpiError
from ..wire.tsp import call
from ._keithley2636b_measure import Meter


class MeasureFunctions:
    """``measure.v`` and the like of one channel."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    @call("measure.v")
    @call("measure.overlappedv")
    def voltage(self, buffer: object = None) -> float:
        """Measure the voltage in V."""
        return self._meter.take("v", (buffer,))[0]

    @call("measure.i")
    @call("measure.overlappedi")
    def current(self, buffer: object = None) -> float:
        """Measure the current in A."""
        return self._meter.take("i", (buffer,))[0]

    @call("measure.r")
    @call("measure.overlappedr")
    def resistance(self, buffer: object = None) -> float:
        """Measure the resistance in ohm."""
        return self._meter.take("r", (buffer,))[0]

    @call("measure.p")
    @call("measure.overlappedp")
    def power(self, buffer: object = None) -> float:
        """Measure the power in W."""
        return self._meter.take("p", (buffer,))[0]

    @call("measure.iv")
    @call("measure.overlappediv")
    def both(self, currents: object = None, voltages: object = None) -> tuple[float, ...]:
        """Measure current in A and voltage in V at once."""
        return self._meter.take("iv", (currents, voltages))

    @call("measureiandstep")
    def current_and_step(self, *given: object) -> float:
        """Measure the current, then go to another level: buffer, level."""
        return self._and_step("i", given)[0]

    @call("measurevandstep")
    def voltage_and_step(self, *given: object) -> float:
        """Measure the voltage, then go to another level: buffer, level."""
        return self._and_step("v", given)[0]

    @call("measurerandstep")
    def resistance_and_step(self, *given: object) -> float:
        """Measure the resistance, then go to another level: buffer, level."""
        return self._and_step("r", given)[0]

    @call("measurepandstep")
    def power_and_step(self, *given: object) -> float:
        """Measure the power, then go to another level: buffer, level."""
        return self._and_step("p", given)[0]

    @call("measureivandstep")
    def both_and_step(self, *given: object) -> tuple[float, ...]:
        """Measure current and voltage, then go to another level: two buffers, level."""
        return self._and_step("iv", given)

    def _and_step(self, functions: str, given: tuple[object, ...]) -> tuple[float, ...]:
        if not given:
            raise ScpiError(-109)
        *buffers, level = given
        channel = self._meter.channel
        taken = self._meter.take(functions, tuple(buffers))
        channel.set(f"source.level{channel.function}", level)
        return taken
