"""Monitor of the raw analogue values behind random bits: mean and sigma against the clock, mains.

Bits cannot show a pickup of a third of the noise; the values that they are made of do. All sources
are looked at together, each in units of its own spread at calibration: what a bench does to its
sources, it does to all of them.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ...capabilities import Floats
from ...errors import RangeError

WINDOW = 4096
"""Samples of all sources that are judged together."""

_LAGS = 64
_CLIP = 5.0  # sigma: a single outlier is no pickup
_FLAT = 0.3  # sigma: smaller shifts are left to the bit tests
_WIDER = 0.5  # of ln(variance): a sigma that is a quarter larger or smaller
_MAINS_WANDERS = 0.004  # of the nominal frequency, either way
_MOST_FREQUENCIES = 401


@dataclass(frozen=True, slots=True)
class Baseline:
    """What healthy sources give. mean, sigma: of their values, (sources,).

    memory: autocorrelation of a source's successive values at lags 1, 2, ...  samples: that it was
    taken from, of all sources together.
    """

    mean: Floats
    sigma: Floats
    memory: Floats
    samples: int

    @property
    def inflation(self) -> float:
        """Return how much more a mean varies than that of values without memory."""
        return max(1.0, float(1.0 + 2.0 * np.sum(np.maximum(self.memory, 0.0))))

    def standardised(self, values: Floats) -> Floats:
        """Return values, (count, sources), in units of each source's sigma, from its mean."""
        return np.clip((values - self.mean) / self.sigma, -_CLIP, _CLIP)


def find_baseline(values: Floats) -> Baseline:
    """Return mean, sigma and memory. values: (count, sources), NaN where there was none.

    Raises RangeError for less than 16 values of any source, or values that do not vary.
    """
    seen = np.isfinite(values)
    if values.ndim != 2 or values.shape[1] == 0 or np.any(seen.sum(axis=0) < 16):
        raise RangeError(f"values of shape {values.shape}: accepts 16 or more of each source")
    mean, sigma = np.nanmean(values, axis=0), np.nanstd(values, axis=0, ddof=1)
    if np.any(sigma <= 0.0):
        raise RangeError(f"{int(np.sum(sigma <= 0.0))} sources do not vary: accepts those that do")
    z = np.nan_to_num((values - mean) / sigma)
    lags = min(_LAGS, len(z) // 4)
    memory = np.array([np.mean(z[lag:] * z[:-lag]) for lag in range(1, lags + 1)])
    # Beyond the first lag without memory there is only noise of the estimate.
    silent = np.flatnonzero(memory <= 2.0 / math.sqrt(z.size))
    memory[silent[0] if len(silent) else lags :] = 0.0
    return Baseline(mean, sigma, memory, int(seen.sum()))


@dataclass(frozen=True, slots=True)
class Drifted:
    """An alarm: which test, its value, what it may be at most, and the samples seen before."""

    test: str
    value: float
    limit: float
    sample: int


@dataclass
class ValueMonitor:
    """Judges the last 4096 values of all sources, every 1024 of them.

    exponent: a of the false alarm rate 2**-a of each judgement.  mains: Hz, lines to look for.
    """

    baseline: Baseline
    exponent: float = 30.0
    mains: tuple[float, ...] = (50.0, 60.0)
    seen: int = 0
    z: Floats = field(default_factory=lambda: np.empty(0))
    time: Floats = field(default_factory=lambda: np.empty(0))

    def take(self, values: Floats, time: Floats) -> list[Drifted]:
        """Take values and their times in s, both (count, sources), in order; NaN is left out."""
        z = self.baseline.standardised(values)
        good = np.isfinite(z)
        z, time = z[good], time[good]
        alarms: list[Drifted] = []
        step = WINDOW // 4
        while len(z):
            some = min(len(z), step - self.seen % step)
            self.z = np.concatenate([self.z, z[:some]])[-WINDOW:]
            self.time = np.concatenate([self.time, time[:some]])[-WINDOW:]
            self.seen += some
            z, time = z[some:], time[some:]
            if self.seen % step == 0 and len(self.z) == WINDOW:
                alarms += self._judged()
        return alarms

    def _judged(self) -> list[Drifted]:
        base, n = self.baseline, len(self.z)
        quantile = -float(ndtri(2.0 ** -(self.exponent + 1.0)))
        spread = math.sqrt(base.inflation * (1.0 / n + 1.0 / base.samples))
        found = [
            Drifted("mean", abs(float(self.z.mean())), max(_FLAT, quantile * spread), self.seen),
            Drifted("sigma", abs(math.log(max(float(self.z.var()), 1e-12))), _WIDER, self.seen),
        ]
        for nominal in self.mains:
            power, count = strongest_line(self.z, self.time, nominal)
            limit = self.exponent * math.log(2.0) + math.log(count)
            found.append(
                Drifted(f"line at {nominal:g} Hz", power / base.inflation, limit, self.seen)
            )
        return [one for one in found if one.value > one.limit]


def strongest_line(values: Floats, time: Floats, nominal: float) -> tuple[float, int]:
    """Return the power of the strongest line near ``nominal`` Hz, and how many were tried.

    values at times in s, (n,), evenly spaced or not. The power of independent values is distributed
    exponentially with mean 1 (Scargle, Astrophys. J. 263:835, 1982).
    """
    span = float(np.ptp(time))
    wander = _MAINS_WANDERS * nominal
    count = min(_MOST_FREQUENCIES, 1 + 4 * math.ceil(wander * span - 0.25))
    frequencies = np.linspace(nominal - wander, nominal + wander, count) if count > 1 else [nominal]
    centred = values - values.mean()
    variance = float(np.mean(centred**2))
    if variance <= 0.0:
        return 0.0, count
    powers = [_power(centred, time - time[0], float(f)) / variance for f in frequencies]
    return max(powers), count


def _power(centred: Floats, time: Floats, frequency: float) -> float:
    """Return the variance explained by sine and cosine of one frequency, times n / 2."""
    phase = 2.0 * np.pi * frequency * time
    waves = np.array([np.cos(phase), np.sin(phase)])
    waves -= waves.mean(axis=1, keepdims=True)
    gram, product = waves @ waves.T, waves @ centred
    if np.linalg.cond(gram) > 1e6:  # all at one phase: no line can be told from a mean
        return 0.0
    return float(product @ np.linalg.solve(gram, product)) / 2.0


def symbols(z: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return standardised values as whole half sigmas from 100; 0 for all that have none (NaN).

    What does not vary any more repeats its symbol, whatever the noise of the reading.
    """
    steps = np.clip(np.floor(np.nan_to_num(2.0 * z)), -99.0, 99.0)
    return np.where(np.isfinite(z), 100.0 + steps, 0.0).astype(np.int64)
