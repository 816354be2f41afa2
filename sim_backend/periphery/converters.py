"""DAC and ADC: bits, range, static errors, clipping flags; converters that serve several lines.

A converter of n bits has codes 0 to 2^n - 1. Code k stands for the level low + k LSB, with
LSB = (high - low) / (2^n - 1), so both ends of the range are levels. An ideal ADC decides halfway
between levels: a value is off by half an LSB at most, or it is flagged as clipped.

Static errors are drawn once, from seed and channel: the width of each step (DNL), a smooth bow over
the range (INL), gain and offset. INL and DNL are endpoint-fit: they leave both ends where they are,
as data sheets define them (IEEE 1241, IEEE 1658).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labcim.errors import RangeError
from labcim.units import Second, Volt

from .arguments import not_negative, numbers, seed_of, whole

MOST_BITS = 18  # a table of static errors holds 2^18 levels
NARROWEST = 0.01  # LSB: the least step of a monotone converter
_DAC, _ADC = 1, 2  # which of the two a draw belongs to

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Converted(NamedTuple):
    """What a converter made of values: codes or V, and which of them lay beyond its range."""

    values: Floats
    codes: Codes
    clipped: Flags


@dataclass(frozen=True)
class StaticErrors:
    """How far a converter is from ideal, for good.

    dnl: standard deviation of a step's width, LSB.  inl: largest size of the bow, LSB.
    gain: relative error of the range.  offset: V.  monotone: no step goes backwards.
    """

    dnl: float = 0.0
    inl: float = 0.0
    gain: float = 0.0
    offset: Volt = 0.0
    monotone: bool = True
    seed: int = 0
    channel: int = 0

    def __post_init__(self) -> None:
        not_negative("dnl", self.dnl, "LSB")
        not_negative("inl", self.inl, "LSB")
        seed_of(self.seed)
        seed_of(self.channel)

    def deviations(self, bits: int, kind: int) -> Floats:
        """Return how far each of the 2^bits levels is off, in LSB; 0 at both ends."""
        count, own = 1 << bits, [kind, self.channel, 0, 0]
        random = np.random.Generator(np.random.Philox(key=self.seed, counter=own))
        widths = 1.0 + self.dnl * random.standard_normal(count - 1)
        place = np.linspace(0.0, 1.0, count)
        harmonics = random.standard_normal(3) / np.arange(1, 4)
        bow = sum(a * np.sin((k + 1) * np.pi * place) for k, a in enumerate(harmonics))
        peak = np.max(np.abs(bow))
        levels = np.concatenate(([0.0], np.cumsum(widths)))
        if peak > 0.0 and count > 2:
            levels += self.inl / peak * bow
        if self.monotone:
            levels = np.concatenate(([0.0], np.cumsum(np.maximum(np.diff(levels), NARROWEST))))
        if levels[-1] <= 0.0:
            raise RangeError(f"dnl = {self.dnl:g} LSB: at {bits} bits it leaves no range at all")
        # Both ends stay where they are: what this takes away is gain, not INL.
        return np.asarray(levels * ((count - 1) / levels[-1]) - np.arange(count))


IDEAL = StaticErrors()


@dataclass(frozen=True)
class _Converter:
    bits: int
    low: Volt
    high: Volt
    errors: StaticErrors = IDEAL

    def __post_init__(self) -> None:
        whole("bits", self.bits, 1, MOST_BITS)
        if not (np.isfinite([self.low, self.high]).all() and self.low < self.high):
            raise RangeError(f"range = {self.low:g} to {self.high:g} V: accepts low < high")

    @property
    def lsb(self) -> float:
        """The ideal step, in V."""
        return (self.high - self.low) / ((1 << self.bits) - 1)

    def _placed(self, places: Floats, kind: int) -> Floats:
        """Return ``places`` in LSB as V, with this converter's static errors."""
        errors = self.errors
        moved = places
        if errors.dnl > 0.0 or errors.inl > 0.0:
            off = errors.deviations(self.bits, kind)
            moved = places + np.interp(places, np.arange(off.size), off)
        return np.asarray(self.low + errors.offset + (1.0 + errors.gain) * self.lsb * moved)


@dataclass(frozen=True)
class Dac(_Converter):
    """A digital-to-analog converter from ``low`` to ``high`` V."""

    @cached_property
    def levels(self) -> Floats:
        """What each code gives, V, shape (2^bits,)."""
        return self._placed(np.arange(1 << self.bits, dtype=np.float64), _DAC)

    def codes(self, wanted: ArrayLike) -> tuple[Codes, Flags]:
        """Return the codes nearest to ``wanted`` V on the ideal scale, and what was clipped."""
        places = (numbers("wanted", wanted, "V") - self.low) / self.lsb
        top = (1 << self.bits) - 1
        clipped = (places < -0.5) | (places > top + 0.5)
        return np.clip(np.rint(places), 0, top).astype(np.int64), clipped

    def values(self, codes: ArrayLike) -> Floats:
        """Return what the DAC puts out for ``codes``, in V."""
        asked = np.asarray(codes)
        top = (1 << self.bits) - 1
        if asked.size and (asked.min() < 0 or asked.max() > top):
            raise RangeError(f"code = {asked.min()} to {asked.max()}: accepts 0 to {top}")
        return np.asarray(self.levels[asked])

    def convert(self, wanted: ArrayLike) -> Converted:
        """Return what comes out when ``wanted`` V are asked for."""
        codes, clipped = self.codes(wanted)
        return Converted(self.values(codes), codes, clipped)


@dataclass(frozen=True)
class Adc(_Converter):
    """An analog-to-digital converter from ``low`` to ``high`` V."""

    @cached_property
    def thresholds(self) -> Floats:
        """The voltages between neighbouring codes, V, shape (2^bits - 1,), never falling."""
        middles = np.arange((1 << self.bits) - 1, dtype=np.float64) + 0.5
        # Comparators that are out of order are counted all the same: an ADC is monotone.
        return np.sort(self._placed(middles, _ADC))

    def codes(self, inputs: ArrayLike) -> tuple[Codes, Flags]:
        """Return the codes of ``inputs`` V, and which lay beyond the first or last code."""
        seen = numbers("input", inputs, "V")
        codes = np.searchsorted(self.thresholds, seen, side="right")
        scale = (1.0 + self.errors.gain) * self.lsb
        below = self.low + self.errors.offset - 0.5 * scale
        above = self.low + self.errors.offset + ((1 << self.bits) - 0.5) * scale
        return codes.astype(np.int64), (seen < below) | (seen > above)

    def values(self, codes: ArrayLike) -> Floats:
        """Return the ideal levels of ``codes``, in V: what the digital side takes them for."""
        return np.asarray(self.low + self.lsb * np.asarray(codes, dtype=np.float64))

    def convert(self, inputs: ArrayLike) -> Converted:
        """Return what the digital side takes ``inputs`` V for."""
        codes, clipped = self.codes(inputs)
        return Converted(self.values(codes), codes, clipped)


def nonlinearity(levels: ArrayLike) -> tuple[Floats, Floats]:
    """Return INL, shape (n,), and DNL, shape (n - 1,), of measured levels, in LSB, endpoint-fit."""
    measured = np.asarray(levels, dtype=np.float64)
    if measured.ndim != 1 or measured.size < 2 or measured[0] == measured[-1]:
        raise RangeError(f"levels of shape {measured.shape}: accepts two or more, ends apart")
    step = (measured[-1] - measured[0]) / (measured.size - 1)
    inl = (measured - measured[0]) / step - np.arange(measured.size)
    return inl, np.diff(measured) / step - 1.0


@dataclass(frozen=True)
class Sharing:
    """How lines share converters: ``lines_each`` neighbouring lines take turns at one."""

    lines: int
    lines_each: int = 1

    def __post_init__(self) -> None:
        whole("lines", self.lines, 1, 1 << 24)
        whole("lines_each", self.lines_each, 1, self.lines)

    @property
    def converters(self) -> int:
        """How many converters there are."""
        return -(-self.lines // self.lines_each)

    def channel(self) -> NDArray[np.int64]:
        """Return the converter of each line, shape (lines,)."""
        return np.arange(self.lines) // self.lines_each

    def turns(self, wanted: ArrayLike | None = None) -> int:
        """Return how many conversions follow one another when ``wanted`` lines are converted."""
        if wanted is None:
            return self.lines_each
        chosen = np.unique(np.asarray(wanted, dtype=np.int64))
        if chosen.size == 0:
            return 0
        if chosen[0] < 0 or chosen[-1] >= self.lines:
            raise RangeError(f"line = {chosen[0]} to {chosen[-1]}: accepts 0 to {self.lines - 1}")
        return int(np.bincount(self.channel()[chosen]).max())

    def time(self, conversion: Second, wanted: ArrayLike | None = None) -> float:
        """Return the time in s until ``wanted`` lines (all) are converted."""
        return self.turns(wanted) * conversion
