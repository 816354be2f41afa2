"""Recipes: an experiment as a frozen, validated, printable value."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from .capabilities import CellIndices, Topology
from .errors import RecipeError
from .limits import Demand
from .quantity_limit import Limits


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of work: what is done whole or not at all. ``bound``: most pulses for each cell.

    given: pulses that are on record of attempts at it that were cut off, the most of any cell.
    """

    key: str
    cells: CellIndices
    bound: int = 0
    values: Mapping[str, float] = field(default_factory=dict)
    given: int = 0


class Recipe(BaseModel):
    """Every parameter of one experiment, with unit and bounds.

    A subclass names its ``protocol``, says its units of work and the worst it asks of the lines.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    protocol: ClassVar[str]

    limits: Limits = Field(
        (), description="What findings and channels must be: NAME = { low = ..., high = ... }."
    )

    def units(self, topology: Topology) -> list[Unit]:
        """Return the units of work on an array of this shape, in order."""
        return [Unit("all", topology.all_cells())]

    def demands(self) -> list[Demand]:
        """Return the worst voltages and currents that will be asked for."""
        return []

    @classmethod
    def fields_in_order(cls) -> dict[str, FieldInfo]:
        """Return the fields as people want them: those of the experiment first, limits last."""
        own = {name: field for name, field in cls.model_fields.items() if name != "limits"}
        return {**own, "limits": cls.model_fields["limits"]}

    def to_toml(self) -> str:
        """Return the recipe as TOML that reads back to an equal recipe."""
        # Last, as a table must stand in TOML; and without limits a recipe says nothing of them.
        values = self.model_dump(mode="json", exclude_none=True)
        limits = values.pop("limits")
        values |= {"limits": limits} if limits else {}
        return tomli_w.dumps({"protocol": self.protocol, **values})

    def digest(self) -> str:
        """Return the SHA-256 of the recipe's text."""
        return hashlib.sha256(self.to_toml().encode()).hexdigest()

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], folder: Path | None = None) -> Self:
        """Validate plain values; names of files in them are taken from ``folder``.

        Raises RecipeError that names every wrong key and what fits.
        """
        plain = {key: value for key, value in values.items() if key != "protocol"}
        try:
            return cls.model_validate(plain, context={"folder": folder})
        except ValidationError as trouble:
            raise RecipeError(explain_validation(trouble, f"recipe {cls.protocol}")) from trouble


def explain_validation(trouble: ValidationError, what: str) -> str:
    """Return one sentence for each thing that pydantic found wrong."""
    lines = []
    for error in trouble.errors(include_url=False):
        place = ".".join(str(part) for part in error["loc"]) or "the whole"
        if error["type"] == "extra_forbidden":
            lines.append(f"{place} is not a known key")
        else:
            whole = not error["loc"] or error["type"] == "missing"
            given = "" if whole else f" = {error['input']!r:.80}"
            lines.append(f"{place}{given}: {error['msg'].removeprefix('Value error, ')}")
    return f"{what}: " + "; ".join(lines)


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """Read a TOML file of at most 16 MB. Raises RecipeError that says what is wrong where."""
    try:
        if path.stat().st_size > 16_000_000:
            raise RecipeError(f"{what} {path}: larger than 16 MB")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as trouble:
        raise RecipeError(f"{what} {path}: no such file") from trouble
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as trouble:
        raise RecipeError(f"{what} {path}: {trouble}") from trouble


def blocks_of_cells(cells: CellIndices, size: int, bound: int) -> list[Unit]:
    """Split cells into units of at most ``size`` cells, named by their first and last cell."""
    parts = [cells[start : start + size] for start in range(0, len(cells), size)]
    return [Unit(f"cells-{part[0]}-{part[-1]}", part.astype(np.uint32), bound) for part in parts]
