"""What a recording may bring into a test file: calls of a driver, with values and nothing else.

A recording comes from anywhere, and a test runs what is in it. So nothing of one is written down
before it was read as Python and found to be what `labcim.python_text` makes: constants, tuples,
lists, dictionaries, arrays, and data classes and enumerations that are known here.
"""

import ast
import builtins
import importlib
import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from enum import Enum
from typing import Final, Never

import numpy as np

from labcim import errors
from labcim.errors import LabcimError, RecipeError
from labcim.instrument import Instrument
from labcim.parameter import parameters_of
from labcim.plugins import driver

_BY_NUMPY: Final = ("nan", "inf")
_NUMBER: Final = (int, float)


class RecordedWords:
    """Checks words of a recording of one driver; each method raises RecipeError for the others.

    driver: its registered name.  names: what its values are made with -> module to import it from.
    """

    def __init__(self, driver_name: str) -> None:
        self.driver = driver_name
        self._kind: type[Instrument] = driver(driver_name)
        self.names: dict[str, str] = {}

    def take(self, names: object) -> None:
        """Accept names of classes of values, and numpy by its usual short name."""
        if not isinstance(names, Mapping):
            _refuse(names)
        for name, module in names.items():
            if (name, module) != ("np", "numpy") and not self._is_value_class(name, module):
                _refuse(f"{name} of {module}")
            self.names[name] = module

    def value(self, text: object) -> str:
        """Return text that is a value, as Python writes it."""
        match _parsed(text):
            case [ast.Expr(value)]:
                self._check(value)
                return ast.unparse(value)
            case _:
                _refuse(text)

    def call(self, text: str) -> str:
        """Return text such as ``.reset()``, ``.level`` or ``.level = 1.0``, before it ``tool``."""
        body = _parsed(f"tool{text}")
        match body:
            case [ast.Expr(ast.Call(ast.Attribute(ast.Name("tool"), name), places, words))]:
                self._check_arguments(places, words)
                known = self._is_method(name)
            case [ast.Expr(ast.Attribute(ast.Name("tool"), name))]:
                known = name in parameters_of(self._kind)
            case [ast.Assign([ast.Attribute(ast.Name("tool"), name)], value)]:
                self._check(value)
                known = name in parameters_of(self._kind)
            case _:
                known = False
        return ast.unparse(body[0]) if known else _refuse(text)

    def error(self, text: str) -> str:
        """Return the name of one of labcim's errors, or of Python's."""
        found = getattr(builtins, text, None)
        if inspect.isclass(found) and issubclass(found, Exception):
            return text
        found = getattr(errors, text, None)
        if not (inspect.isclass(found) and issubclass(found, LabcimError)):
            _refuse(text)
        self.names[text] = "labcim.errors"
        return text

    def _is_method(self, name: str) -> bool:
        return not name.startswith("_") and inspect.isfunction(
            inspect.getattr_static(self._kind, name, None)
        )

    def _is_value_class(self, name: object, module: object) -> bool:
        if not (isinstance(name, str) and isinstance(module, str) and name.isidentifier()):
            return False
        own = module.startswith("labcim.") and "__" not in module
        try:
            found = getattr(
                importlib.import_module(module) if own else sys.modules.get(module), name, None
            )
        except ImportError:
            return False
        return (
            inspect.isclass(found)
            and found.__module__ == module
            and (is_dataclass(found) or issubclass(found, Enum))
        )

    def _check(self, node: ast.expr) -> None:
        """Refuse whatever `labcim.python_text` would not have written."""
        match node:
            case ast.Constant():
                pass
            case ast.UnaryOp(ast.USub(), ast.Constant(number)) if type(number) in _NUMBER:
                pass
            case ast.UnaryOp(ast.USub(), ast.Attribute() as number):
                self._check(number)
            case ast.Tuple(items) | ast.List(items):
                for item in items:
                    self._check(item)
            case ast.Dict(keys, items):
                for entry in [*keys, *items]:
                    self._check(entry or _refuse(ast.unparse(node)))
            case ast.Attribute(ast.Name("np"), name) if "np" in self.names and name in _BY_NUMPY:
                pass
            case ast.Call(function, places, words) if self._makes_value(function, places):
                self._check_arguments(places, words)
            case _:
                _refuse(ast.unparse(node))

    def _makes_value(self, function: ast.expr, places: Sequence[ast.expr]) -> bool:
        """Whether a call makes a value: one of a taken class, an array, or float("nan")."""
        match function:
            case ast.Name("float"):
                return len(places) == 1 and isinstance(places[0], ast.Constant)
            case ast.Name(name):
                return name in self.names and name != "np"
            case ast.Attribute(ast.Name("np"), "array"):
                return "np" in self.names and len(places) == 2 and _is_number_type(places[1])
            case _:
                return False

    def _check_arguments(self, places: Sequence[ast.expr], words: Sequence[ast.keyword]) -> None:
        if any(word.arg is None for word in words):
            _refuse("**")
        for item in [*places, *(word.value for word in words)]:
            self._check(item)


def _is_number_type(node: ast.expr) -> bool:
    try:
        return isinstance(node, ast.Constant) and np.dtype(str(node.value)).kind in "biuf"
    except TypeError:
        return False


def _parsed(text: object) -> list[ast.stmt]:
    """Return text as Python's own statements."""
    try:
        return ast.parse(text).body if isinstance(text, str) else _refuse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        _refuse(text)


def _refuse(what: object) -> Never:
    raise RecipeError(f"{str(what)[:80]!r} is nothing that a recording of a driver could say")
