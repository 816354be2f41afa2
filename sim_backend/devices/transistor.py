"""The access transistor: square law, in series with the filament, away from the SET line.

    row (SET terminal) -- filament -- node x -- transistor -- column

With overdrives u = V_G - V_T - V at a node, the square law is I = (beta/2) (u_col+^2 - u_x+^2),
u+ = max(u, 0), for either sign of current: triode, saturation and the source follower of a RESET
are all in it. Together with I = G (V_row - V_x) it has the closed form below.
"""

from math import sqrt

from numba import njit

from .inlining import inlined


@njit(cache=True, nogil=True, error_model="numpy")
def saturation_current(beta: float, overdrive: float) -> float:
    """Return the largest current in A that the transistor carries. beta: A/V^2, overdrive: V."""
    return 0.5 * beta * overdrive * overdrive if overdrive > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def triode_resistance(beta: float, overdrive: float) -> float:
    """Return the resistance in ohm at small drain voltage; 1 TOhm when the transistor is off."""
    return 1.0 / (beta * overdrive) if overdrive > 1e-9 else 1e12


@inlined
def series_current(
    filament: float, row: float, column: float, gate: float, threshold: float, beta: float
) -> float:
    """Return the current from row to column in A.

    filament: S.  row, column, gate: V.  threshold: V_T in V.  beta: A/V^2.
    """
    at_row = gate - threshold - row
    at_column = max(gate - threshold - column, 0.0)
    drive = filament * at_row + 0.5 * beta * at_column * at_column
    if drive <= 0.0:  # the node x is above V_G - V_T: saturation, or cut off
        return 0.5 * beta * at_column * at_column
    at_node = (sqrt(filament * filament + 2.0 * beta * drive) - filament) / beta
    return filament * (at_node - at_row)
