"""What all command groups of a simulated Keithley 2450 share: settings, meter, buffers, errors."""

from typing import Protocol

from ..wire.errors import ScpiError
from ..wire.scpi import ScpiInstrument
from ._keithley2450_buffer import BufferStore, number, stamp
from ._keithley2450_meter import Meter
from ._keithley2450_settings import Settings
from ._limit_loops import KEITHLEY_2450
from ._terminal import Circuit, Terminal


class Spec(Protocol):
    """What is read of a chip file's [[instrument]] table."""

    @property
    def name(self) -> str:
        """Return the name that terminals begin with."""

    @property
    def serial(self) -> str:
        """Return the serial number."""


class Keithley2450Base(ScpiInstrument):
    """State of the instrument. The low terminal is ground."""

    terminals: tuple[str, ...] = ("hi",)
    ignores_trailing_comma = True

    def __init__(self, circuit: Circuit, spec: Spec, seed: int) -> None:
        super().__init__()
        serial = spec.serial or "04412345"
        self.name = spec.name
        self.identity = f"KEITHLEY INSTRUMENTS,MODEL 2450,{serial},1.7.3b"
        self.settings = Settings()
        self.buffers = BufferStore()
        terminal = Terminal(circuit, f"{spec.name}.hi", 1e-3, loop=KEITHLEY_2450)
        self.meter = Meter(terminal, serial, seed)

    def format_number(self, value: float) -> str:
        """Return a number as this instrument writes it."""
        return number(value)

    def report(self, error: ScpiError) -> None:
        """Queue an error with severity and time of the event log: ``Undefined header;1;2026/…``."""
        super().report(ScpiError(error.code, error.message, f"1;{self._stamp()}"))

    def format_error(self, code: int, text: str) -> str:
        """Return an entry of the event log."""
        if code == 0:
            return '0,"No error;0;0 0"'
        # The message exchange itself queues its errors without asking the instrument.
        text = text if ";1;" in text else f"{text};1;{self._stamp()}"
        return f'{code},"{text}"'

    def settle(self) -> None:
        """Let the terminal follow the settings."""
        self.meter.settle(self.settings)

    def turn_output(self, on: bool) -> None:
        """Switch the output."""
        if on != self.settings.output:
            self.settings.output = on
            self.settle()

    def _stamp(self) -> str:
        return f"{stamp(self.meter.now):%Y/%m/%d %H:%M:%S.%f}"[:-3]
