"""The board's firmware for cells: pulses, readings, both at once, sweeps and records.

Everything is checked before the first line is driven. The bench's time then moves on by what the
lines needed: steps times the time of one step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import isfinite
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Flag, Topology

from ..wire.scpi import ScpiError
from ._board_bias import Scheme, StepLines
from ._board_lines import LineBank
from ._board_plan import ONE_STEP, Plan, plan, shared_line
from ._board_sense import SenseFaults
from ._board_settings import CELLS_IN_MESSAGE, GAP, SETTLE, SHORTEST_PULSE, BoardSettings
from ._board_steps import SteppedChip

Floats = NDArray[np.float64]
Cells = NDArray[np.uint32]
Flags = NDArray[np.uint8]

MOST_VALUES = 2**24
"""Largest number of values in one answer."""


class Clock(Protocol):
    """The time of the chip."""

    @property
    def now(self) -> float:
        """Return the time in s."""

    def advance(self, duration: float) -> None:
        """Move on by ``duration`` s."""

    def advance_to(self, moment: float) -> None:
        """Move on to ``moment`` s."""


class Chip(Protocol):
    """What the firmware needs of the chip; a positive amplitude raises the SET terminal."""

    def pulse_cells(
        self,
        cells: Cells,
        amplitude: float | Floats,
        width: float,
        gate: float | Floats,
        *,
        count: int = 1,
        gap: float = 0.0,
        current_limit: float = ...,
        start: Floats,
    ) -> Floats:
        """Pulse cells while all others are inhibited; return peak currents in A."""

    def read_cells(
        self,
        cells: Cells,
        voltage: float,
        gate: float,
        *,
        aperture: float,
        averages: int = 1,
        start: Floats,
    ) -> Floats:
        """Return currents in A with the read noise of that aperture."""


@dataclass(frozen=True, slots=True)
class Pulsed:
    """Begin of each cell's train in s, largest current in A, flags."""

    time: Floats
    peak: Floats
    flags: Flags


@dataclass(frozen=True, slots=True)
class Measured:
    """Begin of each reading's aperture in s, current in A, flags."""

    time: Floats
    current: Floats
    flags: Flags


_OVER, _UNSETTLED = int(Flag.OVER_RANGE), int(Flag.NOT_SETTLED)
_OVER_RANGE = np.uint8(_OVER)


class CellFirmware:
    """Carries out requests for cells. settling: s that the chip's lines take.

    sense: what the sense channels add by themselves.
    """

    def __init__(
        self,
        chip: Chip,
        clock: Clock,
        topology: Topology,
        settings: BoardSettings,
        banks: dict[str, LineBank],
        lines: StepLines,
        settling: float = 0.0,
        sense: SenseFaults | None = None,
    ) -> None:
        self.sense = sense or SenseFaults()
        self._chip = chip
        self._lines = lines
        self._unsettled = settling > SETTLE
        self._clock = clock
        self._topology = topology
        self._settings = settings
        self._banks = banks
        other = {"row": "column", "column": "row"}[topology.set_terminal]
        self._raised = {1: banks[topology.set_terminal], -1: banks[other]}

    def pulse(self, cells: Cells, amplitude: float | Floats, gate: float | Floats) -> Pulsed:
        """Deliver the present train to cells."""
        self._check(cells, amplitude, gate, self._settings.pulse_bias)
        settings, began = self._settings, self._clock.now
        step = settings.count * settings.pulse_period
        split = self._split(cells, amplitude, gate, settings.pulsed_together)
        pulsed = self._deliver(cells, amplitude, gate, split.begins(began, step))
        self._clock.advance(split.steps * step)
        return pulsed

    def read(self, cells: Cells, voltage: float, gate: float) -> Measured:
        """Read cells at the present aperture, averages and range."""
        self._check(cells, voltage, gate, self._settings.read_bias)
        settings, began = self._settings, self._clock.now
        split = self._split(cells, voltage, gate, settings.read_together)
        start = split.begins(began + SETTLE, settings.reading_time)
        measured = self._measure(cells, voltage, gate, start)
        self._clock.advance(split.steps * settings.reading_time)
        return measured

    def read_one(self, cell: Cells, voltage: float, gate: float) -> tuple[float, float, int]:
        """As `read`, of one cell: begin in s, current in A, flag. Without arrays it is sooner."""
        self._check(cell, voltage, gate, self._settings.read_bias)
        settings = self._settings
        start = np.array([self._clock.now + SETTLE])
        current = self._chip.read_cells(
            cell, voltage, gate, aperture=settings.aperture, averages=settings.averages, start=start
        )
        if not self.sense.quiet:
            current = current + self.sense.added(start, settings.aperture * settings.averages)
        converted, over = settings.convert_one(float(current[0]))
        self._clock.advance(settings.reading_time)
        flag = (_OVER if over else 0) | (_UNSETTLED if self._unsettled else 0)
        return float(start[0]), converted, flag

    def pulse_read(
        self,
        cells: Cells,
        amplitude: float | Floats,
        gate: float | Floats,
        delay: float,
        voltage: float,
        read_gate: float,
    ) -> tuple[Pulsed, Measured]:
        """Pulse, wait ``delay`` s from the end of the last edge, and read; step by step."""
        self._check(cells, amplitude, gate, self._settings.pulse_bias)
        self._check(cells, voltage, read_gate, self._settings.read_bias)
        refuse_unless(0.0 <= delay < 1e9, f"delay {delay:g} s")
        settings, began = self._settings, self._clock.now
        # The sense channel settles during the delay, and no reading can begin before it has.
        until_read = settings.train_time + max(delay, SETTLE)
        pulses = settings.count * settings.pulse_period
        step = max(pulses, until_read + settings.reading_time - SETTLE) + GAP
        together = min(settings.pulsed_together, settings.read_together)
        split = self._split(cells, amplitude, gate, together)
        start = split.begins(began, step)
        steps = [np.arange(len(cells))] if self._apart else split.members()
        trains: list[Pulsed] = []
        reads: list[Measured] = []
        for some in steps:  # cells that lean on each other are read before the next are pulsed
            height, opening = (
                value[some] if isinstance(value, np.ndarray) else value
                for value in (amplitude, gate)
            )
            trains.append(self._deliver(cells[some], height, opening, start[some]))
            reads.append(self._measure(cells[some], voltage, read_gate, start[some] + until_read))
        self._clock.advance(split.steps * step)
        back = np.argsort(np.concatenate(steps), kind="stable")
        return Pulsed(*_joined(trains, back)), Measured(*_joined(reads, back))

    def sweep(self, cell: int, gate: float, dwell: float, voltages: Floats) -> Measured:
        """Hold one cell at each voltage for ``dwell`` s; the current is the largest meanwhile."""
        cells = np.array([cell], np.uint32)
        self._check(cells, voltages, gate, self._settings.pulse_bias, together=False)
        refuse_unless(SHORTEST_PULSE <= dwell < 1e9, f"dwell {dwell:g} s")
        refuse_unless(0 < len(voltages) <= MOST_VALUES, f"{len(voltages)} points")
        began = self._clock.now
        time = began + dwell * np.arange(len(voltages), dtype=np.float64)
        current = np.empty(len(voltages))
        for point, voltage in enumerate(voltages):
            current[point] = self._hold(cells, float(voltage), gate, dwell, time[point])
        self._clock.advance(dwell * len(voltages))
        return Measured(time, *self._flagged_sweep(current))

    def record(
        self, cells: Cells, voltage: float, gate: float, interval: float, count: int
    ) -> Floats:
        """Read cells ``count`` times, one pass every ``interval`` s; return A, (count, cells)."""
        self._check(cells, voltage, gate, self._settings.read_bias)
        refuse_unless(0 < count * len(cells) <= MOST_VALUES, f"{count} passes")
        settings, began = self._settings, self._clock.now
        split = self._split(cells, voltage, gate, settings.read_together)
        needed = split.steps * settings.reading_time
        if not needed <= interval * (1.0 + 1e-9) < 1e9:
            raise ScpiError(-221, device_info=f"a pass takes {needed:g} s")
        first = split.begins(SETTLE, settings.reading_time)
        currents = np.empty((count, len(cells)))
        batch = max(1, CELLS_IN_MESSAGE // len(cells))
        for done in range(0, count, batch):
            passes = np.arange(done, min(done + batch, count), dtype=np.float64)
            start = (began + passes[:, None] * interval + first).ravel()
            measured = self._measure(np.tile(cells, len(passes)), voltage, gate, start)
            kept = np.where(measured.flags, np.nan, measured.current)
            currents[done : done + len(passes)] = kept.reshape(len(passes), -1)
        self._clock.advance(count * interval)
        return currents

    def _deliver(
        self, cells: Cells, amplitude: float | Floats, gate: float | Floats, start: Floats
    ) -> Pulsed:
        settings = self._settings
        peak = self._chip.pulse_cells(
            cells,
            amplitude,
            settings.width,
            gate,
            count=settings.count,
            gap=settings.pulse_period - settings.width,
            current_limit=settings.cell_limit,
            start=start,
        )
        return Pulsed(start, peak, self._limited(peak))

    def _measure(self, cells: Cells, voltage: float, gate: float, start: Floats) -> Measured:
        settings = self._settings
        current = self._chip.read_cells(
            cells,
            voltage,
            gate,
            aperture=settings.aperture,
            averages=settings.averages,
            start=start,
        )
        if not self.sense.quiet:
            current = current + self.sense.added(start, settings.aperture * settings.averages)
        converted, over = settings.convert(current)
        flags = over * _OVER_RANGE
        if self._unsettled:
            flags |= np.uint8(Flag.NOT_SETTLED)
        return Measured(start, converted, flags)

    def _hold(self, cells: Cells, voltage: float, gate: float, dwell: float, at: float) -> float:
        """Hold one voltage and return the largest current meanwhile, signed as the voltage."""
        limit, start = self._settings.cell_limit, np.array([at])
        peak = self._chip.pulse_cells(cells, voltage, dwell, gate, current_limit=limit, start=start)
        return float(np.copysign(peak[0], voltage))

    def _flagged_sweep(self, current: Floats) -> tuple[Floats, Flags]:
        converted, over = self._settings.convert(current)
        return converted, self._limited(current) | over * _OVER_RANGE

    def _limited(self, peak: Floats) -> Flags:
        """Flag the cells whose driver has limited the current."""
        limited = np.abs(peak) >= self._settings.cell_limit * 0.999
        return limited * np.uint8(Flag.IN_COMPLIANCE)

    @property
    def _apart(self) -> bool:
        """Say whether no cell feels what is done to another."""
        return not isinstance(self._chip, SteppedChip)

    def _split(
        self, cells: Cells, amplitude: float | Floats, gate: float | Floats, together: int
    ) -> Plan:
        """Split a request into steps. By V/3, all cells of one have the same amplitude."""
        if len(cells) == 1:
            return ONE_STEP
        line = shared_line(cells, self._topology.columns, self._lines.along)
        if not self._lines.gated:
            apart = self._settings.pulse_bias == "THIR" and isinstance(amplitude, np.ndarray)
            gate = np.abs(amplitude) if apart else 0.0
        return plan(line, amplitude, gate, together)

    def _check(
        self,
        cells: Cells,
        amplitude: float | Floats,
        gate: float | Floats,
        scheme: Scheme,
        *,
        together: bool = True,
    ) -> None:
        """Refuse what may not be driven, before anything is."""
        count = len(cells)
        if count > CELLS_IN_MESSAGE:
            raise ScpiError(-223, device_info=f"{count} cells in a message")
        if not count:
            raise ScpiError(-109, device_info="no cells")
        last = int(cells.max()) if count > 1 else int(cells[0])
        if last >= self._topology.size:
            raise ScpiError(-222, device_info=f"cell {last}")
        if count > 1:
            seen = np.zeros(last + 1, np.bool_)
            seen[cells] = True
            if np.count_nonzero(seen) != count:
                raise ScpiError(-224, device_info="a cell stands in the message twice")
        self._check_lines(amplitude, together, scheme)
        self._banks["gate"].check(gate)

    def _check_lines(self, amplitude: float | Floats, together: bool, scheme: Scheme) -> None:
        """Check the line that is raised, and the other one, which stays at Vmax - |amplitude|."""
        if isinstance(amplitude, float):
            highest = lowest = amplitude
        else:
            values = np.asarray(amplitude, np.float64)
            highest, lowest = float(values.max()), float(values.min())
        refuse_unless(isfinite(highest) and isfinite(lowest), "amplitude")  # NaN shows too
        for sign, largest in ((1, highest), (-1, -lowest)):
            if largest <= 0.0:
                continue
            if not self._lines.gated:
                least = _least(amplitude, sign) if together else largest
                self._lines.fit(largest, least, float(sign), scheme)
                continue
            self._raised[sign].check(largest)
            counterpart = self._raised[-sign]
            if together and largest > counterpart.high:
                counterpart.check(largest - _least(amplitude, sign))


def _least(amplitude: float | Floats, sign: int) -> float:
    """Return the least size of the amplitudes of that sign."""
    values = np.asarray(amplitude, np.float64)
    return float((values[values * sign > 0.0] * sign).min())


def _joined(parts: Sequence[Pulsed | Measured], back: NDArray[np.intp]) -> list[Any]:
    """Return the columns of parts one after the other, in the order ``back``."""
    columns = ([getattr(part, item.name) for part in parts] for item in fields(parts[0]))
    return [np.concatenate(column)[back] for column in columns]


def refuse_unless(good: bool, what: str, code: int = -222) -> None:
    """Refuse a request with an error of SCPI unless it is good."""
    if not good:
        raise ScpiError(code, device_info=what)
