"""A simulated Keithley 2450.

Commands, defaults and manners: Model 2450 Reference Manual, 2450-901-01, section 6. What belongs to
the older 2400 only (:TRACe:FEED, :STATus:MEASurement, :ARM) is refused with -113, as it is by an
instrument whose language is SCPI. ``*LANG`` chooses the language of the next power-on: SCPI2400 is
the 2400's, on the 2450's ranges; TSP is its scripts. A USB drive to save
to is not simulated.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, final

from labcim.errors import RecipeError

from ..wire.dialect import Dialect
from ..wire.parameters import Choice
from ..wire.scpi import ScpiError, command, query
from ..wire.status import POWER_ON
from ._keithley2400_base import MEASUREMENT_BIT
from ._keithley2450_2400 import HARDWARE, Scpi2400
from ._keithley2450_base import Spec
from ._keithley2450_buffer import BufferStore
from ._keithley2450_sense import SenseCommands
from ._keithley2450_settings import Settings
from ._keithley2450_source import SourceCommands
from ._keithley2450_system import SystemCommands
from ._keithley2450_tsp import Tsp2450

if TYPE_CHECKING:
    from ..bench import SimulatedBench


@final
class Keithley2450(SourceCommands, SenseCommands, SystemCommands):
    """The source-meter between its terminal ``hi`` and ground."""

    known_options = ("language",)  # that it begins with

    def __init__(self, bench: "SimulatedBench", spec: Spec) -> None:
        self._seed = bench.chip_file.chip.seed
        super().__init__(bench, spec, self._seed)
        self.saved = [None] * 5
        self.clear_display()
        self.clear_lines()
        self.chosen_language = "SCPI"
        self._other: Dialect | None = None  # another language than this class's own
        self.settle()
        options = getattr(spec, "options", {})
        if "language" in options:
            if options["language"] not in ("SCPI", *LANGUAGES):
                raise RecipeError(
                    f"chip file, language of {spec.name}: accepts SCPI, {', '.join(LANGUAGES)}"
                )
            self.set_language(options["language"])
            self.power_cycle()

    def execute(self, message: bytes) -> bytes | None:
        """Carry out one program message in the language of this power-on."""
        other = self._other
        return super().execute(message) if other is None else other.execute(message)

    def in_scpi(self, message: str) -> str:
        """Carry out a message of the SCPI command set, whatever language is spoken."""
        reply = super().execute(message.encode("ascii"))
        return "" if reply is None else reply.decode("ascii")

    def abort(self) -> None:
        """End a script that runs; may be called from any thread, without the bench's lock."""
        getattr(self._other, "abort", lambda: None)()

    def trigger(self) -> None:
        """Act on a group execute trigger in the language of this power-on."""
        super().trigger() if self._other is None else self._other.trigger()

    def device_clear(self) -> None:
        """Abort what is going on."""
        super().device_clear() if self._other is None else self._other.device_clear()

    def reset(self) -> None:
        """Go to the settings of ``*RST``: output off, 0 V, buffers empty."""
        self.turn_output(False)
        self.settings = Settings()
        self.buffers = BufferStore()
        self.clear_sweeps()
        self.reset_lines()
        self.settle()

    @query("*LANG")
    def language(self) -> str:
        """Tell the command set that was chosen."""
        return self.chosen_language

    @property
    def reply_sizes(self) -> Sequence[int]:
        """How long the response messages are of which the last reply is made, in a script's."""
        return getattr(self._other, "reply_sizes", ())

    @command("*LANG", Choice("SCPI", "TSP", "SCPI2400"))
    def set_language(self, language: str) -> None:
        """Choose the command set of the next power-on; -221 for one that is not simulated."""
        if language != "SCPI" and language not in LANGUAGES:
            raise ScpiError(-221, device_info="not simulated")
        self.chosen_language = language

    def power_cycle(self) -> None:
        """Go off and on: language and stored set-ups are kept, all else is forgotten."""
        self.reset()
        self.mapped = {"OPER": {}, "QUES": {}}
        self.clear_log()
        self.clear_display()
        self.clear_lines()
        self.status.preset()
        self.status.clear()
        self.status.standard_enable = self.status.service_enable = 0
        if self.power_on != "RST" and self.saved[int(self.power_on[-1])] is not None:
            self.recall(int(self.power_on[-1]))
        self.status.registers.pop(MEASUREMENT_BIT, None)
        make = LANGUAGES.get(self.chosen_language)
        self._other = make(self) if make is not None else None
        self.queues_replies = self._other is not None and self._other.queues_replies
        self.status.raise_event(POWER_ON)

    def scpi2400(self) -> Dialect:
        """Return the language of the 2400 on this instrument's stage, registers and errors."""
        return Scpi2400(self, HARDWARE, self.serial, self._seed)

    def tsp(self) -> Dialect:
        """Return the test script language on this instrument's stage, registers and errors."""
        return Tsp2450(self)


#: What makes a language other than SCPI on an instrument that is switched on.
LANGUAGES: Final[dict[str, Callable[[Keithley2450], Dialect]]] = {
    "SCPI2400": Keithley2450.scpi2400,
    "TSP": Keithley2450.tsp,
}

SIMULATED = Keithley2450
