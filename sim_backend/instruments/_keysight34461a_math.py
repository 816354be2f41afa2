"""The CALCulate commands of a simulated 34461A."""

from typing import Final

from ..wire.errors import ScpiError
from ..wire.parameters import Boolean, Choice
from ..wire.scpi import command, query
from ._extremes import EXTREME, Limits, number, told, within
from ._keysight34461a_base import Keysight34461ABase

_LIMIT: Final[Limits] = (-1e15, 1e15, 0.0)
_REFERENCE: Final[Limits] = (-200.0, 200.0, 0.0)
_RESISTANCES: Final = (
    50.0, 75.0, 93.0, 110.0, 124.0, 125.0, 135.0, 150.0, 250.0, 300.0, 500.0, 600.0, 800.0, 900.0,
    1000.0, 1200.0, 8000.0,
)  # fmt: skip
_OHMS: Final[Limits] = (50.0, 8000.0, 600.0)
_PEAKS: Final = ":CALCulate:AVERage:{AVERage|MAXimum|MINimum|SDEViation|PTPeak}"


class MathCommands(Keysight34461ABase):
    """Scaling, statistics and limit tests."""

    @command(":CALCulate:SCALe[:STATe]", Boolean())
    def set_scaling(self, on: bool) -> None:
        """Switch scaling, which is for volts only (-221)."""
        if on and self.settings.function not in ("VOLT", "VOLT:AC"):
            raise ScpiError(-221)
        self.settings.math.scaling = on

    @query(":CALCulate:SCALe[:STATe]")
    def scaling(self) -> int:
        """Tell whether scaling is on."""
        return int(self.settings.math.scaling)

    @command(":CALCulate:SCALe:FUNCtion", Choice("DB", "DBM"))
    def set_scale(self, kind: str) -> None:
        """Choose dB or dBm."""
        self.settings.math.scale = kind

    @query(":CALCulate:SCALe:FUNCtion")
    def scale(self) -> str:
        """Tell dB or dBm."""
        return self.settings.math.scale

    @command(":CALCulate:SCALe:DB:REFerence", number())
    def set_reference(self, value: float | str) -> None:
        """Set the reference of dB, in dBm."""
        math = self.settings.math
        math.reference, math.reference_auto = within(value, _REFERENCE), False

    @query(":CALCulate:SCALe:DB:REFerence", EXTREME, optional=1)
    def reference(self, which: str | None = None) -> float:
        """Tell the reference of dB, in dBm."""
        return told(self.settings.math.reference, which, _REFERENCE)

    @command(":CALCulate:SCALe:REFerence:AUTO", Boolean())
    def set_reference_auto(self, on: bool) -> None:
        """Take the next reading for the reference of dB."""
        self.settings.math.reference_auto = on

    @query(":CALCulate:SCALe:REFerence:AUTO")
    def reference_auto(self) -> int:
        """Tell whether the next reading is taken for the reference of dB."""
        return int(self.settings.math.reference_auto)

    @command(":CALCulate:SCALe:DBM:REFerence", number("OHM"))
    def set_ohms(self, value: float | str) -> None:
        """Set the resistance of dBm, one of those that there are (-224)."""
        asked = within(value, _OHMS)
        if asked not in _RESISTANCES:
            raise ScpiError(-224)
        self.settings.math.ohms = asked

    @query(":CALCulate:SCALe:DBM:REFerence", EXTREME, optional=1)
    def ohms(self, which: str | None = None) -> float:
        """Tell the resistance of dBm in ohm."""
        return told(self.settings.math.ohms, which, _OHMS)

    @command(":CALCulate:AVERage[:STATe]", Boolean())
    def set_average(self, on: bool) -> None:
        """Switch statistics."""
        self.settings.math.average = on

    @query(":CALCulate:AVERage[:STATe]")
    def average(self) -> int:
        """Tell whether statistics are on."""
        return int(self.settings.math.average)

    @query(_PEAKS)
    def statistic(self, which: str) -> float:
        """Tell one statistic."""
        average, deviation, least, most = self.statistics.all()
        spread = most - least if self.statistics.count else most
        found = {"AVER": average, "SDEV": deviation, "MIN": least, "MAX": most, "PTP": spread}
        return found[which]

    @query(":CALCulate:AVERage:COUNt")
    def statistic_count(self) -> float:
        """Tell how many readings are in the statistics."""
        return float(self.statistics.count)

    @query(":CALCulate:AVERage:ALL")
    def all_statistics(self) -> list[float]:
        """Tell average, standard deviation, least and most."""
        return list(self.statistics.all())

    @command(":CALCulate:AVERage:CLEar[:IMMediate]")
    @command(":CALCulate:CLEar[:IMMediate]")
    def clear_statistics(self) -> None:
        """Forget the statistics."""
        self.statistics.clear()

    @command(":CALCulate:LIMit[:STATe]", Boolean())
    def set_limits(self, on: bool) -> None:
        """Switch limit tests."""
        self.settings.math.limits = on

    @query(":CALCulate:LIMit[:STATe]")
    def limits(self) -> int:
        """Tell whether limit tests are on."""
        return int(self.settings.math.limits)

    @command(":CALCulate:LIMit:{LOWer|UPPer}[:DATA]", number())
    def set_limit(self, which: str, value: float | str) -> None:
        """Set a limit."""
        found = within(value, _LIMIT)
        if which == "LOW":
            self.settings.math.lower = found
        else:
            self.settings.math.upper = found

    @query(":CALCulate:LIMit:{LOWer|UPPer}[:DATA]", EXTREME, optional=1)
    def limit(self, which: str, extreme: str | None = None) -> float:
        """Tell a limit."""
        math = self.settings.math
        return told(math.lower if which == "LOW" else math.upper, extreme, _LIMIT)

    @command(":CALCulate:LIMit:CLEar[:IMMediate]")
    def clear_limits(self) -> None:
        """Take back what the limit tests have found."""
        for bit in (11, 12):
            self.status.questionable.set_bit(bit, False)
