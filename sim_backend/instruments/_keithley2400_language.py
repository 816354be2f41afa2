"""The language of the Keithley 2400, on some hardware: the 2450 speaks it too."""

from ..wire.status import POWER_ON
from ._keithley2400_base import ALL_MESSAGES, IDLE
from ._keithley2400_hardware import Hardware
from ._keithley2400_settings import Settings
from ._keithley2400_system import SystemCommands
from ._smu_stage import SmuStage


class Keithley2400Language(SystemCommands):
    """All commands, *RST and power-on."""

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
        self.messages = ALL_MESSAGES
        self.status.raise_event(POWER_ON)
        self.status.operation.set_bit(IDLE, True)
