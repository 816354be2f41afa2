"""Presets: the constants of a cell model, as TOML with sources and reference statistics.

Each section is a table of floats in base SI. Names are unique over all sections, so the flat record
that the laws read (`Preset.parameters`) has one field for each constant, without any mapping.
"""

import inspect
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Self, get_args, get_origin

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labcim.errors import RecipeError
from labcim.recipe import explain_validation
from labcim.units import Second, Siemens, Volt

from .finding import find_model, preset_folders

Fraction = float


class Section(BaseModel):
    """One table of a preset: floats, and tuples of floats."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Read(Section):
    """The read that defines "conductance": current / voltage of cell and transistor together."""

    read_voltage: Volt = Field(gt=0)
    read_gate: Volt


class Transistor(Section):
    """Square-law access transistor. beta: A/V^2.  gate_threshold_spread: device to device."""

    beta: float = Field(gt=0)
    gate_threshold: Volt
    gate_threshold_spread: Volt = 0.0


class WhiteNoise(Section):
    """White read noise, sigma/G at an aperture; longer ones average it by the root of the time."""

    white: Fraction = Field(ge=0)
    white_aperture: Second = Field(gt=0)


class Stuck(Section):
    """Cells that never move: split between high and low conductance, and where they stay.

    stuck_spread: of ln G, from dead cell to dead cell.
    """

    stuck_high_share: Fraction = Field(ge=0, le=1)
    stuck_high: Siemens
    stuck_low: Siemens
    stuck_spread: Fraction = 0.0


class Preset(Section):
    """All constants of one kind of cell; each model has its own class, with its sections.

    derived: names of numbers that `derive` works out from the constants.
    scattering: constants beside those called ``..._spread`` that make cells or cycles differ.
    own_gate: whether a cell is a transistor or keeps its charge behind some: all have gate lines.
    """

    derived: ClassVar[tuple[str, ...]] = ()
    scattering: ClassVar[tuple[str, ...]] = ()
    own_gate: ClassVar[bool] = False

    name: str
    model: str
    about: str
    sources: dict[str, str]
    reference: dict[str, float]
    read: Read
    transistor: Transistor

    @classmethod
    def sections(cls) -> dict[str, type[Section]]:
        """Return the classes of the sections by their names, in order."""
        return {
            name: field.annotation
            for name, field in cls.model_fields.items()
            if inspect.isclass(field.annotation) and issubclass(field.annotation, Section)
        }

    @classmethod
    def fields(cls) -> list[tuple[Any, ...]]:
        """Return the numpy fields of all constants, and of what is derived from them."""
        found: list[tuple[Any, ...]] = []
        for section in cls.sections().values():
            for name, field in section.model_fields.items():
                kind = field.annotation
                many = len(get_args(kind)) if get_origin(kind) is tuple else 0
                found.append((name, "f8", (many,)) if many else (name, "f8"))
        return [*found, *((name, "f8") for name in cls.derived)]

    def changed(self, *, spread: float = 1.0, constants: Mapping[str, float | list[float]]) -> Self:
        """Return the preset of a chip that differs from it. Raises ValueError for what it lacks.

        spread: factor on all that makes cells and cycles differ.  constants: other values by name.
        """
        sections: dict[str, Section] = {}
        left = dict(constants)
        for name, kind in self.sections().items():
            values = getattr(self, name).model_dump()
            for constant, value in values.items():
                if constant in self.scattering or constant.endswith("_spread"):
                    values[constant] = spread * value
                if constant in left:
                    values[constant] = left.pop(constant)
            sections[name] = kind.model_validate(values)
        if left:
            known = [name for kind in self.sections().values() for name in kind.model_fields]
            raise ValueError(
                f"constants {sorted(left)} are none of {self.name}'s: {', '.join(known)}"
            )
        return self.model_copy(update=sections)

    def parameters(
        self,
        *,
        temperature: float = 300.0,
        temperature_since: float = 0.0,
        gated: bool = True,
        **changes: float,
    ) -> NDArray[np.void]:
        """Return the constants as one record, shape (1,), dtype of the model's parameters.

        temperature: K, of the chip, since temperature_since s.  gated: whether its cells are behind
        a transistor; those of a passive array are not.  changes: constants that shall be others.
        """
        record = np.zeros(1, find_model(self.model).parameters)
        for section in self.sections():
            for name, value in getattr(self, section).model_dump().items():
                record[name] = value
        record["temperature"], record["temperature_since"] = temperature, temperature_since
        record["gated"] = float(gated)
        for name, value in changes.items():
            record[name] = value
        self.derive(record)
        return record

    def derive(self, record: NDArray[np.void]) -> None:
        """Fill the ``derived`` fields of a record from its constants."""


def _files() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in reversed(preset_folders()):  # ours stand before those of others
        found |= {path.stem: path for path in folder.glob("*.toml") if path.is_file()}
    return found


def preset_names() -> list[str]:
    """Return the names that a chip file may use as ``preset``."""
    return sorted(_files())


@cache
def load_preset(name: str) -> Preset:
    """Return the preset of that name. Raises RecipeError that lists the known ones."""
    path = _files().get(name)
    if path is None:
        raise RecipeError(f"preset {name!r} is not known; known are {', '.join(preset_names())}")
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    model = find_model(str(values.get("model", "")))
    try:
        return model.preset.model_validate({"name": name, **values})
    except ValidationError as trouble:
        raise RecipeError(explain_validation(trouble, f"preset {name}")) from trouble
