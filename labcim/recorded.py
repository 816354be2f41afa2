"""Puts every stimulus on record. The runner wraps the cells in this; no protocol can forget to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .capabilities import (
    CellIndices,
    CellReadings,
    Cells,
    Cycled,
    Delays,
    Delivered,
    Floats,
    LineCurrents,
    Lines,
    LineState,
    Schedule,
    SweepReadings,
    Topology,
    Train,
)
from .documents import PULSE
from .errors import RangeError

PublishTrain = Callable[[NDArray[np.void]], None]
PublishEvent = Callable[[str, str, dict[str, Any]], None]


@dataclass
class ReadTally:
    """How much was read: single readings, and the |V I| of all of them in W.

    Readings are no stimulus, so that none is on record by itself; what they cost is.
    """

    readings: int = 0
    power: float = 0.0

    def take(self, readings: CellReadings) -> None:
        """Count a batch."""
        self.readings += len(readings) * readings.averages
        power = np.abs(readings.sensed * readings.current)[readings.good].sum()
        self.power += float(power) * readings.averages

    def count(self, voltage: float, currents: Floats) -> None:
        """Count currents that were recorded at one voltage."""
        self.readings += currents.size
        self.power += float(np.abs(voltage * currents).sum())

    def count_conductance(self, voltage: float, cycled: Cycled, averages: int) -> None:
        """Count the readings of cycles at one voltage."""
        for found, flags in ((cycled.high, cycled.high_flags), (cycled.low, cycled.low_flags)):
            self.readings += found.size * averages
            self.power += float(np.abs(found[flags == 0]).sum()) * voltage**2 * averages


class RecordedCells:
    """Cells whose every pulse is published before the protocol gets its answer."""

    def __init__(
        self,
        cells: Cells,
        publish: PublishTrain,
        remark: PublishEvent,
        tally: ReadTally | None = None,
    ) -> None:
        self._cells = cells
        self._publish = publish
        self._remark = remark
        self._tally = tally or ReadTally()

    @property
    def topology(self) -> Topology:
        """Return the array's shape and kind."""
        return self._cells.topology

    def read(
        self, cells: CellIndices, voltage: float, *, gate: float = 0.0, averages: int = 1
    ) -> CellReadings:
        """Read cells; a reading is no stimulus."""
        readings = self._cells.read(cells, voltage, gate=gate, averages=averages)
        self._tally.take(readings)
        return readings

    def pulse(self, cells: CellIndices, train: Train) -> Delivered:
        """Deliver a train and record it."""
        with self._told_if_cut(cells, train):
            delivered = self._cells.pulse(cells, train)
        self._publish(packed(delivered))
        return delivered

    def pulse_read(
        self,
        cells: CellIndices,
        train: Train,
        voltage: float,
        *,
        delay: float,
        gate: float = 0.0,
        averages: int = 1,
    ) -> tuple[Delivered, CellReadings]:
        """Deliver a train, read, and record the train."""
        with self._told_if_cut(cells, train):
            delivered, readings = self._cells.pulse_read(
                cells, train, voltage, delay=delay, gate=gate, averages=averages
            )
        self._publish(packed(delivered))
        self._tally.take(readings)
        return delivered, readings

    def sweep(
        self, cell: int, voltages: Floats, *, dwell: float, gate: float, current_limit: float
    ) -> SweepReadings:
        """Sweep one cell; every step is recorded as a pulse of the dwell time."""
        train = Train(amplitude=voltages, width=dwell, gate=gate)
        with self._told_if_cut(np.array([cell], np.uint32), train):
            swept = self._cells.sweep(
                cell, voltages, dwell=dwell, gate=gate, current_limit=current_limit
            )
        steps = np.zeros(len(swept.voltage), PULSE)
        steps["time"], steps["cell"], steps["amplitude"] = swept.time, cell, swept.voltage
        steps["gate"], steps["width"], steps["count"] = gate, dwell, 1
        steps["peak_current"], steps["flags"] = np.abs(swept.current), swept.flags
        self._publish(steps)
        return swept

    def record(
        self, cells: CellIndices, voltage: float, *, rate: float, count: int, gate: float = 0.0
    ) -> Floats:
        """Read cells many times; a reading is no stimulus."""
        currents = self._cells.record(cells, voltage, rate=rate, count=count, gate=gate)
        self._tally.count(voltage, currents)
        return currents

    def time_to_threshold(
        self, cells: CellIndices, train: Train, threshold: float, *, clock: float
    ) -> Delays:
        """Time cells, and record the pulses as long as they really were."""
        with self._told_if_cut(cells, train):
            delays = self._cells.time_to_threshold(cells, train, threshold, clock=clock)
        self._publish(packed(delays))
        return delays

    def cycle(
        self,
        cells: CellIndices,
        set_train: Train,
        reset_train: Train,
        count: int,
        *,
        voltage: float = 0.0,
        gate: float = 0.0,
        averages: int = 1,
    ) -> Cycled:
        """Cycle cells; on record are one train of ``count`` SETs and one of RESETs for each."""
        worst = max(float(np.max(np.abs(x.amplitude))) for x in (set_train, reset_train))
        told = {"amplitude": worst, "width": max(set_train.width, reset_train.width)}
        told["count"] = count
        with ToldIfCut(self._remark, f"{count} cycles on {len(cells)} cells", told):
            cycled = self._cells.cycle(
                cells, set_train, reset_train, count, voltage=voltage, gate=gate, averages=averages
            )
        self._publish(packed_cycles(cycled, set_train, reset_train))
        self._tally.count_conductance(voltage, cycled, averages)
        return cycled

    def schedule(self, cells: CellIndices, train: Train) -> Schedule:
        """Say how a train would be split."""
        return self._cells.schedule(cells, train)

    def _told_if_cut(self, cells: CellIndices, train: Train) -> "ToldIfCut":
        worst = float(np.max(np.abs(train.amplitude), initial=0.0))
        told = {"amplitude": worst, "width": train.width}
        return ToldIfCut(self._remark, f"pulse on {len(cells)} cells", told)


class RecordedLines:
    """Line states, each of them put on record as an event."""

    def __init__(self, lines: Lines, event: PublishEvent, remark: PublishEvent) -> None:
        self._lines = lines
        self._event = event
        self._remark = remark

    def apply(self, sequence: list[LineState]) -> list[LineCurrents]:
        """Apply timed line states; one event tells how many and the worst voltage driven."""
        levels = [np.concatenate([s.rows, s.columns, s.gates]) for s in sequence]
        worst = max((float(np.nanmax(np.abs(level), initial=0.0)) for level in levels), default=0.0)
        duration = sum(state.duration for state in sequence)
        told = {"states": len(sequence), "worst_voltage": worst, "duration": duration}
        text = f"{len(sequence)} line states, at most {worst:g} V"
        with ToldIfCut(self._remark, text, told):
            found = self._lines.apply(sequence)
        self._event("lines", text, told)
        return found


class ToldIfCut:
    """Says on record that a stimulus may have been delivered in part.

    what: in words.  data: the worst of it, in V and s.
    """

    def __init__(self, remark: PublishEvent, what: str, data: dict[str, Any]) -> None:
        self._remark = remark
        self._what = what
        self._data = data

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: object) -> None:
        # A RangeError says that nothing was sent, so nothing is unknown.
        if kind is not None and not issubclass(kind, RangeError):
            text = f"{self._what} ended by {kind.__name__}: delivery unknown"
            self._remark("indeterminate", text, self._data)


def packed_cycles(cycled: Cycled, set_train: Train, reset_train: Train) -> NDArray[np.void]:
    """Return cycles as a packed train of dtype PULSE: all SETs of each cell, then all RESETs."""
    parts = []
    for train, peak, flags in (
        (set_train, cycled.set_peak, cycled.set_flags),
        (reset_train, cycled.reset_peak, cycled.reset_flags),
    ):
        part = np.zeros(len(cycled), PULSE)
        part["time"], part["cell"], part["count"] = cycled.began, cycled.cells, cycled.count
        part["amplitude"], part["gate"], part["width"] = train.amplitude, train.gate, train.width
        part["peak_current"], part["flags"] = peak, flags
        parts.append(part)
    return np.concatenate(parts)


def packed(delivered: Delivered | Delays) -> NDArray[np.void]:
    """Return what was delivered as a packed train of dtype PULSE."""
    train = np.zeros(len(delivered), PULSE)
    train["time"], train["cell"] = delivered.time, delivered.cells
    train["amplitude"], train["gate"] = delivered.amplitude, delivered.gate
    train["width"], train["count"] = delivered.width, delivered.count
    train["peak_current"], train["flags"] = delivered.peak_current, delivered.flags
    return train
