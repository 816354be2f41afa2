"""Bit lines that share or lose charge: bulk logic in DRAM and SRAM.

DRAM: three rows opened at once share their charge with the bit line, which a sense amplifier then
drives to the majority of the three; with a selection row of ones that is OR, of zeros AND, and all
three rows keep the result (Ambit: Seshadri et al., MICRO 2017). SRAM: two word lines at once; a
cell that holds 0 pulls its bit line down, one that holds 1 the complement line: BL stays up for
AND, BLB for NOR (Jeloka et al., JSSC 51:1009, 2016).
"""

from dataclasses import dataclass
from math import exp, inf
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labcim.errors import RangeError
from labcim.units import Ampere, Second, Volt

from .arguments import not_negative, positive, seed_of

Floats = NDArray[np.float64]
Bits = NDArray[np.bool_]


class Sensed(NamedTuple):
    """What the sense amplifiers made of it, and the bit lines' voltages in V before that."""

    bits: Bits
    voltage: Floats


def as_bits(name: str, values: ArrayLike) -> Bits:
    """Return ``values`` as booleans; raise RangeError for anything but 0 and 1."""
    given = np.asarray(values)
    if not np.isin(given, (0, 1)).all():
        raise RangeError(f"{name}: accepts 0 and 1")
    return given.astype(np.bool_)


def static_normals(shape: tuple[int, ...], seed: int, kind: int) -> Floats:
    """Return standard normal numbers that belong to this seed and kind of part."""
    seed_of(seed)
    random = np.random.Generator(np.random.Philox(key=seed, counter=[kind, 0, 0, 0]))
    return random.standard_normal(shape)


def mismatched(
    nominal: float, spread: float, shape: tuple[int, ...], seed: int, kind: int
) -> Floats:
    """Return static values around ``nominal`` with the relative spread ``spread``, above zero."""
    not_negative("spread", spread, "")
    return nominal * np.maximum(1.0 + spread * static_normals(shape, seed, kind), 1e-3)


def shared_voltage(charge: Floats, capacitance: Floats, line: float, supply: Volt) -> Floats:
    """Return V of bit lines, at half the supply before, that share the charge of open cells.

    charge: C, capacitance: F, of the open cells, (rows, columns).  line: F, of a bit line.
    """
    precharged = line * 0.5 * supply
    return np.asarray((precharged + charge.sum(axis=0)) / (line + capacitance.sum(axis=0)))


def discharged(
    stored: Bits, pull: Floats, pulse: Second, line: float, supply: Volt
) -> tuple[Floats, Floats]:
    """Return V of bit lines and of their complements after all word lines of ``stored`` were up.

    stored: (rows, columns).  pull: A, of each cell on either line, (2, rows, columns).  pulse: s.
    """
    drop = pull * pulse / line
    low = np.maximum(supply - (drop[0] * ~stored).sum(axis=0), 0.0)
    complement = np.maximum(supply - (drop[1] * stored).sum(axis=0), 0.0)
    return low, complement


@dataclass(frozen=True)
class DramColumns:
    """Bit lines of a DRAM, one transistor and one capacitor a cell.

    cell, line: F.  supply: V.  mismatch: relative spread of the cells' capacitors, drawn once.
    offset: V, spread of the sense amplifiers' offsets.  leak: s, time constant towards 0 V.
    """

    columns: int
    cell: float = 20e-15
    line: float = 80e-15
    supply: Volt = 1.0
    mismatch: float = 0.0
    offset: Volt = 0.0
    leak: Second = inf
    seed: int = 0

    def __post_init__(self) -> None:
        for name, unit in (("cell", "F"), ("line", "F"), ("supply", "V")):
            positive(name, getattr(self, name), unit)

    def majority(self, rows: ArrayLike, age: Second = 0.0) -> Sensed:
        """Open three rows, shape (3, columns), ``age`` s after they were written or refreshed."""
        stored = as_bits("rows", rows)
        if stored.shape != (3, self.columns):
            raise RangeError(f"rows of shape {stored.shape}: accepts (3, {self.columns})")
        not_negative("age", age, "s")
        capacitance = mismatched(self.cell, self.mismatch, stored.shape, self.seed, 1)
        charge = capacitance * stored * self.supply * exp(-age / self.leak)
        voltage = shared_voltage(charge, capacitance, self.line, self.supply)
        offsets = self.offset * static_normals((self.columns,), self.seed, 2)
        return Sensed(voltage > 0.5 * self.supply + offsets, voltage)

    def select(self, a: ArrayLike, b: ArrayLike, select: ArrayLike, age: Second = 0.0) -> Sensed:
        """Return OR of two rows where ``select`` is 1, AND where it is 0; shape (columns,) each."""
        shape = (self.columns,)
        rows = [np.broadcast_to(as_bits("rows", row), shape) for row in (a, b, select)]
        return self.majority(np.stack(rows), age)


class BitLines(NamedTuple):
    """AND from the bit line, NOR from its complement; voltages in V when they are sensed."""

    both: Bits
    neither: Bits
    voltage: Floats
    complement: Floats


@dataclass(frozen=True)
class SramColumns:
    """Bit lines of an SRAM; two word lines are raised at once.

    current: A, of a cell that pulls, of relative spread ``mismatch``.  line: F.  pulse: s, how
    long word lines are up.  reference: V, of the single-ended sense amplifiers.
    """

    columns: int
    current: Ampere = 20e-6
    mismatch: float = 0.0
    line: float = 40e-15
    supply: Volt = 1.0
    pulse: Second = 1e-9
    reference: Volt = 0.75
    seed: int = 0

    def __post_init__(self) -> None:
        for name, unit in (("current", "A"), ("line", "F"), ("supply", "V"), ("pulse", "s")):
            positive(name, getattr(self, name), unit)

    def both_and_neither(self, a: ArrayLike, b: ArrayLike) -> BitLines:
        """Return a AND b, and a NOR b, of rows of bits, shape (columns,)."""
        rows = [np.broadcast_to(as_bits("rows", row), (self.columns,)) for row in (a, b)]
        stored = np.stack(rows)
        pull = mismatched(self.current, self.mismatch, (2, 2, self.columns), self.seed, 3)
        line, complement = discharged(stored, pull, self.pulse, self.line, self.supply)
        return BitLines(line > self.reference, complement > self.reference, line, complement)
