"""Pulses on all lines of one family while the other is sensed: what products are made of.

Two ways to the same charges. Where wires are ideal and lead where their numbers say, where no
voltage can move a cell and no driver limits, each cell has its own say: one kernel takes all pulses
of a message, cell by cell. What resistive wires take of it is one matrix for many pulses, where
cells are straight enough (`wire_loss`). Anything else goes stretch by stretch through the circuit
(`WiredChip.line_currents`), as lines that load one another have to be solved together.

Cells contribute with their own noise, averaged over their own pulse. Reads of single cells are not
on the truth log here: a product of a 1024 x 1024 array would be a million of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..devices import kernels
from ..pulse_laws.threads import default_threads, over_rows
from . import _vector_kernels
from .wire_loss import WireLoss
from .wired_chip import WiredChip

Floats = NDArray[np.float64]
Side = Literal["row", "column"]


@dataclass(frozen=True, slots=True)
class Drive:
    """Pulses on one family of lines; those of one moment begin together.

    side: the lines that are driven.  volts: V, (pulses, driven).  widths: s, likewise.  level: V of
    the sensed lines, at which driven ones rest.  gates: V, (gates,).
    """

    side: Side
    volts: Floats
    widths: Floats
    level: float
    gates: Floats

    @property
    def highest(self) -> float:
        """Return the largest voltage in V that a cell sees."""
        return float(np.abs(self.volts - self.level).max(initial=0.0))

    def stretches(self, pulse: int) -> Iterator[tuple[float, Floats]]:
        """Yield (duration in s, V of the driven lines) while no line of a pulse changes."""
        volts, widths = self.volts[pulse], self.widths[pulse]
        begin = 0.0
        for end in np.unique(widths[widths > 0.0]):
            yield float(end - begin), np.where(widths >= end, volts, self.level)
            begin = float(end)


class VectorPort:
    """The lines of one chip as an instrument drives and senses them, whole families at once."""

    def __init__(self, wired: WiredChip) -> None:
        self._wired = wired
        self._loss: WireLoss | None = None

    @property
    def apart(self) -> bool:
        """Return whether lines do not load one another: each cell has its own say."""
        return self._wired.straight and not self._wired.chip.exact

    def at_once(self, drive: Drive, limit: float) -> bool:
        """Return whether all pulses can be taken cell by cell: no cell moves, no driver limits.

        limit: A that the driver of a line gives.
        """
        return self.apart and self._calm(drive, limit)

    def lost(self, drive: Drive, limit: float) -> Floats | None:
        """Return the charges in C that wires take of `charges`, (pulses, sensed).

        None where they are not known at once: few pulses, or cells too curved for so much IR drop.
        """
        chip = self._wired.chip
        few = len(drive.volts) < min(chip.rows, chip.columns)
        if few or not (self._wired.straight and chip.exact and self._calm(drive, limit)):
            return None
        if self._loss is None:
            self._loss = WireLoss(chip.chip_file)
        if not self._loss.possible:
            return None
        full, small = (self._conductances(drive, share * drive.highest) for share in (1.0, 0.01))
        matrix = self._loss.matrix(full, small, transposed=drive.side == "column")
        if matrix is None:
            return None
        # No BLAS: its sums depend on the number of threads.
        areas = (drive.volts - drive.level) * drive.widths
        return np.asarray(np.einsum("pd,ds->ps", areas, matrix))

    def _calm(self, drive: Drive, limit: float) -> bool:
        """Return whether no cell can move and no driver has to give more than ``limit`` A."""
        quiet = drive.highest <= self._wired.chip.disturb_voltage
        return quiet and self._largest_load(drive) <= limit

    def charges(self, drive: Drive, times: Floats) -> Floats:
        """Return the charges in C out of the sensed lines, (pulses, sensed), cell by cell.

        times: s, begin of each pulse, (pulses,).
        """
        chip, state = self._wired.chip, self._wired.chip.state
        by_row = drive.side == "row"
        strides = (chip.columns, 1) if by_row else (1, chip.columns)
        sensed = chip.columns if by_row else chip.rows
        found = np.zeros((sensed, times.size))
        gates = self._gates(drive.gates)
        volts, widths = (np.ascontiguousarray(x.T) for x in (drive.volts, drive.widths))

        def work(first: int, last: int) -> None:
            _vector_kernels.vector_charges(
                state.cells, state.devices, state.parameters[0], state.seed, *strides,
                self._raises_set(drive.side), volts, widths, drive.level, gates, times, first,
                last, found,
            )  # fmt: skip

        over_rows(work, sensed, chip.size * times.size, default_threads())
        return np.ascontiguousarray(found.T)

    def currents(
        self, drive: Drive, volts: Floats, duration: float, *, disturb: bool = True
    ) -> tuple[Floats, float]:
        """Return A out of the sensed lines, (sensed,), and the largest A of a driver, by circuit.

        volts: V of the driven lines, (driven,), held for ``duration`` s.  disturb: cells move by
        it; False where the question is what the circuit would do.
        """
        chip = self._wired.chip
        if drive.side == "row":
            rows, columns = volts, np.full(chip.columns, drive.level)
        else:
            rows, columns = np.full(chip.rows, drive.level), volts
        result = self._wired.line_currents(
            rows, columns, drive.gates, aperture=duration, disturb=disturb,
            sensed="column" if drive.side == "row" else "row",
        )  # fmt: skip
        into = (result.row_current, result.column_current)
        driven, sensed = into if drive.side == "row" else into[::-1]
        return -sensed, float(np.abs(driven).max(initial=0.0))

    def _largest_load(self, drive: Drive) -> float:
        """Return the largest current in A that a driver would have to give at full voltage."""
        largest = 0.0
        for volt in {float(drive.volts.min()), float(drive.volts.max())} - {drive.level}:
            loads = np.abs(self._at(drive, volt)).sum(axis=1 if drive.side == "row" else 0)
            largest = max(largest, float(loads.max()))
        return largest

    def _conductances(self, drive: Drive, volt: float) -> Floats:
        """Return S of each cell at ``volt`` V above the level, (rows, columns)."""
        volt = max(volt, 1e-6)
        return np.maximum(np.abs(self._at(drive, drive.level + volt)) / volt, 0.0)

    def _at(self, drive: Drive, volt: float) -> Floats:
        """Return the A of each cell with its driven line at ``volt`` V, (rows, columns)."""
        chip, state = self._wired.chip, self._wired.chip.state
        gates = self._gates(drive.gates)
        sides = (np.full(chip.size, volt), np.full(chip.size, drive.level))
        currents = kernels.noise_free_currents(
            state.cells, state.devices, state.parameters, chip.topology.all_cells(),
            *(sides if self._raises_set(drive.side) else sides[::-1]), gates, chip.clock.now,
        )  # fmt: skip
        return np.where(gates > 0.0, currents, 0.0).reshape(chip.rows, chip.columns)

    def _raises_set(self, side: Side) -> bool:
        return side == self._wired.topology.set_terminal

    def _gates(self, gates: Floats) -> Floats:
        """Return V on the gate of each cell, (cells,); cells that have none are always on."""
        topology = self._wired.topology
        shape = (topology.rows, topology.columns)
        if topology.kind != "1T1R":
            return np.ones(topology.size)
        if topology.gate_along == "cell":
            spread = gates.reshape(shape)
        elif topology.gate_along == "row":
            spread = np.broadcast_to(gates[:, None], shape)
        else:
            spread = np.broadcast_to(gates, shape)
        return np.ascontiguousarray(spread, dtype=np.float64).ravel()
