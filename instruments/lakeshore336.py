"""Lake Shore 336 temperature controller: output 1 heats a chuck, input A has its sensor.

It has no error queue: what it did not take shows in the standard event status register. Source:
Model 336 Temperature Controller User's Manual, chapter 6 (computer interface operation).
"""

import math
from typing import ClassVar, Literal, final

from labcim.errors import InstrumentError, RangeError
from labcim.instrument import Instrument, SafePhase
from labcim.parameter import Parameter
from labcim.units import show

from ._proof import prove

HeaterRange = Literal["off", "low", "medium", "high"]

TRIP = 5.0  # K above the chip's limit at which the instrument itself turns everything off
FASTEST = 100.0  # K a minute
_EVENTS = {4: "query error", 16: "execution error", 32: "command error"}
_SENSOR = {
    1: "invalid reading",
    16: "temperature under range",
    32: "temperature over range",
    64: "sensor units zero",
    128: "sensor units over range",
}
_KELVIN = "1"


def _number(answer: str) -> float:
    value = float(answer)
    if not math.isfinite(value):
        raise ValueError(answer)
    return value


@final
class LakeShore336(Instrument):
    """Holds a chuck at a temperature. Its heater is what must be off in the end."""

    identified_by: ClassVar[str] = "MODEL336"
    terminals: ClassVar[tuple[str, ...]] = ()

    setpoint = Parameter(
        doc="Control the temperature that output 1 holds.", unit="K",
        get="SETP? 1", set="SETP 1,{:.3f}", limits=(4.0, 1000.0), parse=_number,
        guard="_guard_setpoint",
    )  # fmt: skip
    heater_range = Parameter[HeaterRange](
        doc="Control the range of the heater of output 1.",
        get="RANGE? 1", set="RANGE 1,{}", guard="_guard_heater",
        choices={"off": "0", "low": "1", "medium": "2", "high": "3"},
    )  # fmt: skip
    heater_output = Parameter[float](
        doc="Measure the output of the heater of output 1, in percent of its range.",
        get="HTR? 1", parse=_number,
    )  # fmt: skip
    sensor = Parameter[float](
        doc="Measure the sensor's resistance on input A.", unit="Ω", get="SRDG? A", parse=_number
    )
    loop = Parameter[str](doc="Get P, I and D of output 1.", get="PID? 1", parse=str)
    ramp = Parameter[str](doc="Get whether output 1 ramps, and K/min.", get="RAMP? 1", parse=str)
    trip = Parameter(
        doc="Get the temperature at which the instrument turns all outputs off.", unit="K",
        get="TLIMIT? A", parse=_number,
    )  # fmt: skip

    def initialise(self) -> None:
        """Heaters off; output 1 in a closed loop on input A, in kelvin, without a ramp."""
        self.transport.write("*CLS")
        self.send("RANGE 1,0")
        self.send("RANGE 2,0")
        self._speak_kelvin()
        self.send("OUTMODE 1,1,1,0")
        self.set_ramp(0.0)
        hottest = self.terminal_limits("stage").hottest
        if math.isfinite(hottest):
            self.send(f"TLIMIT A,{hottest + TRIP:.1f}")

    def safe(self, phase: SafePhase) -> None:
        """Turn the heaters off with the outputs, and prove it."""
        if phase is not SafePhase.OUTPUTS:
            return
        self.transport.write("RANGE 1,0")  # past the latch: an abort must not stop this
        self.transport.write("RANGE 2,0")
        for output in (1, 2):
            prove(
                self.transport, f"RANGE? {output}", f"heater {output}", lambda said: int(said) == 0
            )

    def go_to(self, kelvin: float) -> None:
        """Command a temperature, heater on; raises RangeError for what the chip must not see."""
        self.setpoint = kelvin
        self.heater_range = "high"

    def temperature(self) -> float:
        """Return what the sensor reads, in K. Raises InstrumentError where that is no reading."""
        answer = self.ask("KRDG? A;RDGST? A")
        reading, _, state = answer.partition(";")
        try:
            kelvin, flags = _number(reading), int(state)
        except ValueError as trouble:
            raise InstrumentError(
                f"{self.transport.address}: temperature reads {answer[:80]!r}"
            ) from trouble
        if flags:
            said = ", ".join(words for bit, words in _SENSOR.items() if flags & bit)
            raise InstrumentError(
                f"{self.transport.address}: the sensor on input A has no reading: "
                f"{said or f'status {flags}'}"
            )
        return kelvin

    def off(self) -> None:
        """Turn the heater of output 1 off."""
        self.heater_range = "off"

    def set_ramp(self, rate: float) -> None:
        """Approach setpoints with ``rate`` K/s from now on; 0: as fast as the heater can.

        Raises RangeError for less than 0.1 or more than 100 K a minute.
        """
        per_minute = 60.0 * rate
        if rate == 0.0:
            self.send("RAMP 1,0,0.1")
        elif 0.1 <= per_minute <= FASTEST:
            self.send(f"RAMP 1,1,{per_minute:.1f}")
        else:
            raise RangeError(
                f"ramp = {show(rate, 'K/s')}: accepts 0, or {show(0.1 / 60.0, 'K/s')} to "
                f"{show(FASTEST / 60.0, 'K/s')}; nothing was sent"
            )

    def raise_errors(self, message: str | bytes = "") -> None:
        """Read the event status register; raise InstrumentError with what it says."""
        answer = self.transport.query("*ESR?")
        try:
            events = int(answer)
        except ValueError as trouble:
            raise InstrumentError(
                f"{self.transport.address}: *ESR? answered {answer[:80]!r}"
            ) from trouble
        wrong = [words for bit, words in _EVENTS.items() if events & bit]
        if wrong:
            said = message.decode("ascii", "replace") if isinstance(message, bytes) else message
            raise InstrumentError(
                f"{self.transport.address} after {said[:80]!r}: {', '.join(wrong)}"
            )

    def _speak_kelvin(self) -> None:
        """See that setpoints of input A are in kelvin; what the sensor is was set by its owner."""
        fields = self.ask("INTYPE? A").split(",")
        if len(fields) != 5 or fields[0].strip() == "0":
            raise InstrumentError(
                f"{self.transport.address}: no sensor is set up on input A, its type reads "
                f"{','.join(fields)[:80]!r}"
            )
        if fields[4].strip() != _KELVIN:
            self.send(f"INTYPE A,{','.join(field.strip() for field in fields[:4])},{_KELVIN}")

    def _guard_setpoint(self, kelvin: float) -> None:
        self.terminal_limits("stage").check_temperature("stage", kelvin)

    def _guard_heater(self, heater_range: HeaterRange) -> None:
        """Refuse to heat towards a setpoint that somebody else has left beyond the limits."""
        if heater_range != "off":
            self._guard_setpoint(self.setpoint)
