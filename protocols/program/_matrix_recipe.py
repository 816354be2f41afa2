"""What programming a matrix needs to know: the numbers, and what cells they become."""

from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator, model_validator

from labcim.capabilities import CellIndices, Coding, Floats, Topology
from labcim.errors import RangeError, RecipeError
from labcim.programming.cell_selection import along_gates
from labcim.programming.estimate import Estimate
from labcim.programming.mapping.placement import place
from labcim.programming.mapping.scheme import Scheme
from labcim.programming.maps import load_map
from labcim.programming.matrix.layout import Layout
from labcim.programming.tuning_recipe import TuningRecipe
from labcim.recipe import Unit, blocks_of_cells
from labcim.units import Siemens

RANDOM = "random"


class ProgramMatrix(TuningRecipe):
    """Write a matrix of signed weights into the array, and check it by its products."""

    protocol: ClassVar[str] = "program_matrix"

    weights: str = Field(
        RANDOM,
        description=f'CSV, NPY or NPZ file of (outputs, inputs), or "{RANDOM}" for a normal one.',
        examples=[RANDOM],
    )
    member: str = Field("", description="Which array of an NPZ file, where it holds several.")
    outputs: int = Field(0, ge=0, le=1 << 16, description="Of a random matrix; 0: what fits.")
    inputs: int = Field(0, ge=0, le=1 << 16, description="Of a random matrix; 0: all rows.")
    seed: int = Field(1, ge=0, lt=1 << 63, description="Of a random matrix and of the vectors.")
    signs: Literal["pair", "offset"] = Field(
        "pair", description="Signed weights as differential pairs, or against a reference column."
    )
    low: Siemens = Field(2e-6, ge=0, le=1, description="Lowest conductance of a cell.")
    high: Siemens = Field(38e-6, gt=0, le=1, description="Highest conductance of a cell.")
    levels: int = Field(0, ge=0, le=65536, description="Levels of a cell; 0: any conductance.")
    slices: int = Field(1, ge=1, le=16, description="Digits of a weight, each in its own cell.")
    base: int = Field(0, ge=0, le=65536, description="Of the digits; 0: the number of levels.")
    copies: int = Field(1, ge=1, le=64, description="Equal cells for each digit, averaged.")
    vectors: int = Field(64, ge=0, le=10_000, description="Random vectors to check products with.")
    products_within: float = Field(
        0.1, gt=0, le=10, description="RMS error of products, of their RMS, that is accepted."
    )

    @field_validator("weights")
    @classmethod
    def _find_beside_the_recipe(cls, weights: str, info: ValidationInfo) -> str:
        """Resolve a file's name against the recipe's folder, which the front door hands over."""
        folder = (info.context or {}).get("folder")
        if weights == RANDOM or folder is None:
            return weights
        return str(Path(folder) / weights)

    @model_validator(mode="after")
    def _can_be_placed(self) -> "ProgramMatrix":
        if self.cells != "all":
            raise ValueError('cells: the matrix is placed from the first row on; accepts "all"')
        try:
            self.scheme()
        except RangeError as trouble:
            raise ValueError(str(trouble)) from trouble
        return self

    def scheme(self) -> Scheme:
        """Return how a weight is made of cells."""
        return Scheme(
            self.signs, self.low, self.high, self.levels, self.slices, self.base, self.copies
        )

    def coding(self) -> Coding:
        """Return how vectors go out when products are checked."""
        return Coding(
            self.read_voltage,
            pulse=self.verify_pulse,
            signs=self.verify_signs,
            gate=self.read_gate,
            output_bits=self.verify_bits,
        )

    def matrix(self, topology: Topology) -> Floats:
        """Return the weights, (outputs, inputs). Raises RecipeError."""
        return _matrix(self, topology)

    def layout(self, topology: Topology) -> Layout:
        """Return where the weights lie and what their cells should hold. Raises RecipeError."""
        return _layout(self, topology)

    def matrix_cells(self, topology: Topology) -> CellIndices:
        """Return the cells that the matrix takes, as a board serves them best."""
        layout = self.layout(topology)
        cells = np.concatenate([region.cells(topology).ravel() for region in layout.regions])
        return along_gates(np.sort(cells), topology)

    def target_map(self, topology: Topology) -> Floats:
        """Return the target of every cell in S, NaN for those that hold no weight, (size,)."""
        layout, targets = self.layout(topology), np.full(topology.size, np.nan)
        for region, fractions in zip(layout.regions, layout.targets, strict=True):
            targets[region.cells(topology)] = layout.scheme.conductance(fractions)
        return targets

    def units(self, topology: Topology) -> list[Unit]:
        """Return products of what the array holds, blocks of cells, and products again."""
        cells = self.matrix_cells(topology)
        blocks = blocks_of_cells(cells, self.block, self.pulses * self.epochs)
        return [Unit("before", cells), *blocks, Unit("after", cells)]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost of writing; products take next to nothing."""
        return self.cost_of(len(self.matrix_cells(topology)), topology)


@lru_cache(maxsize=2)
def _matrix(recipe: ProgramMatrix, topology: Topology) -> Floats:
    if recipe.weights != RANDOM:
        found = load_map(Path(recipe.weights), recipe.member)
        if not np.isfinite(found).all():
            raise RecipeError(f"weights {recipe.weights}: not all numbers are finite")
        return found
    inputs = recipe.inputs or topology.rows
    room = topology.columns // recipe.scheme().cells - (recipe.signs == "offset")
    outputs = recipe.outputs or max(room, 1)
    return np.random.default_rng(recipe.seed).normal(0.0, 1.0, (outputs, inputs))


@lru_cache(maxsize=2)
def _layout(recipe: ProgramMatrix, topology: Topology) -> Layout:
    weights, scheme = recipe.matrix(topology), recipe.scheme()
    largest = float(np.abs(weights).max()) or 1.0
    try:
        outputs, inputs = weights.shape
        regions = place(outputs, inputs, scheme, [topology])
    except RangeError as trouble:
        raise RecipeError(f"weights {recipe.weights}: {trouble}") from trouble
    return Layout.plain(scheme, weights / largest, regions)
