"""The function of a simulated 34461A and its ranges."""

from typing import Final

from ..wire.parameters import Boolean, Choice, OneOf
from ..wire.scpi import command, query
from ._extremes import EXTREME, Limits, number, told, within
from ._keysight34461a_base import Keysight34461ABase
from ._keysight34461a_functions import RANGES_AT_RESET
from ._keysight34461a_settings import range_for

DC: Final = "[:SENSe]:{VOLTage|CURRent}[:DC]"
AC: Final = "[:SENSe]:{VOLTage|CURRent}:AC"
OHMS: Final = "[:SENSe]:{RESistance|FRESistance}"
COUNTED: Final = "[:SENSe]:{FREQuency|PERiod}"
_NAMES: Final = Choice(
    "VOLTage[:DC]", "VOLTage:AC", "VOLTage:RATio", "VOLTage:DC:RATio", "CURRent[:DC]",
    "CURRent:AC", "RESistance", "FRESistance", "FREQuency[:VOLTage]", "PERiod[:VOLTage]",
    "CONTinuity", "DIODe", "TEMPerature", quoted=True,
)  # fmt: skip
AUTO: Final = OneOf(Boolean(), Choice("ONCE"))


class RangeCommands(Keysight34461ABase):
    """What is measured, and in which range."""

    @command("[:SENSe]:FUNCtion[:ON]", _NAMES)
    def set_function(self, name: str) -> None:
        """Choose the function; scaling goes back to its start, and null is of each function."""
        name = name.replace(":DC:RAT", ":RAT").removesuffix(":DC")
        if name != self.settings.function:
            self.settings.function = name
            self.settings.math.scaling = False
            self.statistics.clear()
            self.changed()

    @query("[:SENSe]:FUNCtion[:ON]")
    def function(self) -> str:
        """Tell the function, in quotes."""
        return f'"{self.settings.function}"'

    # -- ranges ------------------------------------------------------------------------------

    def choose_range(self, function: str, value: float | str) -> None:
        """Choose the smallest range that holds a value; -222 beyond the highest."""
        ranges = self.settings.ranges(function)
        found = range_for(ranges, within(value, self._range_limits(function)))
        sense = self.settings.sense[function]
        sense.full_scale, sense.auto = found, False

    def _range_limits(self, function: str) -> Limits:
        ranges = self.settings.ranges(function)
        at_reset = RANGES_AT_RESET.get(function, 10.0)
        return 0.0, ranges[-1], max(at_reset, ranges[0])

    def _set_range(self, function: str, value: float | str) -> None:
        self.choose_range(function, ranges_min(self, function) if value == "MIN" else value)
        self.changed()

    def _range(self, function: str, which: str | None) -> float:
        limits = (ranges_min(self, function), *self._range_limits(function)[1:])
        return told(self.settings.sense[function].full_scale, which, limits)

    @command(f"{DC}:RANGe[:UPPer]", number("V"))
    def set_dc_range(self, function: str, value: float | str) -> None:
        """Choose the range of DC volts or amperes."""
        self._set_range(function, value)

    @query(f"{DC}:RANGe[:UPPer]", EXTREME, optional=1)
    def dc_range(self, function: str, which: str | None = None) -> float:
        """Tell the range of DC volts or amperes."""
        return self._range(function, which)

    @command(f"{AC}:RANGe[:UPPer]", number())
    def set_ac_range(self, function: str, value: float | str) -> None:
        """Choose the range of AC volts or amperes."""
        self._set_range(f"{function}:AC", value)

    @query(f"{AC}:RANGe[:UPPer]", EXTREME, optional=1)
    def ac_range(self, function: str, which: str | None = None) -> float:
        """Tell the range of AC volts or amperes."""
        return self._range(f"{function}:AC", which)

    @command(f"{OHMS}:RANGe[:UPPer]", number("OHM"))
    def set_ohms_range(self, _function: str, value: float | str) -> None:
        """Choose the range of ohms, which both functions share."""
        for function in ("RES", "FRES"):
            self._set_range(function, value)

    @query(f"{OHMS}:RANGe[:UPPer]", EXTREME, optional=1)
    def ohms_range(self, function: str, which: str | None = None) -> float:
        """Tell the range of ohms."""
        return self._range(function, which)

    @command(f"{COUNTED}:VOLTage:RANGe[:UPPer]", number("V"))
    def set_counted_range(self, _function: str, value: float | str) -> None:
        """Choose the voltage range of frequency and period, which they share."""
        for function in ("FREQ", "PER"):
            self._set_range(function, value)

    @query(f"{COUNTED}:VOLTage:RANGe[:UPPer]", EXTREME, optional=1)
    def counted_range(self, function: str, which: str | None = None) -> float:
        """Tell the voltage range of frequency or period."""
        return self._range(function, which)

    def _set_auto(self, function: str, mode: bool | str) -> None:
        sense = self.settings.sense[function]
        sense.auto = mode is not False
        self.changed()
        if mode == "ONCE":
            if function == self.settings.function:
                self.input.read(self.settings)
            sense.auto = False

    @command(f"{DC}:RANGe:AUTO", AUTO)
    def set_dc_auto(self, function: str, mode: bool | str) -> None:
        """Let the range be found, or ONCE now."""
        self._set_auto(function, mode)

    @command(f"{AC}:RANGe:AUTO", AUTO)
    def set_ac_auto(self, function: str, mode: bool | str) -> None:
        """Let the range be found, or ONCE now."""
        self._set_auto(f"{function}:AC", mode)

    @command(f"{OHMS}:RANGe:AUTO", AUTO)
    @command(f"{COUNTED}:VOLTage:RANGe:AUTO", AUTO)
    def set_shared_auto(self, function: str, mode: bool | str) -> None:
        """Let the range be found, or ONCE now; two functions share it."""
        for one in ("RES", "FRES") if function in ("RES", "FRES") else ("FREQ", "PER"):
            self._set_auto(one, mode)

    @query(f"{DC}:RANGe:AUTO")
    @query(f"{OHMS}:RANGe:AUTO")
    @query(f"{COUNTED}:VOLTage:RANGe:AUTO")
    def auto_range(self, function: str) -> int:
        """Tell whether the range is found."""
        return int(self.settings.sense[function].auto)

    @query(f"{AC}:RANGe:AUTO")
    def ac_auto(self, function: str) -> int:
        """Tell whether the range is found."""
        return int(self.settings.sense[f"{function}:AC"].auto)


def ranges_min(meter: Keysight34461ABase, function: str) -> float:
    """Return the lowest range of a function."""
    return meter.settings.ranges(function)[0]
