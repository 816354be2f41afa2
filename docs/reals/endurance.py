"""One cell over a million cycles, read every 100. Halves are blocks of 50 reads, in turn.

A million cycles of one cell are no message for a board: the compiled laws are cycled directly.
"""

import numpy as np
from numba import njit

from labcim.analysis.resampling import Statistics
from labcim.sim_backend.devices.finding import find_model
from labcim.sim_backend.devices.laws import present_conductance, pulse_cell
from labcim.sim_backend.devices.preset import load_preset
from labcim.sim_backend.twin.life import Life, fit_life

from . import bench, files
from .compare import Verdict, verdicts

BLOCK = 50
EVERY = 100
LIFE = 1_000_000
WINDOWS = ((0, 30_000), (30_000, 100_000), (100_000, 300_000), (300_000, 1_100_000))


def measured() -> np.ndarray:
    """Return cycle, ln LRS and ln HRS in ohm, shape (blocks, reads, 3)."""
    life = files.endurance()
    whole = len(life.cycle) // BLOCK * BLOCK
    table = np.column_stack([life.cycle, np.log(life.low), np.log(life.high)])
    return table[:whole].reshape(-1, BLOCK, 3)


@njit
def _cycled(cell, device, p, seed, index, cycles, every, low, high):
    for cycle in range(1, cycles + 1):
        pulse_cell(cell, device, p, seed, index, 3.0, 0.0, 1.3, 1e-6, 0.0, np.inf, 0.0)
        if cycle % every == 0:
            low[cycle // every - 1] = present_conductance(cell, device, p, 1e-3)
        pulse_cell(cell, device, p, seed, index, 0.0, 3.5, 3.0, 1e-6, 0.0, np.inf, 0.0)
        if cycle % every == 0:
            high[cycle // every - 1] = present_conductance(cell, device, p, 1e-3)


def simulated(constants: dict, *, cells: int, seed: int, cycles: int = LIFE) -> np.ndarray:
    """Cycle some cells and return their reads as `measured` does, blocks of all cells together."""
    preset = load_preset(bench.PRESET).changed(constants={**constants, "life": 1e12})
    p = preset.parameters()
    model = find_model(preset.model)
    devices = model.draw(seed, cells, p)
    states = np.zeros(cells, model.cell)
    model.first_state(states, devices, p, seed, stuck=0.0, formed=True)
    tables = []
    for index in range(cells):
        low, high = np.empty(cycles // EVERY), np.empty(cycles // EVERY)
        _cycled(states[index], devices[index], p[0], seed, index, cycles, EVERY, low, high)
        at = EVERY * np.arange(1.0, len(low) + 1.0)
        tables.append(np.column_stack([at, -np.log(low), -np.log(high)]))
    return np.concatenate([one.reshape(-1, BLOCK, 3) for one in tables])


def fitted(blocks: np.ndarray) -> dict[str, float]:
    """Return the constants of the recorded cell from some of its blocks."""
    life = Life(blocks[..., 0], np.exp(blocks[..., 1]), np.exp(blocks[..., 2]))
    return fit_life(load_preset(bench.PRESET), life, set_gate=bench.SET.gate)


def split(first: int, *, cells: int = 4, cycles: int = LIFE, resamples: int = 500) -> list[Verdict]:
    """Fit every second block from ``first``, simulate, compare with the other blocks."""
    blocks = measured()
    ours, theirs = blocks[first::2], blocks[1 - first :: 2]
    twin = simulated(fitted(ours), cells=cells, seed=first + 1, cycles=cycles)
    return verdicts(ours, theirs, twin, STATISTICS, resamples=resamples)


def _window(column: int, low: float, high: float):
    def statistic(blocks: np.ndarray) -> float:
        rows = blocks.reshape(-1, 3)
        inside = (rows[:, 0] > low) & (rows[:, 0] <= high)
        return float(np.exp(np.median(rows[inside, column]))) if inside.any() else np.nan

    return statistic


def _spread(column: int):
    return lambda blocks: float(np.std(_course_taken(blocks, column)))


def _memory(column: int, lag: int):
    def statistic(blocks: np.ndarray) -> float:
        rest = _course_taken(blocks, column)
        return float(np.mean(rest[:, :-lag] * rest[:, lag:]) / np.mean(rest**2))

    return statistic


def _course_taken(blocks: np.ndarray, column: int) -> np.ndarray:
    """Return ln R less a cubic in the cycle number, which takes the wear away."""
    cycle, values = blocks[..., 0] / LIFE, blocks[..., column]
    course = np.polynomial.polynomial.polyfit(cycle.ravel(), values.ravel(), 3)
    return values - np.polynomial.polynomial.polyval(cycle, course)


STATISTICS: Statistics = {
    **{f"LRS median, {a:,} to {b:,} cycles": _window(1, a, b) for a, b in WINDOWS},
    **{f"HRS median, {a:,} to {b:,} cycles": _window(2, a, b) for a, b in WINDOWS},
    "LRS ln-sd of one cell": _spread(1),
    "HRS ln-sd of one cell": _spread(2),
    **{f"LRS autocorrelation, {EVERY * n:,} cycles": _memory(1, n) for n in (1, 5, 25)},
    **{f"HRS autocorrelation, {EVERY * n:,} cycles": _memory(2, n) for n in (1, 5, 25)},
}
