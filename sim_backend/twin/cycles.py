"""Constants from SET/RESET cycles: both states of many cells, in a few cycles each."""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import norm, qmc

from labcim.analysis.variation import SlowWalk, positive_logarithm, split_variation
from labcim.errors import RangeError
from labcim.units import Siemens, Volt

from ..devices._filament_noise import white_sigma
from ..devices._filament_preset import FilamentPreset
from ..devices.layout import Record
from ..devices.transistor import saturation_current

Floats = NDArray[np.float64]

SAMPLES = 2**13  # of the law of the high state, in the fit of its constants


@dataclass(frozen=True, slots=True)
class Cycling:
    """How the cycles were made and read.

    set_gate: V, of the SET pulse.  lag: cycles between two columns of the tables.  slow: what the
    cycles remember.  aperture: s, of a reading.  error: S, standard deviation of a conductance by
    the instrument's current noise.
    """

    set_gate: Volt
    lag: int
    slow: SlowWalk
    aperture: float
    error: Siemens = 0.0


def fit_low_state(preset: FilamentPreset, low: Floats, how: Cycling) -> dict[str, float]:
    """Return the constants of the gate's compliance from low-state resistances.

    low: ohm, shape (cells, cycles), both at least 2.
    """
    p = preset.parameters()[0]
    overdrive = how.set_gate - float(p["gate_threshold"])
    current = saturation_current(float(p["beta"]), overdrive)
    if current <= 0.0:
        raise RangeError(f"set_gate = {how.set_gate} V: the transistor does not conduct")
    median = float(np.median(low))
    noise = math.hypot(white_sigma(p, 1.0 / median, how.aperture), how.error * median)
    cycle, device = _parts(positive_logarithm(low), how, noise)
    of_gate = 2.0 * float(p["gate_threshold_spread"]) / overdrive
    slope = math.sqrt(1e-5 / current)
    floor = min(float(p["compliance_cycle_floor"]), cycle)
    return {
        "compliance_voltage": current * median,
        "compliance_device_spread": math.sqrt(max(device**2 - of_gate**2, 0.0)),
        "compliance_cycle_floor": floor,
        "compliance_cycle_slope": (cycle - floor) / slope,
        "slow_share": how.slow.share,
        "slow_memory": how.slow.memory,
    }


def fit_high_state(
    preset: FilamentPreset, low: Floats, high: Floats, how: Cycling
) -> tuple[dict[str, float], Siemens]:
    """Return the constants of the floor of a deep RESET, and the instrument's conductance error.

    low, high: ohm, shape (cells, cycles).  A RESET raises no conductance, and reading adds noise:
    medians and spreads of the readings are not those of the floor. The law, with both, is fitted
    to the readings.  The error, in S, is the instrument's, beside the preset's
    read noise: it makes the longest tail, where a cell that conducts less is read as anything.
    """
    p = preset.parameters()[0]
    wanted = _high_statistics(positive_logarithm(high))
    top = 1.0 / float(np.median(low))
    kept = how.slow.share * how.slow.memory**how.lag
    z = norm.ppf(qmc.Sobol(8, seed=1).random(SAMPLES).clip(1e-9, 1.0 - 1e-9))

    def readings(x: Floats) -> Floats:
        floor, device, cycle, error = np.exp(x)
        common = math.hypot(device, cycle * math.sqrt(kept)) * z[:, :1]
        own = cycle * math.sqrt(1.0 - kept) * z[:, 1:3]
        conductance = np.minimum(floor * np.exp(common + own), top)
        noise = _white_sigmas(p, conductance, how.aperture)
        conductance *= np.maximum(1.0 + noise * z[:, 5:7], 0.0)
        return np.asarray(-np.log(np.abs(conductance + error * z[:, 3:5]).clip(1e-12)))

    def miss(x: Floats) -> float:
        return float(np.sum((_high_statistics(readings(x)) - wanted) ** 2))

    cycle, device = _parts(positive_logarithm(high), how, 0.0)
    floor = 1.0 / float(np.median(high))
    start = np.log([floor, max(device, 0.05), max(cycle, 0.05), 0.05 * floor])
    # Quantiles of a sample are rough on a small scale, so no derivatives.
    best = minimize(
        miss, start, method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-9, "maxiter": 600}
    )
    found = np.exp(best.x)
    names = ("floor", "floor_device_spread", "floor_cycle_spread")
    return dict(zip(names, map(float, found[:3]), strict=True)), float(found[3])


@njit(cache=True, nogil=True, error_model="numpy")
def _white_sigmas(p: Record, conductance: Floats, aperture: float) -> Floats:
    """Return sigma(G)/G of each conductance."""
    sigmas = np.empty_like(conductance)
    for i in range(conductance.size):
        sigmas.flat[i] = white_sigma(p, conductance.flat[i], aperture)
    return sigmas


def _high_statistics(log_resistance: Floats) -> Floats:
    """Return what the law is fitted to: median, 99 %, spread, covariance of two cycles."""
    variation = split_variation(log_resistance)
    median, tail = np.quantile(log_resistance, [0.5, 0.99])
    return np.array([median, 0.3 * tail, variation.total, variation.device**2])


def _parts(values: Floats, how: Cycling, noise: float) -> tuple[float, float]:
    """Return ln-sd from cycle to cycle, slow part included, and from device to device.

    What cycles remember over the lag looks like a property of the device; noise does not.
    """
    found = split_variation(values)
    kept = how.slow.share * how.slow.memory**how.lag
    within = max(found.cycle**2 - noise**2, 0.0)
    whole = within / (1.0 - kept)
    return math.sqrt(whole), math.sqrt(max(found.device**2 - kept * whole, 0.0))
