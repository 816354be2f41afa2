"""Forming, and the end of life: the two changes that cannot be taken back.

Damage adds up as width times 10^((V - V_form)/decade) microseconds and forms the cell at one, so a
train forms like one pulse of its total width, and each decade of width lowers the forming voltage
by ``forming_decade``. V_form is Weibull distributed over the cells (SkyWater ReRAM documentation:
2.2 to 3.1 V, mean 2.5 V, > 99 % at 3.1 V). Without a gate that limits the current the filament
grows into a short.
"""

from math import exp

from numba import njit

from .layout import STUCK_HIGH, STUCK_LOW, Record
from .random import FAULT, FORMING, RELAXATION, normal, uniform
from .transistor import saturation_current


@njit(cache=True, nogil=True, error_model="numpy")
def form(
    cell: Record,
    device: Record,
    p: Record,
    seed: int,
    index: int,
    voltage: float,
    overdrive: float,
    width: float,
    limit: float,
    time: float,
) -> None:
    """Stress an unformed cell with ``voltage`` V for ``width`` s; form it when that is enough."""
    ahead = min((voltage - device.forming_voltage) / p.forming_decade, 30.0)
    cell.stress += width * 1e6 * 10.0**ahead
    if cell.stress < 1.0:
        return
    cell.formed = 1
    cell.written_at = time + width
    cell.relaxation = normal(seed, index, RELAXATION, cell.pulses)
    compliance = min(saturation_current(p.beta, overdrive), limit)
    if compliance > p.overform_current:
        cell.stuck = STUCK_HIGH
        grown = exp(p.stuck_spread * normal(seed, index, FORMING, cell.pulses))
        cell.conductance = p.overformed * grown
        return
    cell.conductance = min(device.formed, compliance / device.compliance_voltage)


@njit(cache=True, nogil=True, error_model="numpy")
def break_down(cell: Record, p: Record, seed: int, index: int) -> None:
    """End the life of a worn cell: stuck at one side of the window for good."""
    low_resistance = uniform(seed, index, FAULT, cell.reversals) < p.dies_low_resistance
    cell.stuck = STUCK_HIGH if low_resistance else STUCK_LOW
    cell.conductance = p.stuck_high if low_resistance else p.stuck_low
