"""Electrochemical metallisation (Ag or Cu through an insulator): abrupt, and by chance.

A positive pulse on a cell that is off makes it jump on, a negative one on a cell that is on makes
it jump off, both after a waiting time. Waiting uses up w = (sum of width / tau)^shape, with

    tau(V) = set_time exp(-|V| / set_scale), or reset_time exp(-|V| / reset_scale),

(times an Arrhenius factor), and the jump comes when w reaches a number that is drawn from the
exponential law once for each jump. So it is decided by chance whether a pulse does anything at all,
waiting times are exponential for a shape of 1 (Weibull otherwise), and N pulses of width t do what
one of N t does. On, G = I / compliance_voltage, with the current that gate or instrument allows;
off, it scatters. A cell that is on does not grow: RESET it first.

Wear has a closed form, of the number of cycles alone: the off state rises by ``wear`` decades for
each decade of cycles beyond ``wear_onset``, until the end of life.

Sources: Jo, Kim and Lu, Nano Lett. 8:392 (2008), 9:496 (2009); Gaba et al., Nanoscale 5:5872 (2013)
(waiting times of Ag/a-Si).
"""

from math import exp, log, log10
from typing import ClassVar, final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from pydantic import Field

from labcim.units import Second, Siemens, Volt

from .access import current_through, overdrive_of
from .fab import arrhenius, observed_with_white_noise, stick
from .layout import STUCK_HIGH, STUCK_LOW, Record
from .model import CellModel, Laws
from .preset import Fraction, Preset, Section, Stuck, WhiteNoise
from .random import DEVICE as FABRIC
from .random import FAULT, normal, normals, uniform
from .transistor import saturation_current

WAIT, LEVEL = 16, 17  # kinds of draws, once for each jump


class States(Section):
    """On and off. Spreads are of ln G, from cycle to cycle."""

    compliance_voltage: Volt = Field(gt=0)
    highest: Siemens = Field(gt=0)
    on_spread: Fraction = Field(default=0.0, ge=0)
    off: Siemens = Field(gt=0)
    off_spread: Fraction = Field(default=0.0, ge=0)


class Waiting(Section):
    """Waiting times; see the file. voltage_spread: of |V|, device to device.  wait_energy: eV."""

    set_time: Second = Field(gt=0)
    set_scale: Volt = Field(gt=0)
    reset_time: Second = Field(gt=0)
    reset_scale: Volt = Field(gt=0)
    voltage_spread: Volt = Field(default=0.0, ge=0)
    wait_shape: float = Field(default=1.0, gt=0)
    wait_energy: float = Field(default=0.0, ge=0)
    disturb_voltage: Volt


class Wear(Section):
    """Decades that the off state rises by for each decade of cycles beyond wear_onset; the end.

    life: median cycles; life_decades: spread of log10(life), device to device.
    """

    wear_onset: float = Field(gt=0)
    wear: float = Field(ge=0)
    life: float = Field(gt=0)
    life_decades: float = Field(ge=0)
    dies_low_resistance: Fraction = Field(ge=0, le=1)


@final
class EcmPreset(Preset):
    """All constants of one kind of electrochemical cell."""

    states: States
    waiting: Waiting
    wear: Wear
    noise: WhiteNoise
    stuck: Stuck


DEVICE = np.dtype([("gate_threshold", "f4"), ("voltage_offset", "f4"), ("life", "f4")])

CELL = np.dtype(
    [
        ("conductance", "f8"),  # S
        ("waited", "f8"),  # towards the next jump, in units of its tau
        ("pulses", "u4"),
        ("reads", "u4"),
        ("jumps", "u4"),  # two make a cycle
        ("on", "u1"),
        ("formed", "u1"),
        ("stuck", "u1"),
    ],
    align=True,
)


@njit(cache=True, nogil=True, error_model="numpy")
def present_conductance(cell: Record, device: Record, p: Record, time: float) -> float:
    """See `laws`: as the last jump left it."""
    return float(cell.conductance)


@njit(cache=True, nogil=True, error_model="numpy")
def waiting_time(device: Record, p: Record, voltage: float) -> float:
    """Return tau in s of a jump at ``voltage`` V: on for positive ones, off for negative ones."""
    time, scale = (p.set_time, p.set_scale) if voltage > 0.0 else (p.reset_time, p.reset_scale)
    over = (abs(voltage) - device.voltage_offset) / scale
    tau: float = time * exp(-over) * arrhenius(p.wait_energy, p.temperature)
    return tau


@njit(cache=True, nogil=True, error_model="numpy")
def off_conductance(p: Record, cycles: float) -> float:
    """Return the median conductance in S of a cell that is off after so many cycles."""
    decades = p.wear * log10(1.0 + cycles / p.wear_onset)
    risen: float = min(p.off * 10.0**decades, p.highest)
    return risen


@njit(cache=True, nogil=True, error_model="numpy")
def _jump(cell: Record, device: Record, p: Record, seed: int, index: int, allowed: float) -> None:
    """Change the state; allowed: A that gate and instrument let through."""
    cell.jumps += 1
    cell.waited = 0.0
    cycles = 0.5 * cell.jumps
    if cycles > device.life:
        low_resistance = uniform(seed, index, FAULT, cell.jumps) < p.dies_low_resistance
        cell.stuck = STUCK_HIGH if low_resistance else STUCK_LOW
        cell.conductance = p.stuck_high if low_resistance else p.stuck_low
        return
    spread = normal(seed, index, LEVEL, cell.jumps)
    cell.on = 1 - cell.on
    if cell.on == 1:
        grown = min(allowed / p.compliance_voltage * exp(p.on_spread * spread), p.highest)
        cell.conductance = max(grown, cell.conductance)
    else:
        left = off_conductance(p, cycles) * exp(p.off_spread * spread)
        cell.conductance = min(left, cell.conductance)


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
    """See `laws`. A RESET behind a transistor, a source follower, sees at most its overdrive."""
    cell.pulses += 1
    overdrive = overdrive_of(device, p, row, column, gate)
    voltage = row - column
    peak = min(abs(current_through(device, p, cell.conductance, row, column, gate)), limit)
    if cell.stuck != 0 or overdrive <= 0.0 or abs(voltage) < p.disturb_voltage:
        return peak
    if (voltage > 0.0) == (cell.on == 1):  # it is where the pulse would take it
        return peak
    seen = voltage if voltage > 0.0 else -min(-voltage, overdrive)
    cell.waited += width / waiting_time(device, p, seen)
    needed = -log(uniform(seed, index, WAIT, cell.jumps))
    if cell.waited**p.wait_shape < needed:
        return peak
    _jump(cell, device, p, seed, index, min(saturation_current(p.beta, overdrive), limit))
    return max(
        peak, min(abs(current_through(device, p, cell.conductance, row, column, gate)), limit)
    )


@final
class Ecm(CellModel):
    """Electrochemical cell; what forming there is, the first SET does."""

    preset: ClassVar = EcmPreset
    device = DEVICE
    cell = CELL
    laws = Laws(pulse_cell, present_conductance, observed_with_white_noise, current_through)
    hold_draws = True

    def draw(self, seed: int, size: int, parameters: NDArray[np.void]) -> NDArray[np.void]:
        """See `CellModel.draw`."""
        p, devices = parameters[0], np.zeros(size, DEVICE)
        z = [normals(seed, size, FABRIC, quantity) for quantity in range(3)]
        devices["gate_threshold"] = p["gate_threshold"] + p["gate_threshold_spread"] * z[0]
        devices["voltage_offset"] = p["voltage_spread"] * z[1]
        devices["life"] = p["life"] * 10.0 ** (p["life_decades"] * z[2])
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
        """See `CellModel.first_state`: off."""
        cells["formed"] = 1
        cells["conductance"] = parameters[0]["off"]
        stick(cells, parameters, seed, stuck)
