"""Restart tests: is what follows a start as random as what comes later? SP 800-90B, 3.1.4."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtrc

from ...errors import RangeError
from ..randomness.bits import as_symbols
from .iid import iid
from .non_iid import non_iid

SIDE = 1000
"""Restarts, and samples after each, that the standard asks for."""

_CHANCE = 0.01  # of a sane source failing the sanity check, all rows and columns together


@dataclass(frozen=True, slots=True)
class RestartAssessment:
    """Sanity check and validation of a matrix of restarts, one a row.

    most: occurrences of the most common symbol in any row or column, of at most ``cutoff`` that a
    source of ``initial`` bits a symbol allows.  rows, columns: min-entropies of the matrix read by
    rows and by columns, bits a symbol.
    """

    restarts: int
    initial: float
    most: int
    cutoff: int
    rows: float
    columns: float

    @property
    def sane(self) -> bool:
        """Return whether no row or column holds one symbol too often."""
        return self.most <= self.cutoff

    @property
    def valid(self) -> bool:
        """Return whether the source passes: sane, and neither direction below half of initial."""
        return self.sane and min(self.rows, self.columns) >= self.initial / 2.0

    @property
    def entropy(self) -> float:
        """Return the min-entropy that holds, bits a symbol; 0 where the source fails."""
        return min(self.rows, self.columns, self.initial) if self.valid else 0.0


def assess_restarts(
    matrix: ArrayLike, initial: float, *, bits: int | None = None, independent: bool = False
) -> RestartAssessment:
    """Return what the rows and columns of a matrix of restarts say.

    matrix: symbols, shape (restarts, samples), square and 20 or more a side; the standard asks for
    1000.  initial: the entropy estimate to be validated, bits a symbol.  independent: estimate by
    the IID route. Raises RangeError for all else.
    """
    array = np.asarray(matrix)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or len(array) < 20:
        raise RangeError(f"restarts of shape {array.shape}: accepts a square of 20 or more a side")
    symbols, width = as_symbols(array.reshape(-1), bits=bits)
    if not 0.0 < initial <= width:
        raise RangeError(f"initial = {initial} bits a symbol: accepts above 0 to {width}")
    square = symbols.reshape(array.shape)
    alphabet = len(np.unique(square))
    most = max(int(np.bincount(line).max()) for line in (*square, *square.T))
    cutoff = sanity_cutoff(len(square), max(alphabet, 2), initial)
    rows, columns = (
        _entropy(lines.reshape(-1), width, independent) for lines in (square, square.T)
    )
    return RestartAssessment(len(square), initial, most, cutoff, rows, columns)


def sanity_cutoff(side: int, alphabet: int, initial: float) -> int:
    """Return how often a symbol may occur in a row or column (3.1.4.3).

    As the standard's tool takes it, of a source with as many symbols of the likeliest chance as
    there can be; the chances that any one of them exceeds the cutoff are added up, where the tool
    draws five million rows.
    """
    alpha = -math.expm1(math.log1p(-_CHANCE) / (2 * side))
    p = 2.0**-initial
    likely = min(math.floor(1.0 / p + 1e-9), alphabet)
    rest = (1.0 - likely * p) / (alphabet - likely) if alphabet > likely else 0.0
    k = np.arange(side + 1)
    beyond = likely * bdtrc(k, side, p)
    if rest > 0.0:
        beyond = beyond + (alphabet - likely) * bdtrc(k, side, rest)
    return int(np.argmax(beyond <= alpha))


def _entropy(symbols: np.ndarray[tuple[int], np.dtype[np.uint8]], width: int, iids: bool) -> float:
    if len(np.unique(symbols)) < 2:
        return 0.0
    if iids:
        return iid(symbols, bits=width).entropy
    return float(np.nanmin(list(non_iid(symbols, bits=width).original.values())))
