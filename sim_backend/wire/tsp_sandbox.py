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
WORK: Final = 1_000_000
SOURCE_LIMIT: Final = 2**20

Value = str | int | float | bool | None
Handler = Callable[..., Any]


@cache
def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="ascii")


class ScriptError(Exception):
    """A script did not end well. kind: "syntax", "runtime", "killed" or "memory"."""

    def __init__(self, kind: str, reason: str, output: str | None = None) -> None:
        self.kind = kind
        self.output = output
        super().__init__(reason)


class Sandbox:
    """Runs Lua text; the only things of Python that it can reach are the declared handlers.

    memory: largest sum of all objects of all scripts, in bytes.  budget: virtual machine
    instructions for each run.  seconds: processor time of the script for each run, behind the
    budget.  work: what the instrument may do for each run, in units that `labour` counts.
    """

    def __init__(
        self,
        *,
        memory: int = MEMORY,
        budget: int = BUDGET,
        seconds: float = SECONDS,
        work: int = WORK,
    ) -> None:
        self._limits = (memory, budget, seconds)
        self._stop = threading.Event()
        self._handlers: list[Handler] = [self._stop.is_set]
        self._declarations: list[tuple[str, str, Any, str]] = []
        self._scripts: dict[str, tuple[str, object]] = {}
        self._trouble: BaseException | None = None
        self._number_format = "%.5e"
        #: How long each line is that the last run printed, in bytes.
        self.sizes: list[int] = []
        self._most_work = self._work_left = work
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
        tree = lua.compile(_text("tsp_tree.lua"), name=b"=tsp")
        boot = lua.compile(_text("tsp.lua"), name=b"=tsp")
        parts = boot(self._answer, budget, seconds, tree)
        self._run, self._compile, self._is_taken, self._show, self._declare, form = parts
        self._set_number_format = form
        for declaration in self._declarations:
            self._declare(*declaration)
        for name, (source, script) in self._scripts.items():
            self._compile(source, name)
            self._show(name, script)
        self._set_number_format(self._number_format)

    def declare(self, kind: str, path: str, what: Any, made: str = "") -> None:
        """Put something at a dotted path of the tree, ``CLASS:path`` for all objects of a class.

        kind: handlers "call", "get", "set", "print" (a call whose text is printed), "names" (a call
        that gives an iterator), "index" (a class's ``object[i]``), "make" and "part" (a call and an
        attribute that give a new object of class ``made``); and "constant", "object" (of class
        ``made``), "identity" (what a handler is given for a place), "invoke".
        """
        if kind not in ("constant", "object", "identity", "invoke"):
            self._handlers.append(what)
            what = len(self._handlers) - 1
        self._declarations.append((kind, path, what, made))
        self._declare(kind, path, what, made)

    def number_format(self, text: str) -> None:
        """Set the C format in which ``print`` writes numbers."""
        self._number_format = text
        self._set_number_format(text)

    def run(self, source: str, name: str = "line") -> str | None:
        """Run ``source``; return what it printed. Raises ScriptError."""
        _check_source(source)
        self._stop.clear()
        self._trouble = None
        self._work_left = self._most_work
        try:
            kind, reason, output, sizes = self._run(source, name)
        except LuaMemoryError:
            kind, reason, output, sizes = "memory", "not enough memory", None, ""
        except LuaError as trouble:
            kind, reason, output, sizes = "killed", str(trouble), None, ""
        self.sizes = [int(size) for size in sizes.split(",")] if sizes else []
        if self._trouble is not None:
            raise self._trouble
        if kind is None:
            printed: str | None = output
            return printed
        if reason.endswith("not enough memory"):
            kind = "memory"
            self._boot()  # what filled the memory may be held by a global
        raise ScriptError(kind, reason, output)

    def labour(self, amount: int = 1) -> None:
        """Count what the instrument does for a script; to be called often in long handlers.

        Raises ScriptError, which ends the script, after a stop and beyond the limit.
        """
        if self._stop.is_set():
            raise ScriptError("killed", "aborted by device clear")
        self._work_left -= amount
        if self._work_left < 0:
            raise ScriptError("killed", "too much was asked of the instrument at once")

    def compile(self, source: str, name: str) -> None:
        """Make ``source`` what the script ``name`` runs. Raises ScriptError."""
        _check_source(source)
        try:
            reason = self._compile(source, name)
        except LuaMemoryError as trouble:
            self._boot()
            raise ScriptError("memory", "not enough memory") from trouble
        if reason is not None:
            raise ScriptError("syntax", reason)

    def is_taken(self, name: str) -> bool:
        """Say whether a global name belongs to the language or the instrument."""
        return bool(self._is_taken(name))

    def show(self, name: str, source: str, script: object) -> None:
        """Make an object of class "script" a global."""
        self._scripts[name] = source, script
        self._show(name, script)

    def hide(self, name: str) -> None:
        """Take a script's global away."""
        if self._scripts.pop(name, None) is not None:
            self._show(name, None)

    def forget(self) -> None:
        """Forget every global that scripts made, and every script, as a power cycle does."""
        self._scripts.clear()
        self._boot()

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
