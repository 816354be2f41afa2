"""A simulated Keithley 2400.

Commands, defaults and manners: 2400 Series SourceMeter User's Manual, 2400S-900-01. Not simulated
are source memory, expressions of the user (:CALCulate1) and the lines of the trigger link.
"""

from typing import TYPE_CHECKING, final

from ..wire.status import POWER_ON
from ._keithley2400_base import IDLE, Spec
from ._keithley2400_hardware import MODEL_2400, Hardware
from ._keithley2400_settings import Settings
from ._keithley2400_system import SystemCommands
from ._limit_loops import KEITHLEY_2400
from ._smu_stage import SmuStage
from ._terminal import Terminal

if TYPE_CHECKING:
    from ..bench import SimulatedBench

_OUTPUT_IMPEDANCE = 1e-3


class Keithley2400Language(SystemCommands):
    """The language of the 2400 on some hardware: the 2450 speaks it too (``*LANG SCPI2400``)."""

    def __init__(self, hardware: Hardware, stage: SmuStage, serial: str, seed: int) -> None:
        super().__init__(hardware, stage, serial, seed)
        self.saved = [None] * 5
        self.stored_readings = []
        self.forget_limits()
        self.clear_display()
        self.settle()

    def reset(self) -> None:
        """Go to the settings of ``*RST``: output off, 0 V; the data store and registers stay."""
        self.abort()
        self.turn_output(False)
        self.settings = Settings()
        self.samples = []
        self.forget_limits()
        self.settle()

    def power_cycle(self) -> None:
        """Go off and on: stored settings and the data store are kept, all else is forgotten."""
        self.reset()
        if self.power_on == "PRES":
            self.preset()
        elif self.power_on.startswith("SAV"):
            self.recall(int(self.power_on[-1]))
        self.clear_display()
        self.meter.started = self.now
        self.status.preset()
        self.status.clear()
        self.status.standard_enable = self.status.service_enable = 0
        self.status.raise_event(POWER_ON)
        self.status.operation.set_bit(IDLE, True)


@final
class Keithley2400(Keithley2400Language):
    """The source-meter between its terminal ``hi`` and ground."""

    terminals: tuple[str, ...] = ("hi",)

    def __init__(self, bench: "SimulatedBench", spec: Spec) -> None:
        serial = spec.serial or "1158207"
        terminal = Terminal(bench, f"{spec.name}.hi", _OUTPUT_IMPEDANCE, loop=KEITHLEY_2400)
        super().__init__(MODEL_2400, SmuStage(terminal), serial, bench.chip_file.chip.seed)
        self.name = spec.name
        self.identity = (
            f"KEITHLEY INSTRUMENTS INC.,MODEL 2400,{serial},C34 Sep 21 2016 15:30:00/A02  /S/K"
        )


SIMULATED = Keithley2400
