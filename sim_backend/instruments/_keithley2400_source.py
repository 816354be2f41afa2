"""The :SOURce, :OUTPut and :ROUTe commands of a simulated Keithley 2400, but for sweeps."""

from typing import Final

from ..wire.parameters import Boolean, Choice, Numeric, OneOf
from ..wire.scpi import ScpiError, command, query
from ._extremes import EXTREME, Limits, told
from ._keithley2400_digital import DigitalCommands
from ._keithley2400_errors import AUTO_OHMS, TOO_MUCH_POWER, own
from ._keithley2400_hardware import HIGH_VOLTAGE, HIGH_VOLTAGE_CURRENT, OVER
from ._stored import bounded, stored

SOURCE = "[:SOURce[1]]:{VOLTage|CURRent}"
# Where :SENSe has a node of the same name, a header without either root means that one
# (2400S-900-01, section 18: its root is in brackets, this one is not).
_TOLD = ":SOURce[1]:{VOLTage|CURRent}"
_DELAYS: Final[Limits] = (0.0, 9999.999, 0.0)
LEVELS = OneOf(Numeric("V", default=0.0), Numeric("A", default=0.0))
STEPS = Choice("UP", "DOWN")
_HIGHEST = {"VOLT": 210.0, "CURR": 1.05}
_ROUNDING = 1.0 + 1e-9
_NO_PROTECTION = 210.0
_PROTECTIONS = (20.0, 40.0, 60.0, 80.0, 100.0, 120.0, 160.0)


class SourceCommands(DigitalCommands):
    """Function, levels, ranges and protection of the source; output and terminals."""

    @command(":SOURce[1]:FUNCtion[:MODE]", Choice("VOLTage", "CURRent"))
    def set_source_function(self, function: str) -> None:
        """Choose what is sourced; a change turns the output off."""
        if self.settings.automatic_ohms:
            raise own(AUTO_OHMS)
        if function == self.settings.function:
            return
        self.turn_output(False)
        self.settings.function = "VOLT" if function == "VOLT" else "CURR"
        self.settle()

    @query(":SOURce[1]:FUNCtion[:MODE]")
    def source_function(self) -> str:
        """Tell what is sourced."""
        return self.settings.function

    @command("[:SOURce[1]]:FUNCtion:SHAPe", Choice("DC"))
    def set_shape(self, _shape: str) -> None:
        """Choose DC; only a 2430 pulses."""

    @query("[:SOURce[1]]:FUNCtion:SHAPe")
    def shape(self) -> str:
        """Tell the shape of the output."""
        return "DC"

    @command(f"{SOURCE}[:LEVel][:IMMediate][:AMPLitude]", LEVELS)
    def set_level(self, function: str, level: float) -> None:
        """Set the level; -222 beyond a fixed range, +826 beyond 22 W."""
        source = self.settings.source[function]
        source.range = self.fitting_range(function, level)
        source.level, source.triggered = level, None
        self._follow(function)

    @query(f"{SOURCE}[:LEVel][:IMMediate][:AMPLitude]", EXTREME, optional=1)
    def level(self, function: str, which: str | None = None) -> float:
        """Tell the level."""
        return self.told_level(function, self.settings.source[function].level, which)

    def told_level(self, function: str, level: float, which: str | None) -> float:
        """Return a level, or the lowest, highest or default one where a query asks for that."""
        most = self.hardware.ranges(function)[-1] * OVER
        return told(level, which, (-most, most, 0.0))

    @command(f"{SOURCE}[:LEVel]:TRIGgered[:AMPLitude]", LEVELS)
    def set_triggered(self, function: str, level: float) -> None:
        """Set the level that the next trigger brings."""
        self.fitting_range(function, level)
        self.settings.source[function].triggered = level

    @query(f"{SOURCE}[:LEVel]:TRIGgered[:AMPLitude]", EXTREME, optional=1)
    def triggered(self, function: str, which: str | None = None) -> float:
        """Tell the level that a trigger brings."""
        source = self.settings.source[function]
        level = source.level if source.triggered is None else source.triggered
        return self.told_level(function, level, which)

    @command(f"{SOURCE}:MODE", Choice("FIXed", "SWEep", "LIST"))
    def set_mode(self, function: str, mode: str) -> None:
        """Choose one level, a sweep or a list."""
        self.settings.source[function].mode = mode

    @query(f"{SOURCE}:MODE")
    def mode(self, function: str) -> str:
        """Tell the source mode."""
        return self.settings.source[function].mode

    @command(f"{_TOLD}:RANGe", OneOf(STEPS, LEVELS))
    def set_source_range(self, function: str, value: float | str) -> None:
        """Fix the range to the one that holds a value, or step it; -221 below the level."""
        source = self.settings.source[function]
        ranges = self.hardware.ranges(function)
        if isinstance(value, str):
            place = ranges.index(source.range) + (1 if value == "UP" else -1)
            name = ranges[min(max(place, 0), len(ranges) - 1)]
        else:
            name = self.hardware.range_for(function, value)
        if abs(source.level) > name * OVER * _ROUNDING:
            raise ScpiError(-221)
        source.range, source.auto = name, False
        self._follow(function)

    @query(f"{_TOLD}:RANGe")
    def source_range(self, function: str) -> float:
        """Tell the source range as its full reach."""
        return self.settings.source[function].range * OVER

    @command(f"{_TOLD}:RANGe:AUTO", Boolean())
    def set_source_auto(self, function: str, on: bool) -> None:
        """Let the range follow the level."""
        source = self.settings.source[function]
        source.auto = on
        if on:
            source.range = self.hardware.range_for(function, source.level)
            self._follow(function)

    @query(f"{_TOLD}:RANGe:AUTO")
    def source_auto(self, function: str) -> int:
        """Tell whether the range follows the level."""
        return int(self.settings.source[function].auto)

    @command(
        ":SOURce[1]:VOLTage:PROTection[:LEVel]", OneOf(Choice("NONE"), Numeric("V", -210.0, 210))
    )
    def set_protection(self, value: float | str) -> None:
        """Set the highest voltage that the source ever gives, in steps of the instrument."""
        steps = () if isinstance(value, str) else _PROTECTIONS
        reached = [step for step in steps if isinstance(value, float) and step >= abs(value)]
        self.settings.protection = reached[0] if reached else _NO_PROTECTION
        self.settle()

    @query(":SOURce[1]:VOLTage:PROTection[:LEVel]")
    def protection(self) -> float:
        """Tell the highest voltage."""
        return self.settings.protection

    @query(":SOURce[1]:VOLTage:PROTection:TRIPped")
    def protection_tripped(self) -> int:
        """Tell whether the source is held back by its highest voltage."""
        settings = self.settings
        wanted = settings.function == "VOLT" and abs(settings.active.level) > settings.protection
        return int(settings.output and wanted)

    @command("[:SOURce[1]]:DELay", Numeric("S", *_DELAYS))
    def set_delay(self, delay: float) -> None:
        """Set the source delay, which ends the automatic one."""
        self.settings.delay, self.settings.auto_delay = delay, False

    @query("[:SOURce[1]]:DELay", EXTREME, optional=1)
    def delay(self, which: str | None = None) -> float:
        """Tell the source delay."""
        return told(self.settings.delay, which, _DELAYS)

    set_auto_delay, auto_delay = stored("[:SOURce[1]]:DELay:AUTO", Boolean(), "auto_delay")
    set_soak, soak = bounded("[:SOURce[1]]:SOAK", Numeric("S", 0.0, 9999.999, 0.0), "soak")
    set_auto_off, auto_off = stored("[:SOURce[1]]:CLEar:AUTO", Boolean(), "auto_off")
    set_auto_off_mode, auto_off_mode = stored(
        "[:SOURce[1]]:CLEar:AUTO:MODE", Choice("ALWays", "TCOunt"), "auto_off_mode"
    )

    @command("[:SOURce[1]]:CLEar[:IMMediate]")
    def clear_source(self) -> None:
        """Turn the output off."""
        self.turn_output(False)

    @command(":OUTPut[1][:STATe]", Boolean())
    def set_output(self, on: bool) -> None:
        """Switch the output."""
        self.turn_output(on)

    @query(":OUTPut[1][:STATe]")
    def output(self) -> int:
        """Tell whether the output is on."""
        return int(self.settings.output)

    @command(":OUTPut[1]:SMODe", Choice("HIMPedance", "NORMal", "ZERO", "GUARd"))
    def set_off_state(self, state: str) -> None:
        """Choose what the terminal is when off."""
        self.settings.off_state = state
        self.settle()

    @query(":OUTPut[1]:SMODe")
    def off_state(self) -> str:
        """Tell what the terminal is when off."""
        return self.settings.off_state

    set_output_enable, output_enable = stored(
        ":OUTPut[1]:ENABle[:STATe]", Boolean(), "output_enable"
    )

    @query(":OUTPut[1]:ENABle:TRIPped")
    def output_enabled(self) -> int:
        """Tell whether the fixture's lid lets the output on; no fixture is connected."""
        return 1

    @command(":ROUTe:TERMinals", Choice("FRONt", "REAR"))
    def set_terminals(self, terminals: str) -> None:
        """Choose front or rear terminals; a change turns the output off."""
        rear = terminals == "REAR"
        if rear != self.settings.rear:
            self.turn_output(False)
        self.settings.rear = rear

    @query(":ROUTe:TERMinals")
    def terminals_used(self) -> str:
        """Tell which terminals are used."""
        return "REAR" if self.settings.rear else "FRON"

    def fitting_range(self, function: str, level: float) -> float:
        """Return the range that a level is sourced on; -222, +825 or +826 where it cannot be."""
        source, settings = self.settings.source[function], self.settings
        if settings.automatic_ohms:
            raise own(AUTO_OHMS)
        if abs(level) > _HIGHEST[function] * _ROUNDING:
            raise ScpiError(-222)
        if not source.auto and abs(level) > source.range * OVER * _ROUNDING:
            raise ScpiError(-222)
        other = settings.sense["CURR" if function == "VOLT" else "VOLT"].limit
        check_power(*((level, other) if function == "VOLT" else (other, level)))
        return self.hardware.range_for(function, level) if source.auto else source.range

    def _follow(self, function: str) -> None:
        if function == self.settings.function and self.settings.output:
            self.settle()


def check_power(voltage: float, current: float) -> None:
    """Refuse more than 21 V together with more than 105 mA, whichever is the limit (+826)."""
    high = abs(voltage) > HIGH_VOLTAGE * _ROUNDING
    if high and abs(current) > HIGH_VOLTAGE_CURRENT * _ROUNDING:
        raise own(TOO_MUCH_POWER)
