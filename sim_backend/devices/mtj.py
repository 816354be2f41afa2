"""Magnetic tunnel junctions: two states that voltage and warmth flip, STT-MRAM to superparamagnets.

A positive pulse favours the parallel state (more conductance), a negative one the antiparallel one.
Either way flips come at a rate of their own, also with no voltage at all:

    rate(V) = exp(-D (1 - V/V_c)) / t0 below V_c,   (1 + D (V/V_c - 1)) / t0 above (precessional),

with V counted positive where it helps and D = stability at 300 K, inversely as the temperature. A
cell between two pulses is a two-state Markov process: its flips are drawn ahead, dwell by dwell, so
that whoever looks sees the same past. R_AP = R_P (1 + TMR(V)), TMR(V) = tmr / (1 + (V/V_h)^2).

Sources: Khvalkovskiy et al., J. Phys. D 46:074001 (2013), for rates and constants; Kent and
Worledge, Nat. Nanotechnol. 10:187 (2015); Mizrahi et al., Nat. Commun. 9:1533 (2018), for the
superparamagnetic ones.
"""

from math import exp, log, sqrt
from typing import ClassVar, final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from pydantic import Field

from labcim.units import Second, Siemens, Volt

from .access import current_through, overdrive_of
from .fab import stick, white_noise
from .layout import Record
from .model import CellModel, Laws
from .preset import Fraction, Preset, Section, Stuck, WhiteNoise
from .random import DEVICE as FABRIC
from .random import normal, normals, uniform, uniforms
from .transistor import saturation_current

FLIP, DWELL, START = 16, 17, 18  # kinds of draws; START takes three
MOST_FLIPS = 1000  # in one look; beyond, the past is forgotten


class Junction(Section):
    """Resistance and switching; see the file. Spreads are from device to device."""

    parallel: Siemens = Field(gt=0)
    parallel_spread: Fraction = 0.0  # of ln G
    tmr: Fraction = Field(gt=0)
    tmr_voltage: Volt = Field(gt=0)
    tmr_temperature: float = 0.0  # 1/K, relative loss of TMR
    stability: float = Field(gt=0)
    stability_spread: Fraction = 0.0  # of the stability itself, relative
    critical_voltage: Volt = Field(gt=0)
    critical_spread: Fraction = 0.0  # relative
    attempt_time: Second = Field(gt=0)
    disturb_voltage: Volt


@njit(cache=True, nogil=True, error_model="numpy")
def settle_cell(
    cell: Record, device: Record, p: Record, seed: int, index: int, time: float, temperature: float
) -> None:
    """See `laws`: look, and draw the next flip anew; a dwell has no memory."""
    if cell.stuck != 0:
        return
    _look(cell, device, p, seed, index, time)
    stability = device.stability * p.temperature / temperature
    cell.flips += 1
    dwell = p.attempt_time * exp(stability)
    cell.next_flip = time - dwell * log(uniform(seed, index, DWELL, cell.flips))


@final
class MtjPreset(Preset):
    """All constants of one kind of magnetic tunnel junction."""

    junction: Junction
    noise: WhiteNoise
    stuck: Stuck


DEVICE = np.dtype(
    [
        ("gate_threshold", "f4"),
        ("parallel", "f4"),
        ("stability", "f4"),  # at the chip's temperature
        ("critical_voltage", "f4"),
        ("index", "u4"),  # and seed: a look at a cell draws the flips since the last one
        ("seed", "i8"),
    ],
    align=True,
)

CELL = np.dtype(
    [
        ("conductance", "f8"),  # S, of the state that was last looked at
        ("next_flip", "f8"),  # s
        ("pulses", "u4"),
        ("reads", "u4"),
        ("flips", "u4"),  # the key of dwell times
        ("parallel", "u1"),
        ("formed", "u1"),
        ("stuck", "u1"),
    ],
    align=True,
)


@njit(cache=True, nogil=True, error_model="numpy")
def magnetoresistance(p: Record, voltage: float) -> float:
    """Return TMR at ``voltage`` V and the chip's temperature."""
    ratio = voltage / p.tmr_voltage
    cold: float = p.tmr / (1.0 + ratio * ratio)
    left: float = cold * max(1.0 - p.tmr_temperature * (p.temperature - 300.0), 0.0)
    return left


@njit(cache=True, nogil=True, error_model="numpy")
def _conductance(device: Record, p: Record, parallel: int) -> float:
    """Return the conductance in S of a state at the reference read."""
    if parallel == 1:
        return float(device.parallel)
    return float(device.parallel) / (1.0 + magnetoresistance(p, p.read_voltage))


@njit(cache=True, nogil=True, error_model="numpy")
def flip_rate(device: Record, p: Record, help_voltage: float) -> float:
    """Return the rate in 1/s of a flip that ``help_voltage`` V favours; negative ones hinder it."""
    stability: float = device.stability
    over = help_voltage / device.critical_voltage - 1.0
    attempts: float = 1.0 + stability * over if over > 0.0 else exp(stability * over)
    rate: float = attempts / p.attempt_time
    return rate


@njit(cache=True, nogil=True, error_model="numpy")
def _at(
    cell: Record, device: Record, p: Record, seed: int, index: int, time: float
) -> tuple[int, float, int]:
    """Return (parallel, time of the next flip, flips so far) at ``time``; no voltage since then."""
    parallel, flip_at, flips = int(cell.parallel), float(cell.next_flip), int(cell.flips)
    dwell = 1.0 / flip_rate(device, p, 0.0)
    long = MOST_FLIPS * dwell
    if time - flip_at > long:  # by now either state is as likely as the other
        block = int(time / long)
        parallel = 1 if uniform(seed, index, START, block) < 0.5 else 0
        flip_at = block * long - dwell * log(uniform(seed, index, START + 1, block))
    while flip_at <= time:
        parallel, flips = 1 - parallel, flips + 1
        flip_at -= dwell * log(uniform(seed, index, DWELL, flips))
    return parallel, flip_at, flips


@njit(cache=True, nogil=True, error_model="numpy")
def present_conductance(cell: Record, device: Record, p: Record, time: float) -> float:
    """See `laws`: of the state that the cell is in by now."""
    if cell.stuck != 0:
        return float(cell.conductance)
    return _conductance(device, p, _at(cell, device, p, device.seed, device.index, time)[0])


@njit(cache=True, nogil=True, error_model="numpy")
def _parallel_share(
    cell: Record, device: Record, p: Record, seed: int, index: int, aperture: float, time: float
) -> float:
    """Return the part of the time from ``time`` on for ``aperture`` s that is spent parallel."""
    dwell = 1.0 / flip_rate(device, p, 0.0)
    if aperture > MOST_FLIPS * dwell:
        scatter = 0.5 * sqrt(dwell / aperture) * normal(seed, index, START + 2, cell.reads)
        return min(max(0.5 + scatter, 0.0), 1.0)
    parallel, flip_at, flips = int(cell.parallel), float(cell.next_flip), int(cell.flips)
    now, share = time, 0.0
    while now < time + aperture:
        until = min(flip_at, time + aperture)
        share += parallel * (until - now)
        now = until
        parallel, flips = 1 - parallel, flips + 1
        flip_at -= dwell * log(uniform(seed, index, DWELL, flips))
    return share / aperture


@njit(cache=True, nogil=True, error_model="numpy")
def _look(cell: Record, device: Record, p: Record, seed: int, index: int, time: float) -> None:
    """Move a cell on to ``time``."""
    cell.parallel, cell.next_flip, cell.flips = _at(cell, device, p, seed, index, time)
    cell.conductance = _conductance(device, p, cell.parallel)


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
    """See `laws`: the mean over the aperture, with white noise."""
    seen = conductance
    if cell.stuck == 0:
        _look(cell, device, p, seed, index, time)
        share = _parallel_share(cell, device, p, seed, index, aperture, time)
        apart = _conductance(device, p, 0)
        seen = apart + share * (_conductance(device, p, 1) - apart)
    noisy: float = white_noise(cell, p, seed, index, seen, aperture)
    return noisy


@njit(cache=True, nogil=True, error_model="numpy")
def cell_current(
    device: Record, p: Record, conductance: float, row: float, column: float, gate: float
) -> float:
    """See `laws`: the antiparallel part of a conductance rises with voltage as TMR falls."""
    parallel, apart = _conductance(device, p, 1), _conductance(device, p, 0)
    share = min(max((parallel - conductance) / (parallel - apart), 0.0), 1.0)
    at_reference = 1.0 + magnetoresistance(p, p.read_voltage)
    rise = at_reference / (1.0 + magnetoresistance(p, row - column)) - 1.0
    seen = conductance * (1.0 + share * rise)
    current: float = current_through(device, p, seen, row, column, gate)
    return current


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
    """See `laws`. A current limit below what the junction draws lowers the voltage at it."""
    cell.pulses += 1
    overdrive = overdrive_of(device, p, row, column, gate)
    if cell.stuck == 0:
        _look(cell, device, p, seed, index, time)
    before = present_conductance(cell, device, p, time)
    peak = min(abs(cell_current(device, p, before, row, column, gate)), limit)
    if cell.stuck != 0 or overdrive <= 0.0 or abs(row - column) < p.disturb_voltage:
        return peak
    most = min(saturation_current(p.beta, overdrive), limit) / before
    voltage = min(max(row - column, -most), most)
    to_parallel = flip_rate(device, p, voltage)
    to_apart = flip_rate(device, p, -voltage)
    total = to_parallel + to_apart
    settled = to_parallel / total
    chance = settled + (cell.parallel - settled) * exp(-total * width)
    cell.parallel = 1 if uniform(seed, index, FLIP, cell.pulses) < chance else 0
    cell.flips += 1
    dwell = 1.0 / flip_rate(device, p, 0.0)
    cell.next_flip = time + width - dwell * log(uniform(seed, index, DWELL, cell.flips))
    cell.conductance = _conductance(device, p, cell.parallel)
    return max(peak, min(abs(cell_current(device, p, cell.conductance, row, column, gate)), limit))


@final
class Mtj(CellModel):
    """Magnetic tunnel junction; needs no forming."""

    preset: ClassVar = MtjPreset
    device = DEVICE
    cell = CELL
    laws = Laws(
        pulse_cell,
        present_conductance,
        observed_conductance,
        cell_current,
        settle_cell,
    )

    def draw(self, seed: int, size: int, parameters: NDArray[np.void]) -> NDArray[np.void]:
        """See `CellModel.draw`."""
        p, devices = parameters[0], np.zeros(size, DEVICE)
        z = [normals(seed, size, FABRIC, quantity) for quantity in range(4)]
        devices["gate_threshold"] = p["gate_threshold"] + p["gate_threshold_spread"] * z[0]
        devices["parallel"] = p["parallel"] * np.exp(p["parallel_spread"] * z[1])
        stability = p["stability"] * (300.0 / p["temperature"])
        devices["stability"] = stability * np.maximum(1.0 + p["stability_spread"] * z[2], 0.1)
        critical = p["critical_voltage"] * np.maximum(1.0 + p["critical_spread"] * z[3], 0.1)
        devices["critical_voltage"] = critical
        devices["seed"], devices["index"] = seed, np.arange(size)
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
        """See `CellModel.first_state`: in either state, by chance."""
        p = parameters[0]
        cells["formed"] = 1
        cells["parallel"] = uniforms(seed, cells.size, START, 0) < 0.5
        dwell = p["attempt_time"] * np.exp(devices["stability"].astype(np.float64))
        cells["next_flip"] = -dwell * np.log(uniforms(seed, cells.size, DWELL, 0))
        apart = 1.0 + magnetoresistance(p, p["read_voltage"])
        both = np.where(cells["parallel"] == 1, 1.0, 1.0 / apart)
        cells["conductance"] = devices["parallel"] * both
        stick(cells, parameters, seed, stuck)
