"""Cells that move by a pulse-response law of `pulse_laws`, mapped to siemens.

A positive pulse is an up step of the law, a negative one a down step; G = lowest + (w - w_min)
(highest - lowest) / (w_max - w_min), with the law's mean bounds. A cell's own bounds lie elsewhere
on the same line, and all its conductances are divided by its own resistance factor. A pulse that is
worth n steps (see `Pulses`) is taken as n pulses; the part that is left over moves the mean by its
share, and the variance likewise. More than 1,000 are taken as 1,000 larger ones. Between pulses the
weight decays to its rest, sooner in the warmth by an Arrhenius factor. References and pairs are
arrangements of such cells, not part of one.
"""

from math import ceil, exp
from typing import ClassVar, final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..pulse_laws.cells import draw_cells
from ..pulse_laws.keys import PULSE, WRITE
from ..pulse_laws.pulse import weight_after
from ._pulse_law_preset import PulseLawPreset, law_of
from .access import current_through, overdrive_of
from .fab import arrhenius, observed_with_white_noise, stick
from .layout import Record
from .model import CellModel, Laws
from .random import DEVICE as FABRIC
from .random import normal, normals

LN10 = 2.302585092994046
MOST_STEPS = 1000  # of one pulse

DEVICE = np.dtype(
    [
        ("gate_threshold", "f4"),
        ("scale_up", "f4"),  # see `pulse_laws.layout.Cells`
        ("scale_down", "f4"),
        ("shape_up", "f4"),
        ("shape_down", "f4"),
        ("w_max", "f4"),
        ("w_min", "f4"),
        ("rest", "f4"),
        ("decay_rate", "f4"),  # 1/s, at the chip's temperature
        ("resistance_factor", "f4"),
    ]
)

CELL = np.dtype(
    [
        ("conductance", "f8"),  # S, as the last pulse left it
        ("written_at", "f8"),  # s
        ("weight", "f8"),  # as the last pulse left it; no unit
        ("unseen", "f4"),  # write noise: what a read sees beside the weight
        ("pulses", "u4"),
        ("reads", "u4"),
        ("formed", "u1"),
        ("stuck", "u1"),
    ],
    align=True,
)


@njit(cache=True, nogil=True, error_model="numpy")
def conductance_of(device: Record, p: Record, weight: float) -> float:
    """Return the conductance in S that shows a weight."""
    slope = (p.highest - p.lowest) / (p.w_max - p.w_min)
    shown: float = p.lowest + (weight - p.w_min) * slope
    conductance: float = max(shown, p.floor) / device.resistance_factor
    return conductance


@njit(cache=True, nogil=True, error_model="numpy")
def present_weight(cell: Record, device: Record, time: float) -> float:
    """Return the weight at ``time`` s: decayed since the last pulse."""
    age = time - cell.written_at
    written: float = cell.weight
    if age <= 0.0 or device.decay_rate == 0.0:
        return written
    left: float = device.rest + (written - device.rest) * exp(-age * device.decay_rate)
    return float(min(max(left, device.w_min), device.w_max))


@njit(cache=True, nogil=True, error_model="numpy")
def present_conductance(cell: Record, device: Record, p: Record, time: float) -> float:
    """See `laws`: of the present weight, with the write noise of the last pulse."""
    if cell.stuck != 0 or device.decay_rate == 0.0:
        return float(cell.conductance)
    return float(conductance_of(device, p, present_weight(cell, device, time) + cell.unseen))


@njit(cache=True, nogil=True, error_model="numpy")
def stepped(
    cell: Record, device: Record, p: Record, seed: int, index: int, weight: float, up: bool,
    worth: float,
) -> float:  # fmt: skip
    """Return where a pulse that is worth so many steps leads from a weight."""
    nodes = p.piecewise_up[: p.nodes] if up else p.piecewise_down[: p.nodes]
    size = device.scale_up if up else device.scale_down
    shape = device.shape_up if up else device.shape_down
    whole = ceil(worth - 1e-9)
    larger = worth / MOST_STEPS if whole > MOST_STEPS else 1.0
    taken = min(max(whole, 1), MOST_STEPS)
    w = np.float32(weight)
    for k in range(taken):
        share = np.float32(larger if k < taken - 1 else worth - (taken - 1) * larger)
        z = np.float32(normal(seed, index, PULSE, cell.pulses * MOST_STEPS + k))
        w = weight_after(p, nodes, size, shape, device.w_min, device.w_max, w, up, share, z)
    return float(w)


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
    """See `laws`. The gate only chooses: the current through the cell does not move it."""
    cell.pulses += 1
    overdrive = overdrive_of(device, p, row, column, gate)
    voltage = row - column
    before = present_conductance(cell, device, p, time)
    peak = min(abs(current_through(device, p, before, row, column, gate)), limit)
    if cell.stuck != 0 or overdrive <= 0.0 or abs(voltage) < p.disturb_voltage:
        return peak
    over = min((abs(voltage) - p.pulse_voltage) / p.voltage_decade, 12.0)
    worth = width / p.pulse_width * exp(LN10 * over)
    begin = present_weight(cell, device, time)
    cell.weight = stepped(cell, device, p, seed, index, begin, voltage > 0.0, worth)
    cell.written_at = time + width
    if p.write_noise_std > 0.0:
        noise = p.write_noise_std * p.dw_min * normal(seed, index, WRITE, cell.pulses)
        cell.unseen = noise
    after = conductance_of(device, p, float(cell.weight) + cell.unseen)
    cell.conductance = after
    return max(peak, min(abs(current_through(device, p, after, row, column, gate)), limit))


@njit(cache=True, nogil=True, error_model="numpy")
def settle_cell(
    cell: Record, device: Record, p: Record, seed: int, index: int, time: float, temperature: float
) -> None:
    """See `laws`: what has decayed has decayed."""
    if cell.stuck == 0:
        cell.conductance = present_conductance(cell, device, p, time)
        cell.weight = present_weight(cell, device, time)
        cell.written_at = max(cell.written_at, time)


@final
class PulseLawCell(CellModel):
    """A cell that learns by a pulse-response law; needs no forming."""

    preset: ClassVar = PulseLawPreset
    device = DEVICE
    cell = CELL
    laws = Laws(
        pulse_cell, present_conductance, observed_with_white_noise, current_through, settle_cell
    )

    def draw(self, seed: int, size: int, parameters: NDArray[np.void]) -> NDArray[np.void]:
        """See `CellModel.draw`. The law's constants are those of a `PulsedArray` of that seed."""
        p, devices, law = parameters[0], np.zeros(size, DEVICE), law_of(parameters)
        cells, passive = draw_cells(law, seed, (1, size))
        for name in cells._fields:
            devices[name] = getattr(cells, name)[0]
        slope = (p["highest"] - p["lowest"]) / (p["w_max"] - p["w_min"])
        least = p["w_min"] + (p["floor"] - p["lowest"]) / slope
        moves = devices["w_min"] < devices["w_max"]
        devices["w_min"] = np.where(moves, np.maximum(devices["w_min"], least), devices["w_min"])
        devices["rest"] = np.clip(passive.rest[0], devices["w_min"], devices["w_max"])
        unit = 1.0 if p["by_seconds"] else p["update_time"]
        warm = arrhenius(p["leak_energy"], p["temperature"])
        devices["decay_rate"] = passive.decay_rate[0] / (unit * warm)
        z = normals(seed, size, FABRIC, 0)
        devices["gate_threshold"] = p["gate_threshold"] + p["gate_threshold_spread"] * z
        z = normals(seed, size, FABRIC, 1)
        devices["resistance_factor"] = np.maximum(1.0 + p["resistance_spread"] * z, 0.1)
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
        """See `CellModel.first_state`: at rest; without decay at weight 0 or the next bound."""
        p = parameters[0]
        cells["formed"] = 1
        begin = np.where(devices["decay_rate"] > 0.0, devices["rest"], np.float32(0.0))
        cells["weight"] = np.clip(begin, devices["w_min"], devices["w_max"])
        slope = (p["highest"] - p["lowest"]) / (p["w_max"] - p["w_min"])
        shown = np.maximum(p["lowest"] + (cells["weight"] - p["w_min"]) * slope, p["floor"])
        cells["conductance"] = shown / devices["resistance_factor"]
        stick(cells, parameters, seed, stuck)
