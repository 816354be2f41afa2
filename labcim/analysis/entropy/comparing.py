"""Bits from analogue values of one source: against the next value, or against those before."""

import numpy as np
from numpy.typing import NDArray

from ...capabilities import Floats

NONE = -1
"""What stands where there is no bit."""

BEFORE = 31
"""Values whose median a value is compared with."""


def pairs(values: Floats) -> NDArray[np.int8]:
    """Return which of each two successive values is larger: no bias, if their order is chance.

    values: (count, sources), count even, NaN where there was none. Returns (count, sources): 1
    where the second is larger, 0 where the first is, beside the second of each pair; -1 elsewhere.
    """
    bits = np.full(values.shape, NONE, np.int8)
    first, second = values[0::2], values[1::2]
    usable = np.isfinite(first) & np.isfinite(second) & (first != second)
    bits[1::2] = np.where(usable, second > first, NONE)
    return bits


def against_median(values: Floats, before: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return which values exceed the median of the 31 before, and the 31 that are then the last.

    values: (count, sources).  before: (31, sources), NaN where there was none yet; at least 7 make
    a median. Slow changes of a source do not bias these bits, and do correlate them.
    """
    bits = np.full(values.shape, NONE, np.int8)
    past = np.concatenate([before, values])
    for i in range(len(values)):
        window = past[i : i + BEFORE]
        enough = np.isfinite(window).sum(axis=0) >= 7
        middle = np.full(values.shape[1], np.nan)
        if enough.any():
            middle[enough] = np.nanmedian(window[:, enough], axis=0)
        usable = np.isfinite(values[i]) & np.isfinite(middle) & (values[i] != middle)
        bits[i] = np.where(usable, values[i] > middle, NONE)
    return bits, past[-BEFORE:]
