"""What a bake does to 1,024 cells that were programmed to 32 levels."""

from pathlib import Path

import numpy as np

from labcim.analysis.resampling import Statistics
from labcim.sim_backend.devices.preset import load_preset
from labcim.sim_backend.twin.shape import fit_bake

from . import bench, files
from .compare import Verdict, halves, verdicts

CLASSES = ((0, 25), (25, 50), (50, 75), (75, 100), (100, 130))  # uS before the bake
DAY = 86_400.0


def simulated(
    folder: Path, constants: dict, like: np.ndarray, *, side: int, seed: int
) -> np.ndarray:
    """Return conductances in S before and after a day, (cells, 2), of cells written ``like`` S."""
    random = np.random.default_rng([seed, 67])
    with bench.opened(folder, constants, side=side, seed=seed) as chip:
        cells = chip.cells
        bench.written(cells, constants, random.choice(like.clip(1e-6), cells.topology.size))
        before = bench.seen(cells)
        chip.clock.sleep(DAY)
        return np.column_stack([before, bench.seen(cells)])


def split(folder: Path, seed: int, *, side: int = 64, resamples: int = 1000) -> list[Verdict]:
    """Fit one half, simulate, compare with the other."""
    _, _, before, after = files.levels()
    values = np.column_stack([before, after])
    ours, theirs = halves(len(values), seed)
    constants = fit_bake(load_preset(bench.PRESET), values[ours, 0], values[ours, 1])
    twin = simulated(folder, constants, values[ours, 0], side=side, seed=seed)
    return verdicts(values[ours], values[theirs], twin, STATISTICS, resamples=resamples)


def _changes(values: np.ndarray, low: float, high: float) -> np.ndarray:
    inside = (values[:, 0] > low * 1e-6) & (values[:, 0] <= high * 1e-6)
    return values[inside, 1] - values[inside, 0]


def _spread(low: float, high: float):
    return lambda v: float(_changes(v, low, high).std())


def _shift(low: float, high: float):
    return lambda v: float(_changes(v, low, high).mean())


STATISTICS: Statistics = {
    **{f"bake, spread of the change, {a}-{b} µS": _spread(a, b) for a, b in CLASSES},
    **{f"bake, mean of the change, {a}-{b} µS": _shift(a, b) for a, b in CLASSES},
}
