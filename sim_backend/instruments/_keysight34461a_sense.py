"""The [SENSe:] commands of a simulated 34461A, but for its ranges."""

from typing import Final

from ..wire.errors import ScpiError
from ..wire.parameters import Boolean, Choice, Integer
from ..wire.scpi import command, query
from ._extremes import EXTREME, Limits, number, told, within
from ._keysight34461a_functions import CYCLES, RESOLUTION
from ._keysight34461a_ranges import AC, AUTO, COUNTED, DC, OHMS, RangeCommands
from ._keysight34461a_settings import cycles_for, cycles_of_resolution

_CYCLES: Final[Limits] = (CYCLES[0], CYCLES[-1], 10.0)
_BANDS: Final = (3.0, 20.0, 200.0)
_BAND: Final[Limits] = (3.0, 3e5, 20.0)
_GATES: Final = (0.01, 0.1, 1.0)
_GATE: Final[Limits] = (0.01, 1.0, 0.1)
_MOST_NULL: Final = {"VOLT": 1.2e3, "CURR": 12.0, "RES": 1.2e8, "FRES": 1.2e8}


class SenseCommands(RangeCommands):
    """Resolution, integration, autozero, null, and what only some functions have."""

    # -- integration -------------------------------------------------------------------------

    @command(f"{DC}:NPLCycles", number())
    @command(f"{OHMS}:NPLCycles", number())
    def set_cycles(self, function: str, value: float | str) -> None:
        """Set the integration time in power line cycles; the next longer one there is."""
        for one in _sharing(function):
            self.settings.sense[one].cycles = cycles_for(within(value, _CYCLES))
        self.changed()

    @query(f"{DC}:NPLCycles", EXTREME, optional=1)
    @query(f"{OHMS}:NPLCycles", EXTREME, optional=1)
    def cycles(self, function: str, which: str | None = None) -> float:
        """Tell the integration time in power line cycles."""
        return told(self.settings.sense[function].cycles, which, _CYCLES)

    def _resolutions(self, function: str) -> Limits:
        scale = self.settings.sense[function].full_scale
        return scale * RESOLUTION[CYCLES[-1]], scale * RESOLUTION[CYCLES[0]], scale * 1e-6

    def choose_resolution(self, function: str, value: float | str) -> None:
        """Set the shortest integration with that resolution; 532 where none has it."""
        sense, limits = self.settings.sense[function], self._resolutions(function)
        asked = value if isinstance(value, float) else within(value, limits)
        found = cycles_of_resolution(asked / sense.full_scale)
        if found is None:
            raise ScpiError(532, "Not able to achieve requested resolution")
        sense.cycles = found

    @command(f"{DC}:RESolution", number("V"))
    @command(f"{OHMS}:RESolution", number("OHM"))
    def set_resolution(self, function: str, value: float | str) -> None:
        """Set the resolution in the function's unit; 311 for a number while ranging by itself."""
        if self.settings.sense[function].auto and isinstance(value, float):
            raise ScpiError(311, "Not able to specify resolution with Auto range")
        for one in _sharing(function):
            self.choose_resolution(one, value)
        self.changed()

    @query(f"{DC}:RESolution", EXTREME, optional=1)
    @query(f"{OHMS}:RESolution", EXTREME, optional=1)
    def resolution(self, function: str, which: str | None = None) -> float:
        """Tell the resolution in the function's unit."""
        sense = self.settings.sense[function]
        present = sense.full_scale * RESOLUTION[sense.cycles]
        return told(present, which, self._resolutions(function))

    @command(f"{DC}:ZERO:AUTO", AUTO)
    @command("[:SENSe]:{RESistance}:ZERO:AUTO", AUTO)
    def set_zero(self, function: str, mode: bool | str) -> None:
        """Choose whether each reading has a zero reading taken off, which takes as long again."""
        self.settings.sense[function].zero = mode is True
        self.changed()

    @query(f"{DC}:ZERO:AUTO")
    @query("[:SENSe]:{RESistance}:ZERO:AUTO")
    def zero(self, function: str) -> int:
        """Tell whether autozero is on."""
        return int(self.settings.sense[function].zero)

    @command("[:SENSe]:ZERO:AUTO", AUTO)
    def set_present_zero(self, mode: bool | str) -> None:
        """Choose autozero of the present function, as the 34401A is told."""
        self.settings.active.zero = mode is True
        self.changed()

    @query("[:SENSe]:ZERO:AUTO")
    def present_zero(self) -> int:
        """Tell whether autozero is on for the present function."""
        return int(self.settings.active.zero)

    @command("[:SENSe]:VOLTage[:DC]:IMPedance:AUTO", Boolean())
    @command(":INPut:IMPedance:AUTO", Boolean())
    def set_impedance(self, on: bool) -> None:
        """Choose more than 10 Gohm up to the 10 V range, or 10 Mohm everywhere."""
        self.settings.impedance_auto = on
        self.changed()

    @query("[:SENSe]:VOLTage[:DC]:IMPedance:AUTO")
    @query(":INPut:IMPedance:AUTO")
    def impedance(self) -> int:
        """Tell whether the input resistance follows the range."""
        return int(self.settings.impedance_auto)

    # -- null --------------------------------------------------------------------------------

    @command(f"{DC}:NULL[:STATe]", Boolean())
    @command(f"{OHMS}:NULL[:STATe]", Boolean())
    def set_null(self, function: str, on: bool) -> None:
        """Switch null; switched on, the next reading is taken for it unless a value is set."""
        sense = self.settings.sense[function]
        sense.null_auto = on and not sense.null_on and sense.null == 0.0
        sense.null_on = on
        self.changed()

    @query(f"{DC}:NULL[:STATe]")
    @query(f"{OHMS}:NULL[:STATe]")
    def null(self, function: str) -> int:
        """Tell whether null is on."""
        return int(self.settings.sense[function].null_on)

    @command(f"{DC}:NULL:VALue", number("V"))
    @command(f"{OHMS}:NULL:VALue", number("OHM"))
    def set_null_value(self, function: str, value: float | str) -> None:
        """Set what is taken off each reading."""
        most = _MOST_NULL[function]
        sense = self.settings.sense[function]
        sense.null, sense.null_auto = within(value, (-most, most, 0.0)), False
        self.changed()

    @query(f"{DC}:NULL:VALue", EXTREME, optional=1)
    @query(f"{OHMS}:NULL:VALue", EXTREME, optional=1)
    def null_value(self, function: str, which: str | None = None) -> float:
        """Tell what is taken off each reading."""
        most = _MOST_NULL[function]
        return told(self.settings.sense[function].null, which, (-most, most, 0.0))

    @command(f"{DC}:NULL:VALue:AUTO", Boolean())
    @command(f"{OHMS}:NULL:VALue:AUTO", Boolean())
    def set_null_auto(self, function: str, on: bool) -> None:
        """Take the next reading for null."""
        self.settings.sense[function].null_auto = on
        self.changed()

    @query(f"{DC}:NULL:VALue:AUTO")
    @query(f"{OHMS}:NULL:VALue:AUTO")
    def null_auto(self, function: str) -> int:
        """Tell whether the next reading is taken for null."""
        return int(self.settings.sense[function].null_auto)

    # -- AC, counters, temperature, terminals ----------------------------------------------------

    @command(f"{AC}:BANDwidth", number("HZ"))
    def set_band(self, function: str, value: float | str) -> None:
        """Set the lowest frequency that is expected, in Hz."""
        self.settings.sense[f"{function}:AC"].band = _band(value)
        self.changed()

    @query(f"{AC}:BANDwidth", EXTREME, optional=1)
    def band(self, function: str, which: str | None = None) -> float:
        """Tell the lowest frequency that is expected, in Hz."""
        return told(self.settings.sense[f"{function}:AC"].band, which, (3.0, 200.0, 20.0))

    @command("[:SENSe]:DETector:BANDwidth", number("HZ"))
    def set_present_band(self, value: float | str) -> None:
        """Set the lowest frequency of both AC functions, as the 34401A is told."""
        for function in ("VOLT:AC", "CURR:AC"):
            self.settings.sense[function].band = _band(value)
        self.changed()

    @query("[:SENSe]:DETector:BANDwidth", EXTREME, optional=1)
    def present_band(self, which: str | None = None) -> float:
        """Tell the lowest frequency of AC volts."""
        return told(self.settings.sense["VOLT:AC"].band, which, (3.0, 200.0, 20.0))

    @command(f"{COUNTED}:APERture", number("S"))
    def set_gate(self, _function: str, value: float | str) -> None:
        """Set the gate time in s; the next longer one there is."""
        asked = within(value, _GATE)
        for function in ("FREQ", "PER"):
            self.settings.sense[function].gate = next(it for it in _GATES if asked <= it)
        self.changed()

    @query(f"{COUNTED}:APERture", EXTREME, optional=1)
    def gate(self, function: str, which: str | None = None) -> float:
        """Tell the gate time in s."""
        return told(self.settings.sense[function].gate, which, _GATE)

    @command("[:SENSe]:CURRent[:DC]:TERMinals", Integer(3, 10))
    @command("[:SENSe]:CURRent:AC:TERMinals", Integer(3, 10))
    def set_terminals(self, which: int) -> None:
        """Choose the 3 A or the 10 A terminals."""
        if which not in (3, 10):
            raise ScpiError(-224)
        self.settings.current_terminals = which
        for function in ("CURR", "CURR:AC"):
            self.settings.sense[function].full_scale = 10.0 if which == 10 else 0.1
        self.changed()

    @query("[:SENSe]:CURRent[:DC]:TERMinals")
    @query("[:SENSe]:CURRent:AC:TERMinals")
    def current_terminals(self) -> int:
        """Tell which current terminals are used."""
        return self.settings.current_terminals

    @command(":UNIT:TEMPerature", Choice("C", "F", "K"))
    def set_unit(self, unit: str) -> None:
        """Choose the unit of temperatures."""
        self.settings.unit = unit

    @query(":UNIT:TEMPerature")
    def unit(self) -> str:
        """Tell the unit of temperatures."""
        return self.settings.unit


def _sharing(function: str) -> tuple[str, ...]:
    """Return the functions that share settings with one: both kinds of ohms do."""
    return ("RES", "FRES") if function in ("RES", "FRES") else (function,)


def _band(value: float | str) -> float:
    asked = 200.0 if value == "MAX" else within(value, _BAND)
    return max(it for it in _BANDS if it <= asked)
