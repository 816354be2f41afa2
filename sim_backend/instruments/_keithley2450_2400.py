"""The 2400's language on a Keithley 2450 (``*LANG SCPI2400``; manual, appendix D)."""

from typing import Final, Protocol

from ..wire.errors import ErrorQueue
from ..wire.parameters import Choice
from ..wire.scpi import command, query
from ..wire.status import StatusModel
from ._keithley2400_base import IDLE, MEASUREMENT_BIT
from ._keithley2400_hardware import Hardware
from ._keithley2400_language import Keithley2400Language
from ._keithley2450_meter import Meter
from ._keithley2450_settings import (
    CURRENT_ACCURACY,
    CURRENT_STEPS,
    NOISE,
    VOLTAGE_ACCURACY,
    VOLTAGE_STEPS,
)

#: The 2450's own ranges and accuracy; its levels are as exact in either language.
HARDWARE: Final = Hardware(
    model="2450",
    read={"CURR": CURRENT_ACCURACY, "VOLT": VOLTAGE_ACCURACY},
    source={},
    steps={"CURR": CURRENT_STEPS, "VOLT": VOLTAGE_STEPS},
    noise=NOISE,
)


class Host(Protocol):
    """The instrument that speaks another language now."""

    meter: Meter
    identity: str
    status: StatusModel
    errors: ErrorQueue
    chosen_language: str


class Scpi2400(Keithley2400Language):
    """Registers, errors and the stage are the 2450's own."""

    def __init__(self, host: Host, hardware: Hardware, serial: str, seed: int) -> None:
        self._host = host
        super().__init__(hardware, host.meter.stage, serial, seed)
        self.errors, self.status = host.errors, host.status
        self.measurement = self.status.add_register(MEASUREMENT_BIT)
        self.status.operation.set_bit(IDLE, True)
        self.identity = host.identity

    @query("*LANG")
    def language(self) -> str:
        """Tell the command set that was chosen."""
        return self._host.chosen_language

    @command("*LANG", Choice("SCPI", "TSP", "SCPI2400"))
    def set_language(self, language: str) -> None:
        """Choose the command set of the next power-on."""
        self._host.chosen_language = language
