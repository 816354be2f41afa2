"""What forming leaves in 65,536 cells of chip C1."""

from pathlib import Path

import numpy as np

from labcim.analysis.resampling import Statistics
from labcim.capabilities import Train
from labcim.sim_backend.devices.preset import load_preset
from labcim.sim_backend.twin.shape import fit_forming

from . import bench, files
from .compare import Verdict, halves, verdicts

STEPS = (3.1, 3.3, 3.5)  # V, one pulse of 1 us each; nearly all cells form at the first
GATE = 1.6
AGE = 0.4  # s, about: 256 gates are opened one after the other for 3 ms each


def simulated(folder: Path, constants: dict, *, side: int, seed: int) -> np.ndarray:
    """Form a fresh chip and return ln of its resistances in ohm, shape (cells,)."""
    with bench.opened(folder, constants, side=side, seed=seed, formed=False) as chip:
        cells = chip.cells
        waiting = cells.topology.all_cells()
        for volts in STEPS:
            cells.pulse(waiting, Train(volts, 1e-6, gate=GATE))
            conductance = bench.seen(cells)
            waiting = np.flatnonzero(conductance < 2e-6).astype(np.uint32)  # 500 kOhm
            if not waiting.size:
                break
        return -np.log(np.delete(conductance, waiting))


def split(folder: Path, seed: int, *, side: int = 256, resamples: int = 300) -> list[Verdict]:
    """Fit one half, simulate, compare with the other."""
    values = np.log(files.formed())
    ours, theirs = halves(len(values), seed)
    constants = fit_forming(load_preset(bench.PRESET), np.exp(values[ours]), aperture=1e-3, age=AGE)
    twin = simulated(folder, constants, side=side, seed=seed)
    return verdicts(values[ours], values[theirs], twin, STATISTICS, resamples=resamples)


STATISTICS: Statistics = {
    "post-form median": lambda v: float(np.exp(np.median(v))),
    "post-form ln-sd": lambda v: float(np.std(v)),
    "post-form 1 %": lambda v: float(np.exp(np.quantile(v, 0.01))),
    "post-form 99 %": lambda v: float(np.exp(np.quantile(v, 0.99))),
}
