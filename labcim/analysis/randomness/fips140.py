"""Blocks of 20,000 bits: monobit, poker, runs and long run of FIPS 140-2 (2001-10, 4.9.1)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import RangeError
from .bits import Bits, as_bits

BLOCK = 20_000

# (least, most) runs of length 1 to 5 and of 6 and more, for runs of ones and of zeros alike
_RUNS = np.array(
    [(2315, 2685), (1114, 1386), (527, 723), (240, 384), (103, 209), (103, 209)], np.int64
)


@dataclass(frozen=True, slots=True)
class BlockResults:
    """Which blocks pass which test; each array of shape (blocks,)."""

    monobit: NDArray[np.bool_]
    poker: NDArray[np.bool_]
    runs: NDArray[np.bool_]
    long_run: NDArray[np.bool_]

    @property
    def passed(self) -> NDArray[np.bool_]:
        """Return which blocks pass all four tests."""
        return np.asarray(self.monobit & self.poker & self.runs & self.long_run)


def fips_blocks(values: ArrayLike) -> BlockResults:
    """Test each whole block of 20,000 bits. Raises RangeError where there is none."""
    bits = as_bits(values)
    count = len(bits) // BLOCK
    if count == 0:
        raise RangeError(f"{len(bits)} bits: accepts {BLOCK} or more")
    blocks = bits[: count * BLOCK].reshape(count, BLOCK)
    ones = blocks.sum(axis=1, dtype=np.int64)
    lengths = [_run_counts(block) for block in blocks]
    even = [
        bool(np.all((counts >= _RUNS[:, 0]) & (counts <= _RUNS[:, 1]))) for counts, _ in lengths
    ]
    return BlockResults(
        (ones > 9725) & (ones < 10275),
        _poker(blocks),
        np.array(even),
        np.array([longest < 26 for _, longest in lengths]),
    )


def _poker(blocks: Bits) -> NDArray[np.bool_]:
    nibbles = np.packbits(blocks, axis=1)
    split = np.concatenate([nibbles >> 4, nibbles & 15], axis=1)
    counts = np.array([np.bincount(row, minlength=16) for row in split])
    x = 16.0 / 5000.0 * np.sum(counts.astype(np.float64) ** 2, axis=1) - 5000.0
    return np.asarray((x > 2.16) & (x < 46.17))


def _run_counts(block: Bits) -> tuple[NDArray[np.int64], int]:
    edges = np.flatnonzero(np.diff(block)) + 1
    starts = np.concatenate([[0], edges])
    lengths = np.diff(np.concatenate([starts, [BLOCK]]))
    classes = np.minimum(lengths, 6) - 1
    counts = np.array([np.bincount(classes[block[starts] == v], minlength=6) for v in (0, 1)])
    return counts, int(lengths.max())
