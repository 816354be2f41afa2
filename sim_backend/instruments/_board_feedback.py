"""The board's firmware for feedback loops: a square part of the array between amplifiers.

Amplifier i has its input on a row and drives a column; all rows are virtual grounds at a level, and
everything is counted from there. What the loop sees of the chip is the currents into its rows for a
voltage on each column: found through the true wiring at the voltages at which the loop comes to
rest, as cells and transistors are not ohmic. So it is solved some times, each at the voltages of
the last.

The board can tell an output that has stopped from one that has not, and one at its limit from one
that is not. That a loop at rest is not at the solution only the truth knows: it is noted there.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from ..chip.vectors import Drive, VectorPort
from ..chip.wired_chip import WiredChip
from ..periphery import feedback
from ..periphery.feedback import Demands
from ..periphery.opamp import FeedbackResult, OpAmp
from ..wire.scpi import ScpiError
from ._board_cells import Cells, Clock, Floats
from ._board_lines import LineBank
from ._board_options import BoardOptions
from ._board_settings import PARALLEL, BoardSettings

Run = Callable[[Floats, Floats | None], FeedbackResult]
Ending = Literal["settled", "saturated", "not settled", "dead"]
ENDINGS: tuple[Ending, ...] = ("settled", "saturated", "not settled", "dead")

_ROUNDS = 4  # at most, to find the voltages at which cells and transistors work
_CLOSE = 2e-3  # of the limit: voltages that need no other round
_LEAST = 5e-3  # of the limit: the smallest voltage at which a conductance is found
_START = 1e-3  # V: noise that a loop for an eigenvector grows from
_STEPS = 2**15  # of the converters that read the outputs, on either side of zero


@dataclass(slots=True)
class LoopSettings:
    """Everything of FEEDback, with the *RST values. S, V, s; see docs/crossbar-board.md."""

    conductance: float = 100e-6
    gate: float = 0.0
    limit: float = 0.2
    level: float = 0.0
    patience: float = 1e-3

    def reset(self) -> None:
        """Go to the *RST values."""
        for item in fields(self):
            setattr(self, item.name, item.default)


@dataclass(frozen=True, slots=True)
class Part:
    """The lines of a loop. negative: none, or as many as rows."""

    rows: Cells
    positive: Cells
    negative: Cells


@dataclass(frozen=True, slots=True)
class LoopEnd:
    """How a loop ended. voltage: V, (n,).  settling: s or NaN.  truth: what only it knows."""

    began: float
    voltage: Floats
    ending: Ending
    settling: float
    truth: str


class LoopFirmware:
    """Closes loops around a chip."""

    def __init__(
        self,
        wired: WiredChip,
        clock: Clock,
        settings: BoardSettings,
        loops: LoopSettings,
        banks: dict[str, LineBank],
        options: BoardOptions,
    ) -> None:
        self._wired = wired
        self._port = VectorPort(wired)
        self._clock = clock
        self._settings = settings
        self._loops = loops
        self._banks = banks
        self._options = options

    def solve(self, part: Part, inputs: Floats) -> LoopEnd:
        """Let the loop come to rest at (G+ - G-) v = conductance * inputs. inputs: V, (n,)."""
        self._check(part)
        if inputs.shape != part.rows.shape:
            raise ScpiError(-109, device_info=f"{len(inputs)} inputs for {len(part.rows)} rows")
        if not np.isfinite(inputs).all():
            raise ScpiError(-222, device_info="inputs are numbers")
        own, demands = self._loops, Demands(patience=self._loops.patience)

        def run(plus: Floats, minus: Floats | None) -> FeedbackResult:
            return feedback.solve(
                plus, inputs, own.conductance, self._amplifier, minus, demands=demands
            )

        return self._rest(part, run)

    def eigenvector(self, part: Part) -> LoopEnd:
        """Let the loop grow along the principal eigenvector of G+ - G-."""
        self._check(part)
        own, demands = self._loops, Demands(patience=self._loops.patience)
        start = _START * np.sin(1.0 + np.arange(len(part.rows)))  # noise of no direction

        def run(plus: Floats, minus: Floats | None) -> FeedbackResult:
            return feedback.eigenvector(
                plus, own.conductance, self._amplifier, minus, start=start, demands=demands
            )

        return self._rest(part, run)

    @property
    def _amplifier(self) -> OpAmp:
        own = self._options
        return OpAmp(own.gain, own.bandwidth, self._loops.limit, seed=own.seed)

    def _rest(self, part: Part, run: Run) -> LoopEnd:
        """Find the loop's end at the conductances that cells have there; let its time pass."""
        began, limit = self._clock.now, self._loops.limit
        volts = np.full(len(part.rows), 0.5 * limit)
        for _ in range(_ROUNDS):
            plus = self._conductances(part.rows, part.positive, volts)
            minus = None
            if len(part.negative):
                minus = self._conductances(part.rows, part.negative, -volts)
            result = run(plus, minus)
            moved = np.abs(result.voltage - volts).max()
            volts = result.voltage
            if moved <= _CLOSE * limit:
                break
        ending = _seen(result, limit)
        lasted = result.settling_time if ending == "settled" else self._loops.patience
        self._stand(part, volts, lasted)
        read = np.rint(volts / limit * _STEPS) * (limit / _STEPS)
        settling = result.settling_time if ending == "settled" else np.nan
        return LoopEnd(began, read, ending, settling, result.ending)

    def _conductances(self, rows: Cells, columns: Cells, volts: Floats) -> Floats:
        """Return the S that rows see of columns at these voltages, (n, n), noise included."""
        level, least = self._loops.level, _LEAST * self._loops.limit
        at = np.where(np.abs(volts) < least, np.copysign(least, volts), volts)
        driven = np.full((len(columns), self._banks["column"].count), level)
        driven[np.arange(len(columns)), columns] += at
        time = self._settings.aperture
        drive = Drive("column", driven, np.full(driven.shape, time), level, self._gates(columns))
        times: Floats = np.full(len(columns), self._clock.now)
        lost = 0.0 if self._port.apart else self._port.lost(drive, np.inf)
        if lost is not None:
            current = (self._port.charges(drive, times) - lost) / time
        else:
            found = [self._port.currents(drive, each, time, disturb=False)[0] for each in driven]
            current = np.array(found)
        conductance: Floats = np.maximum(current[:, rows].T / at, 0.0)
        return conductance

    def _gates(self, columns: Cells) -> Floats:
        """Return V of the gates: those along columns are opened only where one is used."""
        gates = np.full(self._banks["gate"].count, self._loops.gate)
        if self._wired.topology.gate_along == "column" and len(gates):
            closed = np.ones(len(gates), np.bool_)
            closed[columns] = False
            gates[closed] = 0.0
        return gates

    def _stand(self, part: Part, volts: Floats, duration: float) -> None:
        """Hold the lines at their last voltages: cells that these can move do."""
        level = self._loops.level
        if np.abs(volts).max() > self._wired.chip.disturb_voltage:
            columns = np.full(self._banks["column"].count, level)
            columns[part.positive] += volts
            columns[part.negative] -= volts[: len(part.negative)]
            rows = np.full(self._banks["row"].count, level)
            used = np.concatenate([part.positive, part.negative])
            limit = self._settings.current_limit
            self._wired.apply(rows, columns, self._gates(used), duration, line_current_limit=limit)
        self._clock.advance(duration + self._settings.aperture)

    def _check(self, part: Part) -> None:
        """Refuse what may not be driven, before anything is."""
        own, count = self._loops, len(part.rows)
        if not 0 < count <= PARALLEL:
            raise ScpiError(-109, device_info=f"{count} rows")
        if len(part.positive) != count or len(part.negative) not in (0, count):
            raise ScpiError(-109, device_info=f"{count} rows need as many columns of a sign")
        columns = np.concatenate([part.positive, part.negative])
        for name, lines in (("row", part.rows), ("column", columns)):
            if int(lines.max()) >= self._banks[name].count:
                raise ScpiError(-222, device_info=f"{name} {int(lines.max())}")
            if len(np.unique(lines)) != len(lines):
                raise ScpiError(-224, device_info=f"a {name} stands in the loop twice")
        self._banks["row"].check(own.level)
        self._banks["column"].check(np.array([own.level - own.limit, own.level + own.limit]))
        self._banks["gate"].check(own.gate)


def _seen(result: FeedbackResult, limit: float) -> Ending:
    """Return what the board can see of how a loop ended."""
    if result.ending in ("settled", "inexact"):
        return "settled"
    if result.ending == "dead":
        return "dead"
    at_limit = float(np.abs(result.voltage).max()) >= 0.999 * limit
    return "saturated" if at_limit else "not settled"
