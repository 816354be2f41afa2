"""Write-verify: bring cells to conductances by pulses, each checked by a reading."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from labcim.capabilities import Floats, Topology
from labcim.errors import RecipeError
from labcim.programming.cell_selection import chosen_cells
from labcim.programming.tuning import TUNING_CHANNELS, TUNING_PLOTS, tune
from labcim.programming.tuning_findings import image_findings, tuning_findings
from labcim.programming.tuning_recipe import ImageRecipe
from labcim.protocol import Capabilities, Carry, Finding, Steps, protocol
from labcim.recipe import Unit
from labcim.units import Siemens


class WriteVerify(ImageRecipe):
    """Program cells to target conductances by pulses, each checked by a reading."""

    protocol: ClassVar[str] = "write_verify"

    targets: Literal["one", "rows", "columns", "image", "list"] = Field(
        "one",
        description="One target, low to high along the rows or columns, a picture, or a list.",
    )
    target: Siemens = Field(20e-6, ge=0, le=1, description='The target, when targets = "one".')
    values: tuple[Siemens, ...] = Field(
        (), description='Targets of the chosen cells in order, when targets = "list".'
    )

    def target_map(self, topology: Topology) -> Floats:
        """Return the target of every cell in S, shape (size,); NaN for cells not chosen."""
        return _target_map(self, topology)

    def units(self, topology: Topology) -> list[Unit]:
        """Return blocks of cells, once it is known that each has a target."""
        self.target_map(topology)
        return super().units(topology)


@lru_cache(maxsize=2)
def _target_map(recipe: WriteVerify, topology: Topology) -> Floats:
    rows, columns = topology.rows, topology.columns
    if recipe.targets == "image":
        return ImageRecipe.target_map(recipe, topology)
    if recipe.targets == "list":
        cells = chosen_cells(recipe.cells, topology)
        if len(cells) != len(recipe.values):
            raise RecipeError(
                f"values: {len(recipe.values)} targets are given for {len(cells)} chosen cells"
            )
        listed = np.full(topology.size, np.nan)
        listed[cells] = recipe.values
        return listed
    if recipe.targets == "one":
        return np.full(topology.size, recipe.target)
    along = rows if recipe.targets == "rows" else columns
    ramp = np.linspace(recipe.low, recipe.high, along)
    return np.repeat(ramp, columns) if recipe.targets == "rows" else np.tile(ramp, rows)


def summarise(recipe: WriteVerify, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return yield, accuracy and effort; for a picture also how like it is."""
    found = tuning_findings(recipe, rows)
    return found + image_findings(rows) if recipe.targets == "image" else found


@protocol(WriteVerify, channels=TUNING_CHANNELS, plots=TUNING_PLOTS, summarise=summarise)
def write_verify(recipe: WriteVerify, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Read all, pulse those that are off, and so on; one row for each cell at the end.

    A resumed unit starts with a read like any other, and takes the cells as they are.
    """
    return (yield from tune(recipe, given, unit, carry))
