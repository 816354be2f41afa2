"""The truth: every stimulus, every true state, what the instruments did. No protocol can see it.

`TruthLog` belongs to the running bench; `Truth` reads a state folder from outside, also while a
bench in another process goes on writing.
"""

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..devices.layout import CYCLED, PULSE, READING, TRUTH
from .append_log import AppendLog
from .clock import SimClock
from .state import PACKED_ACTION, ChipState
from .state_files import ACTION, cell_dtype, checked_header


def _of_kind(records: NDArray[np.void], kind: int) -> NDArray[np.void]:
    chosen: NDArray[np.void] = records[records["kind"] == kind]
    return chosen


def cycle_counts(records: NDArray[np.void]) -> NDArray[np.int64]:
    """Return how many pulses each record of unread cycles stands for, shape (n,)."""
    parts = records["cycles"].astype(np.int64)
    total: NDArray[np.int64] = parts @ np.array([1, 2**8, 2**16])
    return total


class TruthLog:
    """What has happened to the chip so far. Records have the dtypes TRUTH and ACTION."""

    def __init__(self, state: ChipState) -> None:
        self.follow(state)

    def follow(self, state: ChipState) -> None:
        """Write into another state's logs from now on."""
        self._stimuli: AppendLog = state.truth
        self._actions: AppendLog = state.actions
        self._clock: SimClock = state.clock

    def action(self, instrument: str, kind: str, target: str, value: float) -> None:
        """Note what an instrument did, with simulated and wall time.

        kind: "source", "gate", "output", "relay", "line", "short" and the like, at most 16 bytes.
        """
        self._actions.append(
            PACKED_ACTION.pack(
                self._clock.now,
                time.time_ns(),
                value,
                instrument.encode(),
                kind.encode(),
                target.encode(),
            )
        )

    def pulses(self) -> NDArray[np.void]:
        """Return a copy of every pulse record, in order."""
        return _of_kind(self._stimuli.valid(), PULSE)

    def cycles(self) -> NDArray[np.void]:
        """Return a copy of every record of pulses that were cycled unread; see `cycle_counts`."""
        return _of_kind(self._stimuli.valid(), CYCLED)

    def reads(self) -> NDArray[np.void]:
        """Return a copy of every read record, in order (empty where the chip file logs pulses)."""
        return _of_kind(self._stimuli.valid(), READING)

    def actions(self) -> NDArray[np.void]:
        """Return a copy of every action record, in order."""
        return self._actions.valid().copy()

    def __len__(self) -> int:
        return len(self._stimuli)


class Truth:
    """The truth in a state folder, read from outside.

    Raises RecordError, also later, where there is none or a file of it is damaged.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self.header()

    def header(self) -> np.void:
        """Return a copy of the header record."""
        return checked_header(self._folder)

    def _records(self, name: str, dtype: np.dtype[np.void], tail: str) -> NDArray[np.void]:
        return np.fromfile(self._folder / name, dtype, int(self.header()[tail]))

    def cells(self) -> NDArray[np.void]:
        """Return a copy of every cell's state, dtype as its model says."""
        return np.fromfile(self._folder / "cells.bin", cell_dtype(self.header()))

    def counts(self) -> tuple[int, int]:
        """Return how many pulses and reads are on the log, those of unread cycles among them."""
        records = self._records("truth.bin", TRUTH, "truth_tail")
        kinds = records["kind"]
        cycled = int(cycle_counts(_of_kind(records, CYCLED)).sum())
        return int((kinds == PULSE).sum()) + cycled, int((kinds == READING).sum())

    def pulses(self) -> NDArray[np.void]:
        """Return every pulse record, in order."""
        return _of_kind(self._records("truth.bin", TRUTH, "truth_tail"), PULSE)

    def cycles(self) -> NDArray[np.void]:
        """Return every record of pulses that were cycled unread; see `cycle_counts`."""
        return _of_kind(self._records("truth.bin", TRUTH, "truth_tail"), CYCLED)

    def reads(self) -> NDArray[np.void]:
        """Return every read record, in order."""
        return _of_kind(self._records("truth.bin", TRUTH, "truth_tail"), READING)

    def actions(self) -> NDArray[np.void]:
        """Return every action record, in order."""
        return self._records("actions.bin", ACTION, "action_tail")
