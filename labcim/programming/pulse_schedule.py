"""The numbers of a write-verify, and what is kept of each cell meanwhile."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, NamedTuple

import numpy as np

Algorithm = Literal["plain", "adaptive", "gate", "fine"]
"""One file each in `algorithms`."""


class Status(IntEnum):
    """Where a cell stands in its write-verify."""

    ACTIVE = 0
    ACCEPTED = 1
    UNRESPONSIVE = 2  # looks unformed, or stuck: no answer to pulses at the cap
    GIVEN_UP = 3  # out of polarity reversals or of pulses
    UNREADABLE = 4  # its readings stay flagged


@dataclass(frozen=True, slots=True)
class PulseSchedule:
    """When to pulse at what amplitude. V and S; defaults are those published for NeuRRAM.

    Wan et al., Nature 608:504 (2022) and its public code: SET from 1.2 V, RESET from 1.5 V, steps
    of 0.1 V up to 3.3 V, two consecutive readings in range. ``guard`` narrows the window in which a
    reading counts as in range, because the reading itself is uncertain. relative: share of the
    target that is tolerated instead of ``tolerance`` S, 0 for none. fine_step: V, smallest of the
    fine algorithm. gate_start, gate_step: V, and gate_amplitude: V of each SET, of the gate
    algorithm, whose gate climbs to set_gate at most. cycles: whole SETs that a cell gets at most
    because no RESET brings it low enough: the next one may go further.
    """

    tolerance: float = 1e-6
    relative: float = 0.0
    guard: float = 0.7
    set_start: float = 1.2
    reset_start: float = 1.5
    zero_reset_start: float = 2.5
    step: float = 0.1
    cap: float = 3.3
    cap_pulses: int = 30
    reversals: int = 30
    pulses: int = 300
    confirmations: int = 2
    flagged_readings: int = 5
    cycles: int = 0
    fine_step: float = 0.01
    gate_start: float = 0.65
    gate_step: float = 0.01
    gate_amplitude: float = 3.0
    set_gate: float = 2.5
    reset_gate: float = 5.0
    algorithm: Algorithm = "plain"

    def numbers(self) -> "Numbers":
        """Return the schedule as a plain tuple for the compiled kernel."""
        return Numbers(
            self.guard,
            self.set_start,
            self.reset_start,
            self.zero_reset_start,
            self.step,
            self.cap,
            self.cap_pulses,
            self.reversals,
            self.pulses,
            self.confirmations,
            self.flagged_readings,
            self.cycles,
            self.fine_step,
            self.gate_start,
            self.gate_step,
            self.gate_amplitude,
            self.set_gate,
        )


class Numbers(NamedTuple):
    """What the compiled algorithms need of a PulseSchedule, in order."""

    guard: float
    set_start: float
    reset_start: float
    zero_reset_start: float
    step: float
    cap: float
    cap_pulses: int
    reversals: int
    pulses: int
    confirmations: int
    flagged_readings: int
    cycles: int
    fine_step: float
    gate_start: float
    gate_step: float
    gate_amplitude: float
    set_gate: float


CELL = np.dtype(
    [
        ("target", "f8"),  # S
        ("tolerance", "f8"),  # S
        ("reading", "f8"),  # S, the last one that was not flagged
        ("before", "f8"),  # S, the reading on which the last pulse was decided
        ("voltage", "f8"),  # V, magnitude of the last pulse
        ("gate", "f8"),  # V, gate of its SETs where it has one of its own; else NaN
        ("change", "f8"),  # V, by which the last pulse differed from the one before it
        ("own_v", "f8", (2,)),  # V, last pulse of the cell's last SET, RESET ramp; NaN: none yet
        ("own_g", "f8", (2,)),  # S, where that pulse led
        ("step_v", "f8", (2,)),  # V; sums over the present ramp's full, small steps not yet learned
        ("step_g", "f8", (2,)),  # S
        ("steps", "u4", (2,)),  # how many they are
        ("pulses", "u4"),
        ("reversals", "u2"),
        ("at_cap", "u2"),
        ("cycles", "u2"),  # whole SETs given because no RESET went far enough
        ("flagged", "u2"),
        ("polarity", "i1"),  # +1 SET, -1 RESET, 0 before the first pulse
        ("in_range", "u1"),  # consecutive readings in range
        ("pulsed", "u1"),  # a pulse was given since the last reading
        ("on_line", "u1"),  # the cell has answered in this polarity since the last reversal
        ("counted", "u1"),  # the end of its ramp since the last reversal is in the sums
        ("status", "u1"),
    ]
)
"""State of one cell in a write-verify."""
