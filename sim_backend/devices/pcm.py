"""Phase change: crystallised by SET pulses, melted and quenched by RESET pulses; it drifts.

A positive pulse crystallises: the amorphous rest shrinks towards what the voltage can reach, as
exp(-width / set_time). A negative one melts: within nanoseconds whatever its width, and only what
its voltage reaches. One weaker than the last leaves as much amorphous as there was: it melts and
quenches a part of that anew, so the cell scatters and drifts afresh about the same mean; so does
one that a weaker SET heats. Both reach
G = lowest + slope (V - threshold) and mirrored. What a write leaves scatters, and from then on

    G(t) = G (1 + t/t0)^-nu,                    nu from cell to cell, its mean and spread by G
    sigma(t) = G(t) Q sqrt(ln(t / 2 t_read)),   Q = least(q / u^0.65, 0.2), u = G / full scale

Sources: Nandakumar et al., ICECS 2019, and Joshi et al., Nat. Commun. 11:2473 (2020), by a public
code fit. The noise is a 1/f process: one Ornstein-Uhlenbeck part for each decade of time, all zero
at the write. Time constants spread evenly in ln from T have the variance
Q^2 (ln(2t/T) + 0.5772) after t, so T = 4 exp(0.5772) t_read makes it the law above.
"""

from math import exp, log, sqrt
from typing import ClassVar, final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from pydantic import Field

from labcim.units import Kelvin, Second, Siemens, Volt

from .access import current_through, overdrive_of
from .fab import BOLTZMANN, stick
from .layout import Record
from .model import CellModel, Laws
from .preset import Fraction, Preset, Section, Stuck
from .random import DEVICE as FABRIC
from .random import normal, normals
from .transistor import saturation_current

PARTS = 13  # of the noise: decades from 6 us to 6e6 s at a read time of 250 ns
SPACING = log(10.0)
FASTEST = 4.0 * 1.7810724179901979 * sqrt(10.0)  # middle of the first decade, in read times
WRITE, FLICKER, AVERAGE = 3, 32, 64  # kinds of draws; FLICKER and AVERAGE take one for each part


class Writing(Section):
    """Window, lines of SET and RESET, and the spread of a write: sigma(u) in S, c0 + c1 u + ...

    voltage_spread: of both thresholds together, device to device.  write_sigma: cycle to cycle.
    """

    lowest: Siemens = Field(gt=0)
    highest: Siemens = Field(gt=0)
    set_voltage: Volt
    reset_voltage: Volt
    set_slope: float = Field(gt=0)  # S/V
    reset_slope: float = Field(gt=0)
    voltage_spread: Volt = 0.0  # device to device
    set_time: Second = Field(gt=0)
    disturb_voltage: Volt
    write_sigma: tuple[float, float, float, float]  # cycle to cycle


class Drift(Section):
    """nu: mean and spread from cell to cell, slope ln(u) + offset within lowest and highest."""

    drift_onset: Second = Field(gt=0)
    drift_slope: float
    drift_offset: float
    drift_lowest: float
    drift_highest: float
    drift_spread_slope: float
    drift_spread_offset: float
    drift_spread_lowest: float
    drift_spread_highest: float


class Flicker(Section):
    """1/f noise; see the file. temperature_coefficient: of G, in 1/K from 300 K."""

    full_scale: Siemens = Field(gt=0)
    read_time: Second = Field(gt=0)
    flicker: Fraction = Field(ge=0)
    flicker_exponent: float
    flicker_highest: Fraction
    temperature_coefficient: float = 0.0


class Crystallisation(Section):
    """What warmth does to the amorphous part: gone to 1/e in ``crystal_time`` at that temperature.

    crystal_energy: eV, of the Arrhenius law.
    """

    crystal_time: Second = Field(default=3.16e8, gt=0)
    crystal_temperature: Kelvin = Field(default=383.15, gt=0)
    crystal_energy: float = Field(default=2.6, gt=0)


@final
class PcmPreset(Preset):
    """All constants of one kind of phase-change cell."""

    writing: Writing
    drift: Drift
    flicker: Flicker
    crystallisation: Crystallisation = Crystallisation()
    stuck: Stuck


DEVICE = np.dtype(
    [
        ("gate_threshold", "f4"),  # V
        ("voltage_offset", "f4"),  # V, on both thresholds
        ("drift", "f4"),  # standard normal, of nu
    ]
)

CELL = np.dtype(
    [
        ("conductance", "f8"),  # S, as the last write left it
        ("reached", "f8"),  # S, what that write aimed at
        ("written_at", "f8"),  # s
        ("looked_at", "f8"),  # s, when the noise was last looked at
        ("pulses", "u4"),
        ("reads", "u4"),
        ("formed", "u1"),
        ("stuck", "u1"),
        ("flicker", "f4", (PARTS,)),  # in units of their equilibrium spread
    ],
    align=True,
)


@njit(cache=True, nogil=True, error_model="numpy")
def drift_exponent(device: Record, p: Record, conductance: float) -> float:
    """Return nu of a cell that was written to ``conductance`` S."""
    at = log(max(conductance / p.full_scale, 1e-6))
    mean = min(max(p.drift_slope * at + p.drift_offset, p.drift_lowest), p.drift_highest)
    spread = p.drift_spread_slope * at + p.drift_spread_offset
    spread = min(max(spread, p.drift_spread_lowest), p.drift_spread_highest)
    exponent: float = max(mean + spread * device.drift, 0.0)
    return exponent


@njit(cache=True, nogil=True, error_model="numpy")
def present_conductance(cell: Record, device: Record, p: Record, time: float) -> float:
    """See `laws`: drifted since the write."""
    written: float = cell.conductance
    age = time - cell.written_at
    if cell.stuck != 0 or age <= 0.0:
        return written
    exponent = drift_exponent(device, p, written)
    return written * exp(-exponent * log(1.0 + age / p.drift_onset))


@njit(cache=True, nogil=True, error_model="numpy")
def _flicker(cell: Record, p: Record, seed: int, index: int, aperture: float, time: float) -> float:
    """Move the noise on to ``time`` and return its mean over the aperture, in units of Q."""
    age = max(time - max(cell.looked_at, cell.written_at), 0.0)
    cell.looked_at = time
    total = 0.0
    lasts = FASTEST * p.read_time
    for part in range(PARTS):
        kept = exp(-age / lasts)
        push = sqrt(max(1.0 - kept * kept, 0.0)) * normal(seed, index, FLICKER + part, cell.reads)
        cell.flicker[part] = kept * cell.flicker[part] + push
        x = aperture / lasts
        mean = 1.0
        if x > 1e-3:  # what the average keeps of its beginning, and what scatters beside it
            mean = (1.0 - exp(-x)) / x
            rest = 2.0 / x * (1.0 - mean) - mean * mean
            total += sqrt(max(rest, 0.0)) * normal(seed, index, AVERAGE + part, cell.reads)
        total += mean * cell.flicker[part]
        lasts *= 10.0
    return sqrt(SPACING) * total


@njit(cache=True, nogil=True, error_model="numpy")
def observed_conductance(
    cell: Record,
    device: Record,
    p: Record,
    seed: int,
    index: int,
    conductance: float,
    aperture: float,
    time: float,
) -> float:
    """See `laws`: with 1/f noise."""
    cell.reads += 1
    u = max(cell.conductance / p.full_scale, 1e-6)
    sigma = min(p.flicker / u**p.flicker_exponent, p.flicker_highest)
    relative = sigma * _flicker(cell, p, seed, index, aperture, time)
    seen: float = conductance * max(1.0 + relative, 0.0)
    return seen


@njit(cache=True, nogil=True, error_model="numpy")
def cell_current(
    device: Record, p: Record, conductance: float, row: float, column: float, gate: float
) -> float:
    """See `laws`: ohmic at read voltages."""
    warm = conductance * (1.0 + p.temperature_coefficient * (p.temperature - 300.0))
    current: float = current_through(device, p, warm, row, column, gate)
    return current


@njit(cache=True, nogil=True, error_model="numpy")
def _goal(cell: Record, device: Record, p: Record, voltage: float, width: float) -> float:
    """Return the conductance in S that a pulse aims at, or -1 where it is too weak for any."""
    # Not by whether line or before is greater: a voltage's last digit would decide on a new draw.
    before: float = cell.reached
    if voltage > 0.0:
        over = voltage - p.set_voltage - device.voltage_offset
        line = min(p.lowest + p.set_slope * over, p.highest)
        goal = max(line + (before - line) * exp(-width / p.set_time), before)
        return goal if over > 0.0 else -1.0
    over = -voltage - p.reset_voltage - device.voltage_offset
    line = max(p.highest - p.reset_slope * over, p.lowest)
    return min(line, before) if over > 0.0 else -1.0


@njit(cache=True, nogil=True, error_model="numpy")
def pulse_cell(
    cell: Record,
    device: Record,
    p: Record,
    seed: int,
    index: int,
    row: float,
    column: float,
    gate: float,
    width: float,
    log_time: float,
    limit: float,
    time: float,
) -> float:
    """See `laws`. A current limit below what a SET draws lowers the voltage at the cell."""
    cell.pulses += 1
    overdrive = overdrive_of(device, p, row, column, gate)
    voltage = row - column
    before = present_conductance(cell, device, p, time)
    peak = min(abs(cell_current(device, p, before, row, column, gate)), limit)
    if cell.stuck != 0 or overdrive <= 0.0 or abs(voltage) < p.disturb_voltage:
        return peak
    if voltage > 0.0:
        most = min(saturation_current(p.beta, overdrive), limit)
        voltage = min(voltage, most / max(before, p.lowest))
    else:
        voltage = -min(-voltage, overdrive)  # a source follower
    goal = _goal(cell, device, p, voltage, width)
    if goal < 0.0:
        return peak
    u = min(goal / p.full_scale, 1.0)
    sigma = ((p.write_sigma[3] * u + p.write_sigma[2]) * u + p.write_sigma[1]) * u
    noise = (sigma + p.write_sigma[0]) * normal(seed, index, WRITE, cell.pulses)
    cell.reached = goal
    cell.conductance = max(goal + noise, 0.1 * p.lowest)
    cell.written_at = time + width
    cell.looked_at = time + width
    for part in range(PARTS):
        cell.flicker[part] = 0.0
    return max(peak, min(abs(cell_current(device, p, cell.conductance, row, column, gate)), limit))


@njit(cache=True, nogil=True, error_model="numpy")
def warm_cell(
    cell: Record,
    device: Record,
    p: Record,
    seed: int,
    index: int,
    time: float,
    temperature: float,
    duration: float,
) -> None:
    """See `laws`: what is amorphous crystallises, as a neighbour's RESET warms it."""
    if cell.stuck != 0:
        return
    colder = 1.0 / temperature - 1.0 / p.crystal_temperature
    rate = exp(-p.crystal_energy / BOLTZMANN * colder) / p.crystal_time
    kept = exp(-rate * duration)
    cell.conductance = max(p.highest - (p.highest - cell.conductance) * kept, cell.conductance)
    cell.reached = max(p.highest - (p.highest - cell.reached) * kept, cell.reached)


@final
class Pcm(CellModel):
    """Phase-change memory; needs no forming."""

    preset: ClassVar = PcmPreset
    device = DEVICE
    cell = CELL
    laws = Laws(
        pulse_cell, present_conductance, observed_conductance, cell_current, warm_cell=warm_cell
    )

    def draw(self, seed: int, size: int, parameters: NDArray[np.void]) -> NDArray[np.void]:
        """See `CellModel.draw`."""
        p, devices = parameters[0], np.zeros(size, DEVICE)
        z = [normals(seed, size, FABRIC, quantity) for quantity in range(3)]
        devices["gate_threshold"] = p["gate_threshold"] + p["gate_threshold_spread"] * z[0]
        devices["voltage_offset"] = p["voltage_spread"] * z[1]
        devices["drift"] = z[2]
        return devices

    def first_state(
        self,
        cells: NDArray[np.void],
        devices: NDArray[np.void],
        parameters: NDArray[np.void],
        seed: int,
        *,
        stuck: float,
        formed: bool,
    ) -> None:
        """See `CellModel.first_state`: crystalline, as backend heat leaves it."""
        cells["formed"] = 1
        cells["conductance"] = cells["reached"] = parameters[0]["highest"]
        stick(cells, parameters, seed, stuck)
