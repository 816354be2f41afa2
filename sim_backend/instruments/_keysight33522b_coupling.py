"""Limits, coupling and tracking of the channels of a simulated Keysight 33522B."""

from typing import Final

from ..wire.parameters import Boolean, Choice, Numeric, OneOf
from ..wire.scpi import command, query
from ._extremes import EXTREME, told
from ._keysight33522b_base import Keysight33522BBase
from ._keysight33522b_signal import HIGHEST

_S: Final = "[:SOURce<1..2>]"
_LIMIT: Final = Numeric("V", -HIGHEST, HIGHEST)


class CouplingCommands(Keysight33522BBase):
    """What keeps a signal within bounds, and one channel with the other."""

    @command(f"{_S}:VOLTage:LIMit:HIGH", _LIMIT)
    def set_upper(self, n: int, value: float) -> None:
        """Set the highest level that may be asked for."""
        self.signals[n].set_limit(upper=value)

    @query(f"{_S}:VOLTage:LIMit:HIGH", EXTREME, optional=1)
    def upper(self, n: int, which: str | None = None) -> float:
        """Tell the highest level that may be asked for."""
        signal = self.signals[n]
        most = HIGHEST * signal.share
        return told(signal.upper * signal.share, which, (-most, most, most))

    @command(f"{_S}:VOLTage:LIMit:LOW", _LIMIT)
    def set_lower(self, n: int, value: float) -> None:
        """Set the lowest level that may be asked for."""
        self.signals[n].set_limit(lower=value)

    @query(f"{_S}:VOLTage:LIMit:LOW", EXTREME, optional=1)
    def lower(self, n: int, which: str | None = None) -> float:
        """Tell the lowest level that may be asked for."""
        signal = self.signals[n]
        most = HIGHEST * signal.share
        return told(signal.lower * signal.share, which, (-most, most, -most))

    @command(f"{_S}:VOLTage:LIMit:STATe", Boolean())
    def set_limited(self, n: int, on: bool) -> None:
        """Switch the limits of the levels."""
        self.signals[n].set_limited(on)

    @query(f"{_S}:VOLTage:LIMit:STATe")
    def limited(self, n: int) -> int:
        """Tell whether the limits of the levels are on."""
        return int(self.signals[n].limited)

    @command(f"{_S}:VOLTage:COUPle[:STATe]", Boolean())
    def couple_voltage(self, n: int, on: bool) -> None:
        """Keep levels, unit and load of both channels alike; the other one follows at once."""
        self.coupled.voltage = on
        if on:
            self.follow(n)

    @query(f"{_S}:VOLTage:COUPle[:STATe]")
    def voltage_coupled(self, _n: int) -> int:
        """Tell whether levels are coupled."""
        return int(self.coupled.voltage)

    @command(f"{_S}:FREQuency:COUPle[:STATe]", Boolean())
    def couple_frequency(self, n: int, on: bool) -> None:
        """Keep the frequency of both channels alike; the other one follows at once."""
        self.coupled.frequency = on
        if on:
            self.follow(n)

    @query(f"{_S}:FREQuency:COUPle[:STATe]")
    def frequency_coupled(self, _n: int) -> int:
        """Tell whether frequencies are coupled."""
        return int(self.coupled.frequency)

    @command(f"{_S}:TRACk", OneOf(Choice("INVerted"), Boolean()))
    def set_tracking(self, n: int, mode: bool | str) -> None:
        """Let the other channel give the same signal, or the inverted one."""
        coupled = self.coupled
        coupled.track = mode if isinstance(mode, str) else "ON" if mode else "OFF"
        coupled.tracked = n
        if coupled.track != "OFF":
            self.follow(n)

    @query(f"{_S}:TRACk")
    def tracking(self, _n: int) -> str:
        """Tell whether the other channel tracks."""
        return self.coupled.track
