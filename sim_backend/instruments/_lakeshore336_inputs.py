"""The inputs of a simulated 336: sensors, their readings, limits, alarms and extremes.

An input has a reading where a sensor is wired to it, its type is set for that sensor, and a curve
says what the sensor's units mean. Source: Model 336 User's Manual, chapters 4 and 6.
"""

import math
from typing import Final

import numpy as np

from ..chip.plate import Extremes, Plate
from ..wire.commands import command, query
from ..wire.errors import ScpiError
from ..wire.parameters import OneOf, Parameter
from ..wire.program import Token
from ._lakeshore336_curves import MV, OHM, VOLT, Curves, pt100
from ._lakeshore336_fields import INPUT, Real, Value, Whole, Words, stored

INPUTS: Final = "ABCD"
KELVIN, CELSIUS, SENSOR = 1, 2, 3
DISABLED, DIODE, PLATINUM, NTC, THERMOCOUPLE, CAPACITANCE = range(6)
INVALID, ZERO_UNITS, OVER_RANGE = 1, 64, 128
ZERO: Final = 273.15
_DIODE_CURRENT: Final = (10e-6, 1e-3)  # A, by DIOCUR
_DIODE_FULL: Final = (2.5, 10.0)  # V, by range
_RESISTANCE_FULL: Final = (10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 10e3, 30e3, 100e3)  # ohm
_FORMS: Final = {DIODE: (VOLT,), PLATINUM: (OHM,), NTC: (OHM, 4), THERMOCOUPLE: (MV,)}


class _All(Parameter):
    """The word 0, which stands for all inputs."""

    def convert(self, token: Token) -> str:
        """Return INPUTS for 0."""
        if token != "0":
            raise ScpiError(-224)
        return INPUTS


_SOME: Final = OneOf(_All(), INPUT)


class Inputs(Curves):
    """An instrument with four inputs. sensors: the plates at which Pt100s are, by input."""

    def __init__(self, sensors: dict[str, Plate], noise: float, seed: list[int]) -> None:
        self.sensors = sensors
        self._noise = noise
        self._draw = np.random.default_rng(seed)
        self._extremes = {name: Extremes(math.inf, -math.inf) for name in sensors}
        self._alarmed = {name: Extremes(math.inf, -math.inf) for name in sensors}
        super().__init__()
        for name, plate in sensors.items():
            plate.watched += [self._extremes[name], self._alarmed[name]]
        self._forget_extremes(self._extremes)
        self._forget_extremes(self._alarmed)

    set_type, get_type = stored(
        "INTYPE", (INPUT,),
        (Whole(0, 5), Whole(0, 1), Whole(0, 8), Whole(0, 1), Whole(1, 3, KELVIN)),
        defaults={"A": (PLATINUM, 1, 0, 1, KELVIN)},
    )  # fmt: skip
    set_name, get_name = stored("INNAME", (INPUT,), (Words(15),))
    set_filter, get_filter = stored(
        "FILTER", (INPUT,), (Whole(0, 1), Whole(2, 64, 8, digits=2), Whole(1, 10, 10, digits=2))
    )
    set_excitation, get_excitation = stored("DIOCUR", (INPUT,), (Whole(0, 1),))
    set_limit, get_limit = stored("TLIMIT", (INPUT,), (Real(0.0, 1505.0),))
    set_curve, get_curve = stored(
        "INCRV", (INPUT,), (Whole(0, 59, digits=2),), defaults={"A": (6,), "B": (6,)}
    )
    set_alarm, get_alarm = stored(
        "ALARM", (INPUT,),
        (
            Whole(0, 1), Real(-1e4, 1e4, 375.0), Real(-1e4, 1e4), Real(0.0, 1e4),
            Whole(0, 1), Whole(0, 1, 1), Whole(0, 1, 1),
        ),
        least=1,
    )  # fmt: skip

    def accept(self, header: str, key: object, values: tuple[Value, ...]) -> None:
        """Refuse types whose option card is not in."""
        super().accept(header, key, values)
        if header == "INTYPE" and values[0] in (THERMOCOUPLE, CAPACITANCE):
            raise ScpiError(-221)  # they need the options 3060 and 3061

    def apply(self, header: str, key: object) -> None:
        """Let an input take no curve of another kind; let a new alarm look at what comes."""
        super().apply(header, key)
        if header in ("INCRV", "INTYPE"):
            number = self.settings["INCRV"][key][0]
            kind = self.settings["INTYPE"][key][0]
            curve = self.curves.get(int(number))
            if number and (curve is None or curve.form not in _FORMS.get(int(kind), ())):
                self.settings["INCRV"][key] = (0,)
        if header == "ALARM" and key in self._alarmed:
            self._forget_extremes({str(key): self._alarmed[str(key)]})

    # --- what a sensor says ---

    def _fails(self, plate: Plate) -> bool:
        return plate.now >= plate.blind

    def _measured(self, name: str, noisy: bool = True) -> tuple[float, float, int]:
        """Return (K, sensor units, RDGST bits) of an input."""
        kind, auto, span, _, _ = self.settings["INTYPE"][name]
        plate = self.sensors.get(name)
        if kind == DISABLED or plate is None:
            return 0.0, 0.0, INVALID
        if self._fails(plate):
            return 0.0, 0.0, INVALID | OVER_RANGE
        kelvin = plate.sensed + (self._scatter(name) if noisy else 0.0)
        units, full = pt100(kelvin), _RESISTANCE_FULL[int(span)]
        if kind == DIODE:
            units *= _DIODE_CURRENT[int(self.settings["DIOCUR"][name][0])]
            full = _DIODE_FULL[min(int(span), 1)]
        if not auto and units > full:
            return 0.0, 0.0, INVALID | OVER_RANGE
        curve = self.curves.get(int(self.settings["INCRV"][name][0]))
        if curve is None:
            return 0.0, units, INVALID
        if curve.platinum == 1.0 and kind == PLATINUM:
            return kelvin, units, 0
        found, state = curve.kelvin(units)
        return found, units, state

    def _scatter(self, name: str) -> float:
        on, points, _ = self.settings["FILTER"][name]
        spread = self._noise / math.sqrt(points) if on else self._noise  # type: ignore[arg-type]
        return spread * float(self._draw.standard_normal())

    def seen(self, name: str) -> float | None:
        """Return what a loop sees of an input in K; None where it has no reading."""
        kelvin, _, state = self._measured(name, noisy=False)
        return None if state else kelvin

    def in_units(self, name: str, kelvin: float) -> float:
        """Return a temperature in an input's preferred units."""
        unit = self.settings["INTYPE"][name][4]
        if unit == KELVIN:
            return kelvin
        if unit == CELSIUS:
            return kelvin - ZERO
        curve = self.curves.get(int(self.settings["INCRV"][name][0]))
        return curve.units(kelvin) if curve else 0.0

    def in_kelvin(self, name: str, value: float) -> float:
        """Return K of a value in an input's preferred units. Raises ScpiError."""
        unit = self.settings["INTYPE"][name][4]
        if unit == KELVIN:
            kelvin = value
        elif unit == CELSIUS:
            kelvin = value + ZERO
        else:
            curve = self.curves.get(int(self.settings["INCRV"][name][0]))
            kelvin, state = curve.kelvin(value) if curve else (0.0, INVALID)
            if state:
                raise ScpiError(-222)
        if not 0.0 <= kelvin <= 1505.0:
            raise ScpiError(-222)
        return kelvin

    @query("KRDG", _SOME)
    def kelvin(self, names: str) -> str:
        """Tell temperatures in K."""
        return ",".join(signed(self._measured(name)[0]) for name in names)

    @query("CRDG", _SOME)
    def celsius(self, names: str) -> str:
        """Tell temperatures in degrees Celsius."""
        return ",".join(signed(_celsius(*self._measured(name))) for name in names)

    @query("SRDG", _SOME)
    def sensor_units(self, names: str) -> str:
        """Tell what sensors say in their own units: V or ohm."""
        return ",".join(signed(self._measured(name)[1]) for name in names)

    @query("RDGST", INPUT)
    def reading_state(self, name: str) -> str:
        """Tell what is wrong with an input's reading, as a sum of bits."""
        return f"{self._measured(name, noisy=False)[2]:03d}"

    # --- extremes and alarms ---

    def _forget_extremes(self, which: dict[str, Extremes]) -> None:
        for name, extremes in which.items():
            extremes.low = extremes.high = self.sensors[name].sensed

    @query("MDAT", INPUT)
    def extremes(self, name: str) -> str:
        """Tell the lowest and the highest temperature since they were forgotten."""
        found = self._extremes.get(name)
        return f"{signed(found.low)},{signed(found.high)}" if found else "+000.000,+000.000"

    @command("MNMXRST")
    def forget_extremes(self) -> None:
        """Forget the extremes of all inputs."""
        self._forget_extremes(self._extremes)

    @query("ALARMST", INPUT)
    def alarm_state(self, name: str) -> str:
        """Tell whether an input's high and low alarms are on."""
        return ",".join(str(int(state)) for state in self._alarms(name))

    @command("ALMRST")
    def reset_alarms(self) -> None:
        """Let go of alarms that latched."""
        self._forget_extremes(self._alarmed)

    def _alarms(self, name: str) -> tuple[bool, bool]:
        """Return whether the high and the low alarm of an input are on.

        One that has come stays until the reading is back by the deadband, or for good if latched.
        """
        on, high, low, deadband, latch, _, _ = self.settings["ALARM"][name]
        if not on or name not in self.sensors:
            return False, False
        assert not isinstance(high, str) and not isinstance(low, str)
        now = self.in_units(name, self.sensors[name].sensed)
        passed = self._alarmed[name]
        highest, lowest = self.in_units(name, passed.high), self.in_units(name, passed.low)
        back = 0.0 if latch else float(deadband)
        is_high = highest > high and (bool(latch) or now > high - back)
        is_low = lowest < low and (bool(latch) or now < low + back)
        if not latch and not is_high and not is_low:
            self._forget_extremes({name: passed})
        return is_high, is_low

    def any_alarm(self) -> bool:
        """Say whether any alarm is on."""
        return any(any(self._alarms(name)) for name in self.sensors)

    def any_overload(self) -> bool:
        """Say whether any sensor reads beyond its range."""
        states = (self._measured(name, noisy=False)[2] for name in self.sensors)
        return any(state & OVER_RANGE for state in states)


def _celsius(kelvin: float, _units: float, state: int) -> float:
    return 0.0 if state else kelvin - ZERO


def signed(value: float) -> str:
    """Return a reading: a sign and six digits, three of them behind the point."""
    return f"{value:+08.3f}"
