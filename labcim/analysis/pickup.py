"""Mains pickup in a series: found at the mains' frequencies or their aliases, and taken out."""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

Floats = NDArray[np.float64]

MAINS = (50.0, 60.0)  # Hz
_STRAYS = 0.004  # share by which a grid leaves its frequency
_CHANCE = 1e-4  # that noise alone shows a line, in the whole series
_OVERSAMPLED = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was picked up. frequency: Hz, that of the mains or its harmonic, as found.

    seen_at: Hz, where the series has it: an alias, if the rate is too low.  amplitude: its peak.
    """

    frequency: float
    seen_at: float
    amplitude: float


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A series without its pickup. hidden: Hz, lines whose alias is too near zero to be seen."""

    values: Floats
    lines: tuple[Line, ...]
    hidden: tuple[float, ...]


def alias(frequency: float, rate: float) -> float:
    """Return where a series of ``rate`` Hz shows a frequency, in Hz."""
    return abs(frequency - rate * round(frequency / rate))


def remove_pickup(values: Floats, rate: float, *, harmonics: int = 3) -> Cleaned:
    """Find lines of 50 and 60 Hz mains and their harmonics, and subtract what is found.

    values: shape (n,), at ``rate`` Hz, finite, n at least 32.  A line counts where its power over
    that of its neighbourhood has a chance below 1e-4 to be noise, all looks together.
    """
    n = len(values)
    if n < 32 or not rate > 0.0 or not np.isfinite(values).all():
        raise RangeError(f"pickup in {n} values at {rate:g} Hz: accepts 32 or more, all finite")
    left = np.array(values, np.float64)
    lines, hidden = [], []
    looks = [mains * k for mains, k in product(MAINS, range(1, harmonics + 1))]
    for frequency in sorted(set(looks)):
        line = _line(left, rate, frequency, len(looks))
        if line is None:
            continue
        if math.isnan(line.amplitude):
            hidden.append(frequency)
            continue
        lines.append(line)
        left = left - _wave(left, rate, line.seen_at)
    return Cleaned(left, tuple(lines), tuple(hidden))


def _line(values: Floats, rate: float, frequency: float, looks: int) -> Line | None:
    """Return the line near a frequency; None without one, a NaN amplitude if it is hidden."""
    n = len(values)
    place = alias(frequency, rate)
    reach = max(_STRAYS * frequency, rate / n)
    if place - reach < 3.0 * rate / n or place + reach > rate / 2.0 - 2.0 * rate / n:
        return Line(frequency, place, math.nan)
    size = _OVERSAMPLED * n
    power = np.abs(np.fft.rfft(values - values.mean(), size)) ** 2
    step = rate / size
    at = np.arange(len(power)) * step
    inside = np.abs(at - place) <= reach
    around = (np.abs(at - place) <= reach + 30.0 * rate / n) & ~inside & (at > 0.5 * rate / n)
    background = float(np.median(power[around])) / math.log(2.0)
    peak = int(np.flatnonzero(inside)[np.argmax(power[inside])])
    independent = 2.0 * (1.0 + 2.0 * reach * n / rate)
    if not power[peak] > background * math.log(independent * looks / _CHANCE):
        return None
    seen_at = _refined(values, rate, at[peak], step)
    strayed = seen_at - place
    sign = 1.0 if frequency - rate * round(frequency / rate) >= 0.0 else -1.0
    wave = _wave(values, rate, seen_at)
    amplitude = math.sqrt(2.0) * float(np.std(wave))
    return Line(frequency + sign * strayed, seen_at, amplitude)


def _refined(values: Floats, rate: float, place: float, step: float) -> float:
    """Return the frequency in Hz near ``place`` whose wave takes most of the variance away."""
    tries = place + step * np.linspace(-1.0, 1.0, 17)
    power = [float(np.var(_wave(values, rate, one))) for one in tries.tolist()]
    return float(tries[int(np.argmax(power))])


def _wave(values: Floats, rate: float, frequency: float) -> Floats:
    """Return the sine of this frequency that fits best, without a mean."""
    phase = 2.0 * math.pi * frequency / rate * np.arange(len(values))
    terms = np.column_stack([np.ones(len(values)), np.cos(phase), np.sin(phase)])
    found = np.linalg.solve(terms.T @ terms, terms.T @ values)
    return np.asarray(terms[:, 1:] @ found[1:])
