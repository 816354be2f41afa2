"""The public SkyWater ReRAM equations as they stand, integrated in time: an oracle, not a model.

A filament of length d grows through an oxide of thickness L and leaves a gap L - d:

    I     = I1 exp(-(L - d) / (L - d_ref)) sinh(V / V_ref)
    dd/dt = v1 (exp((g a0 q V / L - E_g) / kT) - exp((-g a0 q V / L - E_r) / kT)),
            g = g0 - b (L - d)^3
    dT/dt = V I / C - (T - T0) / tau

with d held between its bounds. Equations and constants: SkyWater 130 nm open process, ReRAM
documentation and compact model (Apache-2.0). Nothing is simplified, so that what the fast filament
model does can be held against it; a pulse costs a thousand times more than there.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from labcim.errors import RangeError

from .fab import BOLTZMANN

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GapConstants:
    """Constants; lengths in m, energies in eV, heat_capacity in J/K."""

    thickness: float = 5e-9
    shortest: float = 3.3e-9
    longest: float = 4.9e-9
    current: float = 61.4e-6  # A
    reference_length: float = 4.7249e-9
    sinh_voltage: float = 0.43  # V
    velocity: float = 150.0  # m/s
    growth_energy: float = 1.501
    shrink_energy: float = 1.500
    site: float = 0.25e-9
    enhancement: float = 16.5
    enhancement_loss: float = 1.25e27  # 1/m^3
    heat_capacity: float = 3.18e-16
    cooling_time: float = 0.23e-9  # s


SKYWATER = GapConstants()
SINH1 = float(np.sinh(1.0))


def gap_current(length: Floats | float, voltage: float, c: GapConstants = SKYWATER) -> Floats:
    """Return the current in A through a filament of ``length`` m at ``voltage`` V."""
    gap = c.thickness - np.asarray(length, dtype=np.float64)
    tunnelled = np.exp(-gap / (c.thickness - c.reference_length))
    return np.asarray(c.current * tunnelled * np.sinh(voltage / c.sinh_voltage), np.float64)


def gap_growth(
    length: Floats | float, voltage: float, kelvin: Floats | float, c: GapConstants = SKYWATER
) -> Floats:
    """Return dd/dt in m/s; positive voltages make the filament longer."""
    gap = c.thickness - np.asarray(length, dtype=np.float64)
    enhancement = c.enhancement - c.enhancement_loss * gap**3
    field = enhancement * c.site * voltage / c.thickness
    heat = BOLTZMANN * np.asarray(kelvin, dtype=np.float64)
    grown = np.exp((field - c.growth_energy) / heat)
    return np.asarray(c.velocity * (grown - np.exp((-field - c.shrink_energy) / heat)), np.float64)


def length_of(conductance: float, read_voltage: float = 0.2, c: GapConstants = SKYWATER) -> float:
    """Return the length in m of the filament that a read shows as ``conductance`` S."""
    full = float(gap_current(c.thickness, read_voltage, c)) / read_voltage
    return c.thickness + (c.thickness - c.reference_length) * float(np.log(conductance / full))


def conductance_of(
    length: Floats | float, read_voltage: float = 0.2, c: GapConstants = SKYWATER
) -> Floats:
    """Return the conductance in S that a read of a filament of ``length`` m shows."""
    return gap_current(length, read_voltage, c) / read_voltage


@dataclass(frozen=True, slots=True)
class GapRun:
    """A filament over time: time in s, length in m, temperature in K; shapes (points,)."""

    time: Floats
    length: Floats
    temperature: Floats


def limited_voltage(
    length: float, voltage: float, limit: float, c: GapConstants = SKYWATER
) -> float:
    """Return V of ``voltage`` that a supply leaves which gives at most ``limit`` A."""
    at_reference = float(gap_current(length, c.sinh_voltage, c)) / SINH1
    at_limit = c.sinh_voltage * np.arcsinh(limit / at_reference)
    return float(np.clip(voltage, -at_limit, at_limit))


def integrate_gap(
    length: float,
    voltage: float,
    duration: float,
    *,
    limit: float = np.inf,
    kelvin: float = 300.0,
    until: float | None = None,
    c: GapConstants = SKYWATER,
) -> GapRun:
    """Return what a filament of ``length`` m does under ``voltage`` V for ``duration`` s.

    limit: A of the supply.  kelvin: of the surroundings, and at the start.  until: length in m at
    which to stop; a bound of the length, where it stays, stops it too.  Raises RangeError for what
    has no answer.
    """
    if not (c.shortest <= length <= c.longest):
        raise RangeError(f"length = {length} m: accepts {c.shortest} to {c.longest} m")
    if not (0.0 < duration < np.inf and 0.0 < kelvin < np.inf and limit > 0.0):
        raise RangeError(
            f"duration = {duration} s, kelvin = {kelvin} K, limit = {limit} A: accepts more than 0"
        )

    def slope(_: float, state: Floats) -> list[float]:
        held = min(max(float(state[0]) * 1e-9, c.shortest), c.longest)
        volts = limited_voltage(held, voltage, limit, c)
        rate = float(gap_growth(held, volts, state[1], c))
        power = volts * float(gap_current(held, volts, c))
        return [rate * 1e9, power / c.heat_capacity - (float(state[1]) - kelvin) / c.cooling_time]

    run = solve_ivp(
        slope, (0.0, duration), [length * 1e9, kelvin],
        method="LSODA", rtol=1e-8, atol=[1e-10, 1e-5],
        events=[_crossing(at) for at in (c.shortest, c.longest, until) if at is not None],
    )  # fmt: skip
    if not run.success:
        raise RangeError(f"the equations cannot be integrated to {duration} s: {run.message}")
    lengths = np.clip(run.y[0] * 1e-9, c.shortest, c.longest)
    return GapRun(np.asarray(run.t), lengths, np.asarray(run.y[1]))


def _crossing(length: float) -> Callable[[float, Floats], float]:
    """Return the event that stops the integration at a length in m."""

    def crossing(_: float, state: Floats) -> float:
        return float(state[0]) - length * 1e9

    crossing.terminal = True  # type: ignore[attr-defined]
    return crossing
