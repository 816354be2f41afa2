"""What one channel of a Keysight 33522B may be told: every setting against all the others."""

import math
import threading
from collections.abc import Callable
from dataclasses import replace

from labcim.errors import InstrumentError, RangeError
from labcim.instrument import Instrument
from labcim.limits import TerminalLimits
from labcim.transport import Transport
from labcim.units import show

from ._keysight33522b_waveform import Function, Unit, Waveform

FUNCTIONS: dict[Function, str] = {
    "sine": "SIN",
    "square": "SQU",
    "triangle": "TRI",
    "ramp": "RAMP",
    "pulse": "PULS",
    "noise": "NOIS",
    "prbs": "PRBS",
    "dc": "DC",
    "arb": "ARB",
}
UNITS: dict[Unit, str] = {"Vpp": "VPP", "Vrms": "VRMS", "dBm": "DBM"}
_STATE = (
    "SOUR<n>:FUNC?;:SOUR<n>:VOLT:HIGH?;:SOUR<n>:VOLT:LOW?;:SOUR<n>:VOLT:OFFS?;UNIT?;:OUTP<n>:LOAD?"
)
_INFINITE_LOAD = 9e37


def parse_load(text: str) -> float:
    """Return a load setting in ohm; 9.9E+37 stands for high impedance."""
    value = float(text)
    return math.inf if value > _INFINITE_LOAD else value


class GuardedChannel(Instrument):
    """A channel without its parameters. ``<n>`` in a command stands for the channel's number.

    Every setting that has a part in the voltage is checked together with all others, as the
    instrument was last told or, where that is not known, as it answers.
    """

    def __init__(
        self,
        number: int,
        transport: Transport,
        limits: TerminalLimits,
        latch: threading.Event,
        check_errors: bool,
        forget_shape: Callable[[int], None],
    ) -> None:
        self.terminal = f"ch{number}"
        super().__init__(transport, {self.terminal: limits}, latch=latch, check_errors=check_errors)
        self.number = number
        self._limits = limits
        self._waveform: Waveform | None = None
        self._forget_shape = forget_shape
        #: The edges of pulses in s, where they were set; the verbs keep them.
        self.edges: float | None = None

    def send(self, message: str | bytes) -> None:
        """Send a command for this channel; when that fails, nothing is known of its settings."""
        try:
            super().send(self.named(message))
        except BaseException:
            self.forget()
            raise

    def send_asking(self, message: str) -> None:
        """Send a command for this channel as `send` does, in one round trip."""
        try:
            super().send_asking(str(self.named(message)))
        except BaseException:
            self.forget()
            raise

    def ask_checked(self, message: str) -> str:
        """Send a message about this channel, and return the answer to the query in it."""
        try:
            return super().ask_checked(str(self.named(message)))
        except BaseException:
            self.forget()
            raise

    def ask(self, message: str | bytes) -> str:
        """Send a query about this channel and return the answer."""
        return super().ask(self.named(message))

    def named(self, message: str | bytes) -> str | bytes:
        """Return a command with the channel's number in it."""
        if isinstance(message, bytes):
            return message.replace(b"<n>", b"%d" % self.number)
        return message.replace("<n>", str(self.number))

    def forget(self) -> None:
        """Take nothing as known about the channel's settings."""
        super().forget()
        self._waveform = None
        self.forget_shape()

    def forget_shape(self) -> None:
        """Tell the generator that its verbs must set the whole signal again."""
        self._forget_shape(self.number)

    @property
    def known(self) -> Waveform | None:
        """Return the settings that decide the voltage if they are known without asking."""
        return self._waveform

    def waveform(self) -> Waveform:
        """Return the settings that decide the voltage, asked for where they are not known."""
        if self._waveform is None:
            self._waveform = self._ask_waveform()
        return self._waveform

    def check(self, waveform: Waveform, what: str, value: float) -> None:
        """Raise RangeError for a waveform that the terminal must not see."""
        waveform.check(self.terminal, self._limits, what, value)

    def note(self, waveform: Waveform) -> None:
        """Note what the channel has been told."""
        self._waveform = waveform

    def take(self, waveform: Waveform, what: str, value: float) -> None:
        """Check a waveform and note it as the channel's. Raises RangeError."""
        self.check(waveform, what, value)
        self._waveform = waveform

    def guard_function(self, function: Function) -> None:
        """Refuse a function whose peaks would be too much with the present levels."""
        present = self.waveform()
        if present.unit != "Vpp":
            raise RangeError(
                f"{self.terminal}: function = {function!r} while the amplitude is in "
                f"{present.unit}: accepts a change in Vpp only; nothing was sent"
            )
        self.forget_shape()
        self.take(replace(present, function=function), f"{function} at the offset", present.offset)

    def guard_amplitude(self, value: float) -> None:
        """Refuse an amplitude that is too much with the present offset, load, unit, function."""
        self.forget_shape()
        self.take(self.waveform().with_amplitude(value), "amplitude", value)

    def guard_unit(self, unit: Unit) -> None:
        """Note the unit; the signal stays as it is, which a verb's next numbers would not."""
        self.forget_shape()
        self._waveform = replace(self.waveform(), unit=unit)

    def guard_offset(self, value: float) -> None:
        """Refuse an offset that is too much by itself or with the rest."""
        self._limits.check_voltage(f"{self.terminal}: offset", value)
        self.forget_shape()
        self.take(replace(self.waveform(), offset=value), "offset", value)

    def guard_high(self, value: float) -> None:
        """Refuse a high level that is too much, or not above the low one."""
        self._limits.check_voltage(f"{self.terminal}: high", value)
        self._guard_levels(self.waveform().low, value, "high", value)

    def guard_low(self, value: float) -> None:
        """Refuse a low level that is too much, or not below the high one."""
        self._limits.check_voltage(f"{self.terminal}: low", value)
        self._guard_levels(value, self.waveform().high, "low", value)

    def guard_load(self, value: float) -> None:
        """Refuse a load setting that there is not; note how it rescales the numbers."""
        if 1e4 < value < math.inf:
            raise RangeError(
                f"{self.terminal}: load = {show(value, 'Ω')}: accepts 1 Ω to 10 kΩ or infinite; "
                "nothing was sent"
            )
        self.forget_shape()
        self._waveform = self.waveform().with_load(value)

    def guard_shape(self, _value: object) -> None:
        """Note that the signal is no longer what a verb has set."""
        self.forget_shape()

    def guard_edges(self, value: float) -> None:
        """Note the edges, for pulses that the verbs set up anew."""
        self.forget_shape()
        self.edges = value

    def guard_output(self, on: bool) -> None:
        """Refuse to turn on what would be too much on the terminal."""
        self.forget_shape()
        if on:
            present = self.waveform()
            self.take(present, "output on at the offset", present.offset)

    def _guard_levels(self, low: float, high: float, what: str, value: float) -> None:
        if not high > low:
            raise RangeError(
                f"{self.terminal}: {what} = {show(value, 'V')}: accepts a high level above "
                f"the low one ({show(low, 'V')} to {show(high, 'V')} is asked); nothing was sent"
            )
        self.forget_shape()
        self.take(self.waveform().with_levels(low, high), what, value)

    def _ask_waveform(self) -> Waveform:
        answers = self.ask(_STATE).split(";")
        names = {word: name for name, word in FUNCTIONS.items()}
        units = {word: name for name, word in UNITS.items()}
        try:
            word, high, low, offset, unit, load = answers
            amplitude = float(high) - float(low)
            return Waveform(names[word], amplitude, float(offset), parse_load(load), units[unit])
        except (ValueError, KeyError) as trouble:
            raise InstrumentError(
                f"{self.transport.address}: settings of {self.terminal} are {answers!r}"
            ) from trouble
