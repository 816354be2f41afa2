"""The :SENSe commands of a simulated Keithley 2400."""

from collections.abc import Sequence
from typing import Final

from ..wire.parameters import Boolean, Choice, Integer, Numeric, OneOf, Parameter
from ..wire.program import Token
from ..wire.scpi import ScpiError, command, query
from ._extremes import EXTREME, Limits, told
from ._keithley2400_base import Keithley2400Base
from ._keithley2400_errors import BEYOND_COMPLIANCE, TOO_SMALL, own
from ._keithley2400_hardware import OVER
from ._keithley2400_source import STEPS, check_power
from ._stored import bounded, stored

_SENSE = "[:SENSe[1]]:{CURRent|VOLTage}[:DC]"
_ALL = "[:SENSe[1]]:{CURRent|VOLTage|RESistance}[:DC]"
_VALUES = OneOf(STEPS, Numeric("A"), Numeric("V"), Numeric("OHM"))
_CYCLES: Final[Limits] = (0.01, 10.0, 1.0)
_LIMITS = OneOf(Numeric("A"), Numeric("V"))
_HIGHEST_LIMIT = {"CURR": (1.05, 1.05e-4), "VOLT": (210.0, 21.0)}
_SMALLEST_PART = 1e-3  # of a measure range that its compliance may be
_WORDS = {"VOLT": '"VOLT:DC"', "CURR": '"CURR:DC"', "RES": '"RES"'}
_NAME = Choice("VOLTage[:DC]", "CURRent[:DC]", "RESistance", quoted=True)


class _Functions(Parameter):
    """Quoted names of measure functions, as many as there are. Gives their short forms."""

    takes_rest = True

    def convert(self, token: Token) -> str:
        return _NAME.convert(token)

    def convert_all(self, tokens: Sequence[Token]) -> list[str]:
        return [self.convert(token) for token in tokens]


class SenseCommands(Keithley2400Base):
    """Functions, ranges, compliance, integration and filter of the measurement."""

    @command("[:SENSe[1]]:FUNCtion[:ON]", _Functions())
    def set_functions(self, functions: list[str]) -> None:
        """Enable functions; without concurrent measurement the last one only."""
        if self.settings.concurrent:
            self.settings.functions |= set(functions)
        else:
            self.settings.functions = {functions[-1]}

    @query("[:SENSe[1]]:FUNCtion[:ON]")
    def functions(self) -> str:
        """Tell the enabled functions, in quotes."""
        return self._named(self.settings.functions)

    @command("[:SENSe[1]]:FUNCtion:ON:ALL")
    @command("[:SENSe[1]]:FUNCtion:ALL")
    def set_all_functions(self) -> None:
        """Enable all functions; without concurrent measurement that is -221."""
        if not self.settings.concurrent:
            raise ScpiError(-221)
        self.settings.functions = set(_WORDS)

    @query("[:SENSe[1]]:FUNCtion:ON:COUNt")
    def count_functions(self) -> int:
        """Tell how many functions are enabled."""
        return len(self.settings.functions)

    @command("[:SENSe[1]]:FUNCtion:OFF", _Functions())
    def clear_functions(self, functions: list[str]) -> None:
        """Disable functions."""
        self.settings.functions -= set(functions)

    @query("[:SENSe[1]]:FUNCtion:OFF")
    def functions_off(self) -> str:
        """Tell the disabled functions, in quotes."""
        return self._named(set(_WORDS) - self.settings.functions)

    @command("[:SENSe[1]]:FUNCtion:OFF:ALL")
    def clear_all_functions(self) -> None:
        """Disable all functions: the source is only told."""
        self.settings.functions = set()

    @query("[:SENSe[1]]:FUNCtion:OFF:COUNt")
    def count_functions_off(self) -> int:
        """Tell how many functions are disabled."""
        return len(_WORDS) - len(self.settings.functions)

    @query("[:SENSe[1]]:FUNCtion:STATe", _NAME)
    def function_state(self, function: str) -> int:
        """Tell whether a function is enabled."""
        return int(function in self.settings.functions)

    @command("[:SENSe[1]]:FUNCtion:CONCurrent", Boolean())
    def set_concurrent(self, on: bool) -> None:
        """Choose whether several functions may be measured in one cycle."""
        self.settings.concurrent = on
        if not on:
            kept = [name for name in ("CURR", "VOLT", "RES") if name in self.settings.functions]
            self.settings.functions = set(kept[:1]) or {"CURR"}

    @query("[:SENSe[1]]:FUNCtion:CONCurrent")
    def concurrent(self) -> int:
        """Tell whether several functions may be measured in one cycle."""
        return int(self.settings.concurrent)

    @command(f"{_ALL}:RANGe[:UPPer]", _VALUES)
    def set_range(self, function: str, value: float | str) -> None:
        """Fix the measure range, or step it; +824 above the range of the compliance."""
        sense, ranges = self.settings.sense[function], self.hardware.ranges(function)
        if isinstance(value, str):
            place = ranges.index(sense.range) + (1 if value == "UP" else -1)
            name = ranges[min(max(place, 0), len(ranges) - 1)]
        else:
            name = self.hardware.range_for(function, value)
        limits = function != "RES" and function != self.settings.function
        if limits and name > self.hardware.range_for(function, sense.limit):
            raise own(BEYOND_COMPLIANCE)
        if limits and sense.limit < name * _SMALLEST_PART:
            raise own(TOO_SMALL)
        sense.range, sense.auto = name, False
        self._follow_limit(function)

    @query(f"{_ALL}:RANGe[:UPPer]")
    def range(self, function: str) -> float:
        """Tell the measure range as its full reach."""
        return self.settings.sense[function].range * OVER

    @command(f"{_ALL}:RANGe:AUTO", Boolean())
    def set_auto(self, function: str, on: bool) -> None:
        """Let the measure range follow the signal."""
        self.settings.sense[function].auto = on
        self._follow_limit(function)

    @query(f"{_ALL}:RANGe:AUTO")
    def auto(self, function: str) -> int:
        """Tell whether the measure range follows the signal."""
        return int(self.settings.sense[function].auto)

    @command(f"{_ALL}:RANGe:AUTO:LLIMit", _VALUES)
    def set_lowest_range(self, function: str, value: float) -> None:
        """Set the lowest range that is chosen automatically."""
        self.settings.sense[function].lower = self.hardware.range_for(function, value)

    @query(f"{_ALL}:RANGe:AUTO:LLIMit")
    def lowest_range(self, function: str) -> float:
        """Tell the lowest range that is chosen automatically."""
        return self.settings.sense[function].lower * OVER

    @query(f"{_SENSE}:RANGe:AUTO:ULIMit")
    def highest_range(self, function: str) -> float:
        """Tell the highest range that is chosen automatically: that of the compliance."""
        limit = self.settings.sense[function].limit
        return self.hardware.range_for(function, limit) * OVER

    @command(f"{_SENSE}:PROTection[:LEVel]", _LIMITS)
    def set_limit(self, function: str, limit: float) -> None:
        """Set the compliance, of either sign; +822 below a thousandth of a fixed range."""
        sense, size = self.settings.sense[function], abs(limit)
        lowest = self.hardware.ranges(function)[0]
        if size > _HIGHEST_LIMIT[function][0] * (1.0 + 1e-9):
            raise ScpiError(-222)
        smallest = (lowest if sense.auto or sense.synchronised else sense.range) * _SMALLEST_PART
        if size < smallest * (1.0 - 1e-9):
            raise own(TOO_SMALL)
        level = self.settings.source["VOLT" if function == "CURR" else "CURR"].level
        check_power(*((level, size) if function == "CURR" else (size, level)))
        sense.limit = size
        reach = self.hardware.range_for(function, size)
        if sense.synchronised or sense.range > reach:
            sense.range = reach
        self._follow_limit(function)

    @query(f"{_SENSE}:PROTection[:LEVel]", EXTREME, optional=1)
    def limit(self, function: str, which: str | None = None) -> float:
        """Tell the compliance."""
        least = self.hardware.ranges(function)[0] * _SMALLEST_PART
        most, default = _HIGHEST_LIMIT[function]
        return told(self.settings.sense[function].limit, which, (least, most, default))

    @query(f"{_SENSE}:PROTection:TRIPped")
    def tripped(self, function: str) -> int:
        """Tell whether the compliance holds the source back."""
        ours = function != self.settings.function
        return int(ours and self.meter.tripped(self.settings))

    @command(f"{_SENSE}:PROTection:RSYNchronize", Boolean())
    def set_synchronised(self, function: str, on: bool) -> None:
        """Let the measure range go with the compliance."""
        self.settings.sense[function].synchronised = on

    @query(f"{_SENSE}:PROTection:RSYNchronize")
    def synchronised(self, function: str) -> int:
        """Tell whether the measure range goes with the compliance."""
        return int(self.settings.sense[function].synchronised)

    @command(f"{_ALL}:NPLCycles", Numeric("", *_CYCLES))
    def set_cycles(self, _function: str, cycles: float) -> None:
        """Set the integration time in line cycles, of all functions at once."""
        self.settings.cycles = cycles

    @query(f"{_ALL}:NPLCycles", EXTREME, optional=1)
    def cycles(self, _function: str, which: str | None = None) -> str:
        """Tell the integration time in line cycles."""
        return f"{told(self.settings.cycles, which, _CYCLES):.2f}"

    set_filter, filter = stored("[:SENSe[1]]:AVERage[:STATe]", Boolean(), "filter_on")
    set_filter_count, filter_count = bounded(
        "[:SENSe[1]]:AVERage:COUNt", Integer(1, 100, 10), "filter_count"
    )
    set_filter_kind, filter_kind = stored(
        "[:SENSe[1]]:AVERage:TCONtrol", Choice("REPeat", "MOVing"), "filter_kind"
    )
    set_compensation, compensation = stored(
        "[:SENSe[1]]:RESistance:OCOMpensated", Boolean(), "offset_compensated"
    )

    @command("[:SENSe[1]]:RESistance:MODE", Choice("MANual", "AUTO"))
    def set_ohms_mode(self, mode: str) -> None:
        """Choose who sets the source for ohms: the user or the instrument."""
        self.settings.ohms_mode = mode
        self.settle()

    @query("[:SENSe[1]]:RESistance:MODE")
    def ohms_mode(self) -> str:
        """Tell who sets the source for ohms."""
        return self.settings.ohms_mode

    def _named(self, functions: set[str]) -> str:
        return ",".join(word for name, word in _WORDS.items() if name in functions) or '""'

    def _follow_limit(self, function: str) -> None:
        if function != self.settings.function and self.settings.output:
            self.settle()
