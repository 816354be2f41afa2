"""Calibration of random sources: each cell's voltage, what is healthy, and who is unfit."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.entropy.monitor import find_baseline
from labcim.capabilities import CellIndices, Floats
from labcim.errors import NoiseSourceError
from labcim.protocol import Capabilities, Carry, Progress

from ._fitness import Fitness, fitness
from ._random_recipe import ADAPTING, CHUNK, RandomSource
from ._random_sources import Drawn, Source, joined, source_of
from ._random_watch import Watch, baseline_carry, baseline_from


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What was drawn, in parts; who is unfit and why, and V of SET, both (cells,); the carry."""

    parts: list[Drawn]
    unfit: NDArray[np.uint8]
    amplitude: Floats
    carry: Carry


def calibrate(
    recipe: RandomSource, given: Capabilities, cells: CellIndices
) -> Generator[Progress, None, Calibrated]:
    """Look for voltages, draw healthy values, sort out cells that are no sources."""
    source = source_of(
        recipe, given.cells, given.clock, cells, np.full(len(cells), recipe.set_voltage)
    )
    for step in range(ADAPTING):
        yield Progress(0.3 * step / ADAPTING, "looking for each cell's voltage")
        source.adapt(step)
    parts = []
    for begin in range(0, recipe.calibration, CHUNK):
        yield Progress(0.3 + 0.7 * begin / recipe.calibration, "healthy values")
        parts.append(source.draw(min(CHUNK, recipe.calibration - begin)))
    drawn, amplitude = joined(parts), source.amplitude
    unfit = fitness(recipe, drawn)
    fit = unfit == Fitness.FIT
    if not fit.any():
        return Calibrated(parts, unfit, amplitude, {"fit": fit})
    baseline = find_baseline(drawn.value[:, fit])
    source.keep(fit)
    kept = {"fit": fit, "amplitude": source.amplitude, "source": source.memory}
    return Calibrated(parts, unfit, amplitude, baseline_carry(baseline) | kept)


def check_fit(recipe: RandomSource, unfit: NDArray[np.uint8]) -> None:
    """Raise NoiseSourceError, with the reasons, where too few cells are fit."""
    fit = int(np.sum(unfit == Fitness.FIT))
    if fit < recipe.cells_at_least:
        raise NoiseSourceError(
            f"{fit} cells are fit: cells_at_least = {recipe.cells_at_least}; "
            + "; ".join(_counted(unfit))
        )


def resumed(
    recipe: RandomSource, given: Capabilities, cells: CellIndices, carry: Carry
) -> tuple[CellIndices, Source, Watch]:
    """Return the fit ones of ``cells``, their source and watch, as the last unit left them."""
    fit = cells[np.asarray(carry["fit"], np.bool_)]
    source = source_of(recipe, given.cells, given.clock, fit, np.asarray(carry["amplitude"]))
    source.memory = np.asarray(carry["source"])
    return fit, source, Watch(recipe, fit, baseline_from(carry), carry)


def carried(carry: Carry, source: Source, watch: Watch) -> Carry:
    """Return the carry of the next unit."""
    kept = {name: carry[name] for name in ("fit", "mean", "sigma", "memory", "calibrated")}
    return kept | watch.carry() | {"amplitude": source.amplitude, "source": source.memory}


def _counted(unfit: NDArray[np.uint8]) -> Iterator[str]:
    for reason in Fitness:
        if count := int(np.sum(unfit == reason)):
            yield f"{count} {reason.name.lower().replace('_', ' ')}"
