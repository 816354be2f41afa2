"""What a recorded noise is made of: pickup, 1/f and white noise, or traps, and how sure that is.

Mains pickup goes first. Then normal noise of a fitted spectrum and telegraph noise of one and two
traps compete for the same series by Schwarz's criterion, so that a random walk is not taken for a
trap, nor a trap for a Lorentzian of many.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from .distributions import Interval
from .mixture import Mixture, count_levels
from .pickup import Cleaned, remove_pickup
from .spectra import NoiseLaw, Spectrum, binned_periodogram, fit_noise
from .telegraph import MOST_TRAPS, Telegraph, bayes_criterion, fit_telegraph, left_over

Floats = NDArray[np.float64]

_FEWEST = 10.0  # moves of a trap from which on its dwell times say something


@dataclass(frozen=True, slots=True)
class Noise:
    """What a series is made of. sigma: its spread without pickup, and relative to the mean.

    law: of the spectrum, as normal noise.  telegraph: None where no trap explains it better.
    levels: by the distribution alone, without a look at the time.
    """

    mean: float
    sigma: Interval
    cleaned: Cleaned
    spectrum: Spectrum
    law: NoiseLaw
    levels: Mixture
    telegraph: Telegraph | None

    @property
    def telegraph_share(self) -> float:
        """Return the traps' share of the variance, 0 to 1."""
        traps = self.telegraph.traps if self.telegraph else ()
        return min(sum(trap.variance for trap in traps) / self.sigma.value**2, 1.0)


def noise_sources(values: Floats, rate: float, *, most_traps: int = MOST_TRAPS) -> Noise:
    """Take a series apart. values: shape (n,), at ``rate`` Hz; NaN where nothing was seen.

    Raises RangeError for fewer than 64 values or such that are all the same.
    """
    known = np.isfinite(values)
    mean = float(values[known].mean()) if known.any() else math.nan
    cleaned = remove_pickup(np.where(known, values, mean), rate)
    left = cleaned.values
    spectrum = binned_periodogram(left, 1.0 / rate)
    law = spectral_law(spectrum)
    seen = np.where(known, left, np.nan)
    telegraph = _telegraph(seen, rate, law, most_traps)
    sigma = spread_interval(left)
    return Noise(mean, sigma, cleaned, spectrum, law, count_levels(seen), telegraph)


def spectral_law(spectrum: Spectrum) -> NoiseLaw:
    """Return the law of white, 1/f and Lorentzian parts that Schwarz's criterion prefers."""
    lines = int(2 * spectrum.lines.sum())
    laws = [
        fit_noise(spectrum, flicker=False),
        fit_noise(spectrum),
        fit_noise(spectrum, lorentzians=1, flicker=False),
        fit_noise(spectrum, lorentzians=1),
    ]
    return min(laws, key=lambda x: bayes_criterion(x.log_likelihood, x.parameters, lines))


def spread_interval(values: Floats) -> Interval:
    """Return the standard deviation of a series with its 95 % interval, correlated as it is.

    The degrees of freedom are those of the series' own periodogram: n for white noise, few where
    slow noise rules.
    """
    power = np.abs(np.fft.rfft(values - values.mean()))[1:] ** 2
    sigma = float(np.std(values, ddof=1))
    freedom = max(4.0 * float(power.sum()) ** 2 / float(np.sum(power**2)), 1.0)
    low, high = (sigma * math.sqrt(freedom / chi2.ppf(q, freedom)) for q in (0.975, 0.025))
    return Interval(sigma, float(low), float(high))


def _telegraph(seen: Floats, rate: float, law: NoiseLaw, most: int) -> Telegraph | None:
    """Return the traps that explain a series better than normal noise does, if any do."""
    if not law.lorentzians and law.flicker.value == 0.0:
        return None  # white: whatever moves there moves faster than it was read
    n = int(np.isfinite(seen).sum())
    best, found = bayes_criterion(law.log_likelihood, law.parameters, n), None
    for traps in range(1, most + 1):
        fit = fit_telegraph(seen, 1.0 / rate, traps)
        criterion = bayes_criterion(fit.log_likelihood, fit.parameters, n)
        if not criterion < best or any(trap.moves < _FEWEST for trap in fit.traps):
            break
        best, found = criterion, fit
        if traps < most and _is_white(left_over(seen, 1.0 / rate, fit), rate):
            break
    return found


def _is_white(values: Floats, rate: float) -> bool:
    known = np.isfinite(values)
    law = spectral_law(binned_periodogram(np.where(known, values, 0.0), 1.0 / rate))
    return not law.lorentzians and law.flicker.value == 0.0
