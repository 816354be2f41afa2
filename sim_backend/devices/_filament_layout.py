"""Records of the filament model: what a cell is made of (drawn once) and its state (changes)."""

import numpy as np

# Fixed for the life of the chip and drawn again from the seed whenever it is opened.
DEVICE = np.dtype(
    [
        ("set_voltage", "f4"),  # V
        ("reset_voltage", "f4"),
        ("set_slope", "f4"),  # S/V
        ("reset_slope", "f4"),
        ("lowest", "f4"),  # S
        ("highest", "f4"),
        ("floor", "f4"),
        ("gate_threshold", "f4"),  # V
        ("compliance_voltage", "f4"),
        ("forming_voltage", "f4"),
        ("formed", "f4"),  # S
        ("life", "f4"),  # cycles
        ("weak_reset", "f4"),  # V, what some of its RESETs need more; 0 in most cells
        ("retention_rate", "f4"),  # ln 2 / t_fail in 1/s, at the chip's temperature
        ("trap_count", "f4"),
        ("trap_amplitude", "f4", (2,)),  # of G at 20 uS
        ("trap_time", "f4", (2,)),  # correlation time in s
        ("trap_occupancy", "f4", (2,)),
    ]
)

# One cell's state: 64 bytes, one cache line.
CELL = np.dtype(
    [
        ("conductance", "f8"),  # S, as the last write left it (before relaxation)
        ("written_at", "f8"),  # s
        ("trap_time", "f8"),  # s, when the traps were last looked at
        ("relaxation", "f4"),  # standard normal, drawn at each write
        ("cycle_offset", "f4"),  # standard normal, drawn at each polarity reversal and held
        ("slow_set", "f4"),  # slow part of the above, one for each polarity
        ("slow_reset", "f4"),
        ("stress", "f4"),  # forming damage, 1 forms; below 0: how far it faded in past warmth
        ("pulses", "u4"),  # counters: the keys of random draws, and the cell's wear
        ("reads", "u4"),
        ("reversals", "u4"),
        ("formed", "u1"),
        ("stuck", "u1"),  # 0 no, 1 low conductance, 2 high
        ("direction", "i1"),  # polarity of the last pulse that could move it
        ("traps", "u1"),  # occupied traps, one bit each; above them, see `_filament_traps`
        ("floor_factor", "f4"),  # the cycle's factor on the lowest conductance of a RESET
    ]
)
