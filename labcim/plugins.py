"""Finds drivers and protocols: by folder, by entry point, or in a user's own folder.

A name in a TOML file is a registered name, never a path.
"""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from .errors import RecipeError
from .instrument import Instrument
from .protocol import ProtocolSpec

_extra_protocols: dict[str, ProtocolSpec] = {}


@cache
def _modules(package: str) -> dict[str, str]:
    """Return file name -> module name for every public module below an installed package."""
    root = importlib.util.find_spec(package)
    found: dict[str, str] = {}
    for folder in (root.submodule_search_locations or []) if root else []:
        for path in sorted(Path(folder).rglob("*.py")):
            inner = path.relative_to(folder).with_suffix("").parts
            if not any(part.startswith("_") for part in inner):
                found[inner[-1]] = ".".join((package, *inner))
    return found


def _named(group: str, name: str, package: str, what: str) -> object:
    """Import the module called ``name`` in a package, or load the entry point of that name."""
    if name in _modules(package):
        return importlib.import_module(_modules(package)[name])
    for point in entry_points(group=group, name=name):
        loaded: object = point.load()
        return loaded
    raise RecipeError(
        f"{what} {name!r} is not known; known are {', '.join(_names(group, package))}"
    )


def _names(group: str, package: str) -> list[str]:
    return sorted({*_modules(package), *(point.name for point in entry_points(group=group))})


def driver_names() -> list[str]:
    """Return the names that a bench file may use as ``driver``."""
    return _names("labcim.instruments", "labcim.instruments")


def driver(name: str) -> type[Instrument]:
    """Return the driver class of that name. Raises RecipeError that lists the known ones."""
    found = _named("labcim.instruments", name, "labcim.instruments", "driver")
    if isinstance(found, ModuleType):
        found = _only(
            found,
            name,
            lambda item: inspect.isclass(item) and issubclass(item, Instrument),
        )
    if not (inspect.isclass(found) and issubclass(found, Instrument)):
        raise RecipeError(f"driver {name!r} is not an Instrument class")
    return found


def protocol_names() -> list[str]:
    """Return the names that a recipe may use as ``protocol``."""
    return sorted({*_names("labcim.protocols", "labcim.protocols"), *_extra_protocols})


def protocol(name: str) -> ProtocolSpec:
    """Return the protocol of that name. Raises RecipeError that lists the known ones."""
    if name in _extra_protocols:
        return _extra_protocols[name]
    found = _named("labcim.protocols", name, "labcim.protocols", "protocol")
    if isinstance(found, ModuleType):
        found = _only(
            found, name, lambda item: isinstance(item, ProtocolSpec) and item.name == name
        )
    if not isinstance(found, ProtocolSpec):
        raise RecipeError(f"protocol {name!r} is not declared with @protocol")
    return found


def add_plugins(folder: Path) -> list[str]:
    """Take the protocols of a user's folder; returns their names. Only called when asked for."""
    names = []
    for path in sorted(folder.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"labcim_plugin_{path.stem}", path)
        if spec is None or spec.loader is None:
            continue
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        for item in vars(module).values():
            if isinstance(item, ProtocolSpec):
                _extra_protocols[item.name] = item
                names.append(item.name)
    if not names:
        raise RecipeError(f"plugins folder {folder}: holds no protocol")
    return names


def _only(module: ModuleType, name: str, wanted: Callable[[object], bool]) -> object:
    """Return the one wanted thing that a module defines itself."""
    found = [
        item
        for item in vars(module).values()
        if wanted(item)
        and (isinstance(item, ProtocolSpec) or getattr(item, "__module__", "") == module.__name__)
    ]
    if len(found) != 1:
        raise RecipeError(f"{module.__name__} must define exactly one {name}, found {len(found)}")
    return found[0]
