"""Rows of bits on a chip of charge cells: written, opened together, multiplied with.

The bits are the chip's state, and age with its clock. What lines do with the cells' charge is
worked out by `periphery.charge` and `periphery.charge_mvm`, of this chip's own cells.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

from ..devices.charge import ChargePreset
from ..devices.layout import STUCK_HIGH
from ..devices.random import normals
from ..periphery.charge import Bits, Floats, discharged, shared_voltage
from ..periphery.charge_mvm import agreement_voltages, joined_voltages, switch_noise
from .clock import SimClock
from .crossbar import CrossbarChip

OFFSET = 30  # kinds of draws: offsets of the sense amplifiers, by column
SWITCH = 31  # noise of switches, by product
Rows = NDArray[np.int64]


class Opened(NamedTuple):
    """What the sense amplifiers made of the open rows, and V of the lines before; (columns,).

    complement, other: of the second line of an SRAM's column; the same as the first for others.
    """

    bits: Bits
    complement: Bits
    voltage: Floats
    other: Floats


class BitArray:
    """The bits of a chip; every operation takes one ``cycle``, which the caller lets pass."""

    def __init__(self, chip: CrossbarChip, preset: ChargePreset) -> None:
        self.kind = preset.kind
        self.rows, self.columns = chip.rows, chip.columns
        self._chip, self._p = chip, chip.state.parameters[0]
        self.cycle = float(self._p["cycle"])
        shape = (self.rows, self.columns)
        self._cells = chip.state.cells.reshape(shape)
        devices = chip.state.devices.reshape(shape)
        self._element, self._opposite = devices["element"], devices["opposite"]
        self._leak_rate = devices["leak_rate"]
        offsets = normals(chip.state.seed, self.columns, OFFSET, 0)
        self._offset = float(self._p["offset_spread"]) * offsets

    @property
    def supply(self) -> float:
        """Return the supply in V."""
        return float(self._p["supply"])

    @property
    def clock(self) -> SimClock:
        """Return the chip's clock."""
        return self._chip.clock

    def write(self, first: int, bits: Bits) -> None:
        """Write rows from ``first`` on; bits: (rows, columns)."""
        if bits.ndim != 2 or bits.shape[1] != self.columns:
            raise RangeError(f"bits of shape {bits.shape}: accepts (rows, {self.columns})")
        self._store(self._chosen(np.arange(first, first + len(bits))), bits)

    def open(self, rows: Rows) -> Opened:
        """Open rows together. Of a DRAM, all of them hold afterwards what was sensed."""
        chosen = self._chosen(rows)
        if self.kind == "dram":
            return self._share(chosen)
        if self.kind == "sram":
            return self._discharge(chosen)
        if len(chosen) > 1:
            raise RangeError(f"{len(chosen)} rows of {self.kind} cells: accepts one at a time")
        self._cells["reads"][chosen] += 1
        bits, level = self._bits(chosen)[0], np.zeros(self.columns)
        return Opened(bits, bits, level, level)

    def sums(self, inputs: Floats) -> Floats:
        """Return V of all columns for inputs from 0 to 1, (batch, rows); XNOR cells take 0 and 1.

        XNOR cells: the supply times the share of cells whose bit is the input.  Capacitors: the
        supply times the mean over the column of input times bit, with the noise of the switches.
        """
        if self.kind not in ("xnor", "capacitor"):
            raise RangeError(f"sums of a column of {self.kind} cells: accepts xnor and capacitor")
        if inputs.ndim != 2 or inputs.shape[1] != self.rows or not len(inputs):
            raise RangeError(f"inputs of shape {inputs.shape}: accepts (batch, {self.rows})")
        if not (inputs.min() >= 0.0 and inputs.max() <= 1.0):
            raise RangeError("inputs: accepts numbers from 0 to 1")
        stored = self._bits(np.arange(self.rows))
        self._cells["reads"] += len(inputs)
        if self.kind == "capacitor":
            return self._joined(inputs * self.supply, stored)
        if not np.isin(inputs, (0.0, 1.0)).all():
            raise RangeError("inputs of XNOR cells: accepts 0 and 1")
        pulls = np.stack([self._element, self._opposite])
        seen = agreement_voltages(inputs > 0.5, stored, pulls, self.supply)
        return np.asarray(seen + self._offset)

    def _joined(self, volts: Floats, stored: Bits) -> Floats:
        parasitic, seed = float(self._p["line"]), self._chip.state.seed
        joined = joined_voltages(volts, stored, self._element, parasitic)
        noise = switch_noise(self._element, parasitic, float(self._p["temperature"]))
        drawn = normals(seed, joined.size, SWITCH, self._chip.state.next_operation())
        return np.asarray(joined + noise * drawn.reshape(joined.shape) + self._offset)

    def _share(self, chosen: Rows) -> Opened:
        capacitance, line = self._element[chosen], float(self._p["line"])
        charge = capacitance * self._levels(chosen)
        voltage = shared_voltage(charge, capacitance, line, self.supply)
        bits = voltage > 0.5 * self.supply + self._offset
        self._store(chosen, np.broadcast_to(bits, (len(chosen), self.columns)))
        self._cells["reads"][chosen] += 1
        return Opened(bits, bits, voltage, voltage)

    def _discharge(self, chosen: Rows) -> Opened:
        pulls = np.stack([self._element[chosen], self._opposite[chosen]])
        pulse, line = float(self._p["word_pulse"]), float(self._p["line"])
        low, high = discharged(self._bits(chosen), pulls, pulse, line, self.supply)
        self._cells["reads"][chosen] += 1
        reference = float(self._p["reference"]) + self._offset
        return Opened(low > reference, high > reference, low, high)

    def _store(self, chosen: Rows, bits: Bits) -> None:
        scale = self.supply if self.kind == "dram" else 1.0
        self._cells["held"][chosen] = scale * bits
        self._cells["written_at"][chosen] = self._chip.clock.now
        self._cells["pulses"][chosen] += 1

    def _levels(self, chosen: Rows) -> Floats:
        """Return V of DRAM cells now, (rows, columns). A stuck cell always holds the same."""
        cells = self._cells[chosen]
        age = self._chip.clock.now - cells["written_at"]
        held = cells["held"] * np.exp(-age * self._leak_rate[chosen])
        return np.asarray(
            np.where(cells["stuck"], self.supply * (cells["stuck"] == STUCK_HIGH), held)
        )

    def _bits(self, chosen: Rows) -> Bits:
        cells = self._cells[chosen]
        return np.where(cells["stuck"], cells["stuck"] == STUCK_HIGH, cells["held"] > 0.5)

    def _chosen(self, rows: Rows) -> Rows:
        chosen = np.asarray(rows, np.int64)
        if not chosen.size or np.unique(chosen).size != chosen.size:
            raise RangeError("rows: accepts one row or more, each of them once")
        if chosen.min() < 0 or chosen.max() >= self.rows:
            raise RangeError(f"row {int(chosen.max())}: accepts 0 to {self.rows - 1}")
        return chosen


def bit_array(chip: CrossbarChip, preset: object) -> BitArray | None:
    """Return the bits of a chip, or None where its cells hold none."""
    return BitArray(chip, preset) if isinstance(preset, ChargePreset) else None
