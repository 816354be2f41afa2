"""Decorators that declare commands on an instrument's methods, and the table made of them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from .errors import ScpiError
from .header import HeaderPattern
from .parameters import Parameter
from .program import Token

Handler = TypeVar("Handler", bound=Callable[..., object])

_MARK: Final = "__scpi_declarations__"
_CACHE_SIZE: Final = 4096


@dataclass(frozen=True, slots=True)
class Declaration:
    """What one decorator says about the method under it."""

    header: HeaderPattern
    parameters: tuple[Parameter, ...]
    required: int
    is_query: bool
    indefinite: bool

    def arguments(self, tokens: list[Token]) -> tuple[object, ...]:
        """Convert parameters as sent; raises ScpiError (-108, -109 or the parameter's own)."""
        if len(tokens) < self.required:
            raise ScpiError(-109)
        converted: list[object] = []
        for index, parameter in enumerate(self.parameters):
            if index >= len(tokens):
                return tuple(converted)
            if parameter.takes_rest:
                converted.append(parameter.convert_all(tokens[index:]))
                return tuple(converted)
            if tokens[index] == "":
                raise ScpiError(-109)
            converted.append(parameter.convert(tokens[index]))
        if len(tokens) > len(self.parameters):
            raise ScpiError(-108)
        return tuple(converted)


@dataclass(frozen=True, slots=True)
class Call:
    """A method and the arguments that a unit of a message gives it."""

    function: Callable[..., object]
    arguments: tuple[object, ...]
    is_query: bool
    indefinite: bool


def _declare(declaration: Declaration) -> Callable[[Handler], Handler]:
    def mark(function: Handler) -> Handler:
        earlier = getattr(function, _MARK, ())
        vars(function)[_MARK] = (declaration, *earlier)
        return function

    return mark


def command(
    pattern: str, *parameters: Parameter, optional: int = 0
) -> Callable[[Handler], Handler]:
    """Declare that a method carries out a command.

    pattern: header in manual notation (see `header`); its captures come first in the arguments.
    parameters: how each parameter is converted; the last `optional` of them may be left out.
    """
    required = len(parameters) - optional
    return _declare(Declaration(HeaderPattern(pattern), parameters, required, False, False))


def query(
    pattern: str, *parameters: Parameter, optional: int = 0, indefinite: bool = False
) -> Callable[[Handler], Handler]:
    """Declare that a method answers a query; the pattern is written without `?`.

    indefinite: the response may hold any character, so that no query may follow it in its message.
    """
    required = len(parameters) - optional
    return _declare(Declaration(HeaderPattern(pattern), parameters, required, True, indefinite))


class CommandTable:
    """All commands of a class of instruments, its own before those that it inherits."""

    def __init__(self, owner: type) -> None:
        self._entries: list[tuple[Declaration, Callable[..., object]]] = []
        self._found: dict[tuple[str, str], tuple[Declaration, Callable[..., object], _Args]] = {}
        seen: set[str] = set()
        for base in owner.__mro__:
            for name in vars(base):
                if name not in seen:
                    seen.add(name)
                    self._add(getattr(owner, name), self._inherited(owner, name))

    @staticmethod
    def _inherited(owner: type, name: str) -> tuple[Declaration, ...]:
        """Return the declarations of a method: an override keeps those that it does not repeat."""
        for base in owner.__mro__:
            marked: tuple[Declaration, ...] = getattr(vars(base).get(name), _MARK, ())
            if marked:
                return marked
        return ()

    def _add(self, function: Callable[..., object], marked: tuple[Declaration, ...]) -> None:
        self._entries.extend((declaration, function) for declaration in marked)

    @property
    def patterns(self) -> list[str]:
        """Every declared header, queries with `?`, in the order in which they are tried."""
        return [d.header.pattern + "?" * d.is_query for d, _ in self._entries]

    def find(self, path: str, header: str) -> tuple[Declaration, Callable[..., object], "_Args"]:
        """Return the command that a header means at a place in the tree.

        path: where the unit before has left off, e.g. ":SOUR:VOLT".  header: upper case, as sent.
        Raises ScpiError -113 (no such header) or -114 (numeric suffix out of range).
        """
        key = (path, header)
        found = self._found.get(key)
        if found is None:
            found = self._search(complete(path, header))
            if len(self._found) >= _CACHE_SIZE:
                self._found.clear()
            self._found[key] = found
        return found

    def _search(self, full: str) -> tuple[Declaration, Callable[..., object], "_Args"]:
        is_query = full.endswith("?")
        bare = full[:-1] if is_query else full
        out_of_range = False
        for declaration, function in self._entries:
            if declaration.is_query is not is_query:
                continue
            try:
                captures = declaration.header.match(bare)
            except ScpiError:
                out_of_range = True
                continue
            if captures is not None:
                return declaration, function, captures
        if not out_of_range and re.search(r"\d", bare):
            out_of_range = any(
                declaration.header.matches_without_suffixes(bare)
                for declaration, _ in self._entries
                if declaration.is_query is is_query
            )
        raise ScpiError(-114 if out_of_range else -113)


_Args = tuple[int | str, ...]


def complete(path: str, header: str) -> str:
    """Return the full header: from the root for `:` and `*`, from the path for others."""
    if header.startswith((":*", "*")):
        return header.lstrip(":")
    return header if header.startswith(":") else f"{path}:{header}"


def path_after(path: str, header: str) -> str:
    """Return the path that a unit leaves for the next one; a common command leaves it alone."""
    if "*" in header:
        return path
    full = complete(path, header)
    return full[: full.rindex(":")]
