"""Volatile diffusive cells (Ag in an oxide): they switch on by themselves and off by waiting.

Either polarity switches a cell on, once a pulse lasts longer than its delay,

    delay = delay_time exp(-(|V| - V_th) / delay_voltage), lognormal from pulse to pulse,

to G = I_C / compliance_voltage, with the current that gate or instrument allows. A pulse above the
hold voltage keeps a cell on. From the end of a pulse the filament dissolves,

    G(t) = off + (G - off) exp(-t / tau),   tau = tau_1uA (I_C / 1 uA)^exponent

(surface diffusion takes thin filaments faster), at other temperatures with an Arrhenius factor.
There is no RESET. Half a filament is gone by the next pulse: each tries anew.

Sources: Wang W. et al., Nat. Commun. 10:81 (2019) (retention by filament size, us to years); Wang
Z. et al., Nat. Mater. 16:101 (2017) (threshold, delay, relaxation).
"""

from math import exp, log
from typing import ClassVar, final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from pydantic import Field

from labcim.units import Second, Siemens, Volt

from .access import current_through, overdrive_of
from .fab import arrhenius, observed_with_white_noise, stick
from .layout import Record
from .model import CellModel, Laws
from .preset import Fraction, Preset, Section, Stuck, WhiteNoise
from .random import DEVICE as FABRIC
from .random import normal, normals
from .transistor import saturation_current

DELAY, LIFE = 16, 17  # kinds of draws, once a pulse


class Switching(Section):
    """Threshold, delay and compliance; see the file.

    threshold_spread: device to device.  delay_spread: of ln(delay), cycle to cycle.
    """

    threshold: Volt
    threshold_spread: Volt = 0.0
    hold_voltage: Volt
    disturb_voltage: Volt
    delay_time: Second = Field(gt=0)
    delay_voltage: Volt = Field(gt=0)
    delay_spread: Fraction = Field(ge=0)  # of ln(delay), cycle to cycle
    compliance_voltage: Volt = Field(gt=0)
    highest: Siemens = Field(gt=0)
    off: Siemens = Field(gt=0)


class Dissolving(Section):
    """tau at 1 uA, its power of the current, its energy in eV.

    lifetime_spread: of ln(tau), cycle to cycle.
    """

    lifetime: Second = Field(gt=0)
    lifetime_exponent: float
    lifetime_spread: Fraction = Field(ge=0)  # cycle to cycle
    lifetime_energy: float = Field(ge=0)


@njit(cache=True, nogil=True, error_model="numpy")
def settle_cell(
    cell: Record, device: Record, p: Record, seed: int, index: int, time: float, temperature: float
) -> None:
    """See `laws`: what has dissolved has; the rest lives on at the other temperature."""
    cell.conductance = present_conductance(cell, device, p, time)
    cell.written_at = max(cell.written_at, time)
    there = arrhenius(p.lifetime_energy, temperature)
    cell.lifetime *= there / arrhenius(p.lifetime_energy, p.temperature)


@final
class DiffusivePreset(Preset):
    """All constants of one kind of volatile cell."""

    switching: Switching
    dissolving: Dissolving
    noise: WhiteNoise
    stuck: Stuck


DEVICE = np.dtype([("gate_threshold", "f4"), ("threshold", "f4")])

CELL = np.dtype(
    [
        ("conductance", "f8"),  # S, at the end of the last pulse that switched or held it
        ("written_at", "f8"),  # s
        ("lifetime", "f8"),  # s, of that filament
        ("pulses", "u4"),
        ("reads", "u4"),
        ("formed", "u1"),
        ("stuck", "u1"),
    ],
    align=True,
)


@njit(cache=True, nogil=True, error_model="numpy")
def present_conductance(cell: Record, device: Record, p: Record, time: float) -> float:
    """See `laws`: dissolved since the last pulse."""
    written: float = cell.conductance
    age = time - cell.written_at
    if cell.stuck != 0 or age <= 0.0 or cell.lifetime <= 0.0:
        return written
    left: float = p.off + (written - p.off) * exp(-age / cell.lifetime)
    return left


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
    """See `laws`."""
    cell.pulses += 1
    overdrive = overdrive_of(device, p, row, column, gate)
    voltage = abs(row - column)
    before = present_conductance(cell, device, p, time)
    peak = min(abs(current_through(device, p, before, row, column, gate)), limit)
    if cell.stuck != 0 or overdrive <= 0.0 or voltage < p.disturb_voltage:
        return peak
    if not (before > 10.0 * p.off and voltage >= p.hold_voltage):  # off, or let go
        over = min((voltage - device.threshold) / p.delay_voltage, 200.0)
        spread = p.delay_spread * normal(seed, index, DELAY, cell.pulses)
        if log(width / p.delay_time) < spread - over or over < 0.0:
            return peak
    after, lasts = before, cell.lifetime
    allowed = min(min(saturation_current(p.beta, overdrive), limit), p.highest * voltage)
    grown = min(allowed / p.compliance_voltage, p.highest)
    if grown > before:  # holding a thicker filament does not thin it
        after = grown
        spread = p.lifetime_spread * normal(seed, index, LIFE, cell.pulses)
        grows = p.lifetime_exponent * log(grown * p.compliance_voltage / 1e-6)
        lasts = p.lifetime * exp(grows + spread) * arrhenius(p.lifetime_energy, p.temperature)
    cell.conductance, cell.lifetime, cell.written_at = after, lasts, time + width
    return max(peak, min(abs(current_through(device, p, after, row, column, gate)), limit))


@final
class Diffusive(CellModel):
    """Volatile threshold switch; needs no forming."""

    preset: ClassVar = DiffusivePreset
    device = DEVICE
    cell = CELL
    laws = Laws(
        pulse_cell,
        present_conductance,
        observed_with_white_noise,
        current_through,
        settle_cell,
    )

    def draw(self, seed: int, size: int, parameters: NDArray[np.void]) -> NDArray[np.void]:
        """See `CellModel.draw`."""
        p, devices = parameters[0], np.zeros(size, DEVICE)
        z = [normals(seed, size, FABRIC, quantity) for quantity in range(2)]
        devices["gate_threshold"] = p["gate_threshold"] + p["gate_threshold_spread"] * z[0]
        devices["threshold"] = p["threshold"] + p["threshold_spread"] * z[1]
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
