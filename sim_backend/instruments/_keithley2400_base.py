"""What all command groups of a simulated Keithley 2400 share: settings, meter, registers."""

from typing import Final, Protocol

from ..wire.errors import ScpiError
from ..wire.scpi import ScpiInstrument
from ..wire.status import EXECUTION_ERROR, event_bit
from ._keithley2400_errors import OWN_TEXTS
from ._keithley2400_hardware import Hardware
from ._keithley2400_meter import Meter, Reading
from ._keithley2400_settings import Settings
from ._smu_stage import SmuStage

ALL_MESSAGES: Final = frozenset(range(-999, 1000))
MEASUREMENT_BIT = 0  # of the status byte: MSB

# Bits of the measurement event register (User's Manual, figure 15-6).
LIMIT_1_FAILED, LIMITS_PASSED, READING, OVERFLOWED = 0, 5, 6, 7
BUFFER_AVAILABLE, BUFFER_FULL, OVER_VOLTAGE, COMPLIANCE = 8, 9, 13, 14
# Bits of the operation event register (figure 15-5).
SWEEPING, WAITING_FOR_TRIGGER, WAITING_FOR_ARM, IDLE = 3, 5, 6, 10


class Spec(Protocol):
    """What is read of a chip file's [[instrument]] table."""

    @property
    def name(self) -> str:
        """Return the name that terminals begin with."""

    @property
    def serial(self) -> str:
        """Return the serial number."""


class Keithley2400Base(ScpiInstrument):
    """State of the instrument. The low terminal is ground."""

    error_depth = 10
    scpi_version = "1996.0"

    def __init__(self, hardware: Hardware, stage: SmuStage, serial: str, seed: int) -> None:
        super().__init__()
        self.hardware = hardware
        self.settings = Settings()
        self.meter = Meter(hardware, stage, serial, seed)
        self.messages: frozenset[int] = ALL_MESSAGES  # that the error queue takes
        self.samples: list[Reading] = []  # of the last :INITiate
        self.measurement = self.status.add_register(MEASUREMENT_BIT)
        self.status.operation.set_bit(IDLE, True)

    def format_number(self, value: float) -> str:
        """Return a setting as this instrument writes it."""
        return f"{value:.6E}"

    def report(self, error: ScpiError) -> None:
        """Queue an error where it is let in; the instrument's own are execution errors (B-1)."""
        if error.code in self.messages:
            self.errors.push(error)
        own = error.code in OWN_TEXTS and error.code > 0
        self.status.raise_event(EXECUTION_ERROR if own else event_bit(error.code))

    def format_error(self, code: int, text: str) -> str:
        """Return an entry of the error queue; its own numbers have a plus sign."""
        return f'{code:+d},"{text}"' if code > 0 else f'{code},"{OWN_TEXTS.get(code, text)}"'

    def settle(self) -> None:
        """Let the terminal follow the settings."""
        self.meter.settle(self.settings)

    def turn_output(self, on: bool) -> None:
        """Switch the output."""
        self.settings.output = on
        self.settle()
        if not on:
            self.measurement.set_bit(COMPLIANCE, False)
            self.measurement.set_bit(OVER_VOLTAGE, False)

    @property
    def now(self) -> float:
        """Return simulated time in s."""
        return self.meter.now
