"""Constants from SET/RESET cycles: the high state, and the cells that do not always reach it.

What is read of a high state has three parts: the floor of a deep RESET, log-normal over cells and
cycles; weak RESETs, which leave a cell near its low state, and of which some cells have many and
most none; and the instrument's own error, which makes the longest tail, where a cell that conducts
less than it is read as anything. The law of all three is fitted to what was read.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import norm, qmc

from labcim.analysis.variation import positive_logarithm, split_variation
from labcim.units import Siemens

from ..devices._filament_kinetics import stack_voltage
from ..devices._filament_noise import white_sigma
from ..devices._filament_preset import FilamentPreset
from ..devices.layout import Record
from ..devices.transistor import triode_resistance
from .cycles import Cycling, parts

Floats = NDArray[np.float64]

SAMPLES = 2**13
STEP = 0.4  # first step of the search, in logarithms
STARTS = 3  # a search begins anew from where the last one got stuck
WEAK = 2.0  # a high state below so many times the low one counts as a weak RESET
QUANTILES = (0.25, 0.5, 0.75, 0.9, 0.99)
WEIGHTS = (1.0, 4.0, 1.0, 1.0, 0.5)


def fit_high_state(
    preset: FilamentPreset, low: Floats, high: Floats, how: Cycling
) -> tuple[dict[str, float], Siemens]:
    """Return the constants of floor and weak RESETs, and the instrument's conductance error.

    low, high: ohm, shape (cells, cycles).
    """
    ohm = positive_logarithm(high)
    limit = math.log(WEAK) + float(np.median(positive_logarithm(low)))
    wanted = _statistics(ohm, limit)
    law = _Law(preset, low, high, how, limit)

    def miss(x: Floats) -> float:
        return float(np.sum((_statistics(law.readings(x), limit) - wanted) ** 2))

    # Quantiles of a sample are rough on a small scale, so no derivatives.
    best = law.start(ohm)
    for _ in range(STARTS):
        found = minimize(
            miss,
            best,
            method="Nelder-Mead",
            options={
                "initial_simplex": np.vstack([best, best + STEP * np.eye(len(best))]),
                "xatol": 1e-3,
                "fatol": 1e-8,
                "maxiter": 600,
            },
        )
        best = np.asarray(found.x)
    floor, device, cycle, error = (float(value) for value in np.exp(best[:4]))
    share, chance = (float(value) for value in _shares(best[4:]))
    constants = {
        "floor": floor,
        "floor_device_spread": device,
        "floor_cycle_spread": cycle,
        "weak_reset_share": share,
        "weak_reset_chance": chance,
        "weak_reset_shift": law.shift,
    }
    return constants, error


class _Law:
    """Readings of the high state as the model makes them, by transformed constants."""

    def __init__(
        self, preset: FilamentPreset, low: Floats, high: Floats, how: Cycling, limit: float
    ) -> None:
        self._p = preset.parameters()[0]
        self._how = how
        self._top = 1.0 / float(np.median(low))
        weak = np.log(high) < limit
        self._weak = 1.0 / float(np.median(high[weak])) if weak.any() else self._top
        self._kept = how.slow.share * how.slow.memory**how.lag
        draws = qmc.Sobol(11, seed=1).random(SAMPLES).clip(1e-9, 1.0 - 1e-9)
        self._z: Floats = norm.ppf(draws)
        self._chance: Floats = draws[:, 8:]
        scatter = math.hypot(float(self._p["reset_spread"]), float(self._p["cycle_spread"]))
        self._scatter = float(self._p["reset_slope"]) * scatter
        self.shift = _shift(self._p, self._weak, how)

    def start(self, ohm: Floats) -> Floats:
        """Return where the search begins: moments of the readings ``ohm``, ln ohm."""
        cycle, device = parts(ohm, self._how, 0.0)
        floor = math.exp(-float(np.median(ohm)))
        spreads = np.log([floor, max(0.7 * device, 0.05), max(0.8 * cycle, 0.05), 0.05 * floor])
        return np.concatenate([spreads, [-2.0, 0.5]])

    def readings(self, x: Floats) -> Floats:
        """Return ln ohm of two cycles, shape (SAMPLES, 2)."""
        floor, device, cycle, error = np.exp(x[:4])
        share, chance = _shares(x[4:])
        z, kept = self._z, self._kept
        common = math.hypot(device, cycle * math.sqrt(kept)) * z[:, :1]
        own = cycle * math.sqrt(1.0 - kept) * z[:, 1:3]
        conductance = floor * np.exp(common + own)
        fails = (self._chance[:, :1] < share) & (self._chance[:, 1:] < chance)
        line = self._weak + self._scatter * np.column_stack([z[:, 7], np.roll(z[:, 7], 1)])
        conductance = np.where(fails, np.maximum(conductance, line), conductance)
        conductance = np.minimum(conductance, self._top)
        noise = _white_sigmas(self._p, conductance, self._how.aperture)
        conductance *= np.maximum(1.0 + noise * z[:, 5:7], 0.0)
        return np.asarray(-np.log(np.abs(conductance + error * z[:, 3:5]).clip(1e-12)))


def _shares(x: Floats) -> Floats:
    """Return numbers from 0 to 1 for any numbers."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def _shift(p: Record, conductance: Siemens, how: Cycling) -> float:
    """Return what raises the RESET threshold in V so that the line ends at ``conductance`` S."""
    overdrive = how.reset_gate - float(p["gate_threshold"])
    at_read = float(p["read_gate"]) - float(p["gate_threshold"])
    extra = triode_resistance(float(p["beta"]), overdrive)
    extra -= triode_resistance(float(p["beta"]), at_read)
    voltage = min(how.reset_voltage, overdrive)
    stack = stack_voltage(conductance, voltage, extra, math.inf, math.inf)
    threshold = stack - (float(p["highest"]) - conductance) / float(p["reset_slope"])
    return max(threshold - float(p["reset_voltage"]), 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _white_sigmas(p: Record, conductance: Floats, aperture: float) -> Floats:
    """Return sigma(G)/G of each conductance."""
    sigmas = np.empty_like(conductance)
    for i in range(conductance.size):
        sigmas.flat[i] = white_sigma(p, conductance.flat[i], aperture)
    return sigmas


def _statistics(ohm: Floats, limit: float) -> Floats:
    """Return what the law is fitted to.

    Quantiles; total spread and covariance of two cycles; shares of weak RESETs, in one and in two.
    """
    variation = split_variation(ohm)
    weak = ohm < limit
    both = float(np.mean(weak[:, 0] & weak[:, -1]))
    rest = [2.0 * variation.total, variation.device**2, 5.0 * float(weak.mean()), 5.0 * both]
    return np.concatenate([np.array(WEIGHTS) * np.quantile(ohm, QUANTILES), rest])
