"""Cells that hold a bit as charge: DRAM, SRAM, XNOR cells and capacitors. No direct current flows.

What they do together on their lines is worked out in `periphery.charge` and `periphery.charge_mvm`;
here is what each is made of, what it holds, and how a capacitor that nothing refreshes loses it:
V exp(-t / leak_time), with a lognormal spread of that time from cell to cell. Pulses and reads of a
crossbar board find an open circuit.
"""

from typing import ClassVar, Literal, final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from pydantic import Field

from labcim.units import Second, Siemens, Volt

from .access import current_through
from .fab import stick
from .layout import Record
from .model import CellModel, Laws
from .preset import Fraction, Preset, Section, Stuck
from .random import DEVICE as FABRIC
from .random import normals


class Storage(Section):
    """What holds the bit. element: F of a capacitor, A that an SRAM cell pulls, S of an XNOR cell.

    element_spread, leak_spread: relative, from device to device (of ln(time) for the latter).
    supply: V.  leak_time: s, 0 is none.  open: S, which a direct current finds.
    """

    element: float = Field(gt=0)
    element_spread: Fraction = Field(default=0.0, ge=0)
    supply: Volt = Field(gt=0)
    leak_time: Second = Field(default=0.0, ge=0)
    leak_spread: Fraction = Field(default=0.0, ge=0)
    open: Siemens = Field(default=1e-15, gt=0)
    disturb_voltage: Volt


class Line(Section):
    """A column's line. line: F.  word_pulse: s that word lines are up.  cycle: s, of an operation.

    offset_spread: V, of the sense amplifiers, from column to column.  reference: V, of single-ended
    sense amplifiers.
    """

    line: float = Field(ge=0)
    offset_spread: Volt = Field(default=0.0, ge=0)
    reference: Volt = 0.0
    word_pulse: Second = Field(default=0.0, ge=0)
    cycle: Second = Field(gt=0)


@final
class ChargePreset(Preset):
    """All constants of one kind of charge cell."""

    own_gate: ClassVar = True

    kind: Literal["dram", "sram", "xnor", "capacitor"]
    storage: Storage
    line: Line
    stuck: Stuck


DEVICE = np.dtype(
    [
        ("gate_threshold", "f4"),
        ("element", "f8"),  # F, A or S: of the capacitor; towards the bit line; the pull up
        ("opposite", "f8"),  # towards the complement line; the pull down
        ("leak_rate", "f8"),  # 1/s
    ]
)

CELL = np.dtype(
    [
        ("conductance", "f8"),
        ("written_at", "f8"),  # s
        ("held", "f8"),  # V of a DRAM cell as it was written; else the bit
        ("pulses", "u4"),
        ("reads", "u4"),
        ("formed", "u1"),
        ("stuck", "u1"),
    ],
    align=True,
)


@njit(cache=True, nogil=True, error_model="numpy")
def present_conductance(cell: Record, device: Record, p: Record, time: float) -> float:
    """See `laws`: none, whatever the cell holds."""
    return float(p.open)


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
    """See `laws`: without noise."""
    cell.reads += 1
    return conductance


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
    """See `laws`. Counted, and without effect: bits are written by their own word lines."""
    cell.pulses += 1
    return float(min(abs(current_through(device, p, p.open, row, column, gate)), limit))


@final
class ChargeCell(CellModel):
    """A cell that holds a bit as charge; needs no forming."""

    preset: ClassVar = ChargePreset
    device = DEVICE
    cell = CELL
    laws = Laws(pulse_cell, present_conductance, observed_conductance, current_through)

    def draw(self, seed: int, size: int, parameters: NDArray[np.void]) -> NDArray[np.void]:
        """See `CellModel.draw`."""
        p, devices = parameters[0], np.zeros(size, DEVICE)
        z = [normals(seed, size, FABRIC, quantity) for quantity in range(4)]
        devices["gate_threshold"] = p["gate_threshold"] + p["gate_threshold_spread"] * z[0]
        for name, drawn in (("element", z[1]), ("opposite", z[2])):
            devices[name] = p["element"] * np.maximum(1.0 + p["element_spread"] * drawn, 1e-3)
        if p["leak_time"] > 0.0:
            devices["leak_rate"] = np.exp(-p["leak_spread"] * z[3]) / p["leak_time"]
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
        """See `CellModel.first_state`: every bit is 0."""
        cells["formed"], cells["conductance"] = 1, parameters[0]["open"]
        stick(cells, parameters, seed, stuck)
