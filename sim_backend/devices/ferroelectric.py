"""Ferroelectric cells (FeFET, FTJ): 64 domains that switch one by one, and keep.

A positive pulse polarises up (more conductance), a negative one down. Domain k has a coercive
voltage c_k and a bias b_k, both spread normally: an 8 x 8 grid of quantiles, the same for each cell
(Preisach), and two offsets of the cell's own. By Merz's law it turns in the time

    t = t0 exp((A / |V|)^2),      so at a pulse of width t where +-V - b_k >= c_k,

with A chosen so that the median domain turns at ``coercive`` V in 1 us; shorter pulses take more
voltage, and warmer cells less (A as 300 K / T). What does not turn in a pulse starts anew in the
next. The law has return-point memory: minor loops close. G = lowest + (highest - lowest) times
the fraction of domains that are up.

Sources: Merz, J. Appl. Phys. 27:938 (1956); Mulaosmanovic et al., ACS Appl. Mater. Interfaces
9:3792 (2017) (domains one by one in a FeFET).
"""

from math import log, sqrt
from typing import ClassVar, final

import numpy as np
from numba import njit, uint64
from numpy.typing import NDArray
from pydantic import Field

from labcim.units import Second, Siemens, Volt

from .access import current_through, overdrive_of
from .fab import observed_with_white_noise, stick
from .layout import Record
from .model import CellModel, Laws
from .preset import Fraction, Preset, Section, Stuck, WhiteNoise
from .random import DEVICE as FABRIC
from .random import normal_quantile, normals

SIDE = 8  # of the grid of domains
DOMAINS = SIDE * SIDE
MICROSECOND = 1e-6


class Polarisation(Section):
    """Domains and window; see the file. cell_spread: of both offsets, from device to device."""

    lowest: Siemens = Field(gt=0)
    highest: Siemens = Field(gt=0)
    coercive: Volt = Field(gt=0)
    coercive_spread: Volt = Field(ge=0)  # from domain to domain
    bias_spread: Volt = Field(ge=0)  # from domain to domain
    cell_spread: Volt = 0.0
    merz_time: Second = Field(gt=0, lt=1e-6)
    disturb_voltage: Volt
    window_spread: Fraction = 0.0  # of ln G, from device to device


@final
class FerroelectricPreset(Preset):
    """All constants of one kind of ferroelectric cell."""

    polarisation: Polarisation
    noise: WhiteNoise
    stuck: Stuck


DEVICE = np.dtype(
    [
        ("gate_threshold", "f4"),
        ("coercive_offset", "f4"),  # V, on every domain's c and b
        ("bias_offset", "f4"),
        ("scale", "f4"),  # on the window
    ]
)

CELL = np.dtype(
    [
        ("conductance", "f8"),
        ("up", "u8"),  # one bit for each domain
        ("pulses", "u4"),
        ("reads", "u4"),
        ("formed", "u1"),
        ("stuck", "u1"),
    ],
    align=True,
)


@njit(cache=True, nogil=True, error_model="numpy")
def _domains_up(word: np.uint64) -> int:
    """Return how many bits are set."""
    count = 0
    while word != uint64(0):
        word &= word - uint64(1)
        count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def _turn(word: np.uint64, device: Record, p: Record, voltage: float, ease: float) -> np.uint64:
    """Return the domains after a pulse of ``voltage`` V; ease: as if it were larger by that."""
    sign = 1.0 if voltage > 0.0 else -1.0
    for i in range(SIDE):
        coercive = p.coercive + p.coercive_spread * normal_quantile((i + 0.5) / SIDE)
        coercive = max(coercive + device.coercive_offset, 0.1 * p.coercive)
        for j in range(SIDE):
            bias = p.bias_spread * normal_quantile((j + 0.5) / SIDE) + device.bias_offset
            if ease * (sign * voltage) >= coercive + sign * bias:
                bit = uint64(1) << uint64(i * SIDE + j)
                word = word | bit if sign > 0.0 else word & ~bit
    return word


@njit(cache=True, nogil=True, error_model="numpy")
def present_conductance(cell: Record, device: Record, p: Record, time: float) -> float:
    """See `laws`: as the last pulse left it."""
    return float(cell.conductance)


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
    """See `laws`. The gate only chooses: a field turns domains, not a current."""
    cell.pulses += 1
    overdrive = overdrive_of(device, p, row, column, gate)
    voltage = row - column
    before: float = cell.conductance
    peak = min(abs(current_through(device, p, before, row, column, gate)), limit)
    if cell.stuck != 0 or overdrive <= 0.0 or abs(voltage) < p.disturb_voltage:
        return peak
    if width <= p.merz_time:
        return peak
    # |V| turns in t what |V| sqrt(ln(t/t0) / ln(1 us/t0)) turns in 1 us; warmth helps likewise.
    ease = sqrt(log(width / p.merz_time) / log(MICROSECOND / p.merz_time)) * p.temperature / 300.0
    cell.up = _turn(cell.up, device, p, voltage, ease)
    share = _domains_up(cell.up) / DOMAINS
    cell.conductance = device.scale * (p.lowest + (p.highest - p.lowest) * share)
    return max(
        peak, min(abs(current_through(device, p, cell.conductance, row, column, gate)), limit)
    )


@final
class Ferroelectric(CellModel):
    """Ferroelectric cell; needs no forming."""

    preset: ClassVar = FerroelectricPreset
    device = DEVICE
    cell = CELL
    laws = Laws(pulse_cell, present_conductance, observed_with_white_noise, current_through)

    def draw(self, seed: int, size: int, parameters: NDArray[np.void]) -> NDArray[np.void]:
        """See `CellModel.draw`."""
        p, devices = parameters[0], np.zeros(size, DEVICE)
        z = [normals(seed, size, FABRIC, quantity) for quantity in range(4)]
        devices["gate_threshold"] = p["gate_threshold"] + p["gate_threshold_spread"] * z[0]
        devices["coercive_offset"] = p["cell_spread"] * z[1]
        devices["bias_offset"] = p["cell_spread"] * z[2]
        devices["scale"] = np.exp(p["window_spread"] * z[3])
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
        """See `CellModel.first_state`: polarised down."""
        cells["formed"] = 1
        cells["conductance"] = devices["scale"] * parameters[0]["lowest"]
        stick(cells, parameters, seed, stuck)
