"""The board's firmware for parallel updates: trains, their phases, and the levels of all lines.

The signs of row and column values multiply. So a sample takes up to four phases, each of all slots:
rows above 0 with columns above 0 and rows below with columns below (up), then the two other pairs
(down). A phase in which no pair of lines can meet is left out.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from ..chip.overlap import Bias, OverlapPort, Phases, gate_bias, half_bias
from ..chip.wired_chip import WiredChip
from ..pulse_laws.trains import TrainRules, make_trains, one_sided
from ..wire.scpi import ScpiError
from ._board_cells import Clock, Floats
from ._board_lines import LineBank
from ._board_settings import CELLS_IN_MESSAGE, GAP, PARALLEL, BoardSettings

MOST_SLOTS = 31


@dataclass(slots=True)
class UpdateSettings:
    """Everything of UPDate, with the *RST values. V, s; see docs/crossbar-board.md."""

    up: float = 1.0
    down: float = -1.0
    gate_up: float = 0.0
    gate_down: float = 0.0
    width: float = 1e-6
    slots: int = MOST_SLOTS
    deterministic: bool = False
    seed: int = 0
    first: int = 0

    def reset(self) -> None:
        """Go to the *RST values."""
        for item in fields(self):
            setattr(self, item.name, item.default)


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """began, ended: s.  half: V of lines that pulsed alone.  up, down: pulses, (rows, columns)."""

    began: float
    ended: float
    half: float
    up: NDArray[np.uint32]
    down: NDArray[np.uint32]


class UpdateFirmware:
    """Updates all cells of a chip at once."""

    def __init__(
        self,
        wired: WiredChip,
        clock: Clock,
        settings: BoardSettings,
        updates: UpdateSettings,
        banks: dict[str, LineBank],
    ) -> None:
        self._topology = wired.topology
        self._port = OverlapPort(wired)
        self._clock = clock
        self._settings = settings
        self._updates = updates
        self._banks = banks

    def update(self, rows: Floats, columns: Floats) -> UpdateResult:
        """Pulse rows and columns, -1 to 1 of the slots, (samples, lines)."""
        own = self._updates
        biases = (self._bias(own.down, own.gate_down), self._bias(own.up, own.gate_up))
        self._check(rows, columns, biases)
        phases, began = self._phases(rows, columns), self._clock.now
        up, down = phases.counts(True), phases.counts(False)
        if self._port.at_once:
            times: Floats = began + phases.duration * np.arange(len(phases.up), dtype=np.float64)
            both = int(up.sum()) + int(down.sum())
            self._port.pulse(phases, biases, times, self._cell_limit, both)
            self._clock.advance(phases.duration * len(times))
        else:
            self._slot_by_slot(phases, biases)
        half = 0.0
        if self._topology.kind != "1T1R":
            half = max((biases[int(kind)].half for kind in phases.up), default=0.0)
        return UpdateResult(began, self._clock.now, half, up, down)

    def _slot_by_slot(self, phases: Phases, biases: tuple[Bias, Bias]) -> None:
        for phase, kind in enumerate(phases.up):
            for slot in range(phases.slots):
                self._port.slot(phases, phase, slot, biases[int(kind)], self._cell_limit)
                self._clock.advance(phases.period)

    def _phases(self, rows: Floats, columns: Floats) -> Phases:
        """Return the trains of all samples, phase after phase."""
        own = self._updates
        rules = TrainRules(own.slots, False, False, own.deterministic)
        trains = make_trains(
            rows, columns, float(own.slots), 1.0, rules, seed=own.seed, first_sample=own.first
        )
        words = []
        for family in (0, 1):
            up, down = (one_sided(trains, up=is_up)[family] for is_up in (True, False))
            pairs = np.stack([up.reshape(len(rows), 2, -1), down.reshape(len(rows), 2, -1)], axis=1)
            words.append(pairs.reshape(4 * len(rows), -1))
        meet = words[0].any(axis=1) & words[1].any(axis=1)
        kinds = np.tile([True, True, False, False], len(rows))
        return Phases(
            np.ascontiguousarray(words[0][meet]), np.ascontiguousarray(words[1][meet]),
            kinds[meet], own.slots, own.width, own.width + GAP,
        )  # fmt: skip

    def _bias(self, volts: float, gate: float) -> Bias:
        if self._topology.kind == "1T1R":
            return gate_bias(self._topology, volts, gate)
        lowest = max(self._banks["row"].low, self._banks["column"].low)
        return half_bias(self._topology, volts, lowest)

    @property
    def _cell_limit(self) -> float:
        """Return the share of each cell in A if all cells of its lines draw it at once."""
        chip, own = self._topology, self._settings
        shared, driven = chip.rows, chip.columns  # cells of a column, and of a row
        if chip.gate_along == "row":
            shared, driven = driven, shared
        return min(own.common_limit / shared, own.current_limit / driven)

    def _check(self, rows: Floats, columns: Floats, biases: tuple[Bias, Bias]) -> None:
        """Refuse what may not be driven, before anything is."""
        if len(rows) != len(columns):
            raise ScpiError(-109, device_info=f"{len(rows)} samples of rows, {len(columns)}")
        if max(self._topology.rows, self._topology.columns) > PARALLEL:
            raise ScpiError(-221, device_info=f"lines of more than {PARALLEL} cells")
        largest = max(rows.size, columns.size)
        if largest > CELLS_IN_MESSAGE:
            raise ScpiError(-223, device_info=f"{largest} values in a message")
        for values in (rows, columns):
            if not np.abs(values).max() <= 1.0:  # NaN shows too
                raise ScpiError(-222, device_info="values are -1 to 1")
        for bias in biases:
            self._banks["row"].check(np.array(bias.rows))
            self._banks["column"].check(np.array(bias.columns))
            self._banks["gate"].check(np.array(bias.gates))
