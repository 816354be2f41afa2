"""How a simulated instrument declares its TSP tree: decorators, arguments, and what guards a call.

A path may be that of a whole class of objects, ``reading_buffer:clear``: the handler is then given
the object first. A method of a part of an instrument is declared under the part's own prefix.
"""

import inspect
import math
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeVar

from .errors import ScpiError

F = TypeVar("F", bound=Callable[..., Any])

Place = tuple[str, str, str]
"""Kind, path, class of what is made."""


def call(path: str) -> Callable[[F], F]:
    """Declare a method as the function at ``path``; a node with [] passes its index first."""
    return _declared("call", path)


def getter(path: str) -> Callable[[F], F]:
    """Declare a method as what reading the attribute at ``path`` returns."""
    return _declared("get", path)


def setter(path: str) -> Callable[[F], F]:
    """Declare a method as what assigning to the attribute at ``path`` calls."""
    return _declared("set", path)


def printer(path: str) -> Callable[[F], F]:
    """Declare a method as a function that prints the text which the method returns."""
    return _declared("print", path)


def maker(path: str, made: str) -> Callable[[F], F]:
    """Declare a method as a function that gives scripts a new object of class ``made``."""
    return _declared("make", path, made)


def part(path: str, made: str) -> Callable[[F], F]:
    """Declare a method as an attribute that is an object of class ``made``."""
    return _declared("part", path, made)


def names(path: str) -> Callable[[F], F]:
    """Declare a method as a function that gives an iterator over the names it returns."""
    return _declared("names", path)


def indexed(of_class: str) -> Callable[[F], F]:
    """Declare a method as what ``object[number]`` reads."""
    return _declared("index", f"{of_class}:index")


def _declared(kind: str, path: str, made: str = "") -> Callable[[F], F]:
    def mark(method: F) -> F:
        places: list[Place] = getattr(method, "tsp_places", [])
        method.tsp_places = [*places, (kind, path, made)]  # type: ignore[attr-defined]
        return method

    return mark


def places_of(kind_of_instrument: type) -> list[tuple[Place, str]]:
    """Return (place, method name) of all declarations; an override needs no mark again."""
    return [
        (place, name)
        for base in reversed(kind_of_instrument.__mro__)
        for name, method in vars(base).items()
        for place in getattr(method, "tsp_places", ())
    ]


def text(value: object) -> str:
    """Return a Lua value where a string is wanted; numbers become text. Raises ScpiError."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ScpiError(-104)
    return value if isinstance(value, str) else f"{value:.14g}"


def number(value: object, low: float = -math.inf, high: float = math.inf) -> float:
    """Return a Lua value where a number is wanted, within limits. Raises ScpiError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ScpiError(-104)
    if not low <= value <= high:
        raise ScpiError(-222)
    return float(value)


def listed(value: object) -> list[float]:
    """Return a Lua table of numbers as a list. Raises ScpiError."""
    try:
        items = [value[i] for i in range(1, len(value) + 1)]  # type: ignore[index,arg-type]
    except (TypeError, KeyError) as trouble:
        raise ScpiError(-104) from trouble
    return [number(item) for item in items]


class Reporting(Protocol):
    """Whoever keeps the error queue."""

    def report(self, error: ScpiError) -> None:
        """Queue an error."""


class Guarded:
    """A handler that queues its errors as the instrument does, and lets the script go on."""

    def __init__(self, instrument: Reporting, handler: Callable[..., Any]) -> None:
        self._instrument = instrument
        self._handler = handler
        self._least, self._most = _arity(handler)

    def __call__(self, *arguments: object) -> Any:
        """Call the handler; nil where it refuses."""
        try:
            if len(arguments) < self._least:
                raise ScpiError(-109)
            if len(arguments) > self._most:
                raise ScpiError(-108)
            return self._handler(*arguments)
        except ScpiError as error:
            self._instrument.report(error)
            return None


def _arity(handler: Callable[..., Any]) -> tuple[int, float]:
    """Return the least and the largest number of arguments that a handler takes."""
    given = 0
    while isinstance(handler, partial):
        given += len(handler.args)
        handler = handler.func
    given += inspect.ismethod(handler)
    least, most = _counted(getattr(handler, "__func__", handler))
    return max(least - given, 0), most - given


def _counted(function: Callable[..., Any]) -> tuple[int, float]:
    code = getattr(function, "__code__", None)
    if code is None:
        parameters = inspect.signature(function).parameters.values()
        return sum(item.default is item.empty for item in parameters), len(parameters)
    least = code.co_argcount - len(getattr(function, "__defaults__", None) or ())
    return least, math.inf if code.co_flags & inspect.CO_VARARGS else code.co_argcount
