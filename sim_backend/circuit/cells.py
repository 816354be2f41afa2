"""Laws of cells that are no resistors: their current, and how it changes with the voltages.

A law is any object with `evaluate`; four are here, and `TwoTerminal` makes one of two functions.
Symmetric laws depend on the voltage across the cell only. Parameters are scalars, or one number for
each cell, (rows, columns).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import asinh, cosh, sinh, sqrt
from typing import Any, Protocol

import numpy as np
from numba import njit

from ..devices.transistor import series_current
from .network import Floats

Answer = tuple[Floats, Floats, Floats]
MOST = 300.0  # the largest argument of sinh; what a diverging step asks for beyond it is cut
_jit = njit(cache=True, nogil=True, error_model="numpy")


class CellLaw(Protocol):
    """What a network asks of its cells."""

    @property
    def symmetric(self) -> bool:
        """Return whether only the voltage across a cell matters."""

    def evaluate(self, row: Floats, column: Floats) -> Answer:
        """Return the current from row to column in A, and its derivatives in S.

        row, column: V of the nodes, (rows, columns).  The derivatives are by the row's voltage and,
        with the sign turned, by the column's; neither is negative.
        """


def _each(values: Any, shape: tuple[int, ...]) -> Floats:
    return np.ascontiguousarray(np.broadcast_to(np.asarray(values, dtype=np.float64), shape))


@dataclass(frozen=True, eq=False)
class Ohmic:
    """I = G v. conductance: G in S."""

    conductance: Floats | float
    symmetric = True

    def evaluate(self, row: Floats, column: Floats) -> Answer:
        """Return current and slopes; see `CellLaw`."""
        slope = _each(self.conductance, row.shape)
        return slope * (row - column), slope, slope


@dataclass(frozen=True, eq=False)
class Sinh:
    """I = G sinh(alpha v) / alpha. conductance: G in S at 0 V.  alpha: 1/V; 0 is ohmic."""

    conductance: Floats | float
    alpha: Floats | float
    symmetric = True

    def evaluate(self, row: Floats, column: Floats) -> Answer:
        """Return current and slopes; see `CellLaw`."""
        current, slope = np.empty(row.shape), np.empty(row.shape)
        _sinh(
            row, column, _each(self.conductance, row.shape), _each(self.alpha, row.shape),
            current, slope,
        )  # fmt: skip
        return current, slope, slope


@dataclass(frozen=True, eq=False)
class Selected:
    """1S1R: a resistor in series with a selector, I = I_0 sinh(v / V_s).

    conductance: S, of the resistor.  leakage: I_0 in A.  steepness: V_s in V.
    """

    conductance: Floats | float
    leakage: Floats | float
    steepness: Floats | float
    symmetric = True

    def evaluate(self, row: Floats, column: Floats) -> Answer:
        """Return current and slopes; see `CellLaw`."""
        current, slope = np.empty(row.shape), np.empty(row.shape)
        _selected(
            row, column, _each(self.conductance, row.shape), _each(self.leakage, row.shape),
            _each(self.steepness, row.shape), current, slope,
        )  # fmt: skip
        return current, slope, slope


@dataclass(frozen=True, eq=False)
class Gated:
    """1T1R: a resistor on the row's side of an n-channel transistor of the square law.

    conductance: S.  gate: V.  threshold: V_T in V.  beta: A/V^2, of I = beta/2 (V_G - V_T)^2.
    Triode, saturation and the source follower are all in it: see `devices.transistor`.
    """

    conductance: Floats | float
    gate: Floats | float
    threshold: Floats | float
    beta: Floats | float
    symmetric = False

    def evaluate(self, row: Floats, column: Floats) -> Answer:
        """Return current and slopes; see `CellLaw`."""
        current, by_row, by_column = (np.empty(row.shape) for _ in range(3))
        given = (self.conductance, self.gate, self.threshold, self.beta)
        g, gate, threshold, beta = (_each(values, row.shape) for values in given)
        _gated(row, column, g, gate, threshold, beta, current, by_row, by_column)
        return current, by_row, by_column


class TwoTerminal:
    """A law made of two compiled functions of the voltage across a cell and its parameters.

    current, slope: numba-compiled, f(voltage in V, parameters (count,)) to A and to S; the current
    never falls with the voltage and is 0 at 0 V.  parameters: (rows, columns, count).
    """

    symmetric = True

    def __init__(
        self, current: Callable[..., float], slope: Callable[..., float], parameters: Floats
    ) -> None:
        self._parameters = np.ascontiguousarray(parameters, dtype=np.float64)

        @njit(nogil=True, error_model="numpy")
        def law(row, column, parameters, currents, slopes):  # type: ignore[no-untyped-def]
            for i in range(row.shape[0]):
                for j in range(row.shape[1]):
                    voltage = row[i, j] - column[i, j]
                    currents[i, j] = current(voltage, parameters[i, j])
                    slopes[i, j] = slope(voltage, parameters[i, j])

        self._law = law

    def evaluate(self, row: Floats, column: Floats) -> Answer:
        """Return current and slopes; see `CellLaw`."""
        current, slope = np.empty(row.shape), np.empty(row.shape)
        self._law(row, column, self._parameters, current, slope)
        return current, slope, slope


@_jit
def _sinh(
    row: Floats, column: Floats, g: Floats, alpha: Floats, current: Floats, slope: Floats
) -> None:
    for i in range(row.shape[0]):
        for j in range(row.shape[1]):
            voltage = row[i, j] - column[i, j]
            x = min(max(alpha[i, j] * voltage, -MOST), MOST)
            if abs(x) < 1e-5:  # sinh x / x to the last bit, alpha of 0 included
                current[i, j] = g[i, j] * voltage * (1.0 + x * x / 6.0)
                slope[i, j] = g[i, j] * (1.0 + 0.5 * x * x)
            else:
                current[i, j] = g[i, j] * sinh(x) / alpha[i, j]
                slope[i, j] = g[i, j] * cosh(x)


@_jit
def _selected(
    row: Floats,
    column: Floats,
    g: Floats,
    leakage: Floats,
    steepness: Floats,
    current: Floats,
    slope: Floats,
) -> None:
    """Solve v = I/G + V_s asinh(I/I_0) for I by Newton's method: concave, so from below."""
    for i in range(row.shape[0]):
        for j in range(row.shape[1]):
            voltage = abs(row[i, j] - column[i, j])
            low, scale = leakage[i, j], steepness[i, j]
            if g[i, j] == 0.0 or low == 0.0:
                current[i, j] = slope[i, j] = 0.0
                continue
            found, resistance = 0.0, 1.0 / g[i, j] + scale / low
            for _ in range(60):
                missing = voltage - found / g[i, j] - scale * asinh(found / low)
                change = missing / resistance
                found += change
                resistance = 1.0 / g[i, j] + scale / sqrt(found * found + low * low)
                if abs(change) <= 1e-15 * found:
                    break
            current[i, j] = found if row[i, j] >= column[i, j] else -found
            slope[i, j] = 1.0 / resistance


@_jit
def _gated(
    row: Floats,
    column: Floats,
    g: Floats,
    gate: Floats,
    threshold: Floats,
    beta: Floats,
    current: Floats,
    by_row: Floats,
    by_column: Floats,
) -> None:
    """With n the node between: I = G (row - n) = beta/2 (u_column^2 - u_n^2), u the overdrives."""
    for i in range(row.shape[0]):
        for j in range(row.shape[1]):
            own = g[i, j]
            if own == 0.0:
                current[i, j] = by_row[i, j] = by_column[i, j] = 0.0
                continue
            level = gate[i, j] - threshold[i, j]
            now = series_current(
                own, row[i, j], column[i, j], gate[i, j], threshold[i, j], beta[i, j]
            )
            at_node = max(level - row[i, j] + now / own, 0.0)
            at_column = max(level - column[i, j], 0.0)
            share = 1.0 / (1.0 + beta[i, j] * at_node / own)
            current[i, j] = now
            by_row[i, j] = beta[i, j] * at_node * share
            by_column[i, j] = beta[i, j] * at_column * share
