"""A simulated Keithley 2450 in its own SCPI language.

Commands, defaults and manners: Model 2450 Reference Manual, 2450-901-01, section 6. What belongs to
the older 2400 only (:TRACe:FEED, :STATus:MEASurement, :ARM) is refused with -113, as it is by an
instrument whose language is SCPI and not SCPI2400.
"""

from typing import TYPE_CHECKING, final

from ..wire.parameters import Choice, Numeric
from ..wire.scpi import command, query
from ._keithley2450_base import Spec
from ._keithley2450_buffer import BufferStore
from ._keithley2450_sense import SenseCommands
from ._keithley2450_settings import LINE_FREQUENCY, Settings
from ._keithley2450_source import SourceCommands
from ._keithley2450_sweep import SweepCommands
from ._keithley2450_trace import TraceCommands

if TYPE_CHECKING:
    from ..bench import SimulatedBench


@final
class Keithley2450(SourceCommands, SenseCommands, TraceCommands, SweepCommands):
    """The source-meter between its terminal ``hi`` and ground."""

    def __init__(self, bench: "SimulatedBench", spec: Spec) -> None:
        super().__init__(bench, spec, bench.chip_file.chip.seed)
        self.settle()

    def reset(self) -> None:
        """Go to the settings of ``*RST``: output off, 0 V, buffers empty."""
        self.turn_output(False)
        self.settings = Settings()
        self.buffers = BufferStore()
        self.clear_sweeps()
        self.settle()

    @query("*LANG")
    def language(self) -> str:
        """Tell the command set; this one always speaks SCPI."""
        return "SCPI"

    @command("*LANG", Choice("SCPI", "TSP", "SCPI2400"))
    def set_language(self, language: str) -> None:
        """Choose the command set of the next power cycle, which never comes here."""

    @query(":SYSTem:LFRequency")
    def line_frequency(self) -> int:
        """Tell the power line frequency in Hz."""
        return int(LINE_FREQUENCY)

    @command(":SYSTem:CLEar")
    def clear_log(self) -> None:
        """Empty the event log."""
        self.errors.clear()

    @command(":STATus:CLEar")
    def clear_events(self) -> None:
        """Clear the event registers; the event log stays."""
        self.status.operation.take_event()
        self.status.questionable.take_event()

    @query(":SYSTem:EVENtlog:NEXT")
    def next_event(self) -> str:
        """Tell and remove the oldest event."""
        return self.format_error(*self.errors.pop())

    @command(":SYSTem:BEEPer[:IMMediate]", Numeric("HZ", 20.0, 8000.0), Numeric("S", 1e-3, 100.0))
    def beep(self, _frequency: float, _duration: float) -> None:
        """Sound a tone, which nobody hears."""


SIMULATED = Keithley2450
