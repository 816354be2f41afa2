"""Simulated Lake Shore 336: output 1 heats the plate under the chip, input A has its sensor.

Options of the chip file: ``resistance`` (K/W from plate to room), ``time`` (s to come to rest),
``lag`` (s of the sensor), ``room`` (K), ``power`` (W of range high; medium and low have a tenth and
a hundredth), ``noise`` (K of a reading) and faults: ``heater = "open"``, ``sensor_fails`` (bench
time in s from which on the sensor reads nothing). The sensor is a Pt100.
"""

from typing import TYPE_CHECKING, Literal, final

import numpy as np
from pydantic import Field, ValidationError

from labcim.errors import RecipeError
from labcim.recipe import explain_validation

from ..chip.chip_parts import Table
from ..chip.plate import Plate, PlateConstants
from ..wire.commands import command, query
from ..wire.errors import ScpiError
from ..wire.parameters import AnyText, Choice, Integer, Numeric
from ..wire.plain import PlainInstrument

if TYPE_CHECKING:
    from ..bench import SimulatedBench
    from ..chip.chip_file import InstrumentSpec

INPUT = Choice("A", "B", "C", "D")
OUTPUT = Integer(1, 4)
SHARE = {0: 0.0, 1: 0.01, 2: 0.1, 3: 1.0}  # of the power, by range
PT100 = (100.0, 3.9083e-3, -5.775e-7)  # IEC 60751, above 0 C
NO_READING, OVER_RANGE = 1, 128


class Options(Table):
    """What the chip file may say of the chuck and its faults."""

    resistance: float = Field(default=3.0, gt=0, le=1e3)
    time: float = Field(default=180.0, ge=10.0, le=1e5)
    lag: float = Field(default=2.0, ge=0.5, le=1e3)
    room: float = Field(default=300.0, ge=4.0, le=1000.0)
    power: float = Field(default=100.0, gt=0, le=1e4)
    noise: float = Field(default=5e-3, ge=0, le=1.0)
    heater: Literal["good", "open"] = "good"
    sensor_fails: float | None = Field(default=None, ge=0)


@final
class LakeShore336(PlainInstrument):
    """The controller with a plate at output 1; the other outputs and inputs have nothing."""

    terminals: tuple[str, ...] = ()

    def __init__(self, bench: "SimulatedBench", spec: "InstrumentSpec") -> None:
        super().__init__()
        try:
            options = Options.model_validate(spec.options)
        except ValidationError as trouble:
            raise RecipeError(
                explain_validation(trouble, f"chip file, options of {spec.name}")
            ) from trouble
        self.name = spec.name
        self.identity = f"LSCI,MODEL336,{spec.serial or 'LSA0001'}/#######,2.9"
        self._options, self._clock = options, bench.clock
        self._noise = np.random.default_rng([bench.chip_file.chip.seed, 336])
        constants = PlateConstants(options.resistance, options.time, options.lag, options.room)
        self._plate = Plate(bench.chip, constants)
        if options.sensor_fails is not None:
            self._plate.blind = options.sensor_fails
        self._start()

    def _start(self) -> None:
        self._ranges = dict.fromkeys((1, 2, 3, 4), 0)
        self._modes = {1: "1,1,0", 2: "0,0,0", 3: "0,0,0", 4: "0,0,0"}
        self._types = {"A": "2,1,0,1,1", "B": "0,0,0,0,1", "C": "0,0,0,0,1", "D": "0,0,0,0,1"}
        self._names = dict.fromkeys("ABCD", "")
        self._others = dict.fromkeys((2, 3, 4), 0.0)
        self.set_gains(1, 20.0, 20.0, 0.0)
        self.set_ramp(1, 0, 0.1)
        self.set_limit("A", 0.0)

    def reset(self) -> None:
        """*RST: power-on settings; the plate stays as warm as it is."""
        self._start()
        self._plate.set_power(0.0)

    # -- readings ----------------------------------------------------------------------------

    def _fails(self) -> bool:
        return self._clock.now >= self._plate.blind

    def _state(self, channel: str) -> int:
        if channel != "A":
            return NO_READING
        return NO_READING | OVER_RANGE if self._fails() else 0

    def _read(self, channel: str) -> float:
        if self._state(channel):
            return 0.0
        return self._plate.sensed + self._options.noise * float(self._noise.standard_normal())

    @query("KRDG", INPUT)
    def kelvin(self, channel: str) -> str:
        """Tell a temperature in K."""
        return _signed(self._read(channel))

    @query("CRDG", INPUT)
    def celsius(self, channel: str) -> str:
        """Tell a temperature in degrees Celsius."""
        reading = self._read(channel)
        return _signed(reading - 273.15 if reading else 0.0)

    @query("SRDG", INPUT)
    def sensor_units(self, channel: str) -> str:
        """Tell the sensor's resistance in ohm."""
        reading = self._read(channel)
        if not reading:
            return _signed(0.0)
        r0, a, b = PT100
        celsius = reading - 273.15
        return _signed(r0 * (1.0 + a * celsius + b * celsius * celsius))

    @query("RDGST", INPUT)
    def reading_state(self, channel: str) -> str:
        """Tell what is wrong with an input's reading, as a sum of bits."""
        return f"{self._state(channel):03d}"

    # -- the loop ----------------------------------------------------------------------------

    @command("SETP", OUTPUT, Numeric("", 0.0, 1505.0))
    def set_setpoint(self, output: int, kelvin: float) -> None:
        """Set what is to be held."""
        if output == 1:
            self._plate.set_point(kelvin)
        else:
            self._others[output] = kelvin

    @query("SETP", OUTPUT)
    def get_setpoint(self, output: int) -> str:
        """Tell what is held; while it ramps, how far it is."""
        return _signed(self._plate.wanted if output == 1 else self._others[output])

    @command("RANGE", OUTPUT, Integer(0, 3))
    def set_range(self, output: int, number: int) -> None:
        """Set the range of an output's heater; 0 is off."""
        if output > 2 and number > 1:
            raise ScpiError(-222)
        self._ranges[output] = number
        if output == 1:
            good = self._options.heater == "good"
            self._plate.set_power(self._options.power * SHARE[number] if good else 0.0)

    @query("RANGE", OUTPUT)
    def get_range(self, output: int) -> str:
        """Tell the range of an output's heater."""
        if output == 1 and self._plate.tripped:
            self._ranges[1] = 0
        return str(self._ranges[output])

    @query("HTR", Integer(1, 2))
    def heater(self, output: int) -> str:
        """Tell an output in percent."""
        percent = self._plate.output if output == 1 and self._plate.power > 0.0 else 0.0
        return f"{percent:+06.1f}"

    @query("HTRST", Integer(1, 2))
    def heater_state(self, output: int) -> str:
        """Tell an output's trouble: 0 none, 1 open, 2 shorted."""
        return "1" if self._options.heater == "open" or output == 2 else "0"

    @command("PID", OUTPUT, Numeric("", 0.0, 1000.0), Numeric("", 0.0, 1000.0), Numeric("", 0, 200))
    def set_gains(self, output: int, p: float, i: float, d: float) -> None:
        """Set P, I and D of a loop; D has no effect on this plate."""
        if output != 1:
            return
        self._plate.changed()
        self._gains = (p, i, d)
        self._plate.p, self._plate.i = p, i / 1000.0

    @query("PID", OUTPUT)
    def get_gains(self, output: int) -> str:
        """Tell P, I and D of a loop."""
        p, i, d = self._gains if output == 1 else (0.0, 0.0, 0.0)
        return f"{p:+07.1f},{i:+07.1f},{d:+06.1f}"

    @command("RAMP", OUTPUT, Integer(0, 1), Numeric("", 0.0, 100.0))
    def set_ramp(self, output: int, on: int, rate: float) -> None:
        """Set whether setpoints are approached slowly, and how slowly in K a minute."""
        if output != 1:
            return
        self._plate.changed()
        self._ramp = (on, rate)
        self._plate.rate = on * rate / 60.0

    @query("RAMP", OUTPUT)
    def get_ramp(self, output: int) -> str:
        """Tell whether there is a ramp, and its K a minute."""
        on, rate = self._ramp if output == 1 else (0, 0.0)
        return f"{on},{rate:+06.1f}"

    @query("RAMPST", OUTPUT)
    def ramping(self, output: int) -> str:
        """Tell whether a loop ramps at present."""
        return str(int(output == 1 and self._plate.wanted != self._plate.setpoint))

    # -- what it is set up for ---------------------------------------------------------------

    @command("OUTMODE", OUTPUT, Integer(0, 5), Integer(0, 8), Integer(0, 1))
    def set_mode(self, output: int, mode: int, channel: int, power_up: int) -> None:
        """Set what an output does, by which input, and whether it goes on after a power cut."""
        if output == 1 and (mode, channel) != (1, 1):
            raise ScpiError(-221)  # open loops, zones and other inputs: not of this chuck
        self._modes[output] = f"{mode},{channel},{power_up}"

    @query("OUTMODE", OUTPUT)
    def get_mode(self, output: int) -> str:
        """Tell what an output does."""
        return self._modes[output]

    @command(
        "INTYPE", INPUT, Integer(0, 5), Integer(0, 1), Integer(0, 8), Integer(0, 1), Integer(1, 3)
    )
    def set_type(
        self, channel: str, kind: int, auto: int, span: int, compensation: int, unit: int
    ) -> None:
        """Set an input's sensor and the unit of its loop's setpoint."""
        if channel == "A" and unit != 1:
            raise ScpiError(-221)  # setpoints in other units: not of this chuck
        self._types[channel] = f"{kind},{auto},{span},{compensation},{unit}"

    @query("INTYPE", INPUT)
    def get_type(self, channel: str) -> str:
        """Tell an input's sensor and unit."""
        return self._types[channel]

    @command("INNAME", INPUT, AnyText())
    def set_name(self, channel: str, name: str) -> None:
        """Set an input's name, of at most 15 characters."""
        self._names[channel] = name.strip('"')[:15]

    @query("INNAME", INPUT)
    def get_name(self, channel: str) -> str:
        """Tell an input's name."""
        return f"{self._names[channel]:<15}"

    @command("TLIMIT", INPUT, Numeric("", 0.0, 1505.0))
    def set_limit(self, channel: str, kelvin: float) -> None:
        """Set the temperature beyond which all outputs go off; 0: none."""
        if channel == "A":
            self._limit = kelvin
            self._plate.changed()
            self._plate.hottest = kelvin or float("inf")

    @query("TLIMIT", INPUT)
    def get_limit(self, channel: str) -> str:
        """Tell the temperature beyond which all outputs go off."""
        return f"{self._limit if channel == 'A' else 0.0:+08.3f}"


def _signed(value: float) -> str:
    return f"{value:+08.3f}"


SIMULATED = LakeShore336
