"""1/f noise as a time series that needs no state: a function of seed, cell and time.

A sum of parts, each of which keeps a random level for a time T and then takes the next; T grows by
``RATIO`` from part to part, and every cell has its own phases. One part has the spectrum
T sinc^2(f T), the sum is 1/f from 1/(the longest T) to 1/(the shortest). A level counts from its
first change after the write: the noise is zero at a write, and t later its variance is

    ln(RATIO) times the sum of min(t / T, 1) = ln(e t / (shortest T / sqrt(RATIO))),

for which `relative_flicker` chooses the shortest T so that it is ln(t / 2 t0). Reads of one cell at
different times are correlated as they must be, and the same read again would show the same.
"""

from math import e, floor, log, sqrt

from numba import njit

from .random import normal, uniform

PARTS = 22  # from 11 us to 1.5 years at a t0 of 1 us
RATIO = 4.0
SHORTEST = 2.0 * e * sqrt(RATIO)  # in t0
PHASE = 12  # kinds of draws
LEVEL = 32  # and the next PARTS kinds
AVERAGE = 96


@njit(cache=True, nogil=True, error_model="numpy")
def _part(
    seed: int, index: int, part: int, lasts: float, start: float, end: float, written_at: float
) -> float:
    """Return the mean from ``start`` to ``end`` s of a part whose levels last ``lasts`` s."""
    phase = uniform(seed, index, PHASE, part)
    first = floor(start / lasts + phase)
    at_write = floor(written_at / lasts + phase)
    last_place = end / lasts + phase
    last = floor(last_place)
    if last - first > 1:  # many levels: their mean
        if first <= at_write:
            first = at_write + 1
        return sqrt(lasts / (end - start)) * normal(seed, index, AVERAGE + part, first)
    level = normal(seed, index, LEVEL + part, first) if first > at_write else 0.0
    if last > first:
        share = (last_place - last) * lasts / (end - start)
        level += share * (normal(seed, index, LEVEL + part, last) - level)
    return level


@njit(cache=True, nogil=True, error_model="numpy")
def relative_flicker(
    seed: int, index: int, shortest: float, time: float, aperture: float, written_at: float
) -> float:
    """Return the mean noise from ``time`` for ``aperture`` s, in units of its law.

    Its variance ``t`` s after the write is ln(t / 2 t0), with t0 = ``shortest`` s: see the file.
    """
    lasts = SHORTEST * shortest
    total = 0.0
    for part in range(PARTS):
        total += _part(seed, index, part, lasts, time, time + aperture, written_at)
        lasts *= RATIO
    return sqrt(log(RATIO)) * total
