"""Periods in the bits: discrete Fourier transform. SP 800-22 rev. 1a, 2.6."""

import numpy as np
from scipy.special import erfc

from .bits import Bits
from .outcome import TestOutcome, one, too_short

_LEAST = 1000


def spectral(bits: Bits) -> TestOutcome:
    """Test that 95 % of the peaks of the spectrum are below the threshold. n >= 1000."""
    n = len(bits)
    if n < _LEAST:
        return too_short("spectral", n, _LEAST)
    height = np.abs(np.fft.rfft(2.0 * bits - 1.0))[: n // 2]
    below = np.count_nonzero(height < np.sqrt(2.995732274 * n))
    distance = (below - 0.95 * n / 2.0) / np.sqrt(n * 0.95 * 0.05 / 4.0)
    return one("spectral", float(erfc(abs(distance) / np.sqrt(2.0))))
