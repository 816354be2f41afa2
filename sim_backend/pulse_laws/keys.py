"""Keys of random numbers, and the table of normal numbers that the fast kernels draw from.

All numbers are functions of seed, cell or line, kind and event (see ``devices.random``): there is
no generator state. An event is a slot of a train: 32 for each sample, slot 31 is the whole train.

The fast kernels need a normal number for each cell and pulse, which is more than hashing can give.
They take a row of consecutive entries from a table of 65,536 normal quantiles in random order,
from a place that is hashed from seed, row and event: so a cell's numbers are independent from pulse
to pulse, and those of one row at one pulse are different entries. The oracle hashes every number.
"""

from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import ndtri

from ..devices.random import random_bits

DEVICE = 20  # device-to-device draws; the counter is the number of the quantity
PULSE = 21
ROW_TRAIN = 22
COLUMN_TRAIN = 23
DIFFUSION = 24
RESET = 25
WRITE = 26
POLICY = 27

SLOTS = 31  # most slots of a train
EVENTS = 32  # events of a sample: its slots, and the train as a whole
TABLE_SIZE = 1 << 16
MOST_COLUMNS = 1 << 14


@cache
def normal_table() -> NDArray[np.float32]:
    """Return the table: quantiles in a fixed random order, then as many again as a row can need."""
    quantiles = ndtri((np.arange(TABLE_SIZE) + 0.5) / TABLE_SIZE).astype(np.float32)
    mixed = np.random.default_rng(20_161).permutation(quantiles)
    return np.concatenate([mixed, mixed[:MOST_COLUMNS]])


@njit(cache=True, nogil=True, error_model="numpy")
def place_in_table(seed: int, row: int, event: int) -> int:
    """Return where in the table the numbers of this row and event begin."""
    return int(random_bits(seed, row, PULSE, event) & np.uint64(TABLE_SIZE - 1))
