"""Simulated Lake Shore 336: output 1 heats the plate under the chip, input A has its sensor.

Options of the chip file: ``resistance`` (K/W from plate to room), ``time`` (s to come to rest),
``lag`` (s of the sensor), ``room`` (K), ``power`` (W of range high; medium and low have a tenth and
a hundredth), ``noise`` (K of a reading), ``second_stage = true`` (output 2 warms a plate of its own
on which nothing lies, with a sensor on input B) and faults: ``heater = "open"``, ``sensor_fails``
(bench time in s from which on the sensor reads nothing). The sensors are Pt100. Source: Model 336
Temperature Controller User's Manual, chapter 6.
"""

from typing import TYPE_CHECKING, Literal, final

from pydantic import Field

from ..chip.chip_parts import Table
from ..chip.plate import Bare, Plate, PlateConstants
from ._lakeshore336_panel import Panel
from ._options import options_of

if TYPE_CHECKING:
    from ..bench import SimulatedBench
    from ..chip.chip_file import InstrumentSpec


class Options(Table):
    """What the chip file may say of the chuck and its faults."""

    resistance: float = Field(default=3.0, gt=0, le=1e3)
    time: float = Field(default=180.0, ge=10.0, le=1e5)
    lag: float = Field(default=2.0, ge=0.5, le=1e3)
    room: float = Field(default=300.0, ge=4.0, le=1000.0)
    power: float = Field(default=100.0, gt=0, le=1e4)
    noise: float = Field(default=5e-3, ge=0, le=1.0)
    second_stage: bool = False
    heater: Literal["good", "open"] = "good"
    sensor_fails: float | None = Field(default=None, ge=0)


@final
class LakeShore336(Panel):
    """The controller with a plate at output 1, and one at output 2 where the chip file says so."""

    terminals: tuple[str, ...] = ()
    known_options = tuple(Options.model_fields)

    def __init__(self, bench: "SimulatedBench", spec: "InstrumentSpec") -> None:
        options = options_of(Options, spec)
        self.name = spec.name
        self.identity = f"LSCI,MODEL336,{spec.serial or 'LSA0001'}/#######,2.9"
        constants = PlateConstants(options.resistance, options.time, options.lag, options.room)
        plates = {1: Plate(bench.chip, constants)}
        if options.second_stage:
            plates[2] = Plate(Bare(bench.clock, options.room), constants)
        if options.sensor_fails is not None:
            plates[1].blind = options.sensor_fails
        sensors = {"AB"[output - 1]: plate for output, plate in plates.items()}
        open_heaters = {1} if options.heater == "open" else set()
        seed = [bench.chip_file.chip.seed, 336]
        super().__init__(plates, options.power, open_heaters, sensors, options.noise, seed)


SIMULATED = LakeShore336
