"""The TSP dialect: program messages are Lua chunks, run by an embedded and sandboxed Lua 5.1.

A simulated instrument subclasses TspInstrument and declares its tree with decorators::

    @call("channel.open")
    def open_channels(self, channels: str) -> None: ...
    @getter("slot[].idn")
    def card(self, slot: int) -> str: ...

What every TSP instrument has (error queue, formats, status, scripts) is in the rooms beside this.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, ClassVar, Final

from .errors import ErrorQueue, ScpiError
from .status import OPERATION_COMPLETE, StatusModel, event_bit
from .tsp_common import BitFunctions, CommonFunctions
from .tsp_format import CONSTANTS as FORMAT_CONSTANTS
from .tsp_format import Format
from .tsp_sandbox import Sandbox, ScriptError, Value
from .tsp_scripts import Scripts
from .tsp_status import CONSTANTS as STATUS_CONSTANTS
from .tsp_status import Sets, TspStatus
from .tsp_tree import Guarded, call, getter, number, places_of, setter, text

__all__ = ["TspInstrument", "call", "getter", "number", "setter", "text"]

_WHERE: Final = re.compile(r"(\w+):(\d+): ")
_COMMON: Final = re.compile(r"\*([A-Za-z]{3,4})(\?)?\s*(.*)")
_ERRORS: Final = {
    "syntax": (-285, "TSP Syntax error"),
    "runtime": (-286, "TSP Runtime error"),
    "killed": (-286, "TSP Runtime error: script aborted"),
    "memory": (-225, "Out of memory or TSP memory allocation error"),
}


class TspInstrument:
    """A Dialect in which every program message is a script.

    indices: node name -> its indices, for paths such as ``slot[].idn``.
    constants: path -> value.  register_sets: what stands under ``status``, see `TspStatus`.
    automatic_precision: see `Format`.
    """

    accepts_blocks = False
    queues_replies = True
    identity: str = "LABCIM,MODEL TSP,0,0"
    model: str = "TSP"
    serial: str = "0"
    revision: str = "1.0"
    line_frequency: float = 50.0
    automatic_precision: bool = False
    indices: ClassVar[Mapping[str, Iterable[int]]] = {}
    constants: ClassVar[Mapping[str, Value]] = {}
    register_sets: ClassVar[Sets] = {"operation": ("", 7), "questionable": ("", 3)}

    def __init__(
        self,
        sandbox: Sandbox | None = None,
        *,
        errors: ErrorQueue | None = None,
        status: StatusModel | None = None,
    ) -> None:
        """Make it with errors and status of its own, or with those of who speaks another language.

        An instrument that speaks several has one of each.
        """
        self.errors = ErrorQueue(depth=100) if errors is None else errors
        self.status = StatusModel(self.errors) if status is None else status
        self._sandbox = sandbox or Sandbox()
        self.format = Format(self._sandbox.number_format, automatic=self.automatic_precision)
        self.registers = TspStatus(self.status, self.register_sets)
        self._scripts = Scripts(self._sandbox)
        self._common = CommonFunctions(self)
        self.reply_sizes: list[int] = []
        self._declare_tree()

    def execute(self, message: bytes) -> bytes | None:
        """Carry out one program message; return what it printed, lines joined by newlines.

        Each ``print`` makes one response message (Series 2600B Reference Manual, ``print()``):
        ``reply_sizes`` says how long they are, in bytes.
        """
        line = message.decode("latin-1")
        self._sandbox.sizes = []
        try:
            output = self._carry_out(line)
        except ScpiError as error:
            self.report(error)
            output = None
        self.reply_sizes = self._sandbox.sizes
        if self._common.prompts:
            prompt = "TSP?" if self.errors else "TSP>"
            sizes = self.reply_sizes or ([] if output is None else [len(output)])
            self.reply_sizes = [*sizes, len(prompt)]
            output = "\n".join(filter(None, (output, prompt)))
        return None if output is None else output.encode("latin-1")

    def device_clear(self) -> None:
        """Forget a script that is being loaded, and end one that runs."""
        self._scripts.stop_loading()
        self._sandbox.stop()

    def abort(self) -> None:
        """End the running script; may be called from any thread, without the bench's lock."""
        self._sandbox.stop()

    def trigger(self) -> None:
        """Act on `*TRG` or a group execute trigger: nothing waits for one by default."""

    def report(self, error: ScpiError) -> None:
        """Queue an error and set its bit in the standard event register."""
        self.errors.push(error)
        self.status.raise_event(event_bit(error.code))

    @call("reset")
    def reset(self) -> None:
        """Go to the factory settings (`reset()`, `*RST`); status and errors stay."""
        self.format.reset()

    def power_cycle(self) -> None:
        """Lose power and get it back: scripts that were not saved, globals, errors are gone."""
        self._sandbox.stop()
        self.errors.clear()
        self.status.clear()
        self.registers.reset()
        self._sandbox.forget()
        self.reset()
        self.status.raise_event(128)
        for source in self._scripts.power_cycle():
            self._run(source)

    def wait(self, duration: float) -> None:
        """Let ``duration`` s of simulated time pass (`delay()`)."""

    def now(self) -> float:
        """Return simulated time in s."""
        return 0.0

    def finish(self) -> None:
        """Let overlapped operations end: by default there are none."""

    def labour(self, amount: int = 1) -> None:
        """Count what is done for a script; ends it after a device clear and beyond the limit."""
        self._sandbox.labour(amount)

    # --- messages ---

    def _carry_out(self, line: str) -> str | None:
        word = line.strip()
        try:
            if self._scripts.is_loading:
                source = self._scripts.take_line(line)
                return None if source is None else self._run(source)
            if word.startswith("*"):
                return self._common_command(word)
            return None if self._scripts.begin(word) else self._run(line)
        except ScriptError as trouble:
            self.report(_error_of(trouble))
            return trouble.output

    def _run(self, source: str) -> str | None:
        try:
            return self._sandbox.run(source)
        except ScriptError as trouble:
            self.report(_error_of(trouble))
            return trouble.output

    def _common_command(self, word: str) -> str | None:
        found = _COMMON.fullmatch(word)
        name = f"{found[1].upper()}{found[2] or ''}" if found else ""
        if found and name in ("ESE", "SRE"):
            if not (found[3].isdecimal() and int(found[3]) < 256):
                raise ScpiError(-222)
            attribute = "standard_enable" if name == "ESE" else "service_enable"
            setattr(self.status, attribute, int(found[3]))
            return None
        action = self.common_actions().get(name)
        if action is None or found is None:
            raise ScpiError(-113)
        if found[3]:
            raise ScpiError(-108)
        answer = action()
        return None if answer is None else str(answer)

    def common_actions(self) -> dict[str, Callable[[], object]]:
        """Return the common commands without parameters by name, ``*`` left out."""
        status = self.status
        return {
            "IDN?": lambda: self.identity,
            "RST": self.reset,
            "CLS": status.clear,
            "OPC": self.operation_complete,
            "OPC?": self._await_completion,
            "WAI": self.finish,
            "TRG": self.trigger,
            "TST?": lambda: 0,
            "ESE?": lambda: status.standard_enable,
            "ESR?": status.take_standard_event,
            "SRE?": lambda: status.service_enable,
            "STB?": status.status_byte,
        }

    def _await_completion(self) -> int:
        self.finish()
        return 1

    @call("opc")
    def operation_complete(self) -> None:
        """Raise the operation complete event when overlapped operations have ended."""
        self.finish()
        self.status.raise_event(OPERATION_COMPLETE)

    # --- the tree ---

    def _declare_tree(self) -> None:
        for path, value in {**FORMAT_CONSTANTS, **STATUS_CONSTANTS, **self.constants}.items():
            self._sandbox.declare("constant", path, value)
        self._sandbox.declare("invoke", "script:run", "")
        for room in (self._common, BitFunctions(), self.format, self._scripts, self.registers):
            self.declare_methods(room)
        self.registers.declare(self._declare)
        self.declare_methods(self)

    def declare_methods(self, room: object, prefix: str = "") -> None:
        """Put the marked methods of an object into the tree, their paths under ``prefix``."""
        for (kind, path, made), name in places_of(type(room)):
            self._declare(kind, prefix + path, getattr(room, name), made)

    def _declare(self, kind: str, path: str, handler: Callable[..., Any], made: str = "") -> None:
        head, mark, tail = path.partition("[].")
        if not mark:
            self._sandbox.declare(kind, path, Guarded(self, handler), made)
            return
        for index in self.indices[head]:
            guarded = Guarded(self, partial(handler, index))
            self._sandbox.declare(kind, f"{head}.{index}.{tail}", guarded, made)


def _error_of(trouble: ScriptError) -> ScpiError:
    """Return the instrument's error for a script's: number, words, and the line where it was."""
    code, words = _ERRORS[trouble.kind]
    reason = str(trouble)
    found = _WHERE.match(reason)
    if found and found[1] == "tsp":  # our own Lua, whose line numbers mean nothing to a user
        reason = reason[found.end() :]
    elif found:
        words, reason = f"{words} at line {found[2]}", reason[found.end() :]
    return ScpiError(code, f"{words}: {reason}"[:250])
