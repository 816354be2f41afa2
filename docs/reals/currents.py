"""The current of 1,024 cells at 36 read voltages up to 0.35 V."""

from pathlib import Path

import numpy as np

from labcim.analysis.conduction import sinh_fit
from labcim.analysis.resampling import Statistics
from labcim.sim_backend.devices.preset import load_preset
from labcim.sim_backend.twin.shape import fit_conduction

from . import bench, files
from .compare import Verdict, halves, verdicts

CLASSES = ((1, 10), (10, 25), (25, 50), (50, 100), (100, 160))  # uS at 0.2 V
VOLTAGE = np.round(np.arange(0.0, 0.355, 0.01), 2)
AT_READ = 20  # 0.2 V


def instrument_noise(current: np.ndarray) -> float:
    """Return the standard deviation in A of one reading, from second differences over voltage."""
    return float((np.diff(current[:, :12], 2, axis=1) / np.sqrt(6.0)).std())


def simulated(
    folder: Path, constants: dict, like: np.ndarray, noise: float, *, side: int, seed: int
) -> np.ndarray:
    """Return currents in A, (cells, voltages), of cells written to conductances ``like`` those.

    like: S, any number.  noise: A, of the instrument.
    """
    random = np.random.default_rng([seed, 66])
    with bench.opened(folder, constants, side=side, seed=seed) as chip:
        cells = chip.cells
        bench.written(cells, constants, random.choice(like.clip(1e-6), cells.topology.size))
        found = [np.zeros(cells.topology.size)]
        found += [volts * bench.seen(cells, float(volts)) for volts in VOLTAGE[1:]]
    current = np.column_stack(found)
    return current + noise * random.standard_normal(current.shape)


def split(folder: Path, seed: int, *, side: int = 64, resamples: int = 1000) -> list[Verdict]:
    """Fit one half, simulate, compare with the other."""
    voltage, current = files.currents()
    ours, theirs = halves(len(current), seed)
    constants = fit_conduction(load_preset(bench.PRESET), voltage, current[ours])
    like = (current[ours, AT_READ] - current[ours, 0].mean()) / VOLTAGE[AT_READ]
    noise = instrument_noise(current[ours])
    twin = simulated(folder, constants, like, noise, side=side, seed=seed)
    return verdicts(current[ours], current[theirs], twin, STATISTICS, resamples=resamples)


def mean_current(current: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return the mean current in A of the cells from low to high uS, offset taken away."""
    offset = current[:, 0].mean()
    conductance = 1e6 * (current[:, AT_READ] - offset) / VOLTAGE[AT_READ]
    return current[(conductance > low) & (conductance <= high)].mean(axis=0) - offset


def _rise(low: float, high: float):
    def statistic(current: np.ndarray) -> float:
        mean = mean_current(current, low, high)
        return float(mean[-1] / VOLTAGE[-1] * VOLTAGE[AT_READ] / mean[AT_READ])

    return statistic


def _scale(low: float, high: float):
    return lambda current: sinh_fit(VOLTAGE, mean_current(current, low, high)).scale


STATISTICS: Statistics = {
    **{f"G(0.35 V)/G(0.2 V), {a}-{b} µS": _rise(a, b) for a, b in CLASSES},
    **{f"V0, {a}-{b} µS": _scale(a, b) for a, b in CLASSES},
}
