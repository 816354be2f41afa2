"""The ten estimators of SP 800-90B for sources that are not known to be independent (6.3)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...errors import RangeError
from ..randomness.bits import Bits, Symbols, as_symbols, bits_of_symbols
from .compression import compression
from .contexts import lz78y, multi_mmc
from .repeats import find_repeats, longest_repeat, t_tuple
from .simple import collision, markov, most_common_value
from .windowed import lag, most_common_in_window

LEAST = 1_000_000
"""Samples that the standard asks for; fewer give an estimate, not an assessment."""

ALWAYS_LOW = (
    "a perfect source scores about 0.83 to 0.90 a bit by this route on a million bits: "
    "the smallest of ten estimates with 99 % bounds is no low entropy"
)


@dataclass(frozen=True, slots=True)
class NonIid:
    """Min-entropies by each estimator. NaN: the estimator does not apply to so few samples.

    original: bits a symbol.  bitstring: bits a bit of the symbols written out as bits, empty for
    symbols of one bit.  bits: of a symbol.
    """

    samples: int
    bits: int
    original: dict[str, float]
    bitstring: dict[str, float]

    @property
    def entropy(self) -> float:
        """Return the assessed min-entropy, bits a symbol: the smallest of all."""
        found = [*self.original.values(), *(self.bits * h for h in self.bitstring.values())]
        return float(np.nanmin(found))


def non_iid(values: ArrayLike, *, bits: int | None = None) -> NonIid:
    """Return the estimates of all ten.

    values: symbols from 0 to 2**bits - 1, shape (n,), n >= 20.  bits: of a symbol, 1 to 8; None
    takes the fewest that hold them. Raises RangeError for all else. Collision, Markov and
    compression are defined for bits: of longer symbols they see the bit string only.
    """
    symbols, width = as_symbols(values, bits=bits)
    if len(symbols) < 20:
        raise RangeError(f"{len(symbols)} samples: accepts 20 or more")
    bitstring = estimates(bits_of_symbols(symbols, width), 2) if width > 1 else {}
    return NonIid(len(symbols), width, _of_symbols(symbols, width), bitstring)


def _of_symbols(symbols: Symbols, width: int) -> dict[str, float]:
    seen, names = np.unique(symbols, return_inverse=True)
    return estimates(names.astype(np.uint8), len(seen), of_bits=width == 1)


def estimates(symbols: Symbols | Bits, alphabet: int, *, of_bits: bool = True) -> dict[str, float]:
    """Return min-entropies a symbol by name. symbols: 0 to alphabet - 1, shape (n,)."""
    if len(np.unique(symbols)) < 2:
        return {"most common value": 0.0}
    repeats = find_repeats(symbols)
    found = {"most common value": most_common_value(symbols)}
    if of_bits:
        found["collision"] = collision(symbols)
        found["Markov"] = markov(symbols)
        found["compression"] = compression(symbols)
    return found | {
        "t-tuple": t_tuple(repeats),
        "longest repeated substring": longest_repeat(repeats),
        "MultiMCW": most_common_in_window(symbols, alphabet),
        "lag": lag(symbols, alphabet),
        "MultiMMC": multi_mmc(symbols, alphabet),
        "LZ78Y": lz78y(symbols, alphabet),
    }
