"""Cells that move by a step with each pulse: ECRAM, capacitors, short-term oxides; they may leak.

A positive pulse raises, a negative one lowers the conductance G. With n = (width / pulse_width)
10^((|V| - pulse_voltage) / voltage_decade) pulses of the reference kind,

    up:    dG/dn = +step (1 - curve_up   (G - middle) / (highest - middle)),
    down:  dG/dn = -step (1 - curve_down (middle - G) / (middle - lowest)),

whose closed form is used, so that N short pulses do what one long one does: the linear-step law of
Gokmen and Vlasov, Front. Neurosci. 10:333 (2016), and aihwkit's LinearStepDevice (curve is its
gamma; 0 is a constant step, 1 has soft bounds). The change of each pulse scatters by
cycle_spread / sqrt(n). From then on the cell leaks as rest + (G - rest) exp(-t / leak_time),
faster in the warmth by an Arrhenius factor; a leak_time of 0 is none.
"""

from math import exp, sqrt
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

LN10 = 2.302585092994046
CHANGE = 16  # kind of draw, once a pulse


class Window(Section):
    """Bounds and middle; bound_spread: of the bounds' distances from the middle, by device."""

    lowest: Siemens = Field(gt=0)
    middle: Siemens = Field(gt=0)
    highest: Siemens = Field(gt=0)
    bound_spread: Fraction = 0.0


class Steps(Section):
    """The step and what changes it; see the file. step_spread, up_down_*: relative, by device."""

    step: Siemens = Field(gt=0)
    step_spread: Fraction = 0.0
    up_down: Fraction = 0.0  # the up step is larger by it, the down step smaller
    up_down_spread: Fraction = 0.0
    curve_up: float = Field(ge=0)
    curve_down: float = Field(ge=0)
    cycle_spread: Fraction = Field(default=0.0, ge=0)
    pulse_voltage: Volt = Field(gt=0)
    pulse_width: Second = Field(gt=0)
    voltage_decade: Volt = Field(gt=0)
    disturb_voltage: Volt


class Leak(Section):
    """Where a cell leaks to, how fast at 300 K, and its energy in eV. leak_spread: of ln(time)."""

    rest: Siemens = Field(gt=0)
    leak_time: Second = Field(ge=0)
    leak_spread: Fraction = 0.0
    leak_energy: float = Field(default=0.0, ge=0)


@final
class StepsPreset(Preset):
    """All constants of one kind of step cell."""

    window: Window
    steps: Steps
    leak: Leak
    noise: WhiteNoise
    stuck: Stuck


DEVICE = np.dtype(
    [
        ("gate_threshold", "f4"),
        ("lowest", "f4"),
        ("highest", "f4"),
        ("step_up", "f4"),
        ("step_down", "f4"),
        ("leak_rate", "f4"),  # 1/s, at the chip's temperature
    ]
)

CELL = np.dtype(
    [
        ("conductance", "f8"),  # S, as the last pulse left it
        ("written_at", "f8"),  # s
        ("pulses", "u4"),
        ("reads", "u4"),
        ("formed", "u1"),
        ("stuck", "u1"),
    ],
    align=True,
)


@njit(cache=True, nogil=True, error_model="numpy")
def present_conductance(cell: Record, device: Record, p: Record, time: float) -> float:
    """See `laws`: leaked since the last pulse."""
    written: float = cell.conductance
    age = time - cell.written_at
    if cell.stuck != 0 or age <= 0.0 or device.leak_rate == 0.0:
        return written
    left: float = p.rest + (written - p.rest) * exp(-age * device.leak_rate)
    return left


@njit(cache=True, nogil=True, error_model="numpy")
def moved(start: float, middle: float, bound: float, step: float, curve: float, n: float) -> float:
    """Return where ``n`` pulses lead from ``start`` S towards ``bound`` S; step in S."""
    reach = bound - middle
    sign = 1.0 if reach > 0.0 else -1.0
    if curve < 1e-9:
        return start + sign * step * n
    ahead = reach / curve  # where steps would end, beyond the bound where curve < 1
    return middle + ahead + (start - middle - ahead) * exp(-curve * step * n / abs(reach))


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
    n = width / p.pulse_width * exp(LN10 * over)
    if voltage > 0.0:
        after = moved(before, p.middle, device.highest, device.step_up, p.curve_up, n)
    else:
        after = moved(before, p.middle, device.lowest, device.step_down, p.curve_down, n)
    scatter = p.cycle_spread / sqrt(n) * normal(seed, index, CHANGE, cell.pulses)
    after = before + (after - before) * (1.0 + scatter)
    cell.conductance = min(max(after, device.lowest), device.highest)
    cell.written_at = time + width
    return max(
        peak, min(abs(current_through(device, p, cell.conductance, row, column, gate)), limit)
    )


@njit(cache=True, nogil=True, error_model="numpy")
def settle_cell(
    cell: Record, device: Record, p: Record, seed: int, index: int, time: float, temperature: float
) -> None:
    """See `laws`: what has leaked has leaked."""
    cell.conductance = present_conductance(cell, device, p, time)
    cell.written_at = max(cell.written_at, time)


@final
class StepCell(CellModel):
    """A cell of small steps; needs no forming."""

    preset: ClassVar = StepsPreset
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
        z = [normals(seed, size, FABRIC, quantity) for quantity in range(6)]
        devices["gate_threshold"] = p["gate_threshold"] + p["gate_threshold_spread"] * z[0]
        wider = [np.maximum(1.0 + p["bound_spread"] * z[k], 0.1) for k in (1, 2)]
        lowest = p["middle"] - (p["middle"] - p["lowest"]) * wider[0]
        devices["lowest"] = np.maximum(lowest, 0.1 * p["lowest"])
        devices["highest"] = p["middle"] + (p["highest"] - p["middle"]) * wider[1]
        step = p["step"] * np.maximum(1.0 + p["step_spread"] * z[3], 0.05)
        uneven = p["up_down"] + p["up_down_spread"] * z[4]
        devices["step_up"] = step * np.maximum(1.0 + uneven, 0.0)
        devices["step_down"] = step * np.maximum(1.0 - uneven, 0.0)
        if p["leak_time"] > 0.0:
            warm = arrhenius(p["leak_energy"], p["temperature"])
            devices["leak_rate"] = 1.0 / (p["leak_time"] * warm * np.exp(p["leak_spread"] * z[5]))
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
        """See `CellModel.first_state`: at rest."""
        cells["formed"] = 1
        rest = np.clip(parameters[0]["rest"], devices["lowest"], devices["highest"])
        cells["conductance"] = rest
        stick(cells, parameters, seed, stuck)
