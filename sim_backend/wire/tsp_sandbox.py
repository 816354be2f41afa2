"""An embedded Lua 5.1 that runs scripts from outside and lets nothing out (see tsp.lua)."""

import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

from lupa.lua51 import LuaError, LuaMemoryError, LuaRuntime

MEMORY: Final = 32 * 2**20
BUDGET: Final = 5_000_000
SECONDS: Final = 1.0
SOURCE_LIMIT: Final = 2**20

Value = str | int | float | bool | None
Handler = Callable[..., Value | tuple[Value, ...]]


@cache
def _boot_text() -> str:
    return Path(__file__).with_name("tsp.lua").read_text(encoding="ascii")


class ScriptError(Exception):
    """A script did not end well. kind: "syntax", "runtime", "killed" or "memory"."""

    def __init__(self, kind: str, reason: str, output: str | None = None) -> None:
        self.kind = kind
        self.output = output
        super().__init__(reason)


class Sandbox:
    """Runs Lua text; the only things of Python that it can reach are the declared handlers.

    memory: largest sum of all objects of all scripts, in bytes.  budget: virtual machine
    instructions for each run.  seconds: processor time for each run, behind the budget.
    """

    def __init__(
        self, *, memory: int = MEMORY, budget: int = BUDGET, seconds: float = SECONDS
    ) -> None:
        self._limits = (memory, budget, seconds)
        self._stop = threading.Event()
        self._handlers: list[Handler] = [self._stop.is_set]
        self._declarations: list[tuple[str, str, Value]] = []
        self._trouble: BaseException | None = None
        self._number_format = "%.5e"
        self._boot()

    def _boot(self) -> None:
        memory, budget, seconds = self._limits
        lua = LuaRuntime(
            encoding="latin-1",
            register_eval=False,
            register_builtins=False,
            unpack_returned_tuples=True,
            attribute_filter=_refuse_attribute,
            max_memory=memory,
        )
        self._lua = lua
        parts = lua.compile(_boot_text(), name=b"=tsp")(self._answer, budget, seconds)
        self._run, self._store, self._declare, self._set_number_format = parts
        for declaration in self._declarations:
            self._declare(*declaration)
        self._set_number_format(self._number_format)

    def declare(self, kind: str, path: str, what: Handler | Value) -> None:
        """Put a "call", "get", "set" (handlers) or "constant" at a dotted path of the tree."""
        if callable(what):
            self._handlers.append(what)
            what = len(self._handlers) - 1
        self._declarations.append((kind, path, what))
        self._declare(kind, path, what)

    def number_format(self, text: str) -> None:
        """Set the C format in which ``print`` writes numbers."""
        self._number_format = text
        self._set_number_format(text)

    def run(self, source: str, name: str = "line") -> str | None:
        """Run ``source``; return what it printed. Raises ScriptError."""
        _check_source(source)
        self._stop.clear()
        self._trouble = None
        try:
            kind, reason, output = self._run(source, name)
        except LuaMemoryError:
            kind, reason, output = "memory", "not enough memory", None
        except LuaError as trouble:
            kind, reason, output = "killed", str(trouble), None
        if self._trouble is not None:
            raise self._trouble
        if kind is None:
            printed: str | None = output
            return printed
        if reason.endswith("not enough memory"):
            kind = "memory"
            self._boot()  # what filled the memory may be held by a global
        raise ScriptError(kind, reason, output)

    def store(self, source: str, name: str) -> None:
        """Keep ``source`` as the script ``name``. Raises ScriptError."""
        _check_source(source)
        try:
            reason = self._store(source, name)
        except LuaMemoryError as trouble:
            self._boot()
            raise ScriptError("memory", "not enough memory") from trouble
        if reason is not None:
            raise ScriptError("syntax", reason)

    def stop(self) -> None:
        """End the script that runs now, from any thread; does nothing when none runs."""
        self._stop.set()

    def _answer(self, number: int, *arguments: Any) -> Any:
        """Call one handler for a script, which never gets to see a Python exception."""
        if number == 0:
            return self._stop.is_set()
        try:
            result = self._handlers[number](*arguments)
        except BaseException as trouble:  # raised again by run(), out of the script's reach
            self._trouble = trouble
            return (False,)
        return (True, *result) if isinstance(result, tuple) else (True, result)


def _check_source(source: str) -> None:
    # Compiled chunks start with ESC; Lua 5.1 does not verify them, so they could do anything.
    if source.startswith("\x1b"):
        raise ScriptError("syntax", "binary chunk refused")
    if len(source) > SOURCE_LIMIT:
        raise ScriptError("memory", f"script longer than {SOURCE_LIMIT} characters")


def _refuse_attribute(_object: object, name: object, _is_setting: bool) -> str:
    raise AttributeError(f"no attribute {name!r}")
