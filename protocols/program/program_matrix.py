"""Program a matrix of signed weights into the array, and check it by its products.

A weight becomes a pair of cells, or one that is read against a reference column; digits and copies
if wanted (`labcim.programming.mapping`). Where the bench offers products, random vectors are
multiplied with what the array holds before it is written, and again after: on the same chip.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import Floats, last_of_each, rms_interval
from labcim.capabilities import CellIndices, Topology
from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.programming.matrix import AnalogMatrix
from labcim.programming.matrix.writing import Tuning
from labcim.programming.tuning import TUNING_CHANNELS, tune
from labcim.programming.tuning_findings import tuning_findings
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Unit

from ._matrix_recipe import ProgramMatrix

CHANNELS = (
    *TUNING_CHANNELS,
    Channel(name="tile", dtype="<u2", doc="of the matrix: what is placed together"),
    Channel(name="output", dtype="<u4", doc="of the matrix; its number of outputs: the reference"),
    Channel(name="input", dtype="<u4", doc="of the matrix"),
    Channel(name="side", dtype="u1", doc="of a pair: 0 positive, 1 negative"),
    Channel(name="slice", dtype="u1", doc="digit of the weight, the most significant first"),
    Channel(name="copy", dtype="u1"),
    Channel(name="wanted", dtype="<f8", doc="weight, of the largest"),
)

PLOTS = (
    PlotSpec("Target", "map", "target"),
    PlotSpec("Achieved", "map", "conductance"),
    PlotSpec("Error", "map", "error"),
    PlotSpec("Achieved over target", "scatter", "conductance", x="target"),
    PlotSpec("Error of accepted cells", "histogram", "error", where="accepted"),
    PlotSpec("Pulses for each cell", "histogram", "pulses"),
)


def summarise(recipe: ProgramMatrix, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return the error of the weights that cells were read to hold, then yield and effort."""
    last = last_of_each(rows)
    found = tuning_findings(recipe, rows)
    error = _weight_error(recipe, {name: column[last] for name, column in rows.items()})
    rms = rms_interval(error[np.isfinite(error)])
    return [
        Finding("RMS error of weights, of the largest", rms.value, "", rms.low, rms.high),
        *found,
    ]


def _weight_error(recipe: ProgramMatrix, rows: Mapping[str, NDArray[Any]]) -> Floats:
    """Return read less wanted of each weight, of the largest, (weights,)."""
    return np.concatenate(
        [
            _tile_error(
                recipe, {name: column[rows["tile"] == tile] for name, column in rows.items()}
            )
            for tile in np.unique(rows["tile"])
        ]
    )


def _tile_error(recipe: ProgramMatrix, rows: Mapping[str, NDArray[Any]]) -> Floats:
    scheme = recipe.scheme()
    outputs, inputs = int(rows["output"].max()) + 1, int(rows["input"].max()) + 1
    shape = (outputs, inputs, scheme.sides, scheme.slices, scheme.copies)
    held, wanted = np.full(shape, np.nan), np.full((outputs, inputs), np.nan)
    place = tuple(rows[name] for name in ("output", "input", "side", "slice", "copy"))
    held[place] = scheme.fraction(rows["conductance"])
    wanted[rows["output"], rows["input"]] = rows["wanted"]
    if recipe.signs == "pair":
        return np.asarray(scheme.decode(held) - wanted).ravel()
    # The reference stands behind the weights.
    return np.asarray(scheme.decode(held[:-1], held[-1:]) - wanted[:-1]).ravel()


@protocol(ProgramMatrix, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def program_matrix(recipe: ProgramMatrix, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Multiply with what is there, write the unit's cells, or multiply with what was written."""
    if unit.key in ("before", "after"):
        yield Progress(0.0, f"products {unit.key} writing")
        if given.vectors is not None and recipe.vectors:
            yield _products(recipe, given, unit.key)
        return carry
    steps = tune(recipe, given, unit, carry)
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value or {}
        if isinstance(step, Rows):
            places = _places(recipe, given.cells.topology, step.columns["cell"])
            step = Rows({**step.columns, **places})
        yield step


def _products(recipe: ProgramMatrix, given: Capabilities, when: str) -> Finding:
    """Return the RMS error of products with random vectors, of the RMS of the true ones."""
    weights = recipe.matrix(given.cells.topology)
    tuning = Tuning(read_voltage=recipe.read_voltage, read_gate=recipe.read_gate)
    matrix = AnalogMatrix(
        weights, given, scheme=recipe.scheme(), coding=recipe.coding(), tuning=tuning, patch=False
    )
    random = np.random.default_rng([recipe.seed, 1])
    vectors = random.uniform(-1.0, 1.0, (recipe.vectors, weights.shape[1]))
    true = vectors @ weights.T
    scale = float(np.sqrt(np.mean(true**2))) or 1.0
    rms = rms_interval(((matrix.products(vectors) - true) / scale).ravel())
    upper = recipe.products_within if when == "after" else None
    name = f"RMS error of products {when}, of their RMS"
    return Finding(name, rms.value, "", rms.low, rms.high, upper_limit=upper)


def _places(
    recipe: ProgramMatrix, topology: Topology, cells: CellIndices
) -> dict[str, NDArray[Any]]:
    """Return which part of which weight each cell is, (cells,)."""
    layout, scheme = recipe.layout(topology), recipe.scheme()
    table = np.zeros((topology.size, 6), np.uint32)
    wanted = np.zeros(topology.size)
    for tile, region in enumerate(layout.regions):
        at, indices = region.cells(topology), np.indices((len(region.rows), *region.columns.shape))
        row, group, *parts = indices
        output = group + region.first_output
        if scheme.signs == "offset":
            output = np.where(group == len(region.columns) - 1, len(layout.weights), output)
        table[at] = np.stack(
            [np.full_like(row, tile), output, row + region.first_input, *parts], axis=-1
        )
        wanted[at] = layout.wanted(region)[:, :, None, None, None]
    names = ("tile", "output", "input", "side", "slice", "copy")
    return {
        **{name: table[cells, i] for i, name in enumerate(names)},
        "wanted": wanted[cells],
    }
