"""Device-to-device variation: what each cell is made of, from the seed and its number alone."""

from math import exp, gamma, log

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ._filament_layout import DEVICE
from ._filament_traps import drawn_count, drawn_trap
from .fab import BOLTZMANN
from .layout import STUCK_HIGH, STUCK_LOW, Record
from .random import DEVICE as KIND
from .random import FAULT, normal, uniform

QUANTITIES = 12  # normal draws for each cell, beside those of its traps


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_switching(device: Record, p: Record, z: NDArray[np.float64]) -> None:
    device.set_voltage = p.set_voltage + p.set_spread * z[0]
    device.reset_voltage = p.reset_voltage + p.reset_spread * z[1]
    device.set_slope = p.set_slope * exp(p.slope_spread * z[2])
    device.reset_slope = p.reset_slope * exp(p.slope_spread * z[3])
    device.lowest = p.lowest * exp(p.window_spread * z[4])
    device.highest = p.highest * exp(p.window_spread * z[5])
    device.floor = p.floor * exp(p.floor_device_spread * z[6])
    device.gate_threshold = p.gate_threshold + p.gate_threshold_spread * z[7]
    device.compliance_voltage = p.compliance_voltage * exp(p.compliance_device_spread * z[8])
    device.life = p.life * 10.0 ** (p.life_decades * z[9])
    device.formed = min(p.formed * exp(p.formed_spread * z[11]), p.formed_highest)


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_retention(device: Record, p: Record, seed: int, index: int) -> None:
    """Draw ln(t_fail) and its energy, and take both to the chip's temperature."""
    if p.retention_time <= 0.0:
        return
    energy = p.retention_energy + p.retention_energy_spread * normal(seed, index, KIND, 24)
    energy = min(max(energy, p.retention_energy_lowest), p.retention_energy_highest)
    log_time = log(p.retention_time) + p.retention_spread * normal(seed, index, KIND, 25)
    log_time += energy / BOLTZMANN * (1.0 / p.temperature - 1.0 / p.retention_temperature)
    device.retention_rate = log(2.0) * exp(-log_time)


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_traps(device: Record, p: Record, seed: int, index: int) -> None:
    device.trap_count = drawn_count(p, uniform(seed, index, KIND, 12))
    if device.trap_count == 0.0:
        return
    for trap in range(2):
        amplitude, time, occupancy = drawn_trap(p, seed, index, KIND, 13 + 4 * trap)
        device.trap_amplitude[trap] = amplitude
        device.trap_time[trap] = time
        device.trap_occupancy[trap] = occupancy


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_all(devices: NDArray[np.void], p: Record, seed: int, scale: float) -> None:
    z = np.empty(QUANTITIES)
    for index in range(devices.size):
        for quantity in range(QUANTITIES):
            z[quantity] = normal(seed, index, KIND, quantity)
        device = devices[index]
        _draw_switching(device, p, z)
        # Weibull by inversion; scale is set by the caller so that the mean is forming_voltage.
        chance = uniform(seed, index, KIND, 10)
        device.forming_voltage = scale * (-log(chance)) ** (1.0 / p.forming_shape)
        if uniform(seed, index, KIND, 26) < p.weak_reset_share:
            device.weak_reset = p.weak_reset_shift
        _draw_retention(device, p, seed, index)
        _draw_traps(device, p, seed, index)


def draw_devices(seed: int, size: int, parameters: NDArray[np.void]) -> NDArray[np.void]:
    """Return what ``size`` cells are made of, dtype DEVICE, shape (size,).

    parameters: one PARAMETERS record, shape (1,). The same seed gives the same devices.
    """
    devices = np.zeros(size, DEVICE)
    p = parameters[0]
    scale = float(p["forming_voltage"]) / gamma(1.0 + 1.0 / float(p["forming_shape"]))
    _draw_all(devices, p, seed, scale)
    return devices


@njit(cache=True, nogil=True, error_model="numpy")
def _first_state(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    p: Record,
    seed: int,
    stuck: float,
    formed: bool,
) -> None:
    for index in range(cells.size):
        cell = cells[index]
        spread = normal(seed, index, FAULT, 0)
        cell.conductance = p.fresh * exp(p.fresh_spread * spread)
        if formed:
            cell.formed = 1
            cell.conductance = devices[index].formed
        if uniform(seed, index, FAULT, 1) < stuck:
            high = uniform(seed, index, FAULT, 2) < p.stuck_high_share
            cell.stuck = STUCK_HIGH if high else STUCK_LOW
            median = p.stuck_high if high else p.stuck_low
            cell.conductance = median * exp(p.stuck_spread * spread)


def first_state(
    cells: NDArray[np.void],
    devices: NDArray[np.void],
    parameters: NDArray[np.void],
    seed: int,
    *,
    stuck: float,
    formed: bool,
) -> None:
    """Set ``cells`` to the state in which they leave the fab. stuck: fraction of dead cells."""
    _first_state(cells, devices, parameters[0], seed, stuck, formed)
