"""One source-measure unit of a B1500A: its output switch, its levels and what it reads."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from ..chip.ports import Measured
from ..wire.flex_errors import FlexError
from ._keysightb1500a_data import DUMMY, INVALID, OVERFLOW, TRIPPED, Datum
from ._keysightb1500a_modules import FORCE, HIGH_RESOLUTION, HIGH_SPEED, OVER, STEPS, Module
from ._keysightb1500a_settings import LINE_FREQUENCY
from ._metrology import Metrology
from ._smu_stage import SmuStage
from ._terminal import Terminal

RESISTANCE: Final = 0.3  # ohm, of the force line (data sheet, supplemental characteristics)
_SERIES: Final = 1e6  # ohm that SSR puts in series
_INTERLOCK: Final = 42.0  # V that an open interlock allows
_NOISE: Final = {"high speed": 5e-6, "high resolution": 1e-6}
#: Of the range, by which a compliance is exceeded where the current flows the other way.
_OPPOSITE: Final = ((1e-8, 0.12), (1.0, 0.025))
_LETTER: Final = {"VOLT": "V", "CURR": "I"}


@dataclass(frozen=True, slots=True)
class Force:
    """What a channel is told to put out. kind: VOLT or CURR; range, level in V or A.

    compliance: of the other kind, with the sign it was given; manual: whether that sign counts.
    """

    kind: str = "VOLT"
    range: float = 20.0
    level: float = 0.0
    compliance: float = 1e-4
    manual: bool = False
    compliance_range: float = 1e-4


@dataclass(slots=True)
class SmuSettings:
    """What a channel remembers besides its level, as after ``*RST``."""

    filter: bool = False
    series_resistor: bool = False
    converter: int = 0
    operation: int = 0
    current_range: int = 0
    voltage_range: int = 0
    ranging: tuple[int, int] = (1, 50)


class Smu:
    """One unit on its terminal. ``interlocked``: whether the interlock circuit is closed."""

    def __init__(
        self,
        channel: int,
        module: Module,
        terminal: Terminal,
        serial: str,
        seed: int,
        interlocked: Callable[[], bool],
    ) -> None:
        self.channel = channel
        self.module = module
        self.terminal = terminal
        self.stage = SmuStage(terminal)
        self._interlocked = interlocked
        name = f"{serial}-{channel}"
        self._converters = [
            Metrology(name, "1500", HIGH_SPEED, seed=seed, noise=_NOISE["high speed"]),
            Metrology(
                name, "1501", HIGH_RESOLUTION, seed=seed + 1, noise=_NOISE["high resolution"]
            ),
        ]
        self._forcing = Metrology(
            name, "1502", FORCE, seed=seed, noise=0.0, source=FORCE, steps=STEPS
        )
        self.reset()

    def reset(self) -> None:
        """Go to the settings of ``*RST``: output switch off."""
        self.settings = SmuSettings()
        self.last_range = 1.0  # A, that the last current was measured on
        self.terminal.impedance = RESISTANCE
        self.disable()

    # -- the output --------------------------------------------------------------------------

    def enable(self) -> None:
        """Close the output switch: 0 V on the 20 V range, 100 uA."""
        self.on = True
        self.stored: Force | None = None
        self.put_out(Force())

    def disable(self) -> None:
        """Open the output switch."""
        self.on = False
        self.stored = None
        self.force = Force()
        self.is_settled = True
        self.stage.off(opened=True)

    def to_zero(self) -> None:
        """DZ: remember the settings and force 0 V."""
        if self.stored is None:
            self.stored = self.force
        self.put_out(Force())

    def recall(self) -> None:
        """RZ: go back to what DZ has remembered; 205 where it has not."""
        if self.stored is None:
            raise FlexError(205)
        self.put_out(self.stored)
        self.stored = None

    def planned(
        self,
        kind: str,
        range_number: int,
        level: float,
        compliance: float | None,
        polarity: int = 0,
        compliance_number: int = 0,
    ) -> Force:
        """Return what a command would have put out. Raises FlexError, and changes nothing."""
        if not self.on:
            raise FlexError(200)
        output = self.module.output(kind, level, range_number)
        if compliance is None:
            if self.force.kind != kind:
                raise FlexError(201)
            compliance = self.force.compliance
        other = "CURR" if kind == "VOLT" else "VOLT"
        self._check_compliance(kind, level, compliance)
        least = self.module.named(other, compliance_number)
        limit_range = self.module.covering(other, compliance, least, 1.0)
        return Force(kind, output, level, compliance, bool(polarity), limit_range)

    def _check_compliance(self, kind: str, level: float, compliance: float) -> None:
        """Raise FlexError where a level and its compliance are too much together."""
        if kind == "VOLT":
            highest, volts = self.module.highest_current(level), level
        else:
            highest, volts = self.module.highest_voltage(level), compliance
        if (compliance == 0.0 and kind == "VOLT") or abs(compliance) > highest * (1.0 + 1e-9):
            raise FlexError(123)
        if abs(volts) > _INTERLOCK and not self._interlocked():
            raise FlexError(202)

    def put_out(self, force: Force) -> None:
        """Put out what was planned."""
        self.force = force
        level = self._forcing.given(force.kind, force.level, force.range)
        if force.kind == "VOLT":
            changed = self.stage.source_voltage(level, self._limit(level))
        else:
            changed = self.stage.source_current(level, self._limit(level))
        self.is_settled = self.is_settled and not changed

    def step_to(self, level: float, *, covering: bool = False) -> None:
        """Change the level only; covering: on the smallest range that holds it."""
        output = self.module.covering(self.force.kind, level, None, 1.0)
        self.put_out(
            replace(self.force, level=level, range=output if covering else self.force.range)
        )

    def _limit(self, level: float) -> float:
        """Return the compliance as it acts on this level, whichever way it points."""
        force = self.force
        limit = abs(force.compliance)
        if force.kind == "VOLT" and force.manual and force.compliance * level < 0.0:
            part = next(part for top, part in _OPPOSITE if force.compliance_range <= top * 1.001)
            limit += part * force.compliance_range
        return limit

    def set_series_resistor(self, on: bool) -> None:
        """Put 1 Mohm in series with the output, or take it out."""
        self.settings.series_resistor = on
        self.terminal.impedance = _SERIES + RESISTANCE if on else RESISTANCE
        if self.on:
            self.stage.off()
            self.put_out(self.force)

    # -- readings ----------------------------------------------------------------------------

    def measured(self) -> tuple[str, ...]:
        """Return what CMM has the channel measure: VOLT, CURR, or both in order."""
        compliance_side = "CURR" if self.force.kind == "VOLT" else "VOLT"
        return {
            0: (compliance_side,),
            1: ("CURR",),
            2: ("VOLT",),
            3: (self.force.kind,),
            4: (compliance_side, self.force.kind),
        }[self.settings.operation]

    def number_for(self, function: str) -> int:
        """Return the measurement range number that RI or RV has set."""
        settings = self.settings
        return settings.current_range if function == "CURR" else settings.voltage_range

    def scale(self, function: str, value: float, number: int | None) -> float:
        """Return the range in V or A that a value is measured on; None is the compliance range."""
        force = self.force
        if function == force.kind:
            return force.range
        highest = force.compliance_range
        if number is None:
            return highest
        least = self.module.named(function, number)
        if number < 0 and least is not None:
            return least
        found = self.module.covering(function, value, least, OVER)
        return min(found, max(highest, least or 0.0))

    def datum(
        self, function: str, seen: Measured, number: int | None, aperture: float, others: int
    ) -> Datum:
        """Return what was seen as it reads; others: status bits that other channels make."""
        value = seen.voltage if function == "VOLT" else seen.current
        name = self.scale(function, value, number)
        converter = self._converters[1 if self.settings.converter == 1 else 0]
        shown = converter.shown(function, value, name, aperture * LINE_FREQUENCY)
        status = others | (TRIPPED if self.stage.tripped else 0)
        if abs(shown) > name * OVER:
            shown, status = DUMMY, status | OVERFLOW | INVALID
        return Datum(
            _LETTER[function], self.channel, shown, name, status,
            high_resolution=self.settings.converter == 1,
        )  # fmt: skip
