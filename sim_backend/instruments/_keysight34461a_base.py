"""What the command groups of a simulated 34461A share: settings, front end, acquisition, errors."""

from collections.abc import Iterable
from typing import Final, Protocol

import numpy as np

from ..wire.scpi import ScpiInstrument, block
from ._keysight34461a_acquisition import Acquisition
from ._keysight34461a_functions import FUNCTIONS
from ._keysight34461a_input import Input, Inputs
from ._keysight34461a_settings import Settings
from ._keysight34461a_statistics import Statistics

CONFIGURED: Final = 8  # bit of the operation register: changed since the last INITiate


class Spec(Protocol):
    """What is read of a chip file's [[instrument]] table."""

    @property
    def name(self) -> str:
        """Return the name that terminals begin with."""

    @property
    def serial(self) -> str:
        """Return the serial number."""


class Keysight34461ABase(ScpiInstrument):
    """State of the instrument. The low terminals are ground."""

    terminals: tuple[str, ...] = ("hi", "sense", "i", "i10")

    def __init__(self, circuit: Inputs, spec: Spec, seed: int) -> None:
        super().__init__()
        serial = spec.serial or "MY53212345"
        self.name = spec.name
        self.identity = f"Keysight Technologies,34461A,{serial},A.03.00-02.40-03.00-00.52-03-01"
        self.settings = Settings()
        self.input = Input(circuit, spec.name, serial, seed)
        self.statistics = Statistics()
        self.acquisition = Acquisition(self.status, circuit, self.take)
        self.input.connect(self.settings)

    def format_number(self, value: float) -> str:
        """Return a number as this instrument writes it; infinity is 9.9E+37."""
        return f"{min(max(value, -9.9e37), 9.91e37):+.8E}"

    def format_error(self, code: int, text: str) -> str:
        """Return an entry of the error queue, its number signed."""
        return f'{code:+d},"{text}"'

    def take(self) -> float:
        """Return one reading as it goes into memory: measured, scaled and looked at."""
        settings = self.settings
        value = self.input.read(settings)
        function = FUNCTIONS[settings.function]
        if abs(value) >= 9.9e37:
            self.acquisition.overloaded(function.overload)
            return value
        value = self._nulled(value)
        value = self.statistics.scaled(value, settings.math)
        self.statistics.add(value, settings.math)
        for bit, failed in self.statistics.failures(value, settings.math).items():
            self.status.questionable.set_bit(bit, failed)
        return value

    def _nulled(self, value: float) -> float:
        sense = self.settings.active
        if not sense.null_on:
            return value
        if sense.null_auto:
            sense.null, sense.null_auto = value, False
        return value - sense.null

    def execute(self, message: bytes) -> bytes | None:
        """Carry out a message, with the readings that are complete by now."""
        self.acquisition.catch_up()
        return super().execute(message)

    def changed(self) -> None:
        """Take notice of another configuration: memory and a measurement under way are gone."""
        self.acquisition.forget()
        self.input.connect(self.settings)
        self.status.operation.set_bit(CONFIGURED, True)

    def written(self, readings: Iterable[float]) -> str | bytes:
        """Return readings in the format that is set."""
        settings = self.settings
        if settings.text_format:
            return ",".join(self.format_number(value) for value in readings)
        order = "<" if settings.swapped else ">"
        kind = f"{order}f{settings.real_length // 8}"
        return block(np.fromiter(readings, np.float64).astype(kind).tobytes())
