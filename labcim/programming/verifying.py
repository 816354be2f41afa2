"""How a write-verify reads: cell by cell, or many at once from products of vectors."""

from collections.abc import Callable

from labcim.capabilities import CellIndices, CellReadings, Coding
from labcim.errors import RecipeError
from labcim.protocol import Capabilities

from .pattern_reading import read_by_patterns
from .tuning_recipe import TuningRecipe

Read = Callable[[CellIndices], CellReadings]


def verifier(recipe: TuningRecipe, given: Capabilities) -> Read:
    """Return what reads cells as the recipe says. Raises RecipeError where the bench cannot."""
    if recipe.verify == "cells":
        return lambda cells: given.cells.read(
            cells, recipe.read_voltage, gate=recipe.read_gate, averages=recipe.averages
        )
    vectors, pattern = given.vectors, recipe.verify
    if vectors is None:
        raise RecipeError(f'verify = "{pattern}": this bench offers no products of vectors')
    coding = Coding(
        recipe.read_voltage,
        pulse=recipe.verify_pulse,
        signs=recipe.verify_signs,
        gate=recipe.read_gate,
        output_bits=recipe.verify_bits,
    )
    return lambda cells: read_by_patterns(
        vectors, given.cells.topology, cells, coding, pattern, averages=recipe.averages
    )
