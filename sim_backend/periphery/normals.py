"""Standard normal numbers, many at a time: a pure function of key and place.

SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) of key and place gives 64 bits; two 31-bit
fractions of them become two normal numbers (Box and Muller, Ann. Math. Stat. 29:610, 1958), in
float32, up to 6.7 sigma. Logarithm, sine and cosine are polynomials, so that the loops become
vectors: errors are below 3e-7. The largest noise that the periphery adds is worth a few LSB.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..devices.random import random_bits

U = np.uintp
Singles = NDArray[np.float32]
PERIPHERY = 64  # the kind of event that the periphery draws, beside those of cells
_f = np.float32
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_STEP_1, _STEP_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_HALF, _FRACTION, _EIGHTH = _f(0.5), _f(2.0**-31), _f(np.pi / 4.0 * 2.0**-31)
_LN2, _SQRT_HALF_BITS = _f(0.6931471805599453), np.int32(0x3F3504F3)

fast = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})


def noise_key(seed: int, call: int) -> int:
    """Return the key of all normal numbers of one call."""
    return int(random_bits(seed, 0, PERIPHERY, call)) >> 1  # so that it is a signed word


@fast
def fill_normals(key: int, place: int, half: int, bits: NDArray[np.int32], out: Singles) -> None:
    """Write 2 * half normals to ``out``: pairs ``place`` to ``place`` + half - 1 of this key.

    bits: scratch, int32, at least 2 * half.  The first of each pair is in the first half.
    """
    count = U(half)
    start = np.uint64(key) + np.uint64(place) * _GOLDEN
    for j in range(count):
        word = start + np.uint64(j) * _GOLDEN
        word = (word ^ (word >> np.uint64(30))) * _STEP_1
        word = (word ^ (word >> np.uint64(27))) * _STEP_2
        word = word ^ (word >> np.uint64(31))
        bits[j] = np.int32(word >> np.uint64(33))
        bits[count + j] = np.int32(word & np.uint64(0xFFFFFFFF))
    _radius(half, bits, out)
    _around(half, bits, out)


@fast
def _radius(half: int, bits: NDArray[np.int32], out: Singles) -> None:
    """Write sqrt(-2 ln u) of the first ``half`` bits to ``out``."""
    count = U(half)
    seen = out.view(np.int32)
    for j in range(count):
        out[j] = (_f(bits[j]) + _HALF) * _FRACTION
    for j in range(count):
        # u = m 2^e with m around 1, from the bits of the number
        place = np.int32(seen[j] - _SQRT_HALF_BITS)
        bits[j] = np.int32(place >> np.int32(23))
        seen[j] = np.int32((place & np.int32(0x007FFFFF)) + _SQRT_HALF_BITS)
    for j in range(count):
        x = out[j] - _f(1.0)
        # Cephes' logf: x - x²/2 + x³ P(x) for sqrt(1/2) <= 1 + x < sqrt(2)
        p = _f(7.0376836292e-2) * x + _f(-1.1514610310e-1)
        p = p * x + _f(1.1676998740e-1)
        p = p * x + _f(-1.2420140846e-1)
        p = p * x + _f(1.4249322787e-1)
        p = p * x + _f(-1.6668057665e-1)
        p = p * x + _f(2.0000714765e-1)
        p = p * x + _f(-2.4999993993e-1)
        p = p * x + _f(3.3333331174e-1)
        log = _f(bits[j]) * _LN2 + (x - _HALF * x * x + x * x * x * p)
        out[j] = np.sqrt(max(_f(-2.0) * log, _f(0.0)))


@fast
def _around(half: int, bits: NDArray[np.int32], out: Singles) -> None:
    """Turn each radius by an angle: the cosine's part stays, the sine's goes to the second half.

    The low 30 bits are an angle within ±pi/4; two more choose one of the four quarters.
    """
    count = U(half)
    for j in range(count):
        word = bits[count + j]
        angle = _f(np.int32(word << np.int32(2))) * _EIGHTH
        s = angle * angle
        sine = _f(-1.9515295891e-4) * s + _f(8.3321608736e-3)
        sine = (sine * s + _f(-1.6666654611e-1)) * s * angle + angle
        cosine = _f(2.443315711809948e-5) * s + _f(-1.388731625493765e-3)
        cosine = (cosine * s + _f(4.166664568298827e-2)) * s * s - _HALF * s + _f(1.0)
        cosine = -cosine if word < np.int32(0) else cosine
        swapped = (word & np.int32(0x40000000)) != np.int32(0)
        radius = out[j]
        out[j] = radius * (sine if swapped else cosine)
        out[count + j] = radius * (cosine if swapped else sine)
