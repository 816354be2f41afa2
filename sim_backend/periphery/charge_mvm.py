"""Products of vectors in charge: XNOR and count in SRAM, and capacitors that average.

XNOR-SRAM: each cell pulls the read line up where input and weight agree, and down where they do
not, with equal resistance; the divider stands at the share that agrees (Jiang et al., VLSI 2018).

Capacitive product, in three steps (Biswas and Chandrakasan, JSSC 54:217, 2019): capacitors are
charged to the input's voltage, those of a zero weight are emptied, and all of a column are joined:
the column stands at the mean of the products. Switches leave kT/C noise behind: kT/C on each
capacitor when it is sampled, and kT over the whole column's capacitance when that is let go.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labcim.errors import RangeError
from labcim.units import Kelvin, Volt

from .amplifier import BOLTZMANN
from .arguments import not_negative, positive
from .charge import Bits, Floats, as_bits, mismatched


def agreement_voltages(given: Bits, stored: Bits, conductance: Floats, supply: Volt) -> Floats:
    """Return V of the read lines of XNOR cells, (batch, columns).

    given: (batch, rows).  stored: (rows, columns).  conductance: of the pull to the supply and to
    ground of each cell, any unit, (2, rows, columns).
    """
    drive, low = given.astype(np.float64), (~given).astype(np.float64)
    up = drive @ (conductance[0] * stored) + low @ (conductance[0] * ~stored)
    down = drive @ (conductance[1] * ~stored) + low @ (conductance[1] * stored)
    return np.asarray(supply * up / (up + down))


def joined_voltages(
    given: Floats, stored: NDArray[Any], capacitance: Floats, parasitic: float
) -> Floats:
    """Return V of columns of capacitors that were charged to ``given`` V and joined, noiseless.

    given: (batch, rows).  stored: weights, (rows, columns).  capacitance: F, (rows, columns).
    """
    whole = capacitance.sum(axis=0) + parasitic
    return np.asarray(given @ (capacitance * stored) / whole)


def switch_noise(capacitance: Floats, parasitic: float, temperature: Kelvin) -> Floats:
    """Return the standard deviation in V of each column's voltage, (columns,)."""
    whole = capacitance.sum(axis=0) + parasitic
    sampled = BOLTZMANN * temperature * capacitance.sum(axis=0) / whole**2
    let_go = BOLTZMANN * temperature / whole
    return np.asarray(np.sqrt(sampled + let_go))


@dataclass(frozen=True)
class XnorColumns:
    """Columns of XNOR cells. supply: V.  mismatch: relative spread of the cells' resistors."""

    rows: int
    columns: int
    supply: Volt = 1.0
    mismatch: float = 0.0
    seed: int = 0

    def voltages(self, inputs: ArrayLike, weights: ArrayLike) -> Floats:
        """Return the read lines' voltages in V, (batch, columns).

        inputs: bits, (batch, rows).  weights: bits, (rows, columns).  1 stands for +1, 0 for -1.
        """
        given, stored = as_bits("inputs", inputs), as_bits("weights", weights)
        if stored.shape != (self.rows, self.columns) or given.shape[1:] != (self.rows,):
            said = f"inputs {given.shape}, weights {stored.shape}"
            raise RangeError(f"{said}: accepts (batch, {self.rows}), ({self.rows}, {self.columns})")
        conductance = mismatched(1.0, self.mismatch, (2, self.rows, self.columns), self.seed, 4)
        return agreement_voltages(given, stored, conductance, self.supply)

    def counts(self, voltages: ArrayLike) -> Floats:
        """Return how many cells agree, rounded, for read lines at these voltages in V."""
        return np.rint(np.asarray(voltages) / self.supply * self.rows)

    def products(self, voltages: ArrayLike) -> Floats:
        """Return the products of ±1 vectors that these voltages in V stand for, not rounded."""
        return self.rows * (2.0 * np.asarray(voltages) / self.supply - 1.0)


@dataclass(frozen=True)
class CapacitorColumns:
    """Columns of equal capacitors.

    unit: F.  parasitic: F, of a column's line, precharged to 0 V.  mismatch: relative spread.
    temperature: K; 0 is noiseless.
    """

    rows: int
    columns: int
    unit: float = 1e-15
    parasitic: float = 0.0
    mismatch: float = 0.0
    temperature: Kelvin = 300.0
    seed: int = 0

    def __post_init__(self) -> None:
        positive("unit", self.unit, "F")
        not_negative("parasitic", self.parasitic, "F")
        not_negative("temperature", self.temperature, "K")

    @property
    def share(self) -> float:
        """The part of the mean that is left beside the line's own capacitance."""
        return self.rows * self.unit / (self.rows * self.unit + self.parasitic)

    @property
    def noise(self) -> float:
        """The standard deviation in V of a column's voltage, for equal capacitors."""
        whole = self.rows * self.unit + self.parasitic
        return sqrt(BOLTZMANN * self.temperature * (self.rows * self.unit / whole + 1.0) / whole)

    def multiply(
        self, voltages: ArrayLike, weights: ArrayLike, random: np.random.Generator
    ) -> Floats:
        """Return the columns' voltages in V, (batch, columns).

        voltages: V, (batch, rows), of the inputs.  weights: (rows, columns), -1, 0 or 1; a
        negative weight joins its capacitor the other way round.
        """
        given, stored = np.asarray(voltages, dtype=np.float64), np.asarray(weights)
        if stored.shape != (self.rows, self.columns) or given.shape[1:] != (self.rows,):
            said = f"voltages {given.shape}, weights {stored.shape}"
            raise RangeError(f"{said}: accepts (batch, {self.rows}), ({self.rows}, {self.columns})")
        if not np.isin(stored, (-1, 0, 1)).all():
            raise RangeError("weights: accepts -1, 0 and 1")
        capacitance = mismatched(self.unit, self.mismatch, stored.shape, self.seed, 5)
        joined = joined_voltages(given, stored, capacitance, self.parasitic)
        noise = switch_noise(capacitance, self.parasitic, self.temperature)
        return np.asarray(joined + noise * random.standard_normal(joined.shape))
