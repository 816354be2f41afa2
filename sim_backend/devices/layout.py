"""Records that every cell model shares: what its cells' state must hold, and the truth log."""

from typing import Any

import numpy as np

# One record of a model's cells, devices or parameters, as numba sees it: fields are attributes.
Record = Any

# What the chip asks of every cell, whatever else a model keeps there.
COMMON = {
    "conductance": "f8",  # S, as the last write left it
    "pulses": "u4",  # counters: the keys of random draws
    "reads": "u4",
    "formed": "u1",  # a kind of cell that needs no forming leaves the fab with 1
    "stuck": "u1",  # 0 no, 1 low conductance, 2 high
}

STUCK_LOW = 1
STUCK_HIGH = 2

# One stimulus on one cell, as it was. kind: 1 pulse, 2 read, 3 as many pulses of one polarity as
# ``cycles`` says (little-endian), each after one of the record beside it. Packed to 40 bytes.
TRUTH = np.dtype(
    [
        ("time", "<f8"),  # s, start
        ("operation", "<u4"),  # number of the call that did it
        ("cell", "<u4"),
        ("amplitude", "<f4"),  # V, positive is SET
        ("width", "<f4"),  # s; of a read: aperture times averages
        ("gate", "<f4"),  # V
        ("conductance", "<f4"),  # S, true: after a pulse, at a read
        ("current", "<f4"),  # A: peak of a pulse, measured of a read
        ("kind", "u1"),
        ("cycles", "u1", (3,)),
    ]
)

PULSE = 1
READING = 2
CYCLED = 3
