"""What all command groups of a simulated Keithley 2450 share: settings, meter, buffers, errors."""

from collections import deque
from typing import Protocol

from ..wire.errors import ScpiError
from ..wire.scpi import ScpiInstrument
from ._keithley2450_buffer import BufferStore, number, stamp
from ._keithley2450_calculate import Calculation
from ._keithley2450_meter import Meter
from ._keithley2450_model import TriggerModel
from ._keithley2450_settings import Settings
from ._limit_loops import KEITHLEY_2450
from ._terminal import Circuit, Terminal

# Event numbers (manual, appendix C, "Event numbers").
MODEL_ABORTED, MODEL_STARTED, MODEL_DONE = 2728, 2731, 2732
BUFFER_EMPTY, BUFFER_FULL = 4916, 4917
INFORMATION, WARNING, ERROR = 4, 2, 1
_LONGEST_LOG = 1000


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
    error_depth = 100

    def __init__(self, circuit: Circuit, spec: Spec, seed: int) -> None:
        super().__init__()
        serial = spec.serial or "04412345"
        self.serial = serial
        self.name = spec.name
        self.identity = f"KEITHLEY INSTRUMENTS,MODEL 2450,{serial},1.7.3b"
        self.settings = Settings()
        self.buffers = BufferStore()
        self.model = TriggerModel()
        self.notices: deque[tuple[int, str, int]] = deque(maxlen=_LONGEST_LOG)
        self.mapped: dict[str, dict[int, tuple[int, int]]] = {"OPER": {}, "QUES": {}}
        terminal = Terminal(circuit, f"{spec.name}.hi", 1e-3, loop=KEITHLEY_2450)
        self.meter = Meter(terminal, serial, seed)

    @property
    def calculation(self) -> Calculation:
        """Return what is done with readings, which is set up and saved with all else."""
        return self.settings.calculation

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

    def note(self, code: int, text: str, severity: int) -> None:
        """Write into the event log; an error goes into the error queue as well."""
        if severity == ERROR:
            self.report(ScpiError(code, text))
        else:
            self.notices.append((code, f"{text};{severity};{self._stamp()}", severity))

    def event(self, number: int) -> None:
        """Let an event set and clear the bits of registers that it is mapped to."""
        for name, bits in self.mapped.items():
            register = self._register(name)
            for bit, (sets, clears) in bits.items():
                if number == sets:
                    register.set_bit(bit, True)
                elif number == clears:
                    register.set_bit(bit, False)

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
