"""The TSP dialect: program messages are Lua chunks, run by an embedded and sandboxed Lua 5.1.

A simulated instrument subclasses TspInstrument and declares its tree with three decorators::

    @call("channel.open")
    def open_channels(self, channels: str) -> None: ...
    @getter("slot[].idn")
    def card(self, slot: int) -> str: ...
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, ClassVar, Final, TypeVar

from .errors import ErrorQueue, ScpiError
from .status import OPERATION_COMPLETE, StatusModel, event_bit
from .tsp_sandbox import Sandbox, ScriptError, Value

F = TypeVar("F", bound=Callable[..., Any])

_LOAD: Final = re.compile(r"(loadscript|loadandrunscript)(?:\s+([A-Za-z_]\w*))?\s*")
_WHERE: Final = re.compile(r"(\w+):(\d+): ")
_COMMON: Final = re.compile(r"\*([A-Za-z]{3})(\?)?\s*(.*)")
_SCRIPT_LINES: Final = 20_000
_ERRORS: Final = {
    "syntax": (-285, "TSP Syntax error"),
    "runtime": (-286, "TSP Runtime error"),
    "killed": (-286, "TSP Runtime error: script aborted"),
    "memory": (-225, "Out of memory or TSP memory allocation error"),
}


def call(path: str) -> Callable[[F], F]:
    """Declare a method as the function at ``path``; a node with [] passes its index first."""
    return _declared("call", path)


def getter(path: str) -> Callable[[F], F]:
    """Declare a method as what reading the attribute at ``path`` returns."""
    return _declared("get", path)


def setter(path: str) -> Callable[[F], F]:
    """Declare a method as what assigning to the attribute at ``path`` calls."""
    return _declared("set", path)


def _declared(kind: str, path: str) -> Callable[[F], F]:
    def mark(method: F) -> F:
        places: list[tuple[str, str]] = getattr(method, "tsp_places", [])
        method.tsp_places = [*places, (kind, path)]  # type: ignore[attr-defined]
        return method

    return mark


def text(value: object) -> str:
    """Return a Lua value where a string is wanted; numbers become text. Raises ScpiError."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ScpiError(-104)
    return value if isinstance(value, str) else f"{value:.14g}"


def number(value: object, low: float, high: float) -> float:
    """Return a Lua value where a number is wanted, within limits. Raises ScpiError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ScpiError(-104)
    if not low <= value <= high:
        raise ScpiError(-222)
    return float(value)


class TspInstrument:
    """A Dialect in which every program message is a script.

    indices: node name -> its indices, for paths such as ``slot[].idn``.
    constants: path -> value.
    """

    accepts_blocks = False
    queues_replies = True
    identity: str = "LABCIM,MODEL TSP,0,0"
    model: str = "TSP"
    serial: str = "0"
    revision: str = "1.0"
    indices: ClassVar[Mapping[str, Iterable[int]]] = {}
    constants: ClassVar[Mapping[str, Value]] = {}

    def __init__(self, sandbox: Sandbox | None = None) -> None:
        self.errors = ErrorQueue(depth=100)
        self.status = StatusModel(self.errors)
        self._sandbox = sandbox or Sandbox()
        self._loading: list[str] | None = None
        self._loading_name = ""
        self._runs_at_end = False
        self._precision = 6
        self._declare_tree()

    def execute(self, message: bytes) -> bytes | None:
        """Carry out one program message; return what it printed, lines joined by newlines."""
        line = message.decode("latin-1")
        try:
            output = self._carry_out(line)
        except ScpiError as error:
            self.report(error)
            return None
        return None if output is None else output.encode("latin-1")

    def device_clear(self) -> None:
        """Forget a script that is being loaded, and end one that runs."""
        self._loading = None
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
        self.set_precision(6)

    def wait(self, duration: float) -> None:
        """Let ``duration`` s of simulated time pass (`delay()`)."""

    # --- messages ---

    def _carry_out(self, line: str) -> str | None:
        word = line.strip()
        if self._loading is not None:
            return self._load_line(line, word)
        if word.startswith("*"):
            return self._common(word)
        found = _LOAD.fullmatch(word)
        if found is None:
            return self._run(line)
        self._runs_at_end = found[1] == "loadandrunscript"
        self._loading, self._loading_name = [], found[2] or "anonymous"
        return None

    def _load_line(self, line: str, word: str) -> str | None:
        assert self._loading is not None
        if word != "endscript":
            if len(self._loading) >= _SCRIPT_LINES:
                self._loading = None
                raise ScpiError(-225)
            self._loading.append(line)
            return None
        source, self._loading = "\n".join(self._loading), None
        try:
            self._sandbox.store(source, self._loading_name)
        except ScriptError as trouble:
            raise _error_of(trouble) from trouble
        return self._run(source) if self._runs_at_end else None

    def _run(self, source: str) -> str | None:
        try:
            return self._sandbox.run(source)
        except ScriptError as trouble:
            self.report(_error_of(trouble))
            return trouble.output

    def _common(self, word: str) -> str | None:
        found = _COMMON.fullmatch(word)
        name = f"{found[1].upper()}{found[2] or ''}" if found else ""
        if found and name in ("ESE", "SRE"):
            if not (found[3].isdecimal() and int(found[3]) < 256):
                raise ScpiError(-222)
            attribute = "standard_enable" if name == "ESE" else "service_enable"
            setattr(self.status, attribute, int(found[3]))
            return None
        action = self._common_actions().get(name)
        if action is None or found is None:
            raise ScpiError(-113)
        if found[3]:
            raise ScpiError(-108)
        answer = action()
        return None if answer is None else str(answer)

    def _common_actions(self) -> dict[str, Callable[[], object]]:
        status = self.status
        return {
            "IDN?": lambda: self.identity,
            "RST": self.reset,
            "CLS": status.clear,
            "OPC": lambda: status.raise_event(OPERATION_COMPLETE),
            "OPC?": lambda: 1,
            "WAI": lambda: None,
            "TRG": self.trigger,
            "TST?": lambda: 0,
            "ESE?": lambda: status.standard_enable,
            "ESR?": status.take_standard_event,
            "SRE?": lambda: status.service_enable,
            "STB?": status.status_byte,
        }

    # --- the tree ---

    def _declare_tree(self) -> None:
        for path, value in self.constants.items():
            self._sandbox.declare("constant", path, value)
        for kind, path, name in _places(type(self)):
            self._declare(kind, path, getattr(self, name))

    def _declare(self, kind: str, path: str, handler: Callable[..., Any]) -> None:
        head, mark, tail = path.partition("[].")
        if not mark:
            self._sandbox.declare(kind, path, _Guarded(self, handler))
            return
        for index in self.indices[head]:
            guarded = _Guarded(self, partial(handler, index))
            self._sandbox.declare(kind, f"{head}.{index}.{tail}", guarded)

    @getter("errorqueue.count")
    def _error_count(self) -> int:
        return len(self.errors)

    @call("errorqueue.next")
    def _next_error(self) -> tuple[int, str, int, int]:
        code, words = self.errors.pop()
        return (code, words, 20, 1) if code else (0, "Queue Is Empty", 0, 0)

    @call("errorqueue.clear")
    def _clear_errors(self) -> None:
        self.errors.clear()

    @call("delay")
    def _delay(self, duration: object) -> None:
        self.wait(number(duration, 0.0, 1e5))

    @call("waitcomplete")
    def _wait_complete(self, _group: object = None) -> None:
        """Nothing overlaps here, so there is nothing to wait for."""

    @call("opc")
    def _operation_complete(self) -> None:
        self.status.raise_event(OPERATION_COMPLETE)

    @getter("localnode.model")
    def _model(self) -> str:
        return self.model

    @getter("localnode.serialno")
    def _serial(self) -> str:
        return self.serial

    @getter("localnode.revision")
    def _revision(self) -> str:
        return self.revision

    @getter("localnode.linefreq")
    def _line_frequency(self) -> int:
        return 50

    @getter("format.asciiprecision")
    def _ascii_precision(self) -> int:
        return self._precision

    @setter("format.asciiprecision")
    def set_precision(self, digits: object) -> None:
        """Set how many significant digits ``print`` writes, 1 to 16."""
        self._precision = int(number(digits, 1, 16))
        self._sandbox.number_format(f"%.{self._precision - 1}e")

    @getter("status.condition")
    def _status_byte(self) -> int:
        return self.status.status_byte()

    @getter("status.standard.event")
    def _standard_event(self) -> int:
        return self.status.take_standard_event()

    @getter("status.standard.enable")
    def _standard_enable(self) -> int:
        return self.status.standard_enable

    @setter("status.standard.enable")
    def _set_standard_enable(self, mask: object) -> None:
        self.status.standard_enable = int(number(mask, 0, 255))

    @getter("status.request_enable")
    def _request_enable(self) -> int:
        return self.status.service_enable

    @setter("status.request_enable")
    def _set_request_enable(self, mask: object) -> None:
        self.status.service_enable = int(number(mask, 0, 255))

    @call("status.reset")
    def _reset_status(self) -> None:
        self.status.clear()
        self.status.preset()


class _Guarded:
    """A handler that queues its errors as the instrument does, and lets the script go on."""

    def __init__(self, instrument: TspInstrument, handler: Callable[..., Any]) -> None:
        self._instrument = instrument
        self._handler = handler
        parameters = inspect.signature(handler).parameters.values()
        self._most = len(parameters)
        self._least = sum(item.default is item.empty for item in parameters)

    def __call__(self, *arguments: object) -> Any:
        try:
            if len(arguments) < self._least:
                raise ScpiError(-109)
            if len(arguments) > self._most:
                raise ScpiError(-108)
            return self._handler(*arguments)
        except ScpiError as error:
            self._instrument.report(error)
            return None


def _places(kind_of_instrument: type) -> list[tuple[str, str, str]]:
    """Return (kind, path, method name) of all declarations; an override needs no mark again."""
    return [
        (kind, path, name)
        for base in reversed(kind_of_instrument.__mro__)
        for name, method in vars(base).items()
        for kind, path in getattr(method, "tsp_places", ())
    ]


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
