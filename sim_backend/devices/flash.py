"""Flash cells: a transistor whose threshold is charge, read below that threshold.

The cell is its own transistor; the gate line is its control gate. With thermal voltage V_T = kT/q,

    I = I_0 ln^2(1 + exp((V_G - V_S - V_t) / (2 n V_T))) (1 - exp(-V_DS / V_T)),

which is I_0 exp((V_G - V_S - V_t) / (n V_T)) below threshold (of a saturated transistor: Enz,
Krummenacher and Vittoz, Analog Integr. Circuits Signal Process. 8:83, 1995). Electrons go in where
gate and drain together stress the cell, P = V_G + V_D - 2 V_S, and out where the gate is far below
a terminal, E = V_D - V_G. Tunnelling is exponential in the field, so with the width t

    in:   V_t += s ln(1 + (t / t_0) exp((P - program_reference - V_t) / s)),
    out:  V_t -= s ln(1 + (t / t_0) exp((E - erase_reference + V_t) / s)):

N short pulses do what one long one does, a decade of time is worth s ln 10, and a staircase of
pulses moves V_t by its step. Electrons are counted: a change scatters by sqrt(electron |change|).
Charge leaks by a share of what is above neutral for each decade of time. Current also is off, from
write to write, by a sigma(I) = a (1 - exp(-I / b)) that grows to another within five days (SONOS).
"""

from math import exp, expm1, log, log1p, log10, sqrt
from typing import ClassVar, final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ._flash_preset import FlashPreset
from .fab import BOLTZMANN, arrhenius, stick
from .layout import Record
from .model import CellModel, Laws
from .random import DEVICE as FABRIC
from .random import READ, normal, normals

ELECTRONS, WRITE, LATER = 32, 33, 34  # kinds of draws, once a pulse
FIVE_DAYS = 5 * 86400.0
LEAST = 1e-30  # A


DEVICE = np.dtype(
    [
        ("slope", "f4"),
        ("program_reference", "f4"),
        ("erase_reference", "f4"),
        ("seed", "i8"),
        ("index", "i8"),
    ]
)

CELL = np.dtype(
    [
        ("conductance", "f8"),  # S, at the reference read, as the last pulse left it
        ("written_at", "f8"),  # s
        ("threshold", "f8"),  # V, as the last pulse left it
        ("aged", "f8"),  # s at 300 K that the charge has leaked for until ``aged_at``
        ("aged_at", "f8"),  # s
        ("pulses", "u4"),
        ("writes", "u4"),  # pulses that moved charge: the key of its draws
        ("reads", "u4"),
        ("formed", "u1"),
        ("stuck", "u1"),
    ],
    align=True,
)


@njit(cache=True, nogil=True, error_model="numpy")
def _drain_share(voltage: float, thermal: float) -> float:
    return -expm1(-abs(voltage) / thermal)


@njit(cache=True, nogil=True, error_model="numpy")
def channel_current(p: Record, slope: float, overdrive: float, voltage: float) -> float:
    """Return the size of the current in A. overdrive: V_G - V_S - V_t; voltage: V_DS; V."""
    thermal = BOLTZMANN * p.temperature
    x = overdrive / (2.0 * slope * thermal)
    half = x + log1p(exp(-x)) if x > 0.0 else log1p(exp(x))
    current: float = p.specific_current * half * half * _drain_share(voltage, thermal)
    return current


@njit(cache=True, nogil=True, error_model="numpy")
def overdrive_of_current(p: Record, slope: float, current: float) -> float:
    """Return the overdrive in V at which a current in A flows at the reference read."""
    thermal = BOLTZMANN * p.temperature
    half = sqrt(current / (p.specific_current * _drain_share(p.read_voltage, thermal)))
    x = log(expm1(half)) if half < 30.0 else half
    overdrive: float = 2.0 * slope * thermal * x
    return overdrive


@njit(cache=True, nogil=True, error_model="numpy")
def age_of(cell: Record, p: Record, time: float) -> float:
    """Return for how many s at 300 K the charge has leaked by ``time`` s."""
    passed = max(time - cell.aged_at, 0.0) / arrhenius(p.loss_energy, p.temperature)
    age: float = cell.aged + passed
    return age


@njit(cache=True, nogil=True, error_model="numpy")
def _off(cell: Record, device: Record, p: Record, current: float, age: float) -> float:
    """Return by how many A a cell of ``current`` is off since it was written."""
    if p.spread == 0.0 and p.later_spread == 0.0:
        return 0.0
    first = p.spread * -expm1(-current / p.spread_scale)
    last = p.later_spread * -expm1(-current / p.later_spread_scale)
    grown = log1p(max(age, 0.0)) / log1p(FIVE_DAYS)
    more = sqrt(max(last * last - first * first, 0.0) * grown)
    z = normal(device.seed, device.index, WRITE, cell.writes)
    off: float = first * z + more * normal(device.seed, device.index, LATER, cell.writes)
    return off


@njit(cache=True, nogil=True, error_model="numpy")
def present_threshold(cell: Record, p: Record, time: float) -> float:
    """Return V_t at ``time`` s: charge has leaked since the last pulse."""
    kept = max(1.0 - p.loss * log10(1.0 + age_of(cell, p, time)), 0.0)
    threshold: float = p.neutral + (cell.threshold - p.neutral) * kept
    return threshold


@njit(cache=True, nogil=True, error_model="numpy")
def present_conductance(cell: Record, device: Record, p: Record, time: float) -> float:
    """See `laws`: at the reference read, with the charge of now."""
    if cell.stuck != 0:
        return float(cell.conductance)
    overdrive = p.read_gate - present_threshold(cell, p, time)
    current = channel_current(p, device.slope, overdrive, p.read_voltage)
    if cell.writes > 0:
        current += _off(cell, device, p, current, time - cell.written_at)
    return float(max(current, LEAST) / p.read_voltage)


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
    """See `laws`: with the noise of a current at the reference read, whatever the gate."""
    cell.reads += 1
    current = conductance * p.read_voltage
    sigma = p.noise * -expm1(-current / p.noise_scale) * sqrt(p.noise_aperture / aperture)
    seen = current + sigma * normal(seed, index, READ, cell.reads)
    return float(max(seen, LEAST) / p.read_voltage)


@njit(cache=True, nogil=True, error_model="numpy")
def cell_current(
    device: Record, p: Record, conductance: float, row: float, column: float, gate: float
) -> float:
    """See `laws`: the gate counts from the lower of both terminals."""
    at_read = overdrive_of_current(p, device.slope, conductance * p.read_voltage)
    overdrive = at_read + gate - min(row, column) - p.read_gate
    size = channel_current(p, device.slope, overdrive, row - column)
    return size if row >= column else -size


@njit(cache=True, nogil=True, error_model="numpy")
def moved_threshold(
    device: Record, p: Record, start: float, into: float, out: float, width: float
) -> float:
    """Return V_t after ``width`` s under the stresses P and E in V, without chance."""
    after, s = start, p.log_slope
    if into > p.onset:
        reach = min((into - device.program_reference - after) / s, 300.0)
        after += s * log1p(width / p.pulse_width * exp(reach))
    if out > p.onset:
        reach = min((out - device.erase_reference + after) / s, 300.0)
        after -= s * log1p(width / p.pulse_width * exp(reach))
    return float(after)


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
    """See `laws`. Which way charge moves is told by the gate, not by the sign of the voltage."""
    cell.pulses += 1
    before = present_conductance(cell, device, p, time)
    peak = min(abs(cell_current(device, p, before, row, column, gate)), limit)
    low, high = min(row, column), max(row, column)
    into, out = gate + high - 2.0 * low, high - gate
    if cell.stuck != 0 or max(into, out) <= p.onset:
        return peak
    start = present_threshold(cell, p, time)
    after = moved_threshold(device, p, start, into, out, width)
    cell.writes += 1
    z = normal(seed, index, ELECTRONS, cell.writes)
    after += sqrt(p.electron * abs(after - start)) * z
    cell.threshold = min(max(after, p.threshold_low), p.threshold_high)
    cell.written_at = time + width
    cell.aged, cell.aged_at = 0.0, time + width
    cell.conductance = present_conductance(cell, device, p, time + width)
    return max(peak, min(abs(cell_current(device, p, cell.conductance, row, column, gate)), limit))


@njit(cache=True, nogil=True, error_model="numpy")
def settle_cell(
    cell: Record, device: Record, p: Record, seed: int, index: int, time: float, temperature: float
) -> None:
    """See `laws`: charge has leaked by the old temperature until now."""
    cell.aged = age_of(cell, p, time)
    cell.aged_at = max(cell.aged_at, time)


@final
class Flash(CellModel):
    """A flash cell; needs no forming."""

    preset: ClassVar = FlashPreset
    device = DEVICE
    cell = CELL
    laws = Laws(pulse_cell, present_conductance, observed_conductance, cell_current, settle_cell)

    def draw(self, seed: int, size: int, parameters: NDArray[np.void]) -> NDArray[np.void]:
        """See `CellModel.draw`."""
        p, devices = parameters[0], np.zeros(size, DEVICE)
        z = [normals(seed, size, FABRIC, quantity) for quantity in range(3)]
        devices["slope"] = p["slope"] * np.maximum(1.0 + p["slope_spread"] * z[0], 0.5)
        devices["program_reference"] = p["program_reference"] + p["tunnel_spread"] * z[1]
        devices["erase_reference"] = p["erase_reference"] + p["tunnel_spread"] * z[2]
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
        """See `CellModel.first_state`: at the fresh threshold."""
        p = parameters[0]
        cells["formed"], cells["threshold"] = 1, p["fresh"]
        thermal = BOLTZMANN * p["temperature"]
        x = (p["read_gate"] - p["fresh"]) / (2.0 * devices["slope"].astype(float) * thermal)
        current = p["specific_current"] * np.logaddexp(0.0, x) ** 2
        current *= -np.expm1(-p["read_voltage"] / thermal)
        cells["conductance"] = current / p["read_voltage"]
        stick(cells, parameters, seed, stuck)
