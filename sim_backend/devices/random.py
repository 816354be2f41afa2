"""Counter-based random numbers: a pure function of seed, cell, kind of event and event counter.

There is no generator state, so results cannot depend on the order of calls or the number of
threads, and a chip file that is opened again goes on exactly where it stood. The 64-bit mixing is
the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), applied once for each key word.
"""

from math import log, sqrt

import numpy as np
from numba import njit, uint64
from numpy.typing import NDArray

from .inlining import inlined

# Kinds of events. One kind for each independent draw, so that no two draws share a number.
DEVICE = 0  # device-to-device draws; the counter is the number of the quantity
CYCLE = 1  # once per polarity reversal
CYCLE_SLOW = 2
JITTER = 3  # once per pulse
RELAXATION = 4  # once per write
READ = 5  # once per read
TRAP = 6  # telegraph state; two traps take 6 and 7
TRAP_AVERAGE = 8  # telegraph noise left in an average; two traps take 8 and 9
FORMING = 10
FAULT = 11
MISSED = 15  # once per touchdown of the probes on a die
TRAP_MOVE = 16  # once per pulse: whether it moves the traps
TRAP_PLACE = 17  # and where to
TRAP_PLACED = 18  # what traps are there; the counter is the number of the quantity
TRAP_END = 14  # telegraph state at the end of a read; two traps take 14 and 15
WEAK = 13  # once per RESET reversal; 12 and 32 up are of `flicker`


@njit(cache=True, nogil=True, inline="always", error_model="numpy")
def _mix(word: np.uint64) -> np.uint64:
    """Return a 64-bit word whose every bit depends on every bit of ``word`` (SplitMix64)."""
    word = (word ^ (word >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> uint64(27))) * uint64(0x94D049BB133111EB)
    return word ^ (word >> uint64(31))


@njit(cache=True, nogil=True, error_model="numpy")
def random_bits(seed: int, cell: int, kind: int, counter: int) -> np.uint64:
    """Return 64 random bits that belong to this seed, cell, kind of event and counter."""
    word = _mix(uint64(seed) + uint64(0x9E3779B97F4A7C15))
    word = _mix(word ^ (uint64(cell) * uint64(0x9E3779B97F4A7C15) + uint64(kind)))
    return _mix(word ^ (uint64(counter) * uint64(0xD1342543DE82EF95) + uint64(0x2545F4914F6CDD1D)))


@inlined
def uniform(seed: int, cell: int, kind: int, counter: int) -> float:
    """Return a number in (0, 1), never 0 nor 1."""
    bits = random_bits(seed, cell, kind, counter) >> uint64(11)
    return (float(bits) + 0.5) * (1.0 / 9007199254740992.0)


@inlined
def normal_quantile(probability: float) -> float:
    """Return the standard normal quantile, to about 1e-16 (Wichura, Appl. Stat. 37:477, AS 241)."""
    q = probability - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = 2509.0809287301226727 * r + 33430.575583588128105
        top = ((top * r + 67265.770927008700853) * r + 45921.953931549871457) * r
        top = ((top + 13731.693765509461125) * r + 1971.5909503065514427) * r
        top = (top + 133.14166789178437745) * r + 3.387132872796366608
        low = 5226.495278852545925 * r + 28729.085735721942674
        low = ((low * r + 39307.89580009271061) * r + 21213.794301586595867) * r
        low = ((low + 5394.1960214247511077) * r + 687.1870074920579083) * r
        low = (low + 42.313330701600911252) * r + 1.0
        return q * top / low
    r = sqrt(-log(probability if q < 0.0 else 1.0 - probability))
    if r <= 5.0:
        value = _middle_tail(r - 1.6)
    else:
        value = _far_tail(r - 5.0)
    return -value if q < 0.0 else value


@njit(cache=True, nogil=True, error_model="numpy")
def _middle_tail(r: float) -> float:
    top = 7.7454501427834140764e-4 * r + 0.0227238449892691845833
    top = ((top * r + 0.24178072517745061177) * r + 1.27045825245236838258) * r
    top = ((top + 3.64784832476320460504) * r + 5.7694972214606914055) * r
    top = (top + 4.6303378461565452959) * r + 1.42343711074968357734
    low = 1.05075007164441684324e-9 * r + 5.475938084995344946e-4
    low = ((low * r + 0.0151986665636164571966) * r + 0.14810397642748007459) * r
    low = ((low + 0.68976733498510000455) * r + 1.6763848301838038494) * r
    low = (low + 2.05319162663775882187) * r + 1.0
    return top / low


@njit(cache=True, nogil=True, error_model="numpy")
def _far_tail(r: float) -> float:
    top = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
    top = ((top * r + 0.0012426609473880784386) * r + 0.026532189526576123093) * r
    top = ((top + 0.29656057182850489123) * r + 1.7848265399172913358) * r
    top = (top + 5.4637849111641143699) * r + 6.6579046435011037772
    low = 2.04426310338993978564e-15 * r + 1.4215117583164458887e-7
    low = ((low * r + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r
    low = ((low + 0.0148753612908506148525) * r + 0.13692988092273580531) * r
    low = (low + 0.59983220655588793769) * r + 1.0
    return top / low


@inlined
def normal(seed: int, cell: int, kind: int, counter: int) -> float:
    """Return a standard normal number."""
    return normal_quantile(uniform(seed, cell, kind, counter))


@njit(cache=True, nogil=True, error_model="numpy")
def normals(seed: int, size: int, kind: int, counter: int) -> NDArray[np.float64]:
    """Return a standard normal number for each of ``size`` cells, shape (size,)."""
    values = np.empty(size)
    for cell in range(size):
        values[cell] = normal(seed, cell, kind, counter)
    return values


@njit(cache=True, nogil=True, error_model="numpy")
def uniforms(seed: int, size: int, kind: int, counter: int) -> NDArray[np.float64]:
    """Return a number in (0, 1) for each of ``size`` cells, shape (size,)."""
    values = np.empty(size)
    for cell in range(size):
        values[cell] = uniform(seed, cell, kind, counter)
    return values
