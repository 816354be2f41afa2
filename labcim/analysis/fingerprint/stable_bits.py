"""Bits of a fingerprint from differences, and which of them can be trusted.

Differences are analogue: of two cells, or of two sums of cells. Arrays of re-reads are (reads,
bits); NaN where a difference is not known.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from labcim.errors import RangeError

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def answers(differences: Floats) -> Floats:
    """Return 1 where a difference is above 0, else 0; NaN where it is not known."""
    bits = (differences > 0.0).astype(np.float64)
    return np.where(np.isnan(differences), np.nan, bits)


def spread_of_reads(differences: Floats) -> Floats:
    """Return the standard deviation of each difference from read to read, (bits,).

    No smaller than that of all bits together: with few reads a bit that flips now and then (a trap)
    looks quiet by chance. Raises RangeError for fewer than two reads.
    """
    if differences.ndim != 2 or len(differences) < 2:
        raise RangeError(f"differences of shape {differences.shape}: accepts two reads and more")
    own = np.var(differences, axis=0, ddof=1)  # NaN where one read is not known
    known = np.isfinite(own)
    return np.asarray(np.sqrt(np.maximum(own, own[known].mean() if known.any() else np.nan)))


def stable_bits(differences: Floats, margin: float) -> Mask:
    """Return the bits that are not dark: known and the same in all reads, and clear of 0.

    margin: standard deviations from read to read that the mean must be away from 0.
    """
    known = np.isfinite(differences).all(axis=0)
    same = (differences > 0.0).all(axis=0) | (differences < 0.0).all(axis=0)
    with np.errstate(invalid="ignore"):
        clear = np.abs(differences.mean(axis=0)) > margin * spread_of_reads(differences)
    return np.asarray(known & same & clear)


def stable_means(differences: Floats, margin: float) -> Mask:
    """Return the bits whose mean over all times is clear of 0, whatever single times say.

    For differences that are drawn anew each time, and whose mean is the bit.  margin: as before, of
    the spread from time to time.
    """
    known = np.isfinite(differences).all(axis=0)
    with np.errstate(invalid="ignore"):
        clear = np.abs(differences.mean(axis=0)) > margin * spread_of_reads(differences)
    return np.asarray(known & clear)


def expected_error_rate(differences: Floats, kept: Mask) -> float:
    """Return the expected share of wrong bits in one later read of the kept bits.

    By normal tails: each bit's mean over its spread from read to read. An estimate, as far beyond
    what the reads can show as it is small. NaN where no bit is kept.
    """
    if not kept.any():
        return math.nan
    ratio = np.abs(differences.mean(axis=0)) / spread_of_reads(differences)
    return float(np.mean(ndtr(-ratio[kept])))


def majority(bits: Floats) -> Floats:
    """Return the value that most reads have, (bits,); NaN at a draw or where none is known.

    bits: (reads, bits), 0, 1 or NaN.
    """
    known = np.isfinite(bits)
    lead = np.where(known, 2.0 * np.where(known, bits, 0.0) - 1.0, 0.0).sum(axis=0)
    return np.where(lead > 0.0, 1.0, np.where(lead < 0.0, 0.0, np.nan))


def summed(differences: Floats, cells: int) -> Floats:
    """Return sums of ``cells`` neighbouring differences, (reads, bits // cells).

    Several cells in each bit make fewer bits that sit farther from 0: against an offset or a step
    of the converter that all share, not against noise of each cell, which grows as much. Raises
    RangeError for fewer than one cell, or more than there are.
    """
    if not 1 <= cells <= differences.shape[-1]:
        raise RangeError(f"cells = {cells} in a bit: accepts 1 to {differences.shape[-1]}")
    whole = differences.shape[-1] // cells * cells
    grouped = differences[..., :whole].reshape(*differences.shape[:-1], -1, cells)
    return np.asarray(grouped.sum(axis=-1))


def error_rate(reference: Floats, bits: Floats) -> float:
    """Return the share of known bits that differ from the reference; NaN where none is known."""
    known = np.isfinite(reference) & np.isfinite(bits)
    wrong = known & (np.broadcast_to(reference, bits.shape) != bits)
    return float(wrong.sum() / known.sum()) if known.any() else math.nan
