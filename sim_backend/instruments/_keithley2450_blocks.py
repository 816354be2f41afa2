"""The :TRIGger:BLOCk commands of a simulated Keithley 2450."""

import math
from collections.abc import Sequence

from ..wire.parameters import Boolean, Choice, Integer, Numeric, Parameter, String
from ..wire.program import Token
from ..wire.scpi import ScpiError, command, query
from ._keithley2450_buffer import DEFAULT_BUFFERS
from ._keithley2450_model import LARGEST_BLOCK, Block
from ._keithley2450_sweep import SweepCommands

_BLOCK = ":TRIGger:BLOCk"
_PLACE = Integer(1, LARGEST_BLOCK)
_NAME = String(31)
_DEFAULT = DEFAULT_BUFFERS[0]
SECONDS = Numeric("S", 0.0, 1e4, 0.0)
LOOPS = Integer(1, 268_435_455)
_EVENT = Choice(
    "NONE", "COMMand", "DISPlay", "SLIMit",
    *(f"{word}{n}" for word in ("NOTify", "TIMer", "DIGio", "LAN", "TSPLink", "BLENder")
      for n in range(1, 9)),
)  # fmt: skip
_VALUE = Numeric()
_SIDE = Choice("ABOVe", "BELow", "INside", "OUTside")
_SEVERITIES = {"INFO": 4, "WARN": 2, "ERR": 1}
_FIRST_LOG_EVENT = {"INFO": 2734, "WARN": 2738, "ERR": 2742}


class _Events(Parameter):
    """What a wait block waits for: event[, ENTer|NEVer[, OR|AND, event, ...]]."""

    takes_rest = True
    _clear = Choice("ENTer", "NEVer")
    _logic = Choice("AND", "OR")

    def convert(self, token: Token) -> str:
        return _EVENT.convert(token)

    def convert_all(self, tokens: Sequence[Token]) -> tuple[frozenset[str], bool, bool]:
        if not tokens:
            raise ScpiError(-109)
        events = {self.convert(tokens[0])}
        forgets = len(tokens) > 1 and self._clear.convert(tokens[1]) == "ENT"
        needs_all = len(tokens) > 2 and self._logic.convert(tokens[2]) == "AND"
        events |= {self.convert(token) for token in tokens[3:]}
        return frozenset(events), forgets, needs_all


class BlockCommands(SweepCommands):
    """Blocks of the trigger model, one command each."""

    def put_block(self, number: int, block: Block) -> None:
        """Define a block; -221 while the model runs."""
        if self.model.state in ("RUNNING", "WAITING"):
            raise ScpiError(-221)
        if self.swept:  # a sweep's own model cannot be built upon
            self.clear_sweeps()
        self.model.put(number, block)

    @command(f"{_BLOCK}:BUFFer:CLEar", _PLACE, _NAME, optional=1)
    def clear_buffer_block(self, number: int, name: str = _DEFAULT) -> None:
        """Define a block that empties a buffer."""
        self.buffers.get(name)
        self.put_block(
            number, Block(f"BUFFER_CLEAR BUFFER: {name}", lambda: self.buffers.clear(name))
        )

    @command(f"{_BLOCK}:MEASure", _PLACE, _NAME, optional=1)
    @command(f"{_BLOCK}:MDIGitize", _PLACE, _NAME, Integer(1, 10**6), optional=2)
    def measure_block(self, number: int, name: str = _DEFAULT, count: int | None = None) -> None:
        """Define a block that makes so many readings, or as many as SENSe:COUNt says.

        MDIGitize is the name of firmware 1.7, which has a count; the old one is still taken.
        """
        self.buffers.get(name)

        def act() -> None:
            self._last = self.acquire(name, count).value
            if self._last_limited():
                self.model.seen.add("SLIM")

        self.put_block(number, Block(f"MEASURE BUFFER: {name}", act))

    @command(f"{_BLOCK}:SOURce:STATe", _PLACE, Boolean())
    def output_block(self, number: int, on: bool) -> None:
        """Define a block that switches the output."""
        text = f"SOURCE_OUTPUT OUTPUT: {'ON' if on else 'OFF'}"
        self.put_block(number, Block(text, lambda: self.turn_output(on)))

    @command(f"{_BLOCK}:DELay:CONStant", _PLACE, SECONDS)
    def delay_block(self, number: int, delay: float) -> None:
        """Define a block that waits for a time."""
        text = f"DELAY_CONSTANT DELAY: {delay:.9f}"
        self.put_block(number, Block(text, lambda: self.meter.stage.wait(delay)))

    @command(
        f"{_BLOCK}:DELay:DYNamic", _PLACE, Choice("SOURce", "SENSe"), Integer(1, 5), optional=1
    )
    def user_delay_block(self, number: int, kind: str, place: int = 1) -> None:
        """Define a block that waits for a user delay of the active function."""

        def act() -> None:
            settings = self.settings
            held = settings.active if kind == "SOUR" else settings.sense[settings.sensed]
            self.meter.stage.wait(held.user_delays[place])

        self.put_block(number, Block(f"DELAY_DYNAMIC DELAY: {kind}_USER_DELAY_{place}", act))

    @command(f"{_BLOCK}:NOP", _PLACE)
    def empty_block(self, number: int) -> None:
        """Define a block that does nothing."""
        self.put_block(number, Block("NO_OPERATION", lambda: None))

    @command(f"{_BLOCK}:NOTify", _PLACE, Integer(1, 8))
    def notify_block(self, number: int, place: int) -> None:
        """Define a block that raises a notify event."""
        text = f"NOTIFY EVENT: NOTIFY{place}"
        self.put_block(number, Block(text, lambda: self.model.seen.add(f"NOT{place}")))

    @command(f"{_BLOCK}:WAIT", _PLACE, _Events())
    def wait_block(self, number: int, what: tuple[frozenset[str], bool, bool]) -> None:
        """Define a block that waits for events."""
        events, forgets, needs_all = what
        if events == {"NONE"}:
            self.empty_block(number)
            return
        text = f"WAIT EVENT: {' '.join(sorted(events))}"
        self.put_block(number, Block(text, lambda: None, events, needs_all, forgets))

    @command(
        f"{_BLOCK}:LOG:EVENt",
        _PLACE,
        Choice(*(f"{word}{n}" for word in _SEVERITIES for n in range(1, 5))),
        String(31),
    )
    def log_block(self, number: int, kind: str, text: str) -> None:
        """Define a block that writes into the event log."""
        word, place = kind[:-1], int(kind[-1])
        code, severity = _FIRST_LOG_EVENT[word] + place - 1, _SEVERITIES[word]
        self.put_block(number, Block(f"LOG_EVENT {text}", lambda: self.note(code, text, severity)))

    @command(f"{_BLOCK}:BRANch:COUNter", _PLACE, LOOPS, _PLACE)
    def count_block(self, number: int, target: int, to: int) -> None:
        """Define a block that branches until it was reached so often."""
        text = f"BRANCH_COUNTER VALUE: {target} BRANCH_BLOCK: {to}"
        self.put_block(number, Block(text, lambda: self.model.count(number, target, to)))

    @query(f"{_BLOCK}:BRANch:COUNter:COUNt", _PLACE)
    def counted(self, number: int) -> int:
        """Tell how often a counting block was reached."""
        return self.model.counts.get(number, 0)

    @command(f"{_BLOCK}:BRANch:COUNter:RESet", _PLACE, _PLACE)
    def reset_count_block(self, number: int, counter: int) -> None:
        """Define a block that lets a counting block count anew."""

        def act() -> None:
            self.model.counts.pop(counter, None)

        self.put_block(number, Block(f"RESET_BRANCH_COUNTER COUNTER: {counter}", act))

    @command(f"{_BLOCK}:BRANch:ALWays", _PLACE, _PLACE)
    def always_block(self, number: int, to: int) -> None:
        """Define a block that always branches."""
        self.put_block(number, Block(f"BRANCH_ALWAYS BRANCH_BLOCK: {to}", lambda: to))

    @command(f"{_BLOCK}:BRANch:ONCE", _PLACE, _PLACE)
    def once_block(self, number: int, to: int) -> None:
        """Define a block that branches the first time."""
        text = f"BRANCH_ONCE BRANCH_BLOCK: {to}"
        self.put_block(number, Block(text, lambda: self.model.once(number, to, False)))

    @command(f"{_BLOCK}:BRANch:ONCE:EXCLuded", _PLACE, _PLACE)
    def not_once_block(self, number: int, to: int) -> None:
        """Define a block that branches every time but the first."""
        text = f"BRANCH_ONCE_EXCLUDED BRANCH_BLOCK: {to}"
        self.put_block(number, Block(text, lambda: self.model.once(number, to, True)))

    @command(f"{_BLOCK}:BRANch:EVENt", _PLACE, _EVENT, _PLACE)
    def event_block(self, number: int, event: str, to: int) -> None:
        """Define a block that branches where an event has been seen."""

        def act() -> int | None:
            seen = event in self.model.seen
            self.model.seen.discard(event)
            return to if seen else None

        self.put_block(number, Block(f"BRANCH_ON_EVENT EVENT: {event} BRANCH_BLOCK: {to}", act))

    @command(f"{_BLOCK}:BRANch:DELTa", _PLACE, _VALUE, _PLACE, _PLACE, optional=1)
    def delta_block(self, number: int, target: float, to: int, _measure: int = 0) -> None:
        """Define a block that branches while readings differ by no more than a target."""
        before: list[float] = []

        def act() -> int | None:
            near = bool(before) and before[0] - self._last <= target
            before[:] = [self._last]
            return to if near else None

        self.put_block(number, Block(f"BRANCH_ON_DELTA VALUE: {target:g} BRANCH_BLOCK: {to}", act))

    @command(
        f"{_BLOCK}:BRANch:LIMit:CONStant",
        _PLACE,
        _SIDE,
        _VALUE,
        _VALUE,
        _PLACE,
        _PLACE,
        optional=1,
    )
    def limit_block(
        self, number: int, side: str, low: float, high: float, to: int, _measure: int = 0
    ) -> None:
        """Define a block that branches where the last reading is on a side of limits."""

        def act() -> int | None:
            inside = low <= self._last <= high
            holds = {
                "ABOV": self._last > high,
                "BEL": self._last < low,
                "IN": inside,
                "OUT": not inside,
            }[side]
            return to if holds else None

        text = f"BRANCH_LIMIT_CONSTANT {side} {low:g} {high:g} BRANCH_BLOCK: {to}"
        self.put_block(number, Block(text, act))

    @query(f"{_BLOCK}:LIST")
    def blocks(self) -> str:
        """Tell all blocks; an empty model says so."""
        return self.model.listed() or "Empty"

    _last = math.nan

    def _last_limited(self) -> bool:
        return self.meter.tripped
