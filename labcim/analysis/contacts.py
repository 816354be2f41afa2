"""Which lines of a crossbar are open, shorted or swapped, judged from small-signal readings.

A connected line conducts a little through its cells when their gates are on, even through fresh
ones; an open line conducts nothing. A shorted pair conducts with all gates off. What the noise
does not let us tell stays unknown: it is never called good.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_SIGMAS = 5.0  # of the mean's error: less than one false alarm in a million lines


_EXCHANGED = 4.5  # standard errors
_ALIKE = 0.15
_FAR = 2.0  # of natural logarithms: further apart counts as this much


class Contact(IntEnum):
    """What is known of a line."""

    OK = 0
    OPEN = 1
    SHORT = 2
    SWAPPED = 3
    UNKNOWN = 4


@dataclass(frozen=True, slots=True)
class LineStates:
    """Verdicts on one family of lines (0 rows, 1 columns), each of shape (lines,).

    conductance: S, mean over the line's cells.  error: S, standard error of that mean.
    partner_family, partner: the line that explains a short or a swap, else -1.
    """

    family: int
    conductance: Floats
    error: Floats
    state: NDArray[np.uint8]
    partner_family: Integers
    partner: Integers

    def mark(self, lines: Integers, state: Contact, family: int, partners: Integers) -> None:
        """Give ``lines`` a verdict that ``partners`` of ``family`` explain."""
        self.state[lines] = state
        self.partner_family[lines] = family
        self.partner[lines] = partners


def line_states(on: Floats, off: Floats, *, least: float, short: float, axis: int) -> LineStates:
    """Judge rows (axis 0) or columns (axis 1) from maps with gates on and off.

    on, off: S, shape (rows, columns), NaN where nothing was read, infinite where the current was
    beyond the range.  least: S that a cell of a connected line conducts at the least.  short: S
    above which a cell with its gate off is none.
    """
    if axis == 1:
        on, off = on.T, off.T
    shorted = off > short
    noise = _noise(off[~shorted])
    clean = np.where(shorted | ~np.isfinite(on), np.nan, on)
    count = np.isfinite(clean).sum(axis=1)
    total = np.where(np.isfinite(clean), clean, 0.0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / count
        error = noise / np.sqrt(count)
    state = np.full(len(mean), Contact.UNKNOWN, np.uint8)
    state[mean - _SIGMAS * error > least] = Contact.OK
    state[mean + _SIGMAS * error < least] = Contact.OPEN
    nobody = np.full(len(mean), -1)
    found = LineStates(axis, mean, error, state, nobody, nobody.copy())
    _mark_shorts(found, shorted)
    return found


def _mark_shorts(found: LineStates, shorted: NDArray[np.bool_]) -> None:
    """Tell shorts between a line and one crossing it from shorts that a whole line has.

    A line that conducts to most of those crossing it is itself shorted to one of its own family:
    to the other such line if there are just two, else to nobody known (partner -1).
    """
    whole = shorted.mean(axis=1) > 0.5
    crossing = shorted.mean(axis=0) > 0.5
    single = shorted & ~whole[:, None] & ~crossing[None, :]
    bad = np.flatnonzero(single.any(axis=1))
    found.mark(bad, Contact.SHORT, 1 - found.family, np.argmax(single[bad], axis=1))
    lines = np.flatnonzero(whole)
    if len(lines) == 2:
        found.mark(lines, Contact.SHORT, found.family, lines[::-1])
    else:
        found.mark(lines, Contact.SHORT, -1, np.full(len(lines), -1))


def _noise(off: Floats) -> float:
    """Return the noise of one reading in S, robust against a few outliers; NaN without data."""
    off = off[np.isfinite(off)]
    if len(off) < 2:
        return float("nan")
    return 1.4826 * float(np.median(np.abs(off - np.median(off))))


def swapped_lines(measured: Floats, reference: Floats, *, axis: int) -> Integers:
    """Return for each row (axis 0) or column (axis 1) whose place it holds; -1 where it fits.

    Compares logarithms of two maps in S, shape (rows, columns), NaN where a cell is not known. A
    line is swapped if it is closest to another one and alike (mean square of the differences below
    0.15), at most half as far as from its own, if that one has found another place as well, and if
    all together this is no accident: 4.5 standard errors of the logarithm of the ratio of the mean
    squares. Lines less than 3/4 known are not judged.
    """
    if axis == 1:
        measured, reference = measured.T, reference.T
    known = np.isfinite(measured) & np.isfinite(reference)
    ours, theirs = (_logarithms(values, known) for values in (measured, reference))
    lines = np.arange(len(measured))
    best = np.argmin(_all_distances(ours, theirs, known), axis=1)
    at_own, at_best = (_distances(ours, theirs[to], known & known[to]) for to in (lines, best))
    is_alike = (at_best < _ALIKE) & (known.mean(axis=1) >= 0.75)
    place = np.where(is_alike & (best != lines) & (at_own > 2.0 * at_best), best, -1)
    while (loose := (place >= 0) & ~_is_exchanged(place)).any():
        place[loose] = -1
    moved = place >= 0
    cells = known[moved].sum()
    if cells and np.log(at_own[moved].sum() / at_best[moved].sum()) > _EXCHANGED * 2 / cells**0.5:
        return place
    return np.full_like(place, -1)


def _is_exchanged(place: Integers) -> NDArray[np.bool_]:
    """Say of each line whether just one line holds its place and it holds another's itself."""
    holders = np.bincount(place[place >= 0], minlength=len(place))
    in_cycle: NDArray[np.bool_] = (holders == 1) & (place[place] >= 0) & (holders[place] == 1)
    return in_cycle & (place >= 0)


def _logarithms(values: Floats, known: NDArray[np.bool_]) -> Floats:
    floor = 1e-9  # S; keeps noise around zero from ruling the logarithm
    return np.asarray(np.log(np.fmax(np.where(known, values, floor), floor)))


def _distances(ours: Floats, theirs: Floats, known: NDArray[np.bool_]) -> Floats:
    """Return the mean square of the differences for each line; no cell counts for too much."""
    apart = np.where(known, np.clip(ours - theirs, -_FAR, _FAR), 0.0)
    return np.asarray((apart**2).sum(axis=1) / np.maximum(known.sum(axis=1), 1) + 1e-12)


def _all_distances(ours: Floats, theirs: Floats, known: NDArray[np.bool_]) -> Floats:
    """Return the mean square between every line (first axis) and every line of the reference."""
    weight = known.astype(np.float64)
    total = (weight * ours**2) @ weight.T + weight @ (weight * theirs**2).T
    total -= 2.0 * (weight * ours) @ (weight * theirs).T
    count = weight @ weight.T
    return np.asarray(np.where(count > 0.0, total / np.maximum(count, 1.0), np.inf))


def leaking_lines(flows: Floats, *, least: float) -> Integers:
    """Return for each driven line the line that takes its current, -1 where there is none.

    flows: A into every line while each is driven by itself, shape (lines, lines), all gates off.
    least: A, less than which is no short.
    """
    sink = np.nan_to_num(np.abs(flows))
    np.fill_diagonal(sink, 0.0)
    partner = np.argmax(sink, axis=1)
    taken = sink[np.arange(len(sink)), partner]
    return np.asarray(np.where(taken > least, partner, -1))
