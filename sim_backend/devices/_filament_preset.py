"""The constants of the filament model: the sections of its presets."""

from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from labcim.units import Ampere, Second, Siemens, Volt

from .preset import Fraction, Preset, Section, Stuck

Polynomial = tuple[float, float, float, float, float]


class Window(Section):
    """Conductance window. The floor is what the deepest RESET leaves; spreads are of ln G."""

    lowest: Siemens = Field(gt=0)
    highest: Siemens = Field(gt=0)
    window_spread: Fraction = 0.0
    floor: Siemens = Field(gt=0)
    floor_device_spread: Fraction = 0.0
    floor_cycle_spread: Fraction = 0.0


class Switching(Section):
    """Equilibrium lines: G = lowest + slope (V - threshold) after 1 us, and log-time beyond."""

    set_voltage: Volt
    reset_voltage: Volt
    set_spread: Volt = 0.0
    reset_spread: Volt = 0.0
    set_slope: float = Field(gt=0)  # S/V
    reset_slope: float = Field(gt=0)
    slope_spread: Fraction = 0.0
    decade: Volt = Field(gt=0)  # V that one decade of pulse width is worth
    cycle_spread: Volt = 0.0
    slow_share: Fraction = Field(default=0.3, ge=0, le=1)
    slow_memory: Fraction = Field(default=0.99, ge=0, lt=1)
    jitter: Volt = Field(default=0.0, ge=0, le=0.010)
    disturb_voltage: Volt = 0.5  # below it nothing moves and no polarity is reversed


class Compliance(Section):
    """G = current / compliance_voltage; cycle-to-cycle ln-sd = floor + slope sqrt(10 uA / I)."""

    compliance_voltage: Volt = Field(gt=0)
    compliance_device_spread: Fraction = 0.0
    compliance_cycle_floor: Fraction = 0.0
    compliance_cycle_slope: Fraction = 0.0


class Forming(Section):
    """Weibull forming voltage at 1 us, and what it leaves. recommended_*: for recipes."""

    forming_voltage: Volt
    forming_shape: float = Field(gt=1)
    forming_decade: Volt = Field(gt=0)
    fresh: Siemens
    fresh_spread: Fraction = 0.0
    formed: Siemens
    formed_spread: Fraction = 0.0
    formed_highest: Siemens
    overform_current: Ampere
    overformed: Siemens
    recommended_start: Volt
    recommended_stop: Volt
    recommended_gate: Volt


class ReadNoise(Section):
    """White: sigma/G = white_floor + white_slope sqrt(20 uS / G) at white_aperture; and traps."""

    white_floor: Fraction
    white_slope: Fraction
    white_aperture: Second = Field(gt=0)
    trap_fraction: Fraction = Field(ge=0, le=1)
    second_trap_fraction: Fraction = Field(ge=0, le=1)
    trap_amplitude: Fraction  # median, of G at 20 uS; grows as sqrt(20 uS / G)
    trap_spread: Fraction
    trap_lowest: Fraction
    trap_highest: Fraction
    trap_fastest: Second = Field(gt=0)
    trap_slowest: Second = Field(gt=0)


class Relaxation(Section):
    """sigma(G) in S of the change after 1 s and after 1 day: polynomials in u = G / full scale."""

    relaxation_full_scale: Siemens = Field(gt=0)
    relaxation_onset: Second = Field(gt=0)
    one_second: Polynomial
    one_day: Polynomial


class Wear(Section):
    """Window change with cycles, ln G per decade beyond wear_onset; and the end of life."""

    wear_onset: float = Field(gt=0)
    wear_low_resistance: float = 0.0
    wear_high_resistance: float = 0.0
    life: float = Field(gt=0)
    life_decades: float = Field(ge=0)
    dies_low_resistance: Fraction = Field(default=0.6, ge=0, le=1)


class Conduction(Section):
    """I = G V0 sinh(V / V0) with 1/V0 = nonlinearity exp(-G / nonlinear_scale); 0 is ohmic."""

    nonlinearity: float = 0.0
    nonlinear_scale: Siemens = 78e-6
    nonlinear_highest: Volt = 0.5
    temperature_coefficient: float = 0.0


@final
class FilamentPreset(Preset):
    """All constants of one kind of filamentary cell."""

    derived: ClassVar[tuple[str, ...]] = ("relaxation_scale",)
    scattering: ClassVar[tuple[str, ...]] = (
        "jitter",
        "compliance_cycle_floor",
        "compliance_cycle_slope",
    )

    window: Window
    switching: Switching
    compliance: Compliance
    forming: Forming
    read_noise: ReadNoise
    relaxation: Relaxation
    wear: Wear
    conduction: Conduction = Conduction()
    stuck: Stuck

    def derive(self, record: NDArray[np.void]) -> None:
        """Fill relaxation_scale, 1 / sqrt(ln(1 + 1 s / onset))."""
        record["relaxation_scale"] = 1.0 / np.sqrt(np.log1p(1.0 / record["relaxation_onset"]))
