"""SET/RESET cycles of 1,024 cells: both states at cycles 25 and 50."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from labcim.analysis.resampling import Statistics
from labcim.analysis.variation import SlowWalk, correlation_of_cycles, split_variation
from labcim.sim_backend.devices.preset import load_preset
from labcim.sim_backend.twin.cycles import Cycling, fit_low_state
from labcim.sim_backend.twin.high_state import fit_high_state

from . import bench, files
from .compare import Verdict, halves, verdicts

KEPT = (25, 50)
APERTURE = 1e-3


def measured() -> np.ndarray:
    """Return ln of the resistances in ohm, shape (cells, state, cycle); low state first."""
    cycles = files.cycles()
    return np.log(np.stack([cycles.low, cycles.high], axis=1))


def fitted(values: np.ndarray, slow: SlowWalk) -> tuple[dict[str, float], float]:
    """Return the constants from one half, and the instrument's conductance error in S."""
    preset = load_preset(bench.PRESET)
    low, high = np.exp(values[:, 0]), np.exp(values[:, 1])
    plain = Cycling(
        set_gate=bench.SET.gate,
        reset_voltage=-bench.RESET.amplitude,
        reset_gate=bench.RESET.gate,
        lag=KEPT[1] - KEPT[0],
        slow=slow,
        aperture=APERTURE,
    )
    constants, error = fit_high_state(preset, low, high, plain)
    return {**constants, **fit_low_state(preset, low, replace(plain, error=error))}, error


def simulated(
    folder: Path, constants: dict, error: float, *, side: int = 64, seed: int = 1
) -> np.ndarray:
    """Cycle a simulated chip and return what the same instrument would have shown of it."""
    with bench.opened(folder, constants, side=side, seed=seed) as chip:
        low, high = bench.cycled(chip.cells, KEPT)
    conductance = np.stack([low, high], axis=1)
    noise = error * np.random.default_rng([seed, 65]).standard_normal(conductance.shape)
    return -np.log(np.abs(conductance + noise).clip(1e-12))


def split(
    folder: Path, seed: int, slow: SlowWalk, *, side: int = 64, resamples: int = 1000
) -> list[Verdict]:
    """Fit one half, simulate, compare with the other."""
    values = measured()
    ours, theirs = halves(len(values), seed)
    constants, error = fitted(values[ours], slow)
    twin = simulated(folder, constants, error, side=side, seed=seed)
    return verdicts(values[ours], values[theirs], twin, STATISTICS, resamples=resamples)


def _quantile(state: int, q: float):
    return lambda v: float(np.exp(np.quantile(v[:, state], q)))


def _part(state: int, part: str):
    return lambda v: getattr(split_variation(v[:, state]), part)


def _correlation(state: int):
    return lambda v: correlation_of_cycles(v[:, state], 1)


STATISTICS: Statistics = {
    "LRS median": _quantile(0, 0.5),
    "LRS 10 %": _quantile(0, 0.1),
    "LRS 90 %": _quantile(0, 0.9),
    "LRS ln-sd, total": _part(0, "total"),
    "LRS ln-sd, cycle to cycle": _part(0, "cycle"),
    "LRS ln-sd, device to device": _part(0, "device"),
    "LRS correlation, lag 25": _correlation(0),
    "HRS median": _quantile(1, 0.5),
    "HRS 5 %": _quantile(1, 0.05),
    "HRS 10 %": _quantile(1, 0.1),
    "HRS 25 %": _quantile(1, 0.25),
    "HRS 75 %": _quantile(1, 0.75),
    "HRS 90 %": _quantile(1, 0.9),
    "HRS 99 %": _quantile(1, 0.99),
    "HRS ln-sd, total": _part(1, "total"),
    "HRS ln-sd, cycle to cycle": _part(1, "cycle"),
    "HRS ln-sd, device to device": _part(1, "device"),
    "HRS correlation, lag 25": _correlation(1),
    "HRS below 2 LRS, share": lambda v: float(np.mean(v[:, 1] - v[:, 0] < np.log(2.0))),
    "correlation of LRS and HRS": lambda v: float(
        np.corrcoef(v[:, 0].ravel(), v[:, 1].ravel())[0, 1]
    ),
}
