"""The :SOURce commands of a simulated Keithley 2450, but for sweeps."""

import math
from typing import Final

from ..wire.parameters import Boolean, Choice, Numeric
from ..wire.scpi import ScpiError, command, query
from ._extremes import EXTREME, Limits, number, told, within
from ._keithley2450_base import Keithley2450Base
from ._keithley2450_settings import (
    HIGH_VOLTAGE,
    HIGH_VOLTAGE_CURRENT,
    OVER,
    RANGES,
    range_for,
)

_SOURCE = ":SOURce[1]:{VOLTage|CURRent}"
_LEVELS = number("V", "A")
_HIGHEST = {name: ranges[-1] * OVER for name, ranges in RANGES.items()}
_PROTECTIONS = {
    **{f"PROT{v}": float(v) for v in (2, 5, 10, 20, 40, 60, 80, 100, 120, 140, 160, 180)},
    "NONE": math.inf,
}
_DELAY = Numeric("S", 0.0, 1e4, 0.0)
_DELAYS: Final[Limits] = (0.0, 1e4, 0.0)
_CURRENT_LIMITS: Final[Limits] = (1e-9, 1.05, 1.05e-4)
_VOLTAGE_LIMITS: Final[Limits] = (0.02, 210.0, 21.0)


def _levels(function: str) -> Limits:
    """Return least, most and default level."""
    return -_HIGHEST[function], _HIGHEST[function], 0.0


def _ranges(function: str) -> Limits:
    """Return least, most and default range."""
    return RANGES[function][0], RANGES[function][-1], RANGES[function][0]


def _meant(asked: float | str, limits: Limits) -> float:
    """Return a value, or what one of the three words means."""
    return within(asked, limits) if isinstance(asked, str) else asked


class SourceCommands(Keithley2450Base):
    """Function, levels, ranges and limits of the source."""

    @command(":SOURce[1]:FUNCtion[:MODE]", Choice("VOLTage[:DC]", "CURRent[:DC]"))
    def set_source_function(self, function: str) -> None:
        """Choose what is sourced; a change turns the output off."""
        if function == self.settings.function:
            return
        self.turn_output(False)
        self.settings.function = "VOLT" if function == "VOLT" else "CURR"

    @query(":SOURce[1]:FUNCtion[:MODE]")
    def source_function(self) -> str:
        """Tell what is sourced."""
        return self.settings.function

    @command(f"{_SOURCE}[:LEVel][:IMMediate][:AMPLitude]", _LEVELS)
    def set_level(self, function: str, asked: float | str) -> None:
        """Set the source level; -222 beyond a fixed range, -221 beyond 20 W."""
        level = _meant(asked, _levels(function))
        source = self.settings.source[function]
        if abs(level) > _HIGHEST[function] * (1.0 + 1e-12):
            raise ScpiError(-222)
        if source.auto:
            new_range = range_for(function, level)
        elif abs(level) > source.range * OVER * (1.0 + 1e-12):
            raise ScpiError(-222)
        else:
            new_range = source.range
        _check_power(function, level, source.limit)
        source.level, source.range = level, new_range
        self._follow(function)

    @query(f"{_SOURCE}[:LEVel][:IMMediate][:AMPLitude]", EXTREME, optional=1)
    def level(self, function: str, which: str | None = None) -> float:
        """Tell the source level."""
        return told(self.settings.source[function].level, which, _levels(function))

    @command(f"{_SOURCE}:RANGe", _LEVELS)
    def set_source_range(self, function: str, value: float | str) -> None:
        """Fix the range; -221 when the present level does not fit into it."""
        source = self.settings.source[function]
        new_range = range_for(function, _meant(value, _ranges(function)))
        if abs(source.level) > new_range * OVER:
            raise ScpiError(-221)
        source.range, source.auto = new_range, False

    @query(f"{_SOURCE}:RANGe", EXTREME, optional=1)
    def source_range(self, function: str, which: str | None = None) -> float:
        """Tell the source range."""
        return told(self.settings.source[function].range, which, _ranges(function))

    @command(f"{_SOURCE}:RANGe:AUTO", Boolean())
    def set_source_auto(self, function: str, on: bool) -> None:
        """Let the range follow the level."""
        source = self.settings.source[function]
        source.auto = on
        if on:
            source.range = range_for(function, source.level)

    @query(f"{_SOURCE}:RANGe:AUTO")
    def source_auto(self, function: str) -> int:
        """Tell whether the range follows the level."""
        return int(self.settings.source[function].auto)

    @command(":SOURce[1]:VOLTage:ILIMit[:LEVel]", Numeric("A", *_CURRENT_LIMITS))
    def set_current_limit(self, limit: float) -> None:
        """Set the current limit of the voltage source."""
        self._set_limit("VOLT", limit)

    @query(":SOURce[1]:VOLTage:ILIMit[:LEVel]", EXTREME, optional=1)
    def current_limit(self, which: str | None = None) -> float:
        """Tell the current limit of the voltage source."""
        return told(self.settings.source["VOLT"].limit, which, _CURRENT_LIMITS)

    @query(":SOURce[1]:VOLTage:ILIMit[:LEVel]:TRIPped")
    def current_limit_tripped(self) -> int:
        """Tell whether the current limit holds the voltage source back."""
        return int(self.settings.function == "VOLT" and self.meter.tripped)

    @command(":SOURce[1]:CURRent:VLIMit[:LEVel]", Numeric("V", *_VOLTAGE_LIMITS))
    def set_voltage_limit(self, limit: float) -> None:
        """Set the voltage limit of the current source."""
        self._set_limit("CURR", limit)

    @query(":SOURce[1]:CURRent:VLIMit[:LEVel]", EXTREME, optional=1)
    def voltage_limit(self, which: str | None = None) -> float:
        """Tell the voltage limit of the current source."""
        return told(self.settings.source["CURR"].limit, which, _VOLTAGE_LIMITS)

    @query(":SOURce[1]:CURRent:VLIMit[:LEVel]:TRIPped")
    def voltage_limit_tripped(self) -> int:
        """Tell whether the voltage limit holds the current source back."""
        return int(self.settings.function == "CURR" and self.meter.tripped)

    @command(":SOURce[1]:VOLTage:PROTection[:LEVel]", Choice(*_PROTECTIONS))
    def set_protection(self, name: str) -> None:
        """Set the highest voltage that the source ever gives; NONE is no such limit."""
        self.settings.protection = _PROTECTIONS[name]
        self.settle()

    @query(":SOURce[1]:VOLTage:PROTection[:LEVel]")
    def protection(self) -> str:
        """Tell the highest voltage by its name."""
        return next(n for n, volts in _PROTECTIONS.items() if volts == self.settings.protection)

    @query(":SOURce[1]:VOLTage:PROTection[:LEVel]:TRIPped")
    def protection_tripped(self) -> int:
        """Tell whether the source is held back by its highest voltage."""
        settings = self.settings
        wanted = settings.function == "VOLT" and abs(settings.active.level) > settings.protection
        return int(settings.output and wanted)

    @command(f"{_SOURCE}:DELay", _DELAY)
    def set_delay(self, function: str, delay: float) -> None:
        """Set the source delay, which ends the automatic one."""
        source = self.settings.source[function]
        source.delay, source.auto_delay = delay, False

    @query(f"{_SOURCE}:DELay", EXTREME, optional=1)
    def delay(self, function: str, which: str | None = None) -> float:
        """Tell the source delay."""
        return told(self.settings.source[function].delay, which, _DELAYS)

    @command(f"{_SOURCE}:DELay:AUTO", Boolean())
    def set_auto_delay(self, function: str, on: bool) -> None:
        """Choose the automatic source delay."""
        self.settings.source[function].auto_delay = on

    @query(f"{_SOURCE}:DELay:AUTO")
    def auto_delay(self, function: str) -> int:
        """Tell whether the source delay is automatic."""
        return int(self.settings.source[function].auto_delay)

    @command(f"{_SOURCE}:DELay:USER<1..5>", _DELAY)
    def set_user_delay(self, function: str, place: int, delay: float) -> None:
        """Set a user delay of trigger models."""
        self.settings.source[function].user_delays[place] = delay

    @query(f"{_SOURCE}:DELay:USER<1..5>")
    def user_delay(self, function: str, place: int) -> float:
        """Tell a user delay of trigger models."""
        return self.settings.source[function].user_delays[place]

    @command(f"{_SOURCE}:READ:BACK", Boolean())
    def set_read_back(self, function: str, on: bool) -> None:
        """Choose whether readings hold the source value as measured."""
        self.settings.source[function].read_back = on

    @query(f"{_SOURCE}:READ:BACK")
    def read_back(self, function: str) -> int:
        """Tell whether readings hold the source value as measured."""
        return int(self.settings.source[function].read_back)

    @command(f"{_SOURCE}:HIGH:CAPacitance", Boolean())
    def set_high_capacitance(self, function: str, on: bool) -> None:
        """Choose the slow, stable mode for capacitive loads."""
        self.settings.source[function].high_capacitance = on

    @query(f"{_SOURCE}:HIGH:CAPacitance")
    def high_capacitance(self, function: str) -> int:
        """Tell whether the mode for capacitive loads is on."""
        return int(self.settings.source[function].high_capacitance)

    @command(":OUTPut[1]:{VOLTage|CURRent}:SMODe", Choice("NORMal", "HIMPedance", "ZERO", "GUARd"))
    def set_off_state(self, function: str, state: str) -> None:
        """Choose what the terminal is when the output is off."""
        self.settings.source[function].off_state = state
        self._follow(function)

    @query(":OUTPut[1]:{VOLTage|CURRent}:SMODe")
    def off_state(self, function: str) -> str:
        """Tell what the terminal is when the output is off."""
        return self.settings.source[function].off_state

    @command(":OUTPut[1][:STATe]", Boolean())
    def set_output(self, on: bool) -> None:
        """Switch the output."""
        self.turn_output(on)

    @query(":OUTPut[1][:STATe]")
    def output(self) -> int:
        """Tell whether the output is on."""
        return int(self.settings.output)

    @query(":OUTPut[1]:INTerlock:TRIPped")
    def interlock(self) -> int:
        """Tell whether the interlock is asserted; it always is on this bench."""
        return 1

    @command(":ROUTe:TERMinals", Choice("FRONt", "REAR"))
    def set_route(self, terminals: str) -> None:
        """Choose the terminals; a change turns the output off. Both are wired together here."""
        if terminals != self.settings.terminals:
            self.turn_output(False)
        self.settings.terminals = terminals

    @query(":ROUTe:TERMinals")
    def route(self) -> str:
        """Tell which terminals are used."""
        return self.settings.terminals

    def _set_limit(self, function: str, limit: float) -> None:
        source = self.settings.source[function]
        _check_power(function, source.level, limit)
        source.limit = limit
        self._follow(function)

    def _follow(self, function: str) -> None:
        if function == self.settings.function:
            self.settle()


def _check_power(function: str, level: float, limit: float) -> None:
    """Refuse (-221) more than 105 mA beyond 21 V."""
    voltage, current = (level, limit) if function == "VOLT" else (limit, level)
    if abs(voltage) > HIGH_VOLTAGE * (1.0 + 1e-12) and abs(current) > HIGH_VOLTAGE_CURRENT:
        raise ScpiError(-221)
