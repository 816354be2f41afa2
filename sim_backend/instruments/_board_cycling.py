"""The board's firmware for cycles of SET and RESET, and for waits until a current is reached."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Flag

from ..chip import cycling
from ..chip._cycling_kernels import beside
from ..chip.wired_chip import WiredChip
from ..wire.scpi import ScpiError
from ._board_cells import (
    MOST_VALUES,
    CellFirmware,
    Cells,
    Flags,
    Floats,
    Measured,
    Pulsed,
    refuse_unless,
)
from ._board_settings import GAP, SETTLE, SHORTEST_PULSE
from ._board_steps import SteppedChip

MOST_CYCLES = 2**20
MOST_CLOCKS = 2**32
FAST, SLOW = 2**20, 2**10  # pulses that take some tenths of a second, compiled and one by one


@dataclass(slots=True)
class ResetPulse:
    """The RESET of a cycle; the SET is SOURce:PULSe. s, s, s, s, A."""

    width: float = 1e-6
    period: float = 0.0
    leading: float = 0.0
    trailing: float = 0.0
    current_limit: float = 1e-3

    def reset(self) -> None:
        """Go to the *RST values."""
        for item in fields(self):
            setattr(self, item.name, item.default)


@dataclass(frozen=True, slots=True)
class Pulses:
    """V of each cell, or of all: amplitude and gate."""

    amplitude: float | Floats
    gate: float | Floats


@dataclass(frozen=True, slots=True)
class CycledCells:
    """Begin and end in s; of SETs and RESETs the largest currents in A and flags, (2, cells).

    time: s, (count,); current: A and read_flags: (2, count, cells); count is 0 where none was read.
    """

    began: float
    ended: float
    peak: Floats
    flags: Flags
    time: Floats
    current: Floats
    read_flags: Flags


@dataclass(frozen=True, slots=True)
class TimedCells:
    """Begin of each pulse, delay (NaN: none) and width in s, largest current in A, flags."""

    time: Floats
    delay: Floats
    width: Floats
    peak: Floats
    flags: Flags


class CyclingFirmware(CellFirmware):
    """Carries out CYCLe and DELay as well. reset_pulse: settings of the RESET."""

    reset_pulse: ResetPulse

    @property
    def compiles(self) -> bool:
        """Say whether no cell of the chip feels what is done to another, so that loops are fast."""
        chip = self._chip
        return isinstance(chip, WiredChip) and chip.straight and cycling.can_cycle(chip.chip)

    def cycle(
        self, cells: Cells, up: Pulses, down: Pulses, count: int, voltage: float, gate: float
    ) -> CycledCells:
        """Do cycles; at 0 V nothing is read. See `cycling` for what of it is compiled."""
        settings = self._settings
        self._check(cells, up.amplitude, up.gate, settings.pulse_bias)
        self._check(cells, down.amplitude, down.gate, settings.pulse_bias)
        self._check(cells, voltage, gate, settings.read_bias)
        refuse_unless(1 <= count <= MOST_CYCLES, f"{count} cycles")
        if voltage:
            refuse_unless(2 * count * len(cells) <= MOST_VALUES, f"{count} cycles to read", -223)
        if settings.count != 1:
            raise ScpiError(-221, device_info="a cycle has pulses, not trains: PULSe:COUNt 1")
        if self.compiles and abs(voltage) <= self._wired.chip.disturb_voltage:
            return self._compiled(self._wired, cells, up, down, count, voltage, gate)
        return self._one_by_one(cells, up, down, count, voltage, gate)

    def _one_by_one(
        self, cells: Cells, up: Pulses, down: Pulses, count: int, voltage: float, gate: float
    ) -> CycledCells:
        """Pulse and read in turn: what a cycle is."""
        began, times = self._clock.now, np.empty(count)
        pulsed: list[list[Pulsed]] = [[], []]
        reads: list[list[Measured]] = [[], []]
        for n in range(count):
            times[n] = self._clock.now
            pulsed[0].append(self.pulse(cells, up.amplitude, up.gate))
            if voltage:
                reads[0].append(self.read(cells, voltage, gate))
            with self._resetting():
                pulsed[1].append(self.pulse(cells, down.amplitude, down.gate))
            if voltage:
                reads[1].append(self.read(cells, voltage, gate))
        return CycledCells(
            began,
            self._clock.now,
            np.array([np.max([one.peak for one in half], axis=0) for half in pulsed]),
            np.array([np.bitwise_or.reduce([one.flags for one in half]) for half in pulsed]),
            times if voltage else np.zeros(0),
            np.array([[one.current for one in half] for half in reads]).reshape(2, -1, len(cells)),
            np.array([[one.flags for one in half] for half in reads], np.uint8).reshape(
                2, -1, len(cells)
            ),
        )

    def _compiled(
        self,
        chip: WiredChip,
        cells: Cells,
        up: Pulses,
        down: Pulses,
        count: int,
        voltage: float,
        gate: float,
    ) -> CycledCells:
        settings, size = self._settings, len(cells)
        passes = [self._pass(cells, up)]
        with self._resetting():
            passes.append(self._pass(cells, down))
        split = self._split(cells, voltage, gate, settings.read_together)
        reading = split.steps * settings.reading_time
        spans = [passes[0].span, reading, passes[1].span, reading]
        spans = spans if voltage else spans[::2]
        # Added one by one, as the clock does: not a bit may differ from pulses on their own.
        moments = np.cumsum(np.concatenate([[self._clock.now], np.tile(spans, count)]))
        began, ended = float(moments[0]), float(moments[-1])
        moments = np.ascontiguousarray(moments[:-1].reshape(count, -1))
        drive = cycling.Drive(
            np.array([one.amplitude for one in passes]), np.array([one.gate for one in passes]),
            np.array([one.offset for one in passes]), np.array([one.width for one in passes]),
            np.array([one.limit for one in passes]),
        )  # fmt: skip
        if voltage:
            moments[:, 1::2] += SETTLE
            sensing = cycling.Sensing(
                float(voltage), float(gate), settings.aperture * settings.averages,
                split.begins(0.0, settings.reading_time),
            )  # fmt: skip
            peak, current = cycling.cycle_and_read(chip.chip, cells, drive, moments, sensing)
            begins = moments.T[1::2, :, None] + sensing.offset
            current += self.sense.added(begins, sensing.aperture)
        else:
            peak = cycling.cycle_cells(chip.chip, cells, drive, moments)
            current = np.zeros((2, 0, size))
        self._clock.advance_to(ended)
        flags = np.array([self._at_limit(peak[k], passes[k].limit) for k in range(2)])
        converted, over = settings.convert(current)
        read_flags = over * np.uint8(Flag.OVER_RANGE)
        if self._unsettled:
            read_flags |= np.uint8(Flag.NOT_SETTLED)
        times = moments[:, 0].copy() if voltage else np.zeros(0)
        return CycledCells(began, ended, peak, flags, times, converted, read_flags)

    def _pass(self, cells: Cells, pulses: Pulses) -> "_Pass":
        """Return how one pass over all cells by the present pulse goes."""
        settings, size = self._settings, len(cells)
        step = settings.count * settings.pulse_period
        split = self._split(cells, pulses.amplitude, pulses.gate, settings.pulsed_together)
        return _Pass(
            np.array(np.broadcast_to(pulses.amplitude, (size,)), np.float64),
            np.array(np.broadcast_to(pulses.gate, (size,)), np.float64),
            split.begins(0.0, step),
            split.steps * step,
            settings.width,
            settings.cell_limit,
        )

    @contextmanager
    def _resetting(self) -> Iterator[None]:
        """Let the pulse be the RESET's meanwhile."""
        settings, names = self._settings, [item.name for item in fields(ResetPulse)]
        kept = {name: getattr(settings, name) for name in names}
        try:
            for name in names:
                setattr(settings, name, getattr(self.reset_pulse, name))
            yield
        finally:
            for name, value in kept.items():
                setattr(settings, name, value)

    def delays(self, cells: Cells, pulses: Pulses, threshold: float, clock: float) -> TimedCells:
        """Hold cells at a voltage until their currents cross ``threshold`` A."""
        settings = self._settings
        self._check(cells, pulses.amplitude, pulses.gate, settings.pulse_bias)
        refuse_unless(SHORTEST_PULSE <= clock <= settings.width, f"clock {clock:g} s")
        refuse_unless(0.0 < threshold < 1.0, f"threshold {threshold:g} A")
        most = int(settings.width / clock * (1.0 + 1e-9))
        refuse_unless(most < MOST_CLOCKS, f"{most} clocks")
        if settings.count != 1 or settings.leading or settings.trailing:
            raise ScpiError(-221, device_info="a delay has one pulse without edges")
        size = len(cells)
        amplitude = np.array(np.broadcast_to(pulses.amplitude, (size,)), np.float64)
        gate = np.array(np.broadcast_to(pulses.gate, (size,)), np.float64)
        split = self._split(cells, pulses.amplitude, pulses.gate, settings.pulsed_together)
        order = np.argsort(split.step, kind="stable")
        if self.compiles:
            time, ticks, peak, ended = cycling.time_cells(
                self._wired.chip, cells[order], amplitude[order], gate[order], split.step[order],
                threshold=threshold, clock=clock, most=most, limit=settings.cell_limit, gap=GAP,
                fault=self.sense.packed,
            )  # fmt: skip
            self._clock.advance_to(ended)
        else:
            time, ticks, peak = self._timed_alone(
                cells[order], amplitude[order], gate[order], threshold, clock, most
            )
        back = np.argsort(order, kind="stable")
        time, ticks, peak = time[back], ticks[back], peak[back]
        delay = np.where(ticks > most, np.nan, ticks * clock)
        return TimedCells(time, delay, np.minimum(ticks, most) * clock, peak, self._limited(peak))

    def _timed_alone(
        self,
        cells: Cells,
        amplitude: Floats,
        gate: Floats,
        threshold: float,
        clock: float,
        most: int,
    ) -> tuple[Floats, NDArray[np.int64], Floats]:
        """Time one cell after the other where they lean on each other, or lines go astray."""
        time, peak = np.empty(len(cells)), np.empty(len(cells))
        ticks = np.empty(len(cells), np.int64)
        for place in range(len(cells)):
            held = _Held(cells[place : place + 1], float(amplitude[place]), float(gate[place]))
            now = time[place] = self._clock.now

            def crossed(some: int, held: _Held = held, now: float = now) -> bool:
                return self._crosses(held, some * clock, now, threshold, clock)

            ticks[place] = cycling.first_crossing(most, crossed)
            width = min(int(ticks[place]), most) * clock
            peak[place] = self._pulsed(held, width, now)
            self._clock.advance(width + GAP)
        return time, ticks, peak

    def _pulsed(self, held: "_Held", width: float, at: float) -> float:
        found = self._chip.pulse_cells(
            held.cell, held.amplitude, width, held.gate,
            current_limit=self._settings.cell_limit, start=np.array([at]),
        )  # fmt: skip
        return abs(float(found[0]))

    def _crosses(
        self, held: "_Held", width: float, now: float, threshold: float, clock: float
    ) -> bool:
        """Say whether the current is beyond ``threshold`` A once a pulse has lasted ``width`` s."""
        rises = held.amplitude > 0.0
        with self._state_kept():
            current = self._pulsed(held, width, now)
            if not rises:  # a RESET begins with its largest current: that of the next clock
                current = self._pulsed(held, clock, now + width)
        added = beside(self.sense.packed, now + width)
        current += added if rises else -added
        return current >= threshold if rises else current <= threshold

    @contextmanager
    def _state_kept(self) -> Iterator[None]:
        """Undo to cells and truth log whatever happens inside."""
        state = self._wired.chip.state
        kept, length = state.cells.copy(), len(state.truth)
        try:
            yield
        finally:
            state.cells[:] = kept
            state.truth.tail[0] = length

    @property
    def _wired(self) -> WiredChip:
        chip = self._chip
        found = chip.wired if isinstance(chip, SteppedChip) else chip
        assert isinstance(found, WiredChip)
        return found

    def _at_limit(self, peak: Floats, limit: float) -> Flags:
        return (np.abs(peak) >= limit * 0.999) * np.uint8(Flag.IN_COMPLIANCE)


@dataclass(frozen=True, slots=True)
class _Held:
    """One cell, shape (1,), and V on it and on its gate."""

    cell: Cells
    amplitude: float
    gate: float


@dataclass(frozen=True, slots=True)
class _Pass:
    """One pass over all cells by one pulse: V, V, s, (cells,); s, s, A."""

    amplitude: Floats
    gate: Floats
    offset: Floats
    span: float
    width: float
    limit: float
