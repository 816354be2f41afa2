"""Continuous health tests: repetition count and adaptive proportion. SP 800-90B, 4.4.

Each source has its own counters, which go on where the last samples ended: nothing that is put
together from several sources (interleaved, conditioned) may be tested in their place.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtrc

from ...errors import RangeError

WINDOW = 1024
"""Samples of the adaptive proportion test of bits."""

State = NDArray[np.int64]


def repetition_cutoff(entropy: float, exponent: float) -> int:
    """Return how many equal samples in a row raise the alarm: 1 + ceil(exponent / entropy).

    entropy: min-entropy of a sample, bits.  exponent: a of the false alarm rate 2**-a a sample.
    Raises RangeError for what is not above zero.
    """
    _check(entropy, exponent)
    return 1 + math.ceil(exponent / entropy)


def proportion_cutoff(entropy: float, exponent: float, window: int = WINDOW) -> int:
    """Return how many equal samples in a window raise the alarm.

    1 + the smallest k that a binomial of ``window`` draws with p = 2**-entropy exceeds with at most
    2**-exponent. Raises RangeError for what is not above zero.
    """
    _check(entropy, exponent)
    if window < 2:
        raise RangeError(f"window = {window} samples: accepts 2 or more")
    k = np.arange(window + 1)
    return 1 + int(np.argmax(bdtrc(k, window, 2.0**-entropy) <= 2.0**-exponent))


def _check(entropy: float, exponent: float) -> None:
    if not (0.0 < entropy < math.inf and 0.0 < exponent < math.inf):
        raise RangeError(
            f"entropy = {entropy} bits, false alarm exponent = {exponent}: accepts above 0"
        )


@dataclass(frozen=True, slots=True)
class Alarm:
    """A test that fired: of which source, and at which of its samples, counted from 1."""

    source: int
    test: str
    sample: int


class RepetitionCount:
    """Counts equal samples in a row, for each source; samples are whole numbers."""

    def __init__(self, sources: int, cutoff: int, state: State | None = None) -> None:
        self.cutoff = cutoff
        self.state = _state(state, (3, sources))  # last sample, length of its run, samples seen

    def take(self, samples: NDArray[np.int64]) -> list[Alarm]:
        """Count samples, shape (count, sources), in their order; return first alarms by source.

        A negative sample is none, and is left out.
        """
        fired = _repetitions(np.asarray(samples, np.int64), self.cutoff, self.state)
        return _alarms(fired, "repetition count")


class AdaptiveProportion:
    """Counts ones and zeros among the last 1024 bits of each source.

    Stricter than the standard's window, which restarts every 1024 samples and counts only the value
    that came first: the last 1024 are looked at after each bit, for both values.
    """

    def __init__(
        self, sources: int, cutoff: int, state: State | None = None, *, window: int = WINDOW
    ) -> None:
        self.cutoff, self.window = cutoff, window
        self.state = _state(state, (2 + window, sources))  # seen, ones in the window, the window

    def take(self, bits: NDArray[Any]) -> list[Alarm]:
        """Count bits, shape (count, sources), in their order; return first alarms by source.

        A bit of -1 is none, and is left out. Raises RangeError for other values.
        """
        given = np.asarray(bits, np.int8)
        if not np.isin(given, (-1, 0, 1)).all():
            raise RangeError("bits for the adaptive proportion test: accepts 0, 1 and -1 for none")
        return _alarms(_proportions(given, self.cutoff, self.state), "adaptive proportion")


def _state(state: State | None, shape: tuple[int, int]) -> State:
    if state is None:
        return np.zeros(shape, np.int64)
    if state.shape != shape:
        raise RangeError(f"state of health tests of shape {state.shape}: accepts {shape}")
    return state.astype(np.int64)  # a copy


def _alarms(fired: State, test: str) -> list[Alarm]:
    return [Alarm(int(source), test, int(fired[source])) for source in np.flatnonzero(fired)]


@njit(cache=True, nogil=True)
def _repetitions(samples: NDArray[np.int64], cutoff: int, state: State) -> State:
    fired = np.zeros(samples.shape[1], np.int64)
    for i in range(samples.shape[0]):
        for source in range(samples.shape[1]):
            sample = samples[i, source]
            if sample < 0:
                continue
            if state[2, source] > 0 and state[0, source] == sample:
                state[1, source] += 1
            else:
                state[0, source], state[1, source] = sample, 1
            state[2, source] += 1
            if state[1, source] >= cutoff and fired[source] == 0:
                fired[source] = state[2, source]
    return fired


@njit(cache=True, nogil=True)
def _proportions(bits: NDArray[np.int8], cutoff: int, state: State) -> State:
    window = state.shape[0] - 2
    fired = np.zeros(bits.shape[1], np.int64)
    for i in range(bits.shape[0]):
        for source in range(bits.shape[1]):
            if bits[i, source] < 0:
                continue
            seen = state[0, source]
            place = 2 + seen % window
            state[1, source] += np.int64(bits[i, source]) - state[place, source]
            state[place, source] = bits[i, source]
            state[0, source] = seen + 1
            full = min(seen + 1, window)
            ones = state[1, source]
            if max(ones, full - ones) >= cutoff and fired[source] == 0:
                fired[source] = seen + 1
    return fired


def standard_proportion_alarm(samples: ArrayLike, cutoff: int, window: int = WINDOW) -> int:
    """Return the sample, from 1, at which 4.4.2 to the letter alarms, for one source; 0: never.

    The first sample of each window is the value that is counted in it.
    """
    array = np.asarray(samples)
    for start in range(0, len(array) - window + 1, window):
        part = array[start : start + window]
        count = np.cumsum(part == part[0])
        if count[-1] >= cutoff:
            return start + int(np.argmax(count >= cutoff)) + 1
    return 0
