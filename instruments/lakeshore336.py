"""Lake Shore 336 temperature controller: output 1 heats a chuck, input A has its sensor.

What has no number in its name is about that loop; outputs 2 to 4 and the other inputs are reached
by methods that name them. It has no error queue: what it did not take shows in the standard event
status register. Source: Model 336 Temperature Controller User's Manual, chapter 6 (computer
interface operation).
"""

import math
from collections.abc import Sequence
from typing import ClassVar, Literal, final

from labcim.errors import InstrumentError, RangeError
from labcim.instrument import Instrument, SafePhase
from labcim.parameter import Parameter
from labcim.units import show

from ._lakeshore336_words import (
    CURRENTS,
    RANGES,
    Alarm,
    Gains,
    Input,
    Zone,
    curve_messages,
    input_name,
    within,
)
from ._proof import prove

HeaterRange = Literal["off", "low", "medium", "high"]

OUTPUTS = (1, 2, 3, 4)
ZONES = 10
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
        """All outputs off; output 1 in a closed loop on input A, in kelvin, without a ramp."""
        self.transport.write("*CLS")
        for output in OUTPUTS:
            self.send(f"RANGE {output},0")
        self._speak_kelvin()
        self.send("OUTMODE 1,1,1,0")
        self.set_ramp(0.0)
        hottest = self.terminal_limits("stage").hottest
        if math.isfinite(hottest):
            self.send(f"TLIMIT A,{hottest + TRIP:.1f}")

    def safe(self, phase: SafePhase) -> None:
        """Turn all outputs off, and prove it."""
        if phase is not SafePhase.OUTPUTS:
            return
        for output in OUTPUTS:
            self.transport.write(f"RANGE {output},0")  # past the latch: an abort must not stop this
        for output in OUTPUTS:
            prove(
                self.transport, f"RANGE? {output}", f"output {output}", lambda said: int(said) == 0
            )

    def go_to(self, kelvin: float) -> None:
        """Command a temperature, heater on; raises RangeError for what the chip must not see."""
        self.setpoint = kelvin
        self.heater_range = "high"

    def temperature(self) -> float:
        """Return what the sensor reads, in K. Raises InstrumentError where that is no reading."""
        return self.reading("A")

    def reading(self, channel: Input) -> float:
        """Return K of an input. Raises InstrumentError where that is no reading."""
        name = input_name(channel)
        answer = self.ask(f"KRDG? {name};RDGST? {name}")
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
                f"{self.transport.address}: the sensor on input {name} has no reading: "
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

    def effort(self) -> float:
        """Return the share of the heater's range that is on, 0 to 1."""
        return self.heater_output / 100.0

    # --- loops ---

    def set_gains(self, gains: Gains, output: int = 1) -> None:
        """Set P, I and D of a loop."""
        words = gains.words()
        self.send(f"PID {self._heater(output)},{words}")

    def gains(self, output: int = 1) -> Gains:
        """Return P, I and D of a loop."""
        return Gains(*self._numbers(f"PID? {self._heater(output)}", 3))

    def set_zones(self, zones: Sequence[Zone], output: int = 1) -> None:
        """Write a loop's table of zones, and let it work by them on the input it has."""
        heater = self._heater(output)
        if not 1 <= len(zones) <= ZONES or sorted(zones, key=lambda z: z.top) != list(zones):
            raise RangeError(f"{len(zones)} zones: accepts 1 to {ZONES}, tops rising; nothing sent")
        messages = [f"ZONE {heater},{n},{zone.words()}" for n, zone in enumerate(zones, 1)]
        for message in messages:
            self.send(message)
        self._set_mode(heater, "2")

    def open_loop(self, percent: float) -> None:
        """Let output 1 give a share of its range whatever the sensor reads; its range stays.

        Raises RangeError where the bench file sets limits to the chip's temperature: nothing keeps
        an open loop within them but the trip.
        """
        within("output", percent, 0.0, 100.0, "%")
        if math.isfinite(self.terminal_limits("stage").hottest):
            raise RangeError(
                "open loop: the chip's temperature has limits, which an open loop does not know; "
                "nothing was sent"
            )
        self.send(f"MOUT 1,{percent:.2f}")
        self._set_mode(1, "3")

    def hold_second(self, kelvin: float, heater_range: HeaterRange, channel: Input = "B") -> None:
        """Let output 2 hold a temperature of another body by an input of its own."""
        number = "ABCD".index(input_name(channel)) + 1
        within("setpoint", kelvin, 0.0, 1505.0, "K")
        if heater_range not in RANGES:
            raise RangeError(f"range {heater_range!r}: accepts {', '.join(RANGES)}")
        self.send(f"OUTMODE 2,1,{number},0")
        self.send(f"SETP 2,{kelvin:.3f}")
        self.send(f"RANGE 2,{RANGES.index(heater_range)}")

    def ramping(self) -> bool:
        """Say whether the setpoint of output 1 is still on its way."""
        return self.ask("RAMPST? 1").strip() == "1"

    def set_heater(self, ohm: Literal[25, 50], current: float, output: int = 1) -> None:
        """Say what heater is connected, and the greatest current in A that it may get."""
        if ohm not in (25, 50):
            raise RangeError(f"heater = {ohm!r} ohm: accepts 25 or 50; nothing was sent")
        within("current", current, 0.1, 2.0 if ohm == 25 else 1.0, "A")
        number = CURRENTS.get(current, 0)
        load = 1 if ohm == 25 else 2
        self.send(f"HTRSET {self._heater(output)},{load},{number},{current:.3f},2")

    def heater_fault(self, output: int = 1) -> Literal["none", "open", "shorted"]:
        """Return what is wrong with a heater."""
        said = self.ask(f"HTRST? {self._heater(output)}").strip()
        known: dict[str, Literal["none", "open", "shorted"]] = {
            "0": "none", "1": "open", "2": "shorted",
        }  # fmt: skip
        if said not in known:
            raise InstrumentError(f"{self.transport.address}: heater state reads {said[:40]!r}")
        return known[said]

    # --- voltage outputs ---

    def monitor(self, output: int, channel: Input, low: float, high: float) -> None:
        """Let output 3 or 4 follow an input: 0 V at ``low`` K, 10 V at ``high`` K."""
        number = "ABCD".index(input_name(channel)) + 1
        within("low", low, 0.0, 1505.0, "K")
        within("high", high, 0.0, 1505.0, "K")
        if low >= high:
            raise RangeError(f"monitor: low = {low:g} K is not below high = {high:g} K")
        place = self._voltage(output)
        self.send(f"ANALOG {place},{number},1,{high:.3f},{low:.3f},0")
        self.send(f"OUTMODE {place},4,{number},0")

    def voltage(self, output: int) -> float:
        """Return what output 3 or 4 gives, in V."""
        return self._numbers(f"AOUT? {self._voltage(output)}", 1)[0] / 10.0

    # --- inputs ---

    def set_alarm(self, alarm: Alarm | None, channel: Input = "A") -> None:
        """Set when an input raises an alarm; None: never."""
        name = input_name(channel)
        self.send(f"ALARM {name},{alarm.words() if alarm else '0'}")

    def alarms(self, channel: Input = "A") -> tuple[bool, bool]:
        """Return whether the high and the low alarm of an input are on."""
        high, low = self._numbers(f"ALARMST? {input_name(channel)}", 2)
        return bool(high), bool(low)

    def reset_alarms(self) -> None:
        """Let go of alarms that latched."""
        self.send("ALMRST")

    def extremes(self, channel: Input = "A") -> tuple[float, float]:
        """Return the lowest and the highest temperature in K since they were forgotten."""
        low, high = self._numbers(f"MDAT? {input_name(channel)}", 2)
        return low, high

    def forget_extremes(self) -> None:
        """Forget the extremes of all inputs."""
        self.send("MNMXRST")

    def write_curve(
        self, number: int, name: str, points: Sequence[tuple[float, float]], limit: float
    ) -> None:
        """Write a sensor's own curve of (ohm, K), up to 200 points, over what it was before."""
        for message in curve_messages(number, name, points, limit):
            self.send(message)

    def use_curve(self, number: int, channel: Input = "A") -> None:
        """Let an input read by a curve. Raises InstrumentError where it is of another sensor."""
        within("curve", number, 0, 59)
        name = input_name(channel)
        self.send(f"INCRV {name},{int(number)}")
        if self._numbers(f"INCRV? {name}", 1)[0] != number:
            raise InstrumentError(
                f"{self.transport.address}: curve {number} does not fit the sensor of input {name}"
            )

    # --- talking ---

    def _set_mode(self, output: int, mode: str) -> None:
        """Change what an output does, and leave its input as it is."""
        fields = self.ask(f"OUTMODE? {output}").split(",")
        if len(fields) != 3:
            raise InstrumentError(f"{self.transport.address}: OUTMODE? {output} reads {fields}")
        self.send(f"OUTMODE {output},{mode},{fields[1].strip()},{fields[2].strip()}")

    def _numbers(self, question: str, count: int) -> list[float]:
        answer = self.ask(question)
        try:
            found = [_number(word) for word in answer.split(",")]
        except ValueError:
            found = []
        if len(found) != count:
            raise InstrumentError(f"{self.transport.address}: {question} reads {answer[:80]!r}")
        return found

    @staticmethod
    def _heater(output: int) -> int:
        if output not in (1, 2):
            raise RangeError(f"output {output!r}: accepts 1 or 2; nothing was sent")
        return output

    @staticmethod
    def _voltage(output: int) -> int:
        if output not in (3, 4):
            raise RangeError(f"output {output!r}: accepts 3 or 4; nothing was sent")
        return output

    def raise_errors(self, message: str | bytes = "") -> None:
        """Read the event status register; raise InstrumentError with what it says."""
        events = self.whole(self.transport.query("*ESR?"))
        wrong = [words for bit, words in _EVENTS.items() if events & bit]
        if wrong:
            raise self.refusal(message, ", ".join(wrong))

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
