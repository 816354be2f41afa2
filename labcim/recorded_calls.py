"""A driver that notes what was asked of it, as Python, beside what it then says on the line.

So that a recording can be made into a test: the same calls must say the same bytes.
"""

import inspect
import threading
from collections.abc import Callable, Mapping
from functools import cache, partial, wraps
from typing import Any, Final, TypeVar

from .errors import LabcimError
from .instrument import Instrument
from .limits import TerminalLimits
from .parameter import Parameter, parameters_of
from .plugins import driver
from .python_text import Source, call_source, source_of
from .recording_transport import RecordingTransport
from .traffic import TrafficFile
from .transport import Transport

Result = TypeVar("Result")

#: What says nothing on the line, or tells only what is known already.
_SILENT: Final = frozenset({"close", "fits", "terminal_limits"})


class CallNotes:
    """Notes calls of one driver in a file; those that it makes of itself are its own affair."""

    def __init__(self, file: TrafficFile, address: str) -> None:
        self._file = file
        self._address = address
        self._inside = threading.local()

    def noted(self, call: Source | None, name: str, work: Callable[[], Result]) -> Result:
        """Do some work; note the call that it is before it, and what it gave after it."""
        if getattr(self._inside, "busy", False):
            return work()
        self._inside.busy = True
        told = {"names": dict(call.names)} if call else {"opaque": True}
        self._file.note(self._address, "call", call.text if call else name, **told)
        try:
            result = work()
        except Exception as trouble:  # a mistake in a script ends the call as an error does
            self._file.note(self._address, "raised", _known_name(trouble))
            raise
        else:
            self._note_result(result)
            return result
        finally:
            self._inside.busy = False

    def _note_result(self, result: object) -> None:
        """Note a result that is plain: text with names to import may compare array by array."""
        text = source_of(result)
        if result is not None and text is not None and not text.names:
            self._file.note(self._address, "returned", text.text)


def recorded_driver(
    file: TrafficFile,
    role: str,
    name: str,
    line: Transport,
    limits: Mapping[str, TerminalLimits],
    *,
    latch: threading.Event | None = None,
) -> Instrument:
    """Return the driver called ``name`` on a line, with calls and conversation kept on file."""
    told = source_of(dict(limits))
    file.note(
        line.address, "open", role, driver=name,
        limits=told.text if told else "{}", names=dict(told.names) if told else {},
    )  # fmt: skip
    tool = noting_calls(driver(name))(RecordingTransport(line, file), limits, latch=latch)
    tool.notes = CallNotes(file, line.address)  # type: ignore[attr-defined]
    return tool


def _known_name(trouble: Exception) -> str:
    """Return the name of an error of labcim or of Python: what it is, or what it is a kind of."""
    known = (LabcimError.__module__, "builtins")
    return next(kind.__name__ for kind in type(trouble).__mro__ if kind.__module__ in known)


@cache
def noting_calls(kind: type[Instrument]) -> type[Instrument]:
    """Return a driver class that does as ``kind`` does; with its ``notes`` set it notes calls."""
    changed: dict[str, Any] = {"notes": None}
    for name, item in inspect.getmembers_static(kind, inspect.isfunction):
        if not name.startswith("_") and name not in _SILENT:
            changed[name] = _method(item)
    for name, parameter in parameters_of(kind).items():
        changed[name] = _NotedParameter(parameter)
    return type(kind.__name__, (kind,), changed)


def _method(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def noting(self: Any, *places: object, **words: object) -> Any:
        work = partial(method, self, *places, **words)
        if self.notes is None:
            return work()
        name = f".{method.__name__}"
        return self.notes.noted(call_source(name, places, words), name, work)

    return noting


class _NotedParameter(Parameter[Any]):
    """A parameter of the driver, whose reading and setting are calls."""

    def __init__(self, parameter: Parameter[Any]) -> None:
        vars(self).update(vars(parameter))

    def __get__(self, instrument: Any, owner: type) -> Any:
        work = partial(super().__get__, instrument, owner)
        if instrument is None or instrument.notes is None:
            return work()
        return instrument.notes.noted(Source(f".{self.name}"), self.name, work)

    def __set__(self, instrument: Any, value: Any) -> None:
        work = partial(super().__set__, instrument, value)
        if instrument.notes is None:
            return work()
        text = source_of(value)
        call = text and Source(f".{self.name} = {text.text}", text.names)
        instrument.notes.noted(call, self.name, work)
