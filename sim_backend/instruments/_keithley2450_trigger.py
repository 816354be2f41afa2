"""The :TRIGger, :INITiate and :ABORt commands of a simulated Keithley 2450."""

from collections.abc import Sequence
from typing import Final

from ..wire.parameters import Numeric, Parameter, String
from ..wire.program import Token
from ..wire.scpi import ScpiError, command, query
from ._keithley2450_base import MODEL_ABORTED, MODEL_DONE, MODEL_STARTED
from ._keithley2450_blocks import LOOPS, SECONDS, BlockCommands
from ._keithley2450_buffer import DEFAULT_BUFFERS
from ._keithley2450_model import Block

_NAME = String(31)
_DEFAULT = DEFAULT_BUFFERS[0]
_DURATION = Numeric("S", 5e-4, 1e5)


class _Template(Parameter):
    """A quoted name of a template and its own parameters. Gives both, converted."""

    takes_rest = True
    _own: Final[dict[str, tuple[Parameter, ...]]] = {
        "EMPTY": (),
        "SIMPLELOOP": (LOOPS, SECONDS, _NAME),
        "DURATIONLOOP": (_DURATION, SECONDS, _NAME),
    }

    def convert(self, token: Token) -> str:
        return _NAME.convert(token).upper()

    def convert_all(self, tokens: Sequence[Token]) -> tuple[str, list[object]]:
        """Convert a template's name and its own parameters; -109, -224 or -108 where not right."""
        if not tokens:
            raise ScpiError(-109)
        name = self.convert(tokens[0])
        kinds = self._own.get(name)
        if kinds is None:
            raise ScpiError(-224)
        if len(tokens) - 1 > len(kinds):
            raise ScpiError(-108)
        if kinds and len(tokens) < 2:
            raise ScpiError(-109)
        given = zip(kinds, tokens[1:], strict=False)
        return name, [kind.convert(token) for kind, token in given]


class TriggerCommands(BlockCommands):
    """Blocks and templates; running, waiting, aborting."""

    @command(":INITiate[:IMMediate]")
    def initiate(self) -> None:
        """Run the trigger model; with none loaded there is nothing to run (-221)."""
        model = self.model
        if model.state in ("RUNNING", "WAITING"):
            raise ScpiError(-213)
        if not model.blocks:
            raise ScpiError(-221)
        self.event(MODEL_STARTED)
        model.start()
        self._look()

    @command(":ABORt")
    def abort_model(self) -> None:
        """End the trigger model where it stands."""
        if self.model.state in ("RUNNING", "WAITING"):
            self.model.abort()
            self.event(MODEL_ABORTED)

    def device_clear(self) -> None:
        """End the trigger model."""
        self.abort_model()

    @query(":TRIGger:STATe")
    def trigger_state(self) -> str:
        """Tell how the trigger model stands, how it stood, and at which block."""
        self.go_on()
        return f"{self.model.state};{self.model.state};{self.model.at}"

    def trigger(self) -> None:
        """Let ``*TRG`` be seen by a wait."""
        self.model.notice("COMM")
        self._look()

    def go_on(self) -> None:
        """Run another slice of a model that does not end."""
        if self.model.state == "RUNNING":
            self.model.run()
            self._look()

    def _look(self) -> None:
        if self.model.state == "IDLE":
            self.event(MODEL_DONE)

    @command(":TRIGger:LOAD", _Template())
    def load(self, template: tuple[str, list[object]]) -> None:
        """Load a template: "Empty", or a loop of readings by count or by duration."""
        name, arguments = template
        if name == "EMPTY":
            self.clear_sweeps()
        elif name == "SIMPLELOOP":
            self.load_simple_loop(*arguments)  # type: ignore[arg-type]
        else:
            self.load_duration_loop(*arguments)  # type: ignore[arg-type]

    @command(":TRIGger:LOAD:LOOP:SIMPle", LOOPS, SECONDS, _NAME, optional=2)
    def load_simple_loop(self, count: int, delay: float = 0.0, buffer: str = _DEFAULT) -> None:
        """Load a loop of readings."""
        self.clear_sweeps()
        self.clear_buffer_block(1, buffer)
        self.delay_block(2, delay)
        self.measure_block(3, buffer)
        self.count_block(4, count, 2)

    @command(":TRIGger:LOAD:LOOP:DURation", _DURATION, SECONDS, _NAME, optional=2)
    def load_duration_loop(
        self, duration: float, delay: float = 0.0, buffer: str = _DEFAULT
    ) -> None:
        """Load a loop of readings for a duration."""
        self.clear_sweeps()
        self.clear_buffer_block(1, buffer)
        self.delay_block(2, delay)
        self.measure_block(3, buffer)
        begun: list[float] = []

        def branch() -> int | None:
            buffer_now = self.buffers.get(buffer).readings
            if len(buffer_now) == 1:
                begun[:] = [buffer_now[0].time]
            return 2 if self.meter.now - begun[0] < duration else None

        self.put_block(4, Block(f"BRANCH_ON_DURATION VALUE: {duration:g} BRANCH_BLOCK: 2", branch))
