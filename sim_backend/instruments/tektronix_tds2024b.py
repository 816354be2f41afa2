"""A simulated Tektronix TDS2024B oscilloscope: 4 channels, 200 MHz, 2 GS/s, 2,500 points.

Terminals are ``ch1`` to ``ch4`` and ``ext``, with a 10X probe on each unless the chip file's
``options`` say ``probe = { ch1 = 1 }``. Commands and manners: Programmer Manual 071-1075;
accuracy: see `_tds2024b_front_end`. Autoset, hard copies, files and the power measurements of the
TPS2000 are left out (113, as from a model without them); video never triggers, as there is none.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal, final

from pydantic import Field

from ..chip.chip_parts import Table
from ..chip.ports import Port
from ..wire.errors import ErrorQueue
from ..wire.parameters import Choice, Integer, OneOf, String
from ..wire.scpi import command, query
from ..wire.status import StatusModel
from ..wire.tektronix import Word, Words
from ..wire.tektronix_events import OPERATION_COMPLETE, POWER_ON, event
from ._options import options_of
from ._tds2024b_branches import BranchCommands
from ._tds2024b_front_end import FrontEnd
from ._tds2024b_settings import CHANNELS, Settings
from ._tds2024b_transfer import TransferCommands
from ._tds2024b_vertical import VerticalCommands

if TYPE_CHECKING:
    from ..bench import SimulatedBench
    from ..chip.chip_file import InstrumentSpec

INPUT: Final = 1e6  # ohm, which a 10X probe makes ten times as much
_MEMORIES: Final = Integer(1, 10)
_SET: Final = (  # what *LRN? tells, so that it can be sent back
    "ACQuire:STOPAfter", "ACQuire:MODe", "ACQuire:NUMAVg", "HORizontal:VIEW",
    "HORizontal:MAIn:SCAle", "HORizontal:MAIn:POSition", "CH1", "CH2", "CH3", "CH4", "SELect",
    "TRIGger:MAIn", "DATa", "MATH:DEFINE", "MEASUrement:IMMed:TYPe",
)  # fmt: skip


class Options(Table):
    """What the chip file may say: which probe is really on a channel."""

    probe: dict[Literal["ch1", "ch2", "ch3", "ch4"], Literal[1, 10]] = Field(default_factory=dict)


class LookingStatus(StatusModel):
    """A status byte before which one looks whether what was triggered is complete."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__(ErrorQueue())
        self._look = look

    def status_byte(self) -> int:
        """Return the status byte with MSS."""
        self._look()
        return super().status_byte()

    def serial_poll(self) -> int:
        """Return the status byte with RQS, and clear RQS."""
        self._look()
        return super().serial_poll()


@final
class TektronixTDS2024B(VerticalCommands, BranchCommands, TransferCommands):
    """The oscilloscope; it drives nothing."""

    terminals: tuple[str, ...] = ("ch1", "ch2", "ch3", "ch4", "ext")
    known_options = tuple(Options.model_fields)

    def __init__(self, bench: "SimulatedBench", spec: "InstrumentSpec") -> None:
        options = options_of(Options, spec)
        serial = spec.serial or "C100044"
        probes = {name: float(options.probe.get(name.lower(), 10)) for name in CHANNELS}  # type: ignore[call-overload]
        seed = bench.chip_file.chip.seed
        for name, factor in probes.items():
            if bench.wiring.is_wired(terminal := f"{spec.name}.{name.lower()}"):
                bench.set_port(terminal, Port(ohm=factor * INPUT))
        super().__init__(bench, spec.name, FrontEnd(serial, probes, seed))
        self.name = spec.name
        self.identity = f"TEKTRONIX,TDS 2024B,{serial},CF:91.1CT FV:v22.16"
        self.memories: dict[int, Settings] = {}
        self.locked, self.language = Word("NONe"), Word("ENGLish")
        self.on_trigger = ""
        self._tells_completion = self._waits = False
        self.status = LookingStatus(self.acquisition.finish)
        self.acquisition.on_complete = self._complete
        self._started()
        self.acquisition.start()

    def power_cycle(self) -> None:
        """Go off and on: settings, references and setups stay, records do not."""
        self.device_clear()
        records = self.acquisition.records
        kept = {name: record for name, record in records.items() if name.startswith("REF")}
        self.acquisition.records = kept
        self.locked = Word("NONe")
        if self.power_clears:
            self.status.standard_enable = self.status.service_enable = 0
            self.device_enable = 255
        self.headers = self.verbose = True
        self.errors.clear()
        self.status.take_standard_event()
        self.report(event(POWER_ON))
        self.acquisition.start()

    def reset(self) -> None:
        """*RST: factory settings; headers, enables and memories stay."""
        self.use(Settings(), run=True)

    def finish(self) -> None:
        """Let an acquisition end that was triggered."""
        self.acquisition.finish()

    def trigger(self) -> None:
        """*TRG: carry out what *DDT has set."""
        if self.on_trigger:
            self.execute(self.on_trigger.encode("latin-1"))

    def device_clear(self) -> None:
        """Forget what was asked and what is waited for; what was armed stays armed."""
        super().device_clear()
        self._waits = self._tells_completion = False

    @property
    def is_held(self) -> bool:
        """Say whether *WAI waits for a single sequence."""
        if self._waits:
            self.finish()
            self._waits = self.acquisition.waits
        return self._waits

    @command("*WAI")
    def _wait(self) -> None:
        self.finish()
        self._waits = self.acquisition.waits

    @command("*OPC")
    def _note_completion(self) -> None:
        self.finish()
        if self.acquisition.waits:
            self._tells_completion = True
        else:
            self.report(event(OPERATION_COMPLETE))

    def _complete(self) -> None:
        if self._tells_completion:
            self._tells_completion = False
            self.report(event(OPERATION_COMPLETE))

    @command("FACtory")
    def factory(self) -> None:
        """Go to the factory's settings, status and headers too."""
        self.reset()
        self.headers = self.power_clears = True
        self.on_trigger = ""
        self.device_enable = 255
        self.status.standard_enable = self.status.service_enable = 0

    @query("*OPC")
    def completed(self) -> int | None:
        """Tell 1 when a single sequence is complete; a real one says nothing before."""
        self.finish()
        return None if self.acquisition.waits else 1

    @query("BUSY")
    def busy(self) -> bool:
        """Tell whether a single sequence is not complete."""
        self.finish()
        return self.acquisition.waits

    @query("ID", indefinite=True)
    def tell_id(self) -> str:
        """Tell who this is, in the older form."""
        return "TEK/TDS 2024B,CF:91.1CT,FV:v22.16"

    @command("*SAV", _MEMORIES)
    @command("SAVe:SETUp", _MEMORIES)
    def save(self, memory: int) -> None:
        """Keep the settings."""
        self.memories[memory] = self.settings.copy()

    @command("*RCL", _MEMORIES)
    def recall(self, memory: int) -> None:
        """Take settings that were kept; those of the factory where none were."""
        kept = self.memories.get(memory, Settings())
        self.use(kept.copy(), run=self.acquisition.running)

    @command("RECAll:SETUp", OneOf(Choice("FACtory"), _MEMORIES))
    def recall_setup(self, memory: str | int) -> None:
        """Take settings that were kept, or the factory's."""
        if isinstance(memory, str):
            self.reset()
        else:
            self.recall(memory)

    @query("*LRN")
    @query("SET")
    def learn(self) -> bytes:
        """Tell all settings as commands, whatever HEADer says."""
        headers, self.headers = self.headers, True
        try:
            told = [self._unit("", f":{name.upper()}?", []) or b"" for name in _SET]
        finally:
            self.headers = headers
        return b";".join(told)

    @command("LOCk", Words("ALL", "NONe"))
    def lock(self, what: Word) -> None:
        """Lock the front panel, or not."""
        self.locked = what

    @query("LOCk")
    def lock_state(self) -> Word:
        """Tell whether the front panel is locked."""
        return self.locked

    @command("UNLock", Words("ALL"))
    def unlock(self, _all: Word) -> None:
        """Give the front panel free."""
        self.locked = Word("NONe")

    @command("REM", String(80))
    def remark(self, text: str) -> None:
        """Take a remark, which nobody reads."""

    @command("LANGuage", Words("ENGLish", "FRENch", "GERMan", "ITALian", "SPANish", "JAPAnese"))
    def set_language(self, language: Word) -> None:
        """Choose the language of the screen."""
        self.language = language

    @query("LANGuage")
    def tell_language(self) -> Word:
        """Tell the language of the screen."""
        return self.language

    @command("*DDT", String(80))
    def set_on_trigger(self, commands: str) -> None:
        """Set what *TRG does."""
        self.on_trigger = commands

    @query("*DDT")
    def tell_on_trigger(self) -> str:
        """Tell what *TRG does."""
        return f'"{self.on_trigger}"'

    @query("*CAL")
    def calibrate(self) -> int:
        """Calibrate itself; 0 is a pass."""
        return 0


SIMULATED = TektronixTDS2024B
