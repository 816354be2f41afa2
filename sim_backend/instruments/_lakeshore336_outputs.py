"""The outputs of a simulated 336: two heaters with loops, and two voltages.

A heater without a plate is open: it keeps its settings, and warms nothing. Source: Model 336 User's
Manual, chapters 2.12 to 2.14 (loops), 4.5 (outputs) and 6.6 (commands).
"""

from collections.abc import Callable
from typing import Final

from ..chip.plate import Plate
from ..wire.commands import command, query
from ..wire.errors import ScpiError
from ..wire.parameters import Integer, Numeric
from ._lakeshore336_fields import ANALOG, HEATER, OUTPUT, Real, Value, Whole, stored
from ._lakeshore336_inputs import INPUTS, Inputs, signed
from ._lakeshore336_tuning import Gains, Tuner

OFF, CLOSED, ZONE, OPEN, MONITOR, WARMUP = range(6)
SHARE: Final = {0: 0.0, 1: 0.01, 2: 0.1, 3: 1.0}  # of the power, by range
FULL_CURRENT: Final = 2.0  # A into 25 ohm: what the option ``power`` is told for
ZONES: Final = 10
AT_REST: Final = 2.0  # K around the setpoint, for autotuning
TUNED: Final = 5  # bit of the operation status
_OF_LOOPS: Final = {"OUTMODE", "PID", "RAMP", "MOUT", "HTRSET", "ZONE"}
_PRESET_CURRENT: Final = {1: 0.707, 2: 1.0, 3: 1.141, 4: 2.0}  # A
_RESISTANCE: Final = {1: 25.0, 2: 50.0}  # ohm


class Outputs(Inputs):
    """An instrument with four outputs. plates: what heaters warm, by output.

    power: W of a heater in range high.  open_heaters: those that are not there.
    """

    def __init__(
        self,
        plates: dict[int, Plate],
        power: float,
        open_heaters: set[int],
        sensors: dict[str, Plate],
        noise: float,
        seed: list[int],
    ) -> None:
        self.plates, self._power, self._open_heaters = plates, power, open_heaters
        self._ranges = dict.fromkeys((1, 2, 3, 4), 0)
        self._tuned = 0  # which loop is being tuned
        self._tuning_error: tuple[int, int] = (0, 0)  # whether it failed, and in which stage
        self._setpoints = {output: 300.0 for output in (1, 2, 3, 4)}  # K
        for output, plate in plates.items():
            self._setpoints[output] = plate.setpoint
            plate.on_trip = self._all_off
        super().__init__(sensors, noise, seed)
        for output in plates:
            self._set_up(output)

    set_mode, get_mode = stored(
        "OUTMODE", (OUTPUT,), (Whole(0, 5), Whole(0, 4), Whole(0, 1)),
        defaults={1: (CLOSED, 1, 0)},
    )  # fmt: skip
    set_gains, get_gains = stored(
        "PID", (OUTPUT,),
        (Real(0.0, 1e3, 20.0, "+07.1f"), Real(0.0, 1e3, 20.0, "+07.1f"),
         Real(0.0, 200.0, 0.0, "+06.1f")),
    )  # fmt: skip
    set_ramp, get_ramp = stored("RAMP", (OUTPUT,), (Whole(0, 1), Real(0.0, 100.0, 0.1, "+06.1f")))
    set_manual, get_manual = stored("MOUT", (OUTPUT,), (Real(0.0, 100.0, 0.0, "+07.2f"),))
    set_heater, get_heater = stored(
        "HTRSET", (HEATER,),
        (Whole(1, 2, 1), Whole(0, 4, 4), Real(0.0, FULL_CURRENT, FULL_CURRENT, "+06.3f"),
         Whole(1, 2, 1)),
    )  # fmt: skip
    set_zone, get_zone = stored(
        "ZONE", (HEATER, Integer(1, ZONES)),
        (Real(0.0, 1505.0), Real(0.0, 1e3, 50.0, "+07.1f"), Real(0.0, 1e3, 20.0, "+07.1f"),
         Real(0.0, 200.0, 0.0, "+06.1f"), Real(0.0, 100.0, 0.0, "+07.2f"), Whole(0, 3),
         Whole(0, 4), Real(0.0, 100.0, 0.1, "+06.1f")),
    )  # fmt: skip
    set_analog, get_analog = stored(
        "ANALOG", (ANALOG,),
        (Whole(0, 4), Whole(1, 3, 1), Real(-1e4, 1e4, 1e3), Real(-1e4, 1e4), Whole(0, 1)),
    )  # fmt: skip
    set_warmup, get_warmup = stored(
        "WARMUP", (ANALOG,), (Whole(0, 1), Real(0.0, 100.0, 0.0, "+07.2f"))
    )

    def accept(self, header: str, key: object, values: tuple[Value, ...]) -> None:
        """Refuse modes that only voltage outputs have."""
        super().accept(header, key, values)
        if header == "OUTMODE" and key in (1, 2) and values[0] in (MONITOR, WARMUP):
            raise ScpiError(-221)

    def apply(self, header: str, key: object) -> None:
        """Let a loop go on with what it is set to."""
        super().apply(header, key)
        if header in _OF_LOOPS:
            output = key[0] if isinstance(key, tuple) else key
            assert isinstance(output, int)
            self._set_up(output)
        elif header in ("TLIMIT", "INTYPE", "INCRV"):
            for each in self.plates:
                self._set_up(each)

    # --- loops ---

    def _set_up(self, output: int, *, quietly: bool = False) -> None:
        """Bring a plate's loop to its settings. quietly: from within one of the plate's steps."""
        plate = self.plates.get(output)
        if plate is None:
            return
        if not quietly:
            plate.changed()
        mode, number, _ = self.settings["OUTMODE"][output]
        if self._tuned == output:  # whoever changes a loop ends its tuning
            self._tuned = 0
        p, i, d = (float(gain) for gain in self.settings["PID"][output])
        self._tune(plate, p, i, d, float(self.settings["MOUT"][output][0]))
        on, rate = self.settings["RAMP"][output]
        plate.rate = float(rate) / 60.0 if on else 0.0
        plate.loop = "open" if mode == OPEN else "closed" if mode in (CLOSED, ZONE) else "off"
        plate.seen = self._reader(output, int(number))
        plate.choose = None
        if mode == ZONE:
            plate.choose = lambda wanted: self._enter_zone(output, plate, wanted)
        limits = [
            float(self.settings["TLIMIT"][n][0]) for n, p in self.sensors.items() if p is plate
        ]
        plate.hottest = min((limit for limit in limits if limit), default=float("inf"))
        power = self._watts(output, self._ranges[output])
        if power != plate.power and not plate.tripped:
            plate.set_power(power)

    def _reader(self, output: int, number: int) -> Callable[[], float | None] | None:
        """Return how a loop reads its input; None for the plate's own sensor, good as it is."""
        name = INPUTS[number - 1] if number else ""
        plain = self.sensors.get(name) is self.plates[output] and self._is_plain(name)
        if plain:
            return None
        return lambda: self.seen(name) if name else None

    def _is_plain(self, name: str) -> bool:
        """Say whether a working sensor's reading is its temperature."""
        kind, auto, *_ = self.settings["INTYPE"][name]
        return (kind, auto, self.settings["INCRV"][name][0]) == (2, 1, 6)

    @staticmethod
    def _tune(plate: Plate, p: float, i: float, d: float, bias: float) -> None:
        """Set gains: I in thousandths of 1/s; D in percent of a quarter of the integral's time."""
        plate.p, plate.i, plate.bias = p, i / 1000.0, bias
        plate.d = 0.01 * d * 0.25 * 1000.0 / i if i > 0.0 else 0.0

    def _enter_zone(self, output: int, plate: Plate, wanted: float) -> None:
        for zone in range(1, ZONES + 1):
            top, p, i, d, bias, number, _, rate = self.settings["ZONE"][output, zone]
            if wanted <= float(top):
                self._tune(plate, float(p), float(i), float(d), float(bias))
                on = self.settings["RAMP"][output][0]
                plate.rate = float(rate) / 60.0 if on else 0.0
                plate.power = self._watts(output, int(number)) if self._ranges[output] else 0.0
                return

    def _watts(self, output: int, number: int) -> float:
        """Return what a heater gives in a range: the square of its greatest current."""
        if output in self._open_heaters or output not in self.plates:
            return 0.0
        load, preset, own, _ = self.settings["HTRSET"][output]
        current = _PRESET_CURRENT.get(int(preset), float(own))
        heat = current * current * _RESISTANCE[int(load)] / (FULL_CURRENT**2 * _RESISTANCE[1])
        return self._power * heat * SHARE[number]

    # --- autotuning ---

    @command("ATUNE", HEATER, Integer(0, 2))
    def tune(self, output: int, mode: int) -> None:
        """Find P, P and I, or P, I and D of a loop that is at rest near its setpoint."""
        plate = self.plates.get(output)
        closed = self.settings["OUTMODE"][output][0] == CLOSED
        ready = plate is not None and closed and plate.power > 0.0 and plate.seen is None
        near = plate is not None and abs(plate.sensed - plate.setpoint) <= AT_REST
        self._tuning_error = (0, 0)
        if plate is None or not ready or not near or self.is_ramping(output):
            self._tuning_error = (1, 0)
            return
        plate.changed()
        self._tuned = output
        plate.choose = Tuner(plate, mode, lambda gains: self._end_tuning(output, gains))

    def _end_tuning(self, output: int, gains: Gains | None) -> None:
        if gains is None:
            self._tuning_error = (1, 1)
        else:
            self.settings["PID"][output] = gains
            self.status.operation.set_bit(TUNED, True)
        self._tuned = 0
        self._set_up(output, quietly=True)

    @query("TUNEST")
    def tuning_state(self) -> str:
        """Tell whether a loop is being tuned, which, whether the last tuning failed, and where."""
        failed, stage = self._tuning_error
        return f"{int(self._tuned > 0)},{self._tuned or 1},{failed},{stage:02d}"

    def _all_off(self) -> None:
        """Turn every output off, as a temperature limit does."""
        self._ranges = dict.fromkeys(self._ranges, 0)
        for plate in self.plates.values():
            plate.power = 0.0

    # --- commands ---

    @command("SETP", OUTPUT, Numeric(""))
    def set_setpoint(self, output: int, value: float) -> None:
        """Set what is to be held, in the units of the loop's input."""
        kelvin = self.in_kelvin(self._input(output), value)
        self._setpoints[output] = kelvin
        if output in self.plates:
            self.plates[output].set_point(kelvin)

    @query("SETP", OUTPUT)
    def get_setpoint(self, output: int) -> str:
        """Tell what is held; while it ramps, how far it is."""
        plate = self.plates.get(output)
        kelvin = plate.wanted if plate else self._setpoints[output]
        return signed(self.in_units(self._input(output), kelvin))

    def _input(self, output: int) -> str:
        number = int(self.settings["OUTMODE"][output][1])
        return INPUTS[number - 1] if number else INPUTS[0]

    @command("RANGE", OUTPUT, Integer(0, 3))
    def set_range(self, output: int, number: int) -> None:
        """Set the range of an output's heater; 0 is off."""
        if output > 2 and number > 1:
            raise ScpiError(-222)
        self._ranges[output] = number
        if output in self.plates:
            self.plates[output].set_power(self._watts(output, number))

    @query("RANGE", OUTPUT)
    def get_range(self, output: int) -> str:
        """Tell the range of an output's heater."""
        return str(self._ranges[output])

    @query("HTR", HEATER)
    def heater(self, output: int) -> str:
        """Tell an output in percent."""
        plate = self.plates.get(output)
        return f"{plate.output if plate and plate.power > 0.0 else 0.0:+06.1f}"

    @query("HTRST", HEATER)
    def heater_state(self, output: int) -> str:
        """Tell an output's trouble: 0 none, 1 open, 2 shorted."""
        return str(int(output in self._open_heaters or output not in self.plates))

    @query("RAMPST", OUTPUT)
    def ramping(self, output: int) -> str:
        """Tell whether a loop ramps at present."""
        return str(int(self.is_ramping(output)))

    def is_ramping(self, output: int) -> bool:
        """Say whether a loop's setpoint is still on its way."""
        plate = self.plates.get(output)
        return plate is not None and plate.wanted != plate.setpoint

    @query("AOUT", ANALOG)
    def analog(self, output: int) -> str:
        """Tell a voltage output in percent of 10 V."""
        return f"{self._analog(output):+06.1f}"

    def _analog(self, output: int) -> float:
        mode, number, _ = self.settings["OUTMODE"][output]
        if mode == MONITOR:
            return self._monitor(output)
        if mode == OFF or not self._ranges[output]:
            return 0.0
        if mode == OPEN:
            return float(self.settings["MOUT"][output][0])
        seen = self.seen(INPUTS[int(number) - 1]) if number else None
        if mode == WARMUP and seen is not None and seen < self._setpoints[output]:
            return float(self.settings["WARMUP"][output][1])
        return 0.0

    def _monitor(self, output: int) -> float:
        """Return what follows a reading: 100 % at the high value."""
        number, _, high, low, bipolar = self.settings["ANALOG"][output]
        kelvin = self.seen(INPUTS[int(number) - 1]) if number else None
        if kelvin is None or high == low:
            return 0.0
        value = self.in_units(INPUTS[int(number) - 1], kelvin)
        share = (value - float(low)) / (float(high) - float(low))
        return (
            max(-100.0, min(200.0 * share - 100.0, 100.0))
            if bipolar
            else (max(0.0, min(100.0 * share, 100.0)))
        )
