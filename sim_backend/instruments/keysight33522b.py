"""A simulated Keysight 33522B waveform generator.

Commands, defaults and manners: 33500 Series Operating and Service Guide. Modulation, sequences and
hold and return times of sweeps are not simulated: -113.
"""

import math
from typing import TYPE_CHECKING, final

from ..wire.errors import ScpiError
from ..wire.parameters import Boolean, Choice, Numeric, OneOf, String
from ..wire.scpi import command, query
from ..wire.status import POWER_ON
from ._extremes import EXTREME, Limits, number, told, within
from ._keysight33522b_arbitrary import ArbitraryCommands
from ._keysight33522b_base import Spec, Stored
from ._keysight33522b_common import CommonCommands
from ._keysight33522b_coupling import CouplingCommands
from ._keysight33522b_source import AMPLITUDE, Amplitude
from ._keysight33522b_sweep import SweepCommands
from ._keysight33522b_trigger import TriggerCommands
from ._keysight_states import PLACE, StateMemory

if TYPE_CHECKING:
    from ..bench import SimulatedBench

_APPLIED = "{SINusoid|SQUare|TRIangle|RAMP|PULSe|PRBS|NOISe|ARBitrary|DC}"
_DEFAULT = Choice("DEFault")
_POLARITY = Choice("NORMal", "INVerted")
_LOAD: Limits = (1.0, 1e4, 50.0)


@final
class Keysight33522B(
    TriggerCommands,
    SweepCommands,
    CouplingCommands,
    CommonCommands,
    ArbitraryCommands,
    StateMemory[Stored],
):
    """The generator with its terminals ``ch1`` and ``ch2`` against ground."""

    first = "AUTO_RECALL"

    def __init__(self, bench: "SimulatedBench", spec: Spec) -> None:
        super().__init__(bench, spec)
        self.begin_states()
        self._clears = True

    def reset(self) -> None:
        """Go to the settings of ``*RST``: outputs off, 1 kHz sine of 100 mVpp into 50 ohm."""
        self.restore()

    def power_cycle(self) -> None:
        """Forget volatile waveforms and settings, as after a loss of power; ``*SAV`` stays."""
        self.restore()
        self.errors.clear()
        self.status.clear()
        if self._clears:
            self.status.standard_enable = self.status.service_enable = 0
            self.status.preset()
        self.status.raise_event(POWER_ON)

    @command("*SAV", PLACE)
    def save(self, place: int) -> None:
        """Keep all settings in one of five places; waveforms stay volatile."""
        self.kept[place] = self.present()

    @command("*RCL", PLACE)
    def recall(self, place: int) -> None:
        """Take settings from a place; 810 where nothing was kept."""
        if place not in self.kept:
            raise ScpiError(810, "State has not been stored")
        self.take(self.kept[place])

    @command("*PSC", Boolean())
    def set_power_on_clear(self, on: bool) -> None:
        """Choose whether enable registers are cleared at power-on."""
        self._clears = on

    @query("*PSC")
    def power_on_clear(self) -> int:
        """Tell whether enable registers are cleared at power-on."""
        return int(self._clears)

    @command("OUTPut<1..2>[:STATe]", Boolean())
    def set_output(self, n: int, on: bool) -> None:
        """Switch an output."""
        self.signals[n].output = on
        self.settle(n)

    @query("OUTPut<1..2>[:STATe]")
    def output(self, n: int) -> int:
        """Tell whether an output is on."""
        return int(self.signals[n].output)

    @command("OUTPut<1..2>:LOAD", number("OHM"))
    def set_load(self, n: int, load: float | str) -> None:
        """Set the load that is believed in, or INFinite; the signal stays as it is."""
        endless = isinstance(load, float) and load == math.inf
        self.signals[n].set_load(math.inf if endless else within(load, _LOAD))

    @query("OUTPut<1..2>:LOAD", EXTREME, optional=1)
    def load_setting(self, n: int, which: str | None = None) -> float:
        """Tell the load that is believed in."""
        return told(self.signals[n].load, which, _LOAD)

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

    @command("OUTPut:TRIGger:SLOPe", Choice("POSitive", "NEGative"))
    def set_trigger_edge(self, slope: str) -> None:
        """Choose the edge of the trigger output; both edges are there, a moment apart."""
        self.connectors.slope = slope

    @query("OUTPut:TRIGger:SLOPe")
    def trigger_edge(self) -> str:
        """Tell the edge of the trigger output."""
        return self.connectors.slope

    @command("OUTPut:TRIGger:SOURce", Choice("CH1", "CH2"))
    def set_trigger_channel(self, source: str) -> None:
        """Choose the channel of the trigger output."""
        self.connectors.trigger_source = source

    @query("OUTPut:TRIGger:SOURce")
    def trigger_output_channel(self) -> str:
        """Tell the channel of the trigger output."""
        return self.connectors.trigger_source

    @command("SYSTem:BEEPer[:IMMediate]")
    def beep(self) -> None:
        """Sound a tone, which nobody hears."""

    @command("OUTPut:TRIGger[:STATe]", Boolean())
    def set_trigger_output(self, on: bool) -> None:
        """Switch the trigger connector to output."""
        self.connectors.trigger = on

    @query("OUTPut:TRIGger[:STATe]")
    def trigger_output(self) -> int:
        """Tell whether the trigger connector is an output."""
        return int(self.connectors.trigger)

    @command(
        f"[:SOURce<1..2>]:APPLy:{_APPLIED}",
        OneOf(Numeric("HZ"), _DEFAULT),
        OneOf(_DEFAULT, *AMPLITUDE),
        OneOf(Numeric("V"), _DEFAULT),
        optional=3,
    )
    def apply(
        self,
        n: int,
        function: str,
        frequency: float | str = "DEF",
        amplitude: Amplitude = "DEF",
        offset: float | str = "DEF",
    ) -> None:
        """Set a signal at once and turn the output on, running freely."""
        signal = self.signals[n]
        signal.burst.on = False
        signal.program.mode = "CW"
        signal.set_function(function)
        self.set_offset(n, 0.0)
        self.set_amplitude(n, 0.1 if isinstance(amplitude, str) else amplitude)
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
        """Show a text of up to 40 characters."""
        self.connectors.text = text

    @query("DISPlay:TEXT")
    def text(self) -> str:
        """Tell the text that is shown, in quotes."""
        return f'"{self.connectors.text}"'

    @command("DISPlay:TEXT:CLEar")
    def clear_text(self) -> None:
        """Clear the text."""
        self.connectors.text = ""

    @command("DISPlay[:STATe]", Boolean())
    def set_display(self, on: bool) -> None:
        """Switch the display."""


SIMULATED = Keysight33522B
