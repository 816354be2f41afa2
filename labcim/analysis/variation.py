"""How quantities vary: from device to device, from cycle to cycle, and what cycles remember.

A quantity of cell i in cycle j is taken as  mean + device_i + slow_ij + white_ij, where the slow
part is a first-order random walk that is pulled back (autocorrelation memory^lag) and the white one
is drawn anew in every cycle. Resistances and conductances enter as logarithms.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit
from scipy.stats import norm

from labcim.errors import RangeError

Floats = NDArray[np.float64]

_QUARTILE = float(norm.ppf(0.75))


@dataclass(frozen=True, slots=True)
class Variation:
    """Standard deviations: of all values, within cells, and between cells."""

    total: float
    cycle: float
    device: float


@dataclass(frozen=True, slots=True)
class SlowWalk:
    """Share of the slow part in the variance from cycle to cycle; its memory for one cycle."""

    share: float
    memory: float


def positive_logarithm(values: Floats) -> Floats:
    """Return ln of values. Raises RangeError unless all are positive and finite."""
    values = np.asarray(values, dtype=np.float64)
    if values.size == 0 or not (np.isfinite(values).all() and (values > 0.0).all()):
        raise RangeError("a logarithm is asked of values that are not all positive and finite")
    return np.log(values)


def robust_spread(values: Floats) -> float:
    """Return the interquartile range over that of the standard normal distribution.

    The standard deviation of normal values, and hardly moved by a few outliers.
    """
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low) / (2.0 * _QUARTILE)


def split_variation(values: Floats) -> Variation:
    """Return how values vary within and between cells: one-way random-effects analysis of variance.

    values: shape (cells, cycles), each at least 2.  Between cells is what is left of the spread of
    the cells' means (Searle, Casella and McCulloch, Variance Components, 1992); 0 if nothing is.
    """
    cycles = _table(values)
    within = float(np.var(values, axis=1, ddof=1).mean())
    means = float(np.var(values.mean(axis=1), ddof=1))
    between = max(means - within / cycles, 0.0)
    return Variation(float(np.std(values)), math.sqrt(within), math.sqrt(between))


def correlation_of_cycles(values: Floats, lag: int) -> float:
    """Return the correlation over cells of two cycles ``lag`` columns apart, all pairs pooled.

    values: shape (cells, cycles).  It has the device-to-device variation in it.
    """
    cycles = _table(values)
    if not 1 <= lag < cycles:
        raise RangeError(f"lag = {lag} cycles: accepts 1 to {cycles - 1}")
    centred = values - values.mean(axis=0)
    early, late = centred[:, :-lag], centred[:, lag:]
    scale = math.sqrt(float(np.mean(early**2)) * float(np.mean(late**2)))
    return float(np.mean(early * late)) / scale if scale > 0.0 else math.nan


def autocorrelation(series: Floats, lags: list[int]) -> Floats:
    """Return the autocorrelation of one series at ``lags``, shape (lags,); biased estimator.

    series: shape (time,).  Raises RangeError for a lag outside of it.
    """
    n = len(series)
    if not all(0 <= lag < n for lag in lags):
        raise RangeError(f"lags {lags}: accepts 0 to {n - 1}")
    centred = series - series.mean()
    power = float(centred @ centred)
    if power == 0.0:
        return np.full(len(lags), math.nan)
    return np.array([float(centred[: n - lag] @ centred[lag:]) / power for lag in lags])


def slow_walk(lags: Floats, correlation: Floats) -> SlowWalk:
    """Fit share·memory^lag to an autocorrelation by least squares.

    lags: cycles, at least one, all above 0.  Raises RangeError for fewer than two points.
    """
    if len(lags) != len(correlation) or len(lags) < 2 or min(lags) <= 0:
        raise RangeError(f"{len(lags)} lags of a slow walk: accepts two or more, above 0")

    def law(lag: Floats, share: float, log_time: float) -> Floats:
        return np.asarray(share * np.exp(-lag / np.exp(log_time)))

    time = math.log(float(np.median(lags)))
    start = (float(np.clip(correlation[0], 0.01, 0.99)), time)
    bounds = ([0.0, math.log(float(min(lags))) - 5.0], [1.0, math.log(float(max(lags))) + 5.0])
    (share, log_time), _ = curve_fit(law, lags, correlation, p0=start, bounds=bounds)
    return SlowWalk(float(share), math.exp(-1.0 / math.exp(float(log_time))))


def _table(values: Floats) -> int:
    """Return how many cycles. Raises RangeError unless there are two of both, all finite."""
    if values.ndim != 2 or min(values.shape) < 2 or not np.isfinite(values).all():
        raise RangeError(f"values of shape {values.shape}: accepts (cells >= 2, cycles >= 2)")
    return int(values.shape[1])
