"""The :SENSe commands of a simulated Keithley 2450."""

from typing import Final

from ..wire.parameters import Boolean, Choice, Integer, Numeric
from ..wire.scpi import ScpiError, command, query
from ._extremes import EXTREME, Limits, number, told, within
from ._keithley2450_base import Keithley2450Base
from ._keithley2450_settings import OVER, RANGES, Settings, range_for

_SENSE = "[:SENSe[1]]:{CURRent|VOLTage|RESistance}[:DC]"
_RANGE = number("A", "V", "OHM")
_CYCLES: Final[Limits] = (0.01, 10.0, 1.0)
_UPPERS: Final[Limits] = (20.0, 2e8, 2e8)
_WORDS = {"CURR": '"CURR:DC"', "VOLT": '"VOLT:DC"', "RES": '"RES"'}
_FUNCTIONS = Choice("CURRent[:DC]", "VOLTage[:DC]", "RESistance", quoted=True)


def _ranges(function: str) -> Limits:
    """Return least, most and default range."""
    return RANGES[function][0], RANGES[function][-1], Settings().sense[function].range


def _lowest_ranges(function: str) -> Limits:
    """Return least, most and default of the lowest automatic range."""
    return RANGES[function][0], RANGES[function][-1], Settings().sense[function].lower


class SenseCommands(Keithley2450Base):
    """Function, ranges, integration and filter of the measurement."""

    @command("[:SENSe[1]]:FUNCtion[:ON]", _FUNCTIONS)
    def set_sense_function(self, function: str) -> None:
        """Choose what is measured."""
        self.settings.sensed = function
        self.settle()

    @query("[:SENSe[1]]:FUNCtion[:ON]")
    def sense_function(self) -> str:
        """Tell what is measured, in quotes."""
        return _WORDS[self.settings.sensed]

    @command(f"{_SENSE}:RANGe[:UPPer]", _RANGE)
    def set_range(self, function: str, asked: float | str) -> None:
        """Fix the measure range to the one that holds a value."""
        value = within(asked, _ranges(function)) if isinstance(asked, str) else asked
        if abs(value) > RANGES[function][-1] * OVER:
            raise ScpiError(-222)
        sense = self.settings.sense[function]
        sense.range, sense.auto = range_for(function, value), False

    @query(f"{_SENSE}:RANGe[:UPPer]", EXTREME, optional=1)
    def range(self, function: str, which: str | None = None) -> float:
        """Tell the measure range."""
        return told(self.settings.sense[function].range, which, _ranges(function))

    @command(f"{_SENSE}:RANGe:AUTO", Boolean())
    def set_auto(self, function: str, on: bool) -> None:
        """Let the measure range follow the signal."""
        self.settings.sense[function].auto = on

    @query(f"{_SENSE}:RANGe:AUTO")
    def auto(self, function: str) -> int:
        """Tell whether the measure range follows the signal."""
        return int(self.settings.sense[function].auto)

    @command(f"{_SENSE}:RANGe:AUTO:LLIMit", _RANGE)
    def set_lowest_range(self, function: str, asked: float | str) -> None:
        """Set the lowest range that is chosen automatically; -221 above the highest one."""
        value = within(asked, _lowest_ranges(function)) if isinstance(asked, str) else asked
        sense, lower = self.settings.sense[function], range_for(function, value)
        if function == "RES" and lower > sense.upper:
            raise ScpiError(-221)
        sense.lower = lower

    @query(f"{_SENSE}:RANGe:AUTO:LLIMit", EXTREME, optional=1)
    def lowest_range(self, function: str, which: str | None = None) -> float:
        """Tell the lowest range that is chosen automatically."""
        return told(self.settings.sense[function].lower, which, _lowest_ranges(function))

    @command("[:SENSe[1]]:RESistance:RANGe:AUTO:ULIMit", number("OHM"))
    def set_highest_range(self, asked: float | str) -> None:
        """Set the highest range of ohms that is chosen automatically; -221 below the lowest one."""
        sense = self.settings.sense["RES"]
        upper = range_for("RES", within(asked, _UPPERS) if isinstance(asked, str) else asked)
        if upper < sense.lower:
            raise ScpiError(-221)
        sense.upper = upper

    @query("[:SENSe[1]]:{VOLTage|RESistance}[:DC]:RANGe:AUTO:ULIMit", EXTREME, optional=1)
    def highest_range(self, function: str, which: str | None = None) -> float:
        """Tell the highest range that is chosen automatically."""
        least, most, _ = _ranges(function)
        return told(self.settings.sense[function].upper, which, (least, most, most))

    @command("[:SENSe[1]]:RESistance:OCOMpensated", Boolean())
    def set_offset_compensation(self, on: bool) -> None:
        """Choose whether ohms are less what is there with the current source at zero."""
        self.settings.sense["RES"].offset_compensated = on

    @query("[:SENSe[1]]:RESistance:OCOMpensated")
    def offset_compensation(self) -> int:
        """Tell whether ohms are compensated."""
        return int(self.settings.sense["RES"].offset_compensated)

    @command("[:SENSe[1]]:CURRent[:DC]:UNIT", Choice("AMP", "OHM", "WATT"))
    def set_current_unit(self, unit: str) -> None:
        """Choose in what readings of the current are told, from the next one on."""
        self._set_unit("CURR", unit)

    @command("[:SENSe[1]]:VOLTage[:DC]:UNIT", Choice("VOLT", "OHM", "WATT"))
    def set_voltage_unit(self, unit: str) -> None:
        """Choose in what readings of the voltage are told, from the next one on."""
        self._set_unit("VOLT", unit)

    def _set_unit(self, function: str, unit: str) -> None:
        self.settings.sense[function].unit = unit
        self.meter.forget_past()

    @query("[:SENSe[1]]:{CURRent|VOLTage}[:DC]:UNIT")
    def unit(self, function: str) -> str:
        """Tell in what readings are told."""
        return self.settings.sense[function].unit

    @command(f"{_SENSE}:NPLCycles", Numeric("", *_CYCLES))
    def set_cycles(self, function: str, cycles: float) -> None:
        """Set the integration time in line cycles."""
        self.settings.sense[function].cycles = cycles

    @query(f"{_SENSE}:NPLCycles", EXTREME, optional=1)
    def cycles(self, function: str, which: str | None = None) -> float:
        """Tell the integration time in line cycles."""
        return told(self.settings.sense[function].cycles, which, _CYCLES)

    @command(f"{_SENSE}:RSENse", Boolean())
    def set_four_wire(self, function: str, on: bool) -> None:
        """Choose remote sensing; a change turns the output off."""
        sense = self.settings.sense[function]
        if on != sense.four_wire:
            self.turn_output(False)
        sense.four_wire = on
        self.settle()

    @query(f"{_SENSE}:RSENse")
    def four_wire(self, function: str) -> int:
        """Tell whether remote sensing is on."""
        return int(self.settings.sense[function].four_wire)

    @command(f"{_SENSE}:AZERo[:STATe]", Boolean())
    def set_auto_zero(self, function: str, on: bool) -> None:
        """Choose automatic updates of the reference measurements."""
        self.settings.sense[function].auto_zero = on

    @query(f"{_SENSE}:AZERo[:STATe]")
    def auto_zero(self, function: str) -> int:
        """Tell whether reference measurements are updated automatically."""
        return int(self.settings.sense[function].auto_zero)

    @command("[:SENSe[1]]:AZERo:ONCE")
    def zero_once(self) -> None:
        """Update the reference measurements; they do not drift here."""

    @command(f"{_SENSE}:AVERage[:STATe]", Boolean())
    def set_filter(self, function: str, on: bool) -> None:
        """Switch the averaging filter."""
        self.settings.sense[function].filter_on = on

    @query(f"{_SENSE}:AVERage[:STATe]")
    def filter(self, function: str) -> int:
        """Tell whether readings are averaged."""
        return int(self.settings.sense[function].filter_on)

    @command(f"{_SENSE}:AVERage:COUNt", Integer(1, 100, 10))
    def set_filter_count(self, function: str, count: int) -> None:
        """Set how many readings are averaged."""
        self.settings.sense[function].filter_count = count

    @query(f"{_SENSE}:AVERage:COUNt")
    def filter_count(self, function: str) -> int:
        """Tell how many readings are averaged."""
        return self.settings.sense[function].filter_count

    @command(f"{_SENSE}:AVERage:TCONtrol", Choice("REPeat", "MOVing"))
    def set_filter_kind(self, function: str, kind: str) -> None:
        """Choose a repeating or a moving filter."""
        self.settings.sense[function].filter_kind = kind

    @query(f"{_SENSE}:AVERage:TCONtrol")
    def filter_kind(self, function: str) -> str:
        """Tell the kind of filter."""
        return self.settings.sense[function].filter_kind

    @command(f"{_SENSE}:DELay:USER<1..5>", Numeric("S", 0.0, 1e4, 0.0))
    def set_sense_delay(self, function: str, place: int, delay: float) -> None:
        """Set a user delay of trigger models."""
        self.settings.sense[function].user_delays[place] = delay

    @query(f"{_SENSE}:DELay:USER<1..5>")
    def sense_delay(self, function: str, place: int) -> float:
        """Tell a user delay of trigger models."""
        return self.settings.sense[function].user_delays[place]

    @command("[:SENSe[1]]:COUNt", Integer(1, 300_000, 1))
    def set_count(self, count: int) -> None:
        """Set how many readings one request makes."""
        self.settings.count = count

    @query("[:SENSe[1]]:COUNt")
    def count(self) -> int:
        """Tell how many readings one request makes."""
        return self.settings.count
