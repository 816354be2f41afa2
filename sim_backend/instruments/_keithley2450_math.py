"""The :CALCulate and :SENSe:RELative commands of a simulated Keithley 2450."""

from typing import Final

from ..wire.parameters import Boolean, Choice, Numeric, OneOf
from ..wire.scpi import ScpiError, command, query
from ._extremes import EXTREME, Limits, number, told, within
from ._keithley2450_calculate import Function, Limit
from ._keithley2450_trace import TraceCommands

_SENSE = "[:SENSe[1]]:{CURRent|VOLTage|RESistance}[:DC]:RELative"
_CALC = ":CALCulate[1]:{CURRent|VOLTage|RESistance}[:DC]"
_LIMIT = ":CALCulate2:{CURRent|VOLTage|RESistance}[:DC]:LIMit<1..2>"
_BOUND = number("A", "V", "OHM")
_LOWER: Final[Limits] = (-9.99999e11, 9.99999e11, -1.0)
_UPPER: Final[Limits] = (-9.99999e11, 9.99999e11, 1.0)
_VALUE = OneOf(Numeric("A"), Numeric("V"), Numeric("OHM"))
_FACTOR = Numeric("", -1e12, 1e12)


class MathCommands(TraceCommands):
    """What is done with readings before they are stored."""

    def _function(self, name: str) -> Function:
        return self.calculation.functions[name]

    def _user_limit(self, name: str, place: int) -> Limit:
        return self._function(name).limits[place]

    @command(_SENSE, _VALUE)
    def set_relative(self, name: str, value: float) -> None:
        """Set the offset that is taken off readings."""
        self._function(name).relative = value

    @query(_SENSE)
    def relative(self, name: str) -> float:
        """Tell the offset that is taken off readings."""
        return self._function(name).relative

    @command(f"{_SENSE}:STATe", Boolean())
    def set_relative_on(self, name: str, on: bool) -> None:
        """Switch the offset."""
        self._function(name).relative_on = on
        self.calculation.changed()

    @query(f"{_SENSE}:STATe")
    def relative_on(self, name: str) -> int:
        """Tell whether the offset is taken off."""
        return int(self._function(name).relative_on)

    @command(f"{_SENSE}:ACQuire")
    def acquire_relative(self, name: str) -> None:
        """Measure and take that as the offset; -221 for another function than the active one."""
        if name != self.settings.sensed:
            raise ScpiError(-221)
        self._function(name).relative = self.meter.measure(self.settings).value

    @command(f"{_CALC}:MATH:STATe", Boolean())
    def set_math_on(self, name: str, on: bool) -> None:
        """Switch the math."""
        self._function(name).math_on = on
        self.calculation.changed()

    @query(f"{_CALC}:MATH:STATe")
    def math_on(self, name: str) -> int:
        """Tell whether the math is on."""
        return int(self._function(name).math_on)

    @command(f"{_CALC}:MATH:FORMat", Choice("MXB", "PERCent", "RECiprocal"))
    def set_math(self, name: str, form: str) -> None:
        """Choose mx + b, per cent of a reference, or the reciprocal."""
        self._function(name).math = form

    @query(f"{_CALC}:MATH:FORMat")
    def math(self, name: str) -> str:
        """Tell the math."""
        return self._function(name).math

    @command(f"{_CALC}:MATH:MMFactor", _FACTOR)
    def set_slope(self, name: str, value: float) -> None:
        """Set m of mx + b."""
        self._function(name).slope = value

    @query(f"{_CALC}:MATH:MMFactor")
    def slope(self, name: str) -> float:
        """Tell m of mx + b."""
        return self._function(name).slope

    @command(f"{_CALC}:MATH:MBFactor", _FACTOR)
    def set_intercept(self, name: str, value: float) -> None:
        """Set b of mx + b."""
        self._function(name).intercept = value

    @query(f"{_CALC}:MATH:MBFactor")
    def intercept(self, name: str) -> float:
        """Tell b of mx + b."""
        return self._function(name).intercept

    @command(f"{_CALC}:MATH:PERCent", _FACTOR)
    def set_reference(self, name: str, value: float) -> None:
        """Set the reference of per cent; -222 for zero."""
        if value == 0.0:
            raise ScpiError(-222)
        self._function(name).percent = value

    @query(f"{_CALC}:MATH:PERCent")
    def reference(self, name: str) -> float:
        """Tell the reference of per cent."""
        return self._function(name).percent

    @command(f"{_LIMIT}:STATe", Boolean())
    def set_limit_on(self, name: str, place: int, on: bool) -> None:
        """Switch a user limit."""
        self._user_limit(name, place).on = on
        self.calculation.changed()

    @query(f"{_LIMIT}:STATe")
    def limit_on(self, name: str, place: int) -> int:
        """Tell whether a user limit is on."""
        return int(self._user_limit(name, place).on)

    @command(f"{_LIMIT}:LOWer[:DATA]", _BOUND)
    def set_low(self, name: str, place: int, value: float | str) -> None:
        """Set the lower bound of a user limit; -222 beyond 9.99999E+11."""
        self._user_limit(name, place).low = _bound(value, _LOWER)

    @query(f"{_LIMIT}:LOWer[:DATA]", EXTREME, optional=1)
    def low(self, name: str, place: int, which: str | None = None) -> float:
        """Tell the lower bound of a user limit."""
        return told(self._user_limit(name, place).low, which, _LOWER)

    @command(f"{_LIMIT}:UPPer[:DATA]", _BOUND)
    def set_high(self, name: str, place: int, value: float | str) -> None:
        """Set the upper bound of a user limit; -222 beyond 9.99999E+11."""
        self._user_limit(name, place).high = _bound(value, _UPPER)

    @query(f"{_LIMIT}:UPPer[:DATA]", EXTREME, optional=1)
    def high(self, name: str, place: int, which: str | None = None) -> float:
        """Tell the upper bound of a user limit."""
        return told(self._user_limit(name, place).high, which, _UPPER)

    @command(f"{_LIMIT}:AUDible", Choice("FAIL", "PASS", "NONE"))
    def set_audible(self, name: str, place: int, when: str) -> None:
        """Choose when a limit test beeps, which nobody hears."""
        self._user_limit(name, place).audible = when

    @query(f"{_LIMIT}:AUDible")
    def audible(self, name: str, place: int) -> str:
        """Tell when a limit test beeps."""
        return self._user_limit(name, place).audible

    @command(f"{_LIMIT}:CLEar:AUTO", Boolean())
    def set_clears_itself(self, name: str, place: int, on: bool) -> None:
        """Choose whether the next reading clears what failed."""
        self._user_limit(name, place).clears_itself = on

    @query(f"{_LIMIT}:CLEar:AUTO")
    def clears_itself(self, name: str, place: int) -> int:
        """Tell whether the next reading clears what failed."""
        return int(self._user_limit(name, place).clears_itself)

    @command(f"{_LIMIT}:CLEar[:IMMediate]")
    def clear_limit(self, name: str, place: int) -> None:
        """Forget what failed."""
        self._user_limit(name, place).failed = "NONE"

    @query(f"{_LIMIT}:FAIL")
    def limit_failed(self, name: str, place: int) -> str:
        """Tell which bound failed: NONE, HIGH, LOW or BOTH."""
        return self._user_limit(name, place).failed


def _bound(value: float | str, limits: Limits) -> float:
    """Return a bound in either sign; -222 where there is none such."""
    if not isinstance(value, str) and abs(value) > limits[1]:
        raise ScpiError(-222)
    return within(value, limits) if isinstance(value, str) else value
