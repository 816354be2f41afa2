"""Trigger model and readings of a simulated Keithley 2400 (User's Manual, sections 11 and 17).

Arm layer around trigger layer around source-delay-measure cycles. What waits for nothing from
outside runs to its end at once, in simulated time; an arm layer that waits for the bus stays until
``*TRG`` comes, one that waits for a line or a key until it is aborted.
"""

import math
from abc import abstractmethod
from typing import Final

from ..wire.parameters import Choice, Integer, Numeric, OneOf
from ..wire.scpi import ScpiError, command, query
from ._extremes import EXTREME, Limits, told
from ._keithley2400_base import (
    COMPLIANCE,
    IDLE,
    OVER_VOLTAGE,
    OVERFLOWED,
    READING,
    SWEEPING,
    WAITING_FOR_ARM,
)
from ._keithley2400_errors import ENDLESS, OUTPUT_OFF, own
from ._keithley2400_meter import OVER_RANGE, PROTECTED, Reading
from ._keithley2400_sense import SenseCommands
from ._keithley2400_settings import MOST_POINTS
from ._keithley2400_sweep import SweepCommands
from ._stored import bounded, stored

_ARM = ":ARM[:SEQuence[1]][:LAYer[1]]"
_TRIGGER = ":TRIGger[:SEQuence[1]]"
_SOURCES = Choice("IMMediate", "TLINk", "TIMer", "MANual", "BUS", "NSTest", "PSTest", "BSTest")
_LINE = Integer(1, 4)
_WAITS = ("TLIN", "MAN", "NST", "PST", "BST")
_COUNT = OneOf(Choice("INFinite"), Numeric("", 1, MOST_POINTS, 1))
_COUNTS: Final[Limits] = (1.0, float(MOST_POINTS), 1.0)


class TriggerCommands(SweepCommands, SenseCommands):
    """Layers, counts and what starts them; READ, MEASure, FETCh."""

    _is_waiting = False  # for a bus trigger or something that never comes
    _rounds_left = 0.0

    @command(f"{_ARM}:COUNt", _COUNT)
    def set_arm_count(self, count: float | str) -> None:
        """Set how often the arm layer is passed; -221 for more than 2500 readings."""
        rounds = math.inf if isinstance(count, str) else float(round(count))
        if math.isfinite(rounds) and rounds * self.settings.trigger_count > MOST_POINTS:
            raise ScpiError(-221)
        self.settings.arm_count = rounds

    @query(f"{_ARM}:COUNt", EXTREME, optional=1)
    def arm_count(self, which: str | None = None) -> str:
        """Tell how often the arm layer is passed."""
        count = told(self.settings.arm_count, which, _COUNTS)
        return f"{count:.0f}" if math.isfinite(count) else "+9.900000E+37"

    @command(f"{_TRIGGER}:COUNt", Integer(1, MOST_POINTS, 1))
    def set_trigger_count(self, count: int) -> None:
        """Set how many readings one pass makes; -221 for more than 2500 readings in all."""
        if math.isfinite(self.settings.arm_count) and count * self.settings.arm_count > MOST_POINTS:
            raise ScpiError(-221)
        self.settings.trigger_count = count

    @query(f"{_TRIGGER}:COUNt", EXTREME, optional=1)
    def trigger_count(self, which: str | None = None) -> int:
        """Tell how many readings one pass makes."""
        return int(told(self.settings.trigger_count, which, _COUNTS))

    set_arm_source, arm_source = stored(f"{_ARM}:SOURce", _SOURCES, "arm_source")
    set_arm_timer, arm_timer = bounded(
        f"{_ARM}:TIMer", Numeric("S", 1e-3, 99999.99, 0.1), "arm_timer"
    )
    set_arm_direction, arm_direction = stored(
        f"{_ARM}[:TCONfigure]:DIRection", Choice("ACCeptor", "SOURce"), "arm_direction"
    )
    set_arm_input, arm_input = stored(f"{_ARM}[:TCONfigure]:ILINe", _LINE, "arm_input_line")
    set_arm_line, arm_line = stored(f"{_ARM}[:TCONfigure]:OLINe", _LINE, "arm_output_line")
    set_arm_output, arm_output = stored(
        f"{_ARM}[:TCONfigure]:OUTPut", Choice("TENTer", "TEXit", "NONE"), "arm_output"
    )
    set_trigger_source, trigger_source = stored(
        f"{_TRIGGER}:SOURce", Choice("IMMediate", "TLINk"), "trigger_source"
    )
    set_trigger_delay, trigger_delay = bounded(
        f"{_TRIGGER}:DELay", Numeric("S", 0.0, 999.9999, 0.0), "trigger_delay"
    )
    set_trigger_direction, trigger_direction = stored(
        f"{_TRIGGER}[:TCONfigure]:DIRection", Choice("ACCeptor", "SOURce"), "trigger_direction"
    )
    set_trigger_line, trigger_line = stored(
        f"{_TRIGGER}[:TCONfigure]:ILINe", _LINE, "trigger_input_line"
    )
    set_trigger_out, trigger_out = stored(
        f"{_TRIGGER}[:TCONfigure]:OLINe", _LINE, "trigger_output_line"
    )
    set_trigger_output, trigger_output = stored(
        f"{_TRIGGER}[:TCONfigure]:OUTPut",
        Choice("SOURce", "DELay", "SENSe", "NONE"),
        "trigger_output",
    )
    set_trigger_input, trigger_input = stored(
        f"{_TRIGGER}[:TCONfigure][:ASYNchronous]:INPut",
        Choice("SOURce", "DELay", "SENSe", "NONE"),
        "trigger_input",
    )

    @command(f"{_TRIGGER}:CLEar")
    def clear_triggers(self) -> None:
        """Forget input triggers; none is ever pending."""

    @command(":INITiate[:IMMediate]")
    def initiate(self) -> None:
        """Leave idle; -213 where it has been left, +803 with the output off."""
        if self._is_waiting:
            raise ScpiError(-213)
        settings = self.settings
        if not settings.output and not settings.auto_off:
            raise own(OUTPUT_OFF)
        self.samples = []
        self._rounds_left = settings.arm_count
        self.status.operation.set_bit(IDLE, False)
        if settings.arm_source == "BUS" or self._waits_outside():
            self._is_waiting = True
            self.status.operation.set_bit(WAITING_FOR_ARM, True)
        else:
            self._run()

    @command(":ABORt")
    def abort(self) -> None:
        """Go back to idle."""
        self._is_waiting, self._rounds_left = False, 0.0
        register = self.status.operation
        register.condition = register.condition & ~(1 << WAITING_FOR_ARM) | 1 << IDLE

    def device_clear(self) -> None:
        """Go back to idle."""
        self.abort()

    def trigger(self) -> None:
        """Pass the arm layer once where it waits for the bus; -211 elsewhere."""
        if not self._is_waiting or self.settings.arm_source != "BUS":
            raise ScpiError(-211)
        self.status.operation.set_bit(WAITING_FOR_ARM, False)
        self._is_waiting = False
        self._pass()
        if self._rounds_left > 0.0:
            self._is_waiting = True
            self.status.operation.set_bit(WAITING_FOR_ARM, True)
        else:
            self.abort()

    @query(":READ")
    def read(self) -> str | bytes:
        """Initiate and tell all readings."""
        if not math.isfinite(self.settings.arm_count):
            raise own(ENDLESS)
        if self.settings.arm_source == "BUS" or self._waits_outside():
            raise ScpiError(-214)
        self.initiate()
        return self.written(self.samples)

    @query(":FETCh")
    def fetch(self) -> str | bytes:
        """Tell the readings of the last initiation; an endless one makes another pass for it."""
        if self._rounds_left == math.inf and not self._is_waiting:
            self.samples = []
            self._pass()
        if not self.samples:
            raise ScpiError(-230)
        return self.written(self.samples)

    @query("[:SENSe[1]]:DATA[:LATest]")
    def latest(self) -> str | bytes:
        """Tell the latest reading."""
        if not self.samples:
            raise ScpiError(-230)
        return self.written(self.samples[-1:])

    @command(":CONFigure:{VOLTage|CURRent|RESistance}[:DC]")
    def configure(self, function: str) -> None:
        """Set up one reading of a function, and turn the output on."""
        settings = self.settings
        self.abort()
        settings.functions = {function}
        settings.sense[function].auto = True
        if function == "RES":
            settings.ohms_mode = "AUTO"
        settings.arm_source = settings.trigger_source = "IMM"
        settings.arm_count, settings.trigger_count, settings.trigger_delay = 1.0, 1, 0.0
        self.turn_output(True)

    @query(":CONFigure")
    def configured(self) -> str:
        """Tell the functions that are measured."""
        return str(self.functions())

    @query(":MEASure")
    def measure_configured(self) -> str | bytes:
        """Turn the output on, initiate and tell the reading of what is configured."""
        self.turn_output(True)
        return self.read()

    @query(":MEASure:{VOLTage|CURRent|RESistance}[:DC]")
    def measure(self, function: str) -> str | bytes:
        """Configure a function, initiate and tell the reading."""
        self.configure(function)
        return self.read()

    @abstractmethod
    def written(self, readings: list[Reading]) -> str | bytes:
        """Return readings in the format that is set."""

    def keep(self, reading: Reading) -> None:
        """Put a reading into the sample buffer, and the data store where that takes it."""
        self.samples.append(reading)

    def _waits_outside(self) -> bool:
        return self.settings.arm_source in _WAITS or self.settings.trigger_source == "TLIN"

    def _run(self) -> None:
        """Pass the arm layer as often as it counts; an endless one once, and again when asked."""
        while self._rounds_left > 0.0:
            begun = self.now
            self._pass()
            if self._rounds_left == math.inf:
                return
            if self.settings.arm_source == "TIM" and self._rounds_left:
                self.meter.stage.wait(max(self.settings.arm_timer - (self.now - begun), 0.0))
        self.abort()

    def _pass(self) -> None:
        """Pass the trigger layer: one source-delay-measure cycle for each trigger."""
        settings = self.settings
        self._rounds_left = max(self._rounds_left - 1.0, 0.0)
        levels = [0.0] * settings.trigger_count if settings.automatic_ohms else self.levels()
        ranges = levels if settings.automatic_ohms else self.ranges(levels)
        sweeps = settings.active.mode != "FIX"
        if sweeps:
            self.status.operation.set_bit(SWEEPING, True)
        settings.output = True
        for level, name in zip(levels, ranges, strict=True):
            reading = self.meter.measure(settings, level, name)
            self.note(reading)
            self.keep(reading)
            if settings.auto_off and settings.auto_off_mode == "ALW":
                self.turn_output(False)
                settings.output = True
            if sweeps and reading.in_compliance and settings.abort_on_compliance != "NEV":
                self._rounds_left = 0.0
                break
        if settings.active.mode == "FIX" and settings.active.triggered is not None:
            settings.active.level = settings.active.triggered
        if settings.auto_off:
            self.turn_output(False)
        if sweeps:
            self.status.operation.set_bit(SWEEPING, False)

    def note(self, reading: Reading) -> None:
        """Show a reading in the measurement event register."""
        register = self.measurement
        stays = register.condition & ~(1 << COMPLIANCE | 1 << OVER_VOLTAGE)
        stays |= reading.in_compliance << COMPLIANCE
        stays |= bool(reading.status & PROTECTED) << OVER_VOLTAGE
        overflowed = reading.status & OVER_RANGE  # comes and goes with the reading, as that does
        register.condition = stays | 1 << READING | overflowed << OVERFLOWED
        register.condition = stays
