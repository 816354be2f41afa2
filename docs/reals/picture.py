"""Measured against simulated: both states, currents by class, the spectrum of the read noise."""

import io
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from labcim.analysis.noise import power_spectrum
from labcim.analysis.variation import SlowWalk
from labcim.sim_backend.devices.preset import load_preset
from labcim.sim_backend.twin.shape import fit_conduction

from . import bench, currents, cycling, files, noise
from .compare import halves

SEED = 0
REAL, TWIN = {"color": "#222222", "lw": 2.2, "alpha": 0.45}, {"color": "#c0392b", "lw": 1.0}


def draw(folder: Path, path: Path, slow: SlowWalk) -> None:
    """Fit, simulate and draw what the held-out half and the simulated chip show."""
    figure = Figure(figsize=(12, 3.2), layout="constrained")
    low, high, curves, density = figure.subplots(1, 4)
    _states(folder / "cycles", low, high, slow)
    _currents(folder / "currents", curves)
    _noise(folder / "noise", density)
    density.legend(frameon=False, fontsize=8)
    stream = io.BytesIO()
    figure.savefig(stream, dpi=80)
    Image.open(stream).convert("RGB").quantize(16, kmeans=3).save(path, optimize=True)


def _states(folder: Path, low: Axes, high: Axes, slow: SlowWalk) -> None:
    values = cycling.measured()
    ours, theirs = halves(len(values), SEED)
    constants, error = cycling.fitted(values[ours], slow)
    twin = cycling.simulated(folder, constants, error, seed=SEED)
    for state, (axes, name) in enumerate(((low, "LRS"), (high, "HRS"))):
        for found, style in ((values[theirs], REAL), (twin, TWIN)):
            ohm = np.sort(np.exp(found[:, state].ravel()))
            axes.plot(ohm, 100.0 * (np.arange(ohm.size) + 0.5) / ohm.size, **style)
        axes.set(xscale="log", xlabel=f"{name}, Ω", ylabel="cells and cycles, %")
    high.set_xlim(5e3, 1e8)
    low.set_xlim(6e3, 11e3)
    low.set_xticks([6e3, 8e3, 1e4], ["6 k", "8 k", "10 k"])
    low.minorticks_off()


def _currents(folder: Path, axes: Axes) -> None:
    voltage, current = files.currents()
    ours, theirs = halves(len(current), SEED)
    constants = fit_conduction(load_preset(bench.PRESET), voltage, current[ours])
    like = (current[ours, currents.AT_READ] - current[ours, 0].mean()) / 0.2
    spread = currents.instrument_noise(current[ours])
    twin = currents.simulated(folder, constants, like, spread, side=64, seed=SEED)
    for bounds in currents.CLASSES:
        for found, style in ((current[theirs], REAL), (twin, TWIN)):
            mean = currents.mean_current(found, *bounds)
            shape = mean / mean[currents.AT_READ] * 0.2 / np.maximum(voltage, 1e-9)
            axes.plot(voltage[5:], shape[5:], **style)
    axes.set(xlabel="read voltage, V", ylabel="G(V) / G(0.2 V), by class of G")


def _noise(folder: Path, axes: Axes) -> None:
    time, conductance = files.recorded()
    half = len(time) // 2
    constants = noise.fitted(time[:half], conductance[:half])
    level = float(conductance[:half].mean())
    twin = noise.simulated(folder, constants, level, count=half, side=8, seed=1)
    real = conductance[half:]
    seen = [power_spectrum(one / one.mean(), noise.interval(), 1000) for one in (real, *twin.T)]
    axes.loglog(*seen[0], label="measured", **REAL)
    mean = np.mean([density for _, density in seen[1:]], axis=0)
    axes.loglog(seen[1][0], mean, label="simulated, 64 cells", **TWIN)
    axes.set(xlabel="frequency, Hz", ylabel="read noise S(G)/G², 1/Hz")
