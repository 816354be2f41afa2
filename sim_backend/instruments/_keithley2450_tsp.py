"""The language TSP on a Keithley 2450 (``*LANG TSP``).

What scripts set and measure goes through the command set that SCPI reaches as well, so that both
languages have the same ranges, errors and times. Simulated are ``smu``, reading buffers, sweeps,
the simple trigger models, the event log and the display's texts; configuration lists and trigger
blocks are not. Source: Model 2450 Reference Manual, 2450-901-01, section 8 (TSP command reference).
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Protocol

from ..wire.errors import ErrorQueue, ScpiError
from ..wire.status import StatusModel
from ..wire.tsp import TspInstrument, call, getter, number, setter, text
from ..wire.tsp_tree import Guarded
from ._keithley2450_buffer import BufferStore
from ._keithley2450_meter import Meter
from ._keithley2450_tsp_buffer import Buffer, BufferFunctions
from ._keithley2450_tsp_sweep import SweepFunctions
from ._keithley2450_tsp_words import ATTRIBUTES, CONSTANTS, Attribute


class Host(Protocol):
    """The instrument that speaks this language now."""

    identity: str
    serial: str
    status: StatusModel
    errors: ErrorQueue
    buffers: BufferStore
    meter: Meter
    chosen_language: str

    def in_scpi(self, message: str) -> str:
        """Carry out a message of the SCPI command set."""

    def reset(self) -> None:
        """Go to the factory settings."""

    def report(self, error: ScpiError) -> None:
        """Queue an error."""

    def finish(self) -> None:
        """Let what was started end."""

    def set_language(self, language: str) -> None:
        """Choose the language of the next power-on."""


class Tsp2450(TspInstrument):
    """Scripts on the 2450's own stage, buffers, registers and errors."""

    model = "2450"
    revision = "1.7.3b"
    line_frequency = 60.0
    automatic_precision = True
    constants: ClassVar[Mapping[str, Any]] = CONSTANTS

    def __init__(self, host: Host) -> None:
        self._host = host
        self.identity, self.serial = host.identity, host.serial
        self._texts = {1: "", 2: ""}
        super().__init__(errors=host.errors, status=host.status)

    def report(self, error: ScpiError) -> None:
        """Queue an error as the event log writes it."""
        self._host.report(error)

    def now(self) -> float:
        """Return simulated time in s."""
        return self._host.meter.now

    def wait(self, duration: float) -> None:
        """Let simulated time pass."""
        self._host.meter.stage.wait(duration)

    def finish(self) -> None:
        """Let a sweep end."""
        self._host.finish()

    def trigger(self) -> None:
        """Let a command interface trigger come."""
        self._host.in_scpi("*TRG")

    def reset(self) -> None:
        """Go to the factory settings."""
        super().reset()
        self._host.reset()

    def scpi(self, message: str) -> str:
        """Carry out a message of the SCPI command set, which queues its own errors."""
        return self._host.in_scpi(message)

    def common_actions(self) -> dict[str, Any]:
        """Return the common commands; ``*LANG`` among them."""
        chosen = {f"LANG {name}": partial(self._choose, name) for name in ("SCPI", "TSP")}
        chosen["LANG SCPI2400"] = partial(self._choose, "SCPI2400")
        return {
            **super().common_actions(),
            "LANG?": lambda: self._host.chosen_language,
            **chosen,
        }

    def _choose(self, language: str) -> None:
        self._host.set_language(language)

    def _common_command(self, word: str) -> str | None:
        name, _, rest = word[1:].partition(" ")
        if name.upper() == "LANG" and rest:
            action = self.common_actions().get(f"LANG {rest.strip().upper()}")
            if action is None:
                raise ScpiError(-224)
            action()
            return None
        return super()._common_command(word)

    # --- the tree ---

    def _declare_tree(self) -> None:
        super()._declare_tree()
        for path, attribute in ATTRIBUTES.items():
            read, write = partial(self._get, attribute), partial(self._set, attribute)
            self._sandbox.declare("get", f"smu.{path}", Guarded(self, read))
            if attribute.writable:
                self._sandbox.declare("set", f"smu.{path}", Guarded(self, write))
        for name in ("defbuffer1", "defbuffer2"):
            self._sandbox.declare("object", name, Buffer(self._host, name), "reading_buffer")
        self.declare_methods(BufferFunctions(self._host, self.scpi))
        self.declare_methods(SweepFunctions(self.scpi, self.finish))

    def _words(self, attribute: Attribute) -> str:
        words = attribute.words
        if "<source>" in words:
            words = words.replace("<source>", self.scpi(":SOUR:FUNC?")[:4])
        if "<sense>" in words:
            words = words.replace("<sense>", self._sensed())
        return words

    def _sensed(self) -> str:
        found = self.scpi(":SENS:FUNC?").strip('"')
        return found.partition(":")[0]

    def _get(self, attribute: Attribute) -> str | float:
        answer = self.scpi(f"{self._words(attribute)}?").strip('"')
        if not attribute.names:
            return float(answer)
        for name, word in attribute.names.items():
            if word.upper().startswith(answer.upper()) or answer.upper().startswith(word.upper()):
                return name
        return answer

    def _set(self, attribute: Attribute, value: object) -> None:
        if attribute.names:
            word = attribute.word_of(value)
            quoted = f'"{word}"' if attribute.quoted else word
            self.scpi(f"{self._words(attribute)} {quoted}")
            return
        self.scpi(f"{self._words(attribute)} {number(value):.9g}")

    @call("smu.reset")
    def reset_smu(self) -> None:
        """Go to the factory settings of the source-meter."""
        self._host.reset()

    @call("smu.measure.read")
    def read(self, buffer: object = None) -> float:
        """Make as many readings as the count says; return the last."""
        self.labour(int(float(self.scpi(":SENS:COUN?"))))
        name = buffer.name if isinstance(buffer, Buffer) else "defbuffer1"
        return float(self.scpi(f':READ? "{name}"') or "nan")

    @call("smu.measure.readwithtime")
    def read_with_time(self, buffer: object = None) -> tuple[float, float, float]:
        """Make readings; return the last with its time in s and the fraction of it."""
        value = self.read(buffer)
        return value, float(int(self.now())), self.now() % 1.0

    @getter("smu.source.ilimit.tripped")
    def current_tripped(self) -> str:
        """Return whether the current limit holds the source back."""
        return "smu.ON" if float(self.scpi(":SOUR:VOLT:ILIM:TRIP?")) else "smu.OFF"

    @getter("smu.source.vlimit.tripped")
    def voltage_tripped(self) -> str:
        """Return whether the voltage limit holds the source back."""
        return "smu.ON" if float(self.scpi(":SOUR:CURR:VLIM:TRIP?")) else "smu.OFF"

    @call("status.clear")
    def clear_status(self) -> None:
        """Clear the event registers; the event log stays."""
        self.status.take_standard_event()
        for register in self.status.registers.values():
            register.take_event()

    @call("status.preset")
    def preset_status(self) -> None:
        """Enable no events."""
        self.status.preset()

    # --- event log, display ---

    @call("eventlog.getcount")
    def count_events(self, _severity: object = None) -> int:
        """Return how many errors wait."""
        return len(self.errors)

    @call("eventlog.next")
    def next_event(self, _severity: object = None) -> tuple[int, str, int, int]:
        """Return and remove the oldest error: number, text, severity, node."""
        code, words = self.errors.pop()
        return (code, words, 1, 0) if code else (0, "No error", 0, 0)

    @call("eventlog.clear")
    def clear_events(self) -> None:
        """Forget all errors."""
        self.errors.clear()

    @call("display.settext")
    def show(self, place: object, words: object) -> None:
        """Write one of the two lines of the user's screen."""
        line = {"display.TEXT1": 1, "display.TEXT2": 2}.get(text(place))
        if line is None:
            raise ScpiError(-224)
        self._texts[line] = text(words)[:32]

    @call("display.clear")
    def clear_texts(self) -> None:
        """Clear the user's screen."""
        self._texts = {1: "", 2: ""}

    @call("display.changescreen")
    def change_screen(self, screen: object) -> None:
        """Show another screen."""
        if not text(screen).startswith("display.SCREEN_"):
            raise ScpiError(-224)

    @call("beeper.beep")
    def beep(self, seconds: object, frequency: object) -> None:
        """Sound a tone, which nobody hears."""
        number(seconds, 1e-3, 100.0)
        number(frequency, 20.0, 8000.0)

    @getter("localnode.version")
    def version(self) -> str:
        """Return the firmware's version."""
        return self.revision

    @setter("localnode.showevents")
    def show_events(self, mask: object) -> None:
        """Set which events are printed at once: none are, whatever is said."""
        number(mask, 0, 7)
