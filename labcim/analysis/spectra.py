"""Laws through noise spectra: power-law (1/f) noise, Lorentzians of traps, white noise.

By Whittle's likelihood (Ark. Mat. 2:423, 1953) of the whole periodogram, its lines gathered into
bins: each line of a stationary series is its power density times a unit exponential, and nearly
independent of the others.
"""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from labcim.errors import RangeError

from .curvature import exponential_interval, normal_interval, polish
from .distributions import Interval

Floats = NDArray[np.float64]

_FLOOR = -18.0  # of the logarithm of a part, in units of the series' variance: there is none


@dataclass(frozen=True, slots=True)
class Spectrum:
    """A periodogram in bins: Hz, (unit of the values)²/Hz one-sided, lines in each bin.

    interval: s between the values.  variance: of the values.
    """

    frequency: Floats
    density: Floats
    lines: Floats
    interval: float
    variance: float


@dataclass(frozen=True, slots=True)
class Lorentzian:
    """Noise of one relaxation time: its variance, and the corner of its spectrum in Hz."""

    variance: Interval
    corner: Interval


@dataclass(frozen=True, slots=True)
class NoiseLaw:
    """flicker / f^exponent + Lorentzians + white; densities one-sided, flicker at 1 Hz.

    A part that the spectrum does not show is 0.  log_likelihood: ln of the density of the series
    in units of its standard deviation, were it normal noise of this spectrum.
    """

    flicker: Interval
    exponent: Interval
    white: Interval
    lorentzians: tuple[Lorentzian, ...]
    log_likelihood: float
    parameters: int


def binned_periodogram(values: Floats, interval: float, *, per_octave: int = 12) -> Spectrum:
    """Return the periodogram of a series with its lines gathered into ``per_octave`` bins.

    values: shape (n,), n at least 16, ``interval`` s apart.  Raises RangeError otherwise, and for
    values that are not finite or all the same.
    """
    n = len(values)
    if n < 16 or not interval > 0.0 or not np.isfinite(values).all() or np.ptp(values) == 0.0:
        raise RangeError(
            f"spectrum of {n} values, {interval:g} s apart: accepts 16 up, finite, not all equal"
        )
    centred = values - values.mean()
    power = np.abs(np.fft.rfft(centred)) ** 2
    frequency = np.fft.rfftfreq(n, interval)
    last = len(power) - 1 if n % 2 == 0 else len(power)  # the Nyquist line has no pair
    density, frequency = 2.0 * interval / n * power[1:last], frequency[1:last]
    bins = np.floor(np.log2(frequency / frequency[0]) * per_octave).astype(np.int64)
    _, first = np.unique(bins, return_index=True)
    lines = np.diff(np.append(first, len(bins))).astype(np.float64)
    mean = np.add.reduceat(density, first) / lines
    at = np.exp(np.add.reduceat(np.log(frequency), first) / lines)
    return Spectrum(at, mean, lines, interval, float(np.mean(centred**2)))


def fit_noise(spectrum: Spectrum, *, lorentzians: int = 0, flicker: bool = True) -> NoiseLaw:
    """Fit a law with up to two Lorentzians to a spectrum, with 95 % intervals.

    Raises RangeError for fewer than 8 bins or another number of Lorentzians.
    """
    if len(spectrum.frequency) < 8 or not 0 <= lorentzians <= 2:
        raise RangeError(
            f"{lorentzians} Lorentzians in {len(spectrum.frequency)} bins of a spectrum: accepts "
            "0 to 2, in 8 bins or more"
        )
    law = _Law(spectrum, lorentzians, flicker)
    best = min((law.search(start) for start in law.starts()), key=law.cost)
    return law.result(best)


class _Law:
    """The law in units of the series: variances over its own, frequencies over the middle one.

    Parameters: ln flicker, exponent, ln white, then ln variance and ln corner of each Lorentzian;
    those that are bound to a floor stay out of the intervals.
    """

    def __init__(self, spectrum: Spectrum, lorentzians: int, flicker: bool) -> None:
        self.seen, self.traps, self.flickers = spectrum, lorentzians, flicker
        f = spectrum.frequency
        self.middle = math.sqrt(f[0] * f[-1])
        self.unit = spectrum.variance / self.middle  # of densities
        self.scaled = spectrum.density / self.unit
        self.log_f = np.log(f / self.middle)
        self.cosine = np.cos(2.0 * math.pi * f * spectrum.interval)
        span = self.log_f[-1]
        corner = (-span, span + math.log(2.0))
        top = 25.0
        self.bounds = [(_FLOOR, top), (0.1, 3.0), (_FLOOR, top)]
        self.bounds += [(_FLOOR, 3.0), corner] * lorentzians

    def starts(self) -> list[Floats]:
        white = float(np.log(max(np.median(self.scaled[-max(len(self.scaled) // 8, 3) :]), 1e-6)))
        low = float(np.log(max(self.scaled[: max(len(self.scaled) // 8, 3)].mean(), 1e-6)))
        level = low + self.log_f[0] if self.flickers else _FLOOR
        head = [level, 1.0, white]
        span = self.log_f[-1]
        corners = [share * span for share in (-0.6, -0.2, 0.2, 0.6)]
        found = []
        for places in product(corners, repeat=self.traps):
            if list(places) == sorted(set(places)):
                tail = [x for place in places for x in (math.log(0.3), place)]
                weak = [level - 3.0 if self.traps and self.flickers else level, *head[1:]]
                found.append(np.array(weak + tail))
        return found

    def density(self, x: Floats) -> Floats:
        total = np.exp(x[2]) * np.ones_like(self.log_f)
        if self.flickers:
            total = total + np.exp(x[0] - x[1] * self.log_f)
        step = 2.0 * math.pi * self.middle * self.seen.interval
        for variance, corner in x[3:].reshape(-1, 2):
            kept = math.exp(-min(step * math.exp(corner), 700.0))
            # Sampled, so that what is above half the rate is folded back.
            shape = (1.0 - kept * kept) / (1.0 - 2.0 * kept * self.cosine + kept * kept)
            total = total + 2.0 * self.seen.interval * self.middle * math.exp(variance) * shape
        return np.asarray(total)

    def cost(self, x: Floats) -> float:
        law = self.density(x)
        return float(np.sum(self.seen.lines * (np.log(law) + self.scaled / law)))

    def search(self, start: Floats) -> Floats:
        low, high = np.array(self.bounds).T
        begin = np.clip(start, low + 1e-6, high - 1e-6)
        # For so few numbers the simplex is ten times faster than what needs a slope.
        found = minimize(
            self.cost, begin, method="Nelder-Mead", bounds=self.bounds, options={"maxiter": 2000}
        )
        return np.asarray(found.x)

    def result(self, x: Floats) -> NoiseLaw:
        free = [i for i in range(len(x)) if self._free(x, i)]

        def likely(part: Floats) -> float:
            whole = x.copy()
            whole[free] = part
            return -self.cost(whole)

        best, covariance = polish(likely, x[free])
        x = x.copy()
        x[free] = best
        variance = np.full(len(x), np.nan)
        variance[free] = np.diag(covariance)
        traps = []
        for i in range(3, len(x), 2):
            power = self._level(x, variance, i, self.seen.variance)
            traps.append(
                Lorentzian(power, exponential_interval(x[i + 1], variance[i + 1], self.middle))
            )
        traps.sort(key=lambda trap: trap.corner.value)
        n = 2.0 * float(self.seen.lines.sum())
        # In units of the standard deviation, two-sided and per sample: 2 interval / unit.
        scale = math.log(2.0 * self.seen.interval / self.unit * self.seen.variance)
        likelihood = -0.5 * n * (math.log(2.0 * math.pi) - scale) - self.cost(x)
        return NoiseLaw(
            self._flicker(x, covariance, free),
            normal_interval(x[1], variance[1]) if 1 in free else Interval(*[math.nan] * 3),
            self._level(x, variance, 2, self.unit),
            tuple(traps),
            likelihood,
            len(free),
        )

    def _flicker(self, x: Floats, covariance: Floats, free: list[int]) -> Interval:
        """Return the power law's density at 1 Hz: level and exponent vary together."""
        if 0 not in free:
            return Interval(0.0, 0.0, 0.0)
        reach = math.log(self.middle)  # ln A + exponent ln middle
        weights = np.array([{0: 1.0, 1: reach}.get(i, 0.0) for i in free])
        spread = float(weights @ covariance @ weights)
        return exponential_interval(x[0] + x[1] * reach, spread, self.unit)

    def _free(self, x: Floats, i: int) -> bool:
        """Say whether the spectrum shows a parameter: its part is there, and inside its bounds."""
        part = {0: 0, 1: 0, 2: 2}.get(i, i - (i - 3) % 2)
        if part == 0 and not self.flickers:
            return False
        low, high = self.bounds[i]
        return bool(x[part] > _FLOOR + 1.0 and low + 1e-6 < x[i] < high - 1e-6)

    def _level(self, x: Floats, variance: Floats, i: int, unit: float) -> Interval:
        if x[i] <= _FLOOR + 1.0:
            return Interval(0.0, 0.0, 0.0)
        return exponential_interval(x[i], variance[i], unit)
