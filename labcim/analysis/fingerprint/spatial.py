"""Whether a map of bits shows its lines: autocorrelation in two dimensions, means of rows, columns.

Line resistance and sneak paths show here, before they show in a metric.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from labcim.errors import RangeError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spatial:
    """What a map shows.

    largest: autocorrelation, of all lags.  outside: share of the lags outside of the 95 % band,
    +-1.96 / sqrt(n).  lags: how many.  rows_p, columns_p: chance of row (column) means that are at
    least as unequal, in a map of independent bits.
    """

    largest: float
    outside: float
    lags: int
    rows_p: float
    columns_p: float


def autocorrelation_map(bits: Floats) -> Floats:
    """Return the normalised autocorrelation at lags (0.. rows // 2, 0.. columns // 2).

    bits: (rows, columns); NaN counts for nothing. Normalised by the variance and the number of
    pairs at each lag. NaN for a map of equal bits.
    """
    known = np.isfinite(bits)
    if bits.ndim != 2 or known.sum() < 4:
        raise RangeError(f"map of shape {bits.shape} with {known.sum()} bits: accepts 4 and more")
    mean = float(bits[known].mean())
    centred = np.where(known, bits - mean, 0.0)
    variance = float((centred**2).sum() / known.sum())
    down, right = bits.shape[0] // 2, bits.shape[1] // 2
    found = np.full((down + 1, right + 1), math.nan)
    for i in range(down + 1):
        for j in range(right + 1):
            height, width = bits.shape[0] - i, bits.shape[1] - j
            pairs = (known[:height, :width] & known[i:, j:]).sum()
            if pairs and variance > 0.0:
                product = (centred[:height, :width] * centred[i:, j:]).sum()
                found[i, j] = product / pairs / variance
    return found


def spatial(maps: Floats) -> Spatial:
    """Return what the maps of several chips show together. maps: (chips, rows, columns).

    Autocorrelations are averaged over the chips, so that the band narrows with their number.
    """
    if maps.ndim != 3 or not len(maps):
        raise RangeError(f"maps of shape {maps.shape}: accepts (chips, rows, columns)")
    found = np.nanmean([autocorrelation_map(one) for one in maps], axis=0)
    flat = found.ravel()[1:]  # lag (0, 0) is 1
    down, right = found.shape
    pairs = np.multiply.outer(
        maps.shape[1] - np.arange(down), maps.shape[2] - np.arange(right)
    ).ravel()[1:]
    band = 1.96 / np.sqrt(len(maps) * pairs)
    known = np.isfinite(flat)
    return Spatial(
        largest=float(np.abs(flat[known]).max()) if known.any() else math.nan,
        outside=float((np.abs(flat) > band)[known].mean()) if known.any() else math.nan,
        lags=int(known.sum()),
        rows_p=_unequal(maps, 2),
        columns_p=_unequal(maps, 1),
    )


def _unequal(maps: Floats, across: int) -> float:
    """Return the p-value of Pearson's chi-squared for lines that all have the same share of ones.

    The ones of one line in all chips are counted together: what the lines do to every chip.
    """
    known = np.isfinite(maps).sum(axis=(0, across)).astype(np.float64)
    ones = np.nansum(maps, axis=(0, across))
    share = ones.sum() / known.sum()
    if not 0.0 < share < 1.0 or len(known) < 2:
        return math.nan
    used = known > 0
    statistic = np.sum((ones - known * share)[used] ** 2 / (known[used] * share * (1.0 - share)))
    return float(chi2.sf(statistic, used.sum() - 1))
