"""Constants from SET/RESET cycles: the low state of many cells, in a few cycles each."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.variation import SlowWalk, positive_logarithm, split_variation
from labcim.errors import RangeError
from labcim.units import Siemens, Volt

from ..devices._filament_noise import white_sigma
from ..devices._filament_preset import FilamentPreset
from ..devices.transistor import saturation_current

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cycling:
    """How the cycles were made and read.

    set_gate, reset_gate: V, of the pulses.  reset_voltage: V, without its sign.  lag: cycles
    between two columns of the tables.  slow: what the cycles remember.  aperture: s, of a reading.
    error: S, standard deviation of a conductance by the instrument's current noise.
    """

    set_gate: Volt
    reset_voltage: Volt
    reset_gate: Volt
    lag: int
    slow: SlowWalk
    aperture: float
    error: Siemens = 0.0


def fit_low_state(preset: FilamentPreset, low: Floats, how: Cycling) -> dict[str, float]:
    """Return the constants of the gate's compliance from low-state resistances.

    low: ohm, shape (cells, cycles), both at least 2.
    """
    p = preset.parameters()[0]
    overdrive = how.set_gate - float(p["gate_threshold"])
    current = saturation_current(float(p["beta"]), overdrive)
    if current <= 0.0:
        raise RangeError(f"set_gate = {how.set_gate} V: the transistor does not conduct")
    median = float(np.median(low))
    noise = math.hypot(white_sigma(p, 1.0 / median, how.aperture), how.error * median)
    cycle, device = parts(positive_logarithm(low), how, noise)
    of_gate = 2.0 * float(p["gate_threshold_spread"]) / overdrive
    slope = math.sqrt(1e-5 / current)
    floor = min(float(p["compliance_cycle_floor"]), cycle)
    return {
        "compliance_voltage": current * median,
        "compliance_device_spread": math.sqrt(max(device**2 - of_gate**2, 0.0)),
        "compliance_cycle_floor": floor,
        "compliance_cycle_slope": (cycle - floor) / slope,
        "slow_share": how.slow.share,
        "slow_memory": how.slow.memory,
    }


def parts(values: Floats, how: Cycling, noise: float) -> tuple[float, float]:
    """Return ln-sd from cycle to cycle, slow part included, and from device to device.

    What cycles remember over the lag looks like a property of the device; noise does not.
    """
    found = split_variation(values)
    kept = how.slow.share * how.slow.memory**how.lag
    within = max(found.cycle**2 - noise**2, 0.0)
    whole = within / (1.0 - kept)
    return math.sqrt(whole), math.sqrt(max(found.device**2 - kept * whole, 0.0))
