"""A simulated Keysight 34461A digital multimeter.

Commands, defaults and manners: Truevolt Series Operating and Service Guide. The words with which
the 34401A is told autozero, input resistance and AC bandwidth are taken as well. What the guide has
for other models only (SAMPle:SOURce, pretriggers, level triggers, apertures in s) is refused.
Capacitance, thermistors, secondary readings and histograms are not simulated.
"""

import copy
from typing import TYPE_CHECKING, final

from ..wire.errors import ScpiError
from ..wire.parameters import Boolean, String
from ..wire.scpi import command, query
from ..wire.status import POWER_ON
from ._keysight34461a_base import Spec
from ._keysight34461a_functions import LINE_FREQUENCY
from ._keysight34461a_math import MathCommands
from ._keysight34461a_measure import MeasureCommands
from ._keysight34461a_settings import Settings
from ._keysight_states import PLACE, StateMemory

if TYPE_CHECKING:
    from ..bench import SimulatedBench


@final
class Keysight34461A(MeasureCommands, MathCommands, StateMemory[Settings]):
    """The multimeter; terminals ``hi`` and ``lo``, ``sense`` and ``sense_lo``, ``i`` and ``i10``.

    A low terminal that the chip file wires to nothing is ground.
    """

    def __init__(self, bench: "SimulatedBench", spec: Spec) -> None:
        super().__init__(bench, spec, bench.chip_file.chip.seed)
        self.begin_states()
        self._clock, self._since = bench.clock, bench.clock.now
        self._clears = True
        self._beeps = True

    @command(":SYSTem:PRESet")
    def reset(self) -> None:
        """Go to the settings of ``*RST``: DC volts, ranged by itself, memory empty."""
        self.settings = Settings()
        self.statistics.clear()
        self.changed()

    def power_cycle(self) -> None:
        """Forget all but what ``*SAV`` has kept, as after a loss of power."""
        self.reset()
        self._since = self._clock.now
        self.acquisition.last = None
        self.errors.clear()
        self.status.clear()
        if self._clears:
            self.status.standard_enable = self.status.service_enable = 0
            self.status.preset()
        self.status.raise_event(POWER_ON)

    def finish(self) -> None:
        """Let the readings that are under way come to their end."""
        self.acquisition.finish()

    def _register_event(self, name: str) -> int:
        self.acquisition.ask(f"{name}:EVEN")
        return super()._register_event(name)

    def _register_condition(self, name: str) -> int:
        self.acquisition.ask(f"{name}:COND")
        return super()._register_condition(name)

    def device_clear(self) -> None:
        """Go idle; settings and readings stay."""
        self.acquisition.abort()

    @command("*SAV", PLACE)
    def save(self, place: int) -> None:
        """Keep all settings in one of five places."""
        self.kept[place] = copy.deepcopy(self.settings)

    @command("*RCL", PLACE)
    def recall(self, place: int) -> None:
        """Take settings from a place; 291 where nothing was kept."""
        if place not in self.kept:
            raise ScpiError(291, "Not able to recall state: it is empty")
        self.settings = copy.deepcopy(self.kept[place])
        self.statistics.clear()
        self.changed()

    @command("*PSC", Boolean())
    def set_power_on_clear(self, on: bool) -> None:
        """Choose whether enable registers are cleared at power-on."""
        self._clears = on

    @query("*PSC")
    def power_on_clear(self) -> int:
        """Tell whether enable registers are cleared at power-on."""
        return int(self._clears)

    @query(":SYSTem:LFRequency")
    def line_frequency(self) -> str:
        """Tell the power line frequency in Hz."""
        return f"{LINE_FREQUENCY:+.0f}"

    @query(":SYSTem:UPTime")
    def uptime(self) -> str:
        """Tell days, hours, minutes and seconds since power-on."""
        minutes, seconds = divmod(int(self._clock.now - self._since), 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        return f"{days:+d},{hours:+d},{minutes:+d},{seconds:+d}"

    @query(":SYSTem:LICense:CATalog")
    def licences(self) -> str:
        """Tell the licences, which are none."""
        return '""'

    @query(":ROUTe:TERMinals")
    def route(self) -> str:
        """Tell the position of the front/rear switch."""
        return "FRON"

    @command(":SYSTem:{LOCal|REMote|RWLock}")
    def set_panel(self, _state: str) -> None:
        """Lock the front panel or give it back, which nobody stands at."""

    @command(":SYSTem:BEEPer[:IMMediate]")
    def beep(self) -> None:
        """Sound a tone, which nobody hears."""

    @command(":SYSTem:BEEPer:STATe", Boolean())
    def set_beeper(self, on: bool) -> None:
        """Switch the beeper."""
        self._beeps = on

    @query(":SYSTem:BEEPer:STATe")
    def beeper(self) -> int:
        """Tell whether the beeper is on."""
        return int(self._beeps)

    @command(":DISPlay[:STATe]", Boolean())
    def set_display(self, on: bool) -> None:
        """Switch the display."""
        self.settings.display = on

    @query(":DISPlay[:STATe]")
    def display(self) -> int:
        """Tell whether the display is on."""
        return int(self.settings.display)

    @command(":DISPlay:TEXT[:DATA]", String(40))
    def show_text(self, text: str) -> None:
        """Show a text of up to 40 characters."""
        self.settings.label = text

    @query(":DISPlay:TEXT[:DATA]")
    def text(self) -> str:
        """Tell the text that is shown, in quotes."""
        return f'"{self.settings.label}"'

    @command(":DISPlay:TEXT:CLEar")
    def clear_text(self) -> None:
        """Clear the text."""
        self.settings.label = ""


SIMULATED = Keysight34461A
