"""Finds cell models and the folders of their presets: in this folder, or by entry point.

A model is one file in this folder with one final class below `CellModel`; its name is the file's.
Packages of others register the class in the entry point group ``labcim.devices``. A preset, a TOML
file beside the model, names the model whose constants it holds.
"""

import importlib
import importlib.util
import inspect
import sys
from dataclasses import fields
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import numpy as np

from labcim.errors import RecipeError

from .layout import COMMON
from .model import CellModel, Laws, register

GROUP = "labcim.devices"
# What the chip asks of the constants of every model, beside what the model keeps there.
CONSTANTS = ("read_voltage", "read_gate", "disturb_voltage")


@cache
def plugged() -> tuple[EntryPoint, ...]:
    """Return what other packages register. Looked up once: it reads every package's metadata."""
    return tuple(entry_points(group=GROUP))


@cache
def find_model(name: str) -> CellModel:
    """Return the model of that name. Raises RecipeError that says where it was looked for."""
    made = _of_folder(name) or _of_entry_point(name)
    if made is None:
        raise RecipeError(
            f"cell model {name!r} is not known: there is no file {name}.py with a CellModel in "
            f"sim_backend/devices, and no entry point of that name in the group {GROUP}"
        )
    _check(made, name)
    register(made)
    return made


def _of_folder(name: str) -> CellModel | None:
    place = f"{__package__}.{name}"
    if not name.isidentifier() or name.startswith("_") or not importlib.util.find_spec(place):
        return None
    module = importlib.import_module(place)
    for item in vars(module).values():
        if _is_model(item) and item.__module__ == module.__name__:
            made: CellModel = item()
            return made
    return None


def _of_entry_point(name: str) -> CellModel | None:
    for point in plugged():
        if point.name != name:
            continue
        found = point.load()
        if not _is_model(found):
            raise RecipeError(f"cell model {name!r}: {point.value} is no CellModel class")
        made: CellModel = found()
        return made
    return None


def _is_model(item: object) -> bool:
    return inspect.isclass(item) and issubclass(item, CellModel) and not inspect.isabstract(item)


def _check(model: CellModel, name: str) -> None:
    """Raise RecipeError where a model lacks what the chip, or a loop, asks of it."""
    from . import laws  # needs numba: slow to import, and a chip file is read without it

    for field, kind in COMMON.items():
        if field not in (model.cell.names or ()) or model.cell[field] != np.dtype(kind):
            raise RecipeError(f"cell model {name}: its state needs a field {field} of kind {kind}")
    for constant in CONSTANTS:
        if constant not in (model.parameters.names or ()):
            raise RecipeError(f"cell model {name}: its presets need the constant {constant}")
    stated = (f.name for f in fields(Laws) if getattr(model.laws, f.name) is not None)
    for law in stated:
        wanted = list(inspect.signature(getattr(laws, law)).parameters)
        given = list(inspect.signature(getattr(model.laws, law).py_func).parameters)
        if given != wanted:
            raise RecipeError(
                f"cell model {name}: {law} takes {', '.join(wanted)}; found {', '.join(given)}"
            )


def preset_folders() -> list[Path]:
    """Return the folders that hold presets: this one, and those of others' models."""
    folders = [Path(folder) for folder in sys.modules[__package__].__path__]
    for point in plugged():
        spec = importlib.util.find_spec(point.module)
        if spec is not None and spec.origin:
            folders.append(Path(spec.origin).parent)
    return folders
