"""How often each pattern occurs, round the end: serial test and approximate entropy.

SP 800-22 rev. 1a, 2.11 and 2.12.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from ...capabilities import Floats
from .bits import Bits, windows
from .outcome import TestOutcome, not_applicable, one


def serial(bits: Bits, *, length: int = 16) -> TestOutcome:
    """Test that all patterns of ``length`` bits are equally frequent: two p-values.

    Applies where length < floor(log2 n) - 2.
    """
    n = len(bits)
    if length >= int(np.log2(n)) - 2:
        return not_applicable("serial", _short(n, length, 3))
    psi2 = [_psi2(_counts(bits, m), n) for m in (length, length - 1, length - 2)]
    first, second = psi2[0] - psi2[1], psi2[0] - 2.0 * psi2[1] + psi2[2]
    p = gammaincc([2.0 ** (length - 2), 2.0 ** (length - 3)], [first / 2.0, max(second, 0.0) / 2.0])
    return TestOutcome("serial", np.asarray(p), ("p1", "p2"))


def approximate_entropy(bits: Bits, *, length: int = 10) -> TestOutcome:
    """Test the surprise of the bit after a pattern of ``length`` bits.

    Applies where length < floor(log2 n) - 5.
    """
    n = len(bits)
    if length >= int(np.log2(n)) - 5:
        return not_applicable("approximate entropy", _short(n, length, 6))
    phi = [_phi(_counts(bits, m) / n) for m in (length, length + 1)]
    chi2 = max(2.0 * n * (np.log(2.0) - (phi[0] - phi[1])), 0.0)
    return one("approximate entropy", float(gammaincc(2.0 ** (length - 1), chi2 / 2.0)))


def _short(n: int, length: int, more: int) -> str:
    return f"{n} bits: patterns of {length} bits ask for {2 ** (length + more)} or more"


def _counts(bits: Bits, length: int) -> NDArray[np.int64]:
    round_the_end = np.concatenate([bits, bits[: length - 1]])
    return np.bincount(windows(round_the_end, length), minlength=2**length)


def _psi2(counts: NDArray[np.int64], n: int) -> float:
    return float(len(counts) / n * np.sum(counts.astype(np.float64) ** 2) - n)


def _phi(share: Floats) -> float:
    seen = share[share > 0.0]
    return float(np.sum(seen * np.log(seen)))
