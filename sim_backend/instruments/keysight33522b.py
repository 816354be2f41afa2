"""A simulated Keysight 33522B waveform generator.

Commands, defaults and manners: 33500 Series Operating and Service Guide. Sweeps, modulation, lists
and sequences are left out: -113, as from a model that has no such option.
"""

import math
from typing import TYPE_CHECKING, final

from ..wire.errors import ScpiError
from ..wire.parameters import Boolean, Choice, Numeric, OneOf, String
from ..wire.scpi import command, query
from ._keysight33522b_base import CHANNELS, Spec
from ._keysight33522b_data import DataCommands
from ._keysight33522b_source import SourceCommands

if TYPE_CHECKING:
    from ..bench import SimulatedBench

_APPLIED = "{SINusoid|SQUare|TRIangle|RAMP|PULSe|PRBS|NOISe|ARBitrary|DC}"
_DEFAULT = Choice("DEFault")
_POLARITY = Choice("NORMal", "INVerted")


@final
class Keysight33522B(SourceCommands, DataCommands):
    """The generator with its terminals ``ch1`` and ``ch2`` against ground."""

    def __init__(self, bench: "SimulatedBench", spec: Spec) -> None:
        super().__init__(bench, spec)

    def reset(self) -> None:
        """Go to the settings of ``*RST``: outputs off, 1 kHz sine of 100 mVpp into 50 ohm."""
        self.restore()

    def trigger(self) -> None:
        """Fire the bursts of all channels that wait for the bus; -211 where none does."""
        waiting = [n for n in CHANNELS if self.signals[n].burst.on and self._waits_for_bus(n)]
        if not waiting:
            raise ScpiError(-211)
        for n in waiting:
            self.fire(n)

    def _waits_for_bus(self, n: int) -> bool:
        return self.signals[n].burst.source == "BUS"

    @command("OUTPut<1..2>[:STATe]", Boolean())
    def set_output(self, n: int, on: bool) -> None:
        """Switch an output."""
        self.signals[n].output = on
        self.settle(n)

    @query("OUTPut<1..2>[:STATe]")
    def output(self, n: int) -> int:
        """Tell whether an output is on."""
        return int(self.signals[n].output)

    @command("OUTPut<1..2>:LOAD", Numeric("OHM", 1.0, math.inf, 50.0, infinite=True))
    def set_load(self, n: int, load: float) -> None:
        """Set the load that is believed in; the signal stays as it is."""
        if 1e4 < load < math.inf:
            raise ScpiError(-222)
        self.signals[n].set_load(load)

    @query("OUTPut<1..2>:LOAD")
    def load_setting(self, n: int) -> float:
        """Tell the load that is believed in."""
        return self.signals[n].load

    @command("OUTPut<1..2>:POLarity", _POLARITY)
    def set_polarity(self, n: int, polarity: str) -> None:
        """Mirror the signal about its offset, or not."""
        self.signals[n].inverted = polarity == "INV"
        self.settle(n)

    @query("OUTPut<1..2>:POLarity")
    def polarity(self, n: int) -> str:
        """Tell the polarity."""
        return "INV" if self.signals[n].inverted else "NORM"

    @command("OUTPut:SYNC[:STATe]", Boolean())
    def set_sync(self, on: bool) -> None:
        """Switch the sync connector."""
        self.connectors.sync = on

    @query("OUTPut:SYNC[:STATe]")
    def sync_state(self) -> int:
        """Tell whether the sync connector is on."""
        return int(self.connectors.sync)

    @command("OUTPut:SYNC:SOURce", Choice("CH1", "CH2"))
    def set_sync_source(self, source: str) -> None:
        """Choose the channel of the sync connector."""
        self.connectors.source = source

    @query("OUTPut:SYNC:SOURce")
    def sync_source(self) -> str:
        """Tell the channel of the sync connector."""
        return self.connectors.source

    @command("OUTPut<1..2>:SYNC:MODE", Choice("NORMal", "CARRier", "MARKer"))
    def set_sync_mode(self, _n: int, mode: str) -> None:
        """Choose what the sync connector shows."""
        self.connectors.mode = mode

    @query("OUTPut<1..2>:SYNC:MODE")
    def sync_mode(self, _n: int) -> str:
        """Tell what the sync connector shows."""
        return self.connectors.mode

    @command("OUTPut:TRIGger[:STATe]", Boolean())
    def set_trigger_output(self, on: bool) -> None:
        """Switch the trigger connector to output."""
        self.connectors.trigger = on

    @query("OUTPut:TRIGger[:STATe]")
    def trigger_output(self) -> int:
        """Tell whether the trigger connector is an output."""
        return int(self.connectors.trigger)

    @command("TRIGger<1..2>[:IMMediate]")
    def trigger_channel(self, n: int) -> None:
        """Fire the burst of one channel, whatever its trigger source."""
        self.fire(n)

    @command("TRIGger<1..2>:SOURce", Choice("IMMediate", "EXTernal", "TIMer", "BUS"))
    def set_trigger_source(self, n: int, source: str) -> None:
        """Choose what fires bursts."""
        self.signals[n].burst.source = source
        self.settle(n)

    @query("TRIGger<1..2>:SOURce")
    def trigger_source(self, n: int) -> str:
        """Tell what fires bursts."""
        return self.signals[n].burst.source

    @command("TRIGger<1..2>:SLOPe", Choice("POSitive", "NEGative"))
    def set_slope(self, n: int, slope: str) -> None:
        """Choose the edge of external triggers."""
        self.signals[n].burst.slope = slope

    @query("TRIGger<1..2>:SLOPe")
    def slope(self, n: int) -> str:
        """Tell the edge of external triggers."""
        return self.signals[n].burst.slope

    @command("TRIGger<1..2>:COUNt", Numeric("", 1.0, 1e6, 1.0))
    def set_trigger_count(self, n: int, count: float) -> None:
        """Set how many triggers are taken."""
        self.signals[n].burst.count = float(round(count))

    @query("TRIGger<1..2>:COUNt")
    def trigger_count(self, n: int) -> float:
        """Tell how many triggers are taken."""
        return self.signals[n].burst.count

    @command("TRIGger<1..2>:DELay", Numeric("S", 0.0, 1000.0, 0.0))
    def set_delay(self, n: int, delay: float) -> None:
        """Set the delay from trigger to burst."""
        self.signals[n].burst.delay = delay

    @query("TRIGger<1..2>:DELay")
    def delay(self, n: int) -> float:
        """Tell the delay from trigger to burst."""
        return self.signals[n].burst.delay

    @command("TRIGger<1..2>:TIMer", Numeric("S", 1e-6, 8000.0, 1.0))
    def set_timer(self, n: int, period: float) -> None:
        """Set the period of timed triggers."""
        self.signals[n].burst.timer = period

    @query("TRIGger<1..2>:TIMer")
    def timer(self, n: int) -> float:
        """Tell the period of timed triggers."""
        return self.signals[n].burst.timer

    @command("ABORt<1..2>")
    def abort_burst(self, _n: int) -> None:
        """End a burst; a simulated one has ended by then."""

    @command(
        f"[:SOURce<1..2>]:APPLy:{_APPLIED}",
        OneOf(Numeric("HZ"), _DEFAULT),
        OneOf(Numeric("V"), Numeric("VPP"), _DEFAULT),
        OneOf(Numeric("V"), _DEFAULT),
        optional=3,
    )
    def apply(
        self,
        n: int,
        function: str,
        frequency: float | str = "DEF",
        amplitude: float | str = "DEF",
        offset: float | str = "DEF",
    ) -> None:
        """Set a signal at once and turn the output on, running freely."""
        signal = self.signals[n]
        signal.burst.on = False
        signal.set_function(function)
        self.set_offset(n, 0.0)
        self.set_amplitude(n, amplitude if isinstance(amplitude, float) else 0.1)
        self.set_offset(n, offset if isinstance(offset, float) else 0.0)
        if isinstance(frequency, float) and function != "DC":
            self.set_frequency(n, frequency)
        self.set_output(n, True)

    @query("[:SOURce<1..2>]:APPLy")
    def applied(self, n: int) -> str:
        """Tell function, frequency, amplitude and offset, in quotes."""
        numbers = (self.frequency(n), self.amplitude(n), self.offset(n))
        return f'"{self.signals[n].function} {",".join(map(self.format_number, numbers))}"'

    @command("DISPlay:TEXT", String(40))
    def show_text(self, text: str) -> None:
        """Show a text, which nobody reads."""

    @command("DISPlay:TEXT:CLEar")
    def clear_text(self) -> None:
        """Clear the text."""

    @command("DISPlay[:STATe]", Boolean())
    def set_display(self, on: bool) -> None:
        """Switch the display."""


SIMULATED = Keysight33522B
