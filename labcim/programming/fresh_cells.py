"""Cells that were never formed, told by a reading: pulses meant for formed ones would ruin them.

A fresh cell forms under the first SET that is strong enough, and nothing but the gate limits what
flows then. The gate of a write lets through many times what forming does, so the cell ends with a
filament that no RESET breaks again. Hence the first reading decides, before anything is pulsed.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.fields import FieldInfo

from labcim.capabilities import CellIndices, CellReadings, Floats, Topology
from labcim.errors import RecipeError
from labcim.protocol import Capabilities
from labcim.recipe import Recipe
from labcim.units import Siemens, show


class FormedCells(Recipe):
    """A recipe whose pulses are for cells that are formed."""

    fresh_below: Siemens = Field(
        100e-9,
        ge=0,
        le=1,
        description="Cells with a transistor look unformed below this: where most do, nothing is "
        "pulsed. 0: pulse whatever they conduct.",
    )

    @classmethod
    def fields_in_order(cls) -> dict[str, FieldInfo]:
        """Return the fields as people want them: this one is no part of the experiment."""
        found = super().fields_in_order()
        last = {name: found.pop(name) for name in ("fresh_below", "limits")}
        return {**found, **last}


def look_fresh(recipe: FormedCells, topology: Topology, conductance: Floats) -> NDArray[np.bool_]:
    """Return which cells look unformed by what they conduct in S, (cells,); NaN: not known.

    Only a transistor in series shows it: without one, healthy cells are read through a selector or
    among sneak paths, and pulses are limited by the instrument.
    """
    if topology.kind != "1T1R":
        return np.zeros(len(conductance), np.bool_)
    return np.asarray(conductance < recipe.fresh_below)


def refuse_fresh(recipe: FormedCells, topology: Topology, conductance: Floats) -> None:
    """Raise RecipeError where most of the cells that were read look unformed; S, (cells,)."""
    fresh = int(look_fresh(recipe, topology, conductance).sum())
    known = int(np.isfinite(conductance).sum())
    if 2 * fresh > known:
        raise RecipeError(
            f"{fresh} of {known} cells conduct less than fresh_below = "
            f"{show(recipe.fresh_below, 'S')}: they look unformed, and these pulses would ruin "
            "them; run form first, or set fresh_below = 0 if such cells are as they should be"
        )


def good_conductance(readings: CellReadings) -> Floats:
    """Return S of readings, NaN where one is flagged."""
    return np.where(readings.good, readings.corrected, np.nan)


def read_and_refuse(
    recipe: FormedCells,
    given: Capabilities,
    cells: CellIndices,
    *,
    voltage: float,
    gate: float,
    averages: int,
) -> None:
    """Read cells once, before their first pulse. Raises RecipeError where most look unformed."""
    found = given.cells.read(cells, voltage, gate=gate, averages=averages)
    refuse_fresh(recipe, given.cells.topology, good_conductance(found))
