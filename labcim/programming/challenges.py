"""Challenges to a whole array, and how it answers: sums of cells, alone or through sneak paths.

A challenge is a row of bits. The answer is the exclusive or, over pairs of neighbouring columns, of
which column of a pair takes more current. Every challenge is put twice, its driven rows and the
others swapped, and the two differences of a pair are subtracted: no pair favours an answer.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Coding, Floats, Lines, LineState, Topology, Vectors
from labcim.errors import RecipeError

Bits = NDArray[np.uint8]
MOST_BITS = 256


class Challenged(Protocol):
    """A way to put challenges."""

    @property
    def bits(self) -> int:
        """Return the bits of a challenge."""

    def differences(self, challenges: Bits) -> Floats:
        """Return A of each pair, (challenges, pairs); NaN where a reading is no data."""


def challenges_of(seed: int, first: int, count: int, bits: int) -> Bits:
    """Return challenges number ``first`` and on, (count, bits): each from the seed and its number.

    Raises RecipeError for more bits than a row on record holds.
    """
    if not 1 <= bits <= MOST_BITS:
        raise RecipeError(f"challenges of {bits} bits: accepts 1 to {MOST_BITS}")
    found = np.empty((count, bits), np.uint8)
    for line in range(count):
        drawn = np.random.default_rng([seed, first + line]).bytes(MOST_BITS // 8)
        found[line] = np.unpackbits(np.frombuffer(drawn, np.uint8))[:bits]
    return found


def packed(challenges: Bits) -> Bits:
    """Return challenges as bytes for the record, (count, 32): first bit highest, zeros after."""
    whole = np.zeros((len(challenges), MOST_BITS), np.uint8)
    whole[:, : challenges.shape[1]] = challenges
    return np.packbits(whole, axis=1)


def unpacked(rows: Bits, bits: int) -> Bits:
    """Return what `packed` packed, (count, bits)."""
    return np.unpackbits(np.ascontiguousarray(rows, np.uint8), axis=1)[:, :bits]


def check_pairs(pairs: int, topology: Topology) -> None:
    """Raise RecipeError unless the array has so many pairs of neighbouring columns."""
    if not 1 <= pairs <= topology.columns // 2:
        raise RecipeError(
            f"{pairs} pairs of columns: the array has {topology.columns} columns, "
            f"accepts 1 to {topology.columns // 2}"
        )


class Sums:
    """Rows at +V or -V (bits), all columns sensed: each column adds up its cells."""

    def __init__(self, vectors: Vectors, topology: Topology, pairs: int, coding: Coding) -> None:
        check_pairs(pairs, topology)
        self._vectors, self._rows, self._pairs, self._coding = vectors, topology.rows, pairs, coding

    @property
    def bits(self) -> int:
        """Return the bits of a challenge: one for each row."""
        return self._rows

    def differences(self, challenges: Bits) -> Floats:
        """See `Challenged`. A 1 drives its row at +V, a 0 at -V: both halves in one product."""
        inputs = np.where(challenges == 1, 1.0, -1.0)
        products = self._vectors.multiply(inputs, self._coding)
        current = np.where(products.flags == 0, products.current, np.nan)[:, : 2 * self._pairs]
        return np.asarray(current[:, 0::2] - current[:, 1::2])


class SneakPaths:
    """Some rows are driven, all others float; so do some columns beside those that are sensed.

    What floats takes the voltage that all other cells give it, and passes current on: an answer
    depends on the whole array. bits: one for each row, then one for each column that is not sensed.
    """

    def __init__(
        self,
        lines: Lines,
        topology: Topology,
        pairs: int,
        *,
        voltage: float,
        gate: float,
        duration: float,
    ) -> None:
        check_pairs(pairs, topology)
        self._lines, self._topology, self._sensed = lines, topology, 2 * pairs
        self._voltage, self._gate, self._duration = voltage, gate, duration

    @property
    def bits(self) -> int:
        """Return the bits of a challenge."""
        return self._topology.rows + self._topology.columns - self._sensed

    def differences(self, challenges: Bits) -> Floats:
        """See `Challenged`."""
        currents = self._lines.apply(list(self._states(challenges)))
        taken = -np.array([one.columns[: self._sensed] for one in currents])
        difference = taken[:, 0::2] - taken[:, 1::2]
        return np.asarray(difference[0::2] - difference[1::2])

    def _states(self, challenges: Bits) -> Iterator[LineState]:
        rows = self._topology.rows
        gates = np.full(self._topology.gates, self._gate)
        for challenge in challenges:
            floats = np.where(challenge[rows:] == 1, 0.0, np.nan)
            columns = np.concatenate([np.zeros(self._sensed), floats])
            for driven in (1, 0):
                levels = np.where(challenge[:rows] == driven, self._voltage, np.nan)
                yield LineState(levels, columns, gates, self._duration)
