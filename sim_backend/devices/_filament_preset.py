"""The constants of the filament model: the sections of its presets."""

from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from labcim.units import Ampere, Kelvin, Second, Siemens, Volt

from ._filament_conduction import DAY, LEAST_FADED
from .fab import BOLTZMANN, arrhenius
from .preset import Fraction, Preset, Section, Stuck

WORST_DRAW = 8.5  # standard deviations: beyond what `random.normal` can draw from its 53 bits
Polynomial = tuple[float, float, float, float, float]


class Window(Section):
    """Conductance window. The floor is what the deepest RESET leaves.

    Spreads are of ln G: window_spread and floor_device_spread from device to device,
    floor_cycle_spread from cycle to cycle.
    """

    lowest: Siemens = Field(gt=0)
    highest: Siemens = Field(gt=0)
    window_spread: Fraction = 0.0
    floor: Siemens = Field(gt=0)
    floor_device_spread: Fraction = 0.0
    floor_cycle_spread: Fraction = 0.0


class Switching(Section):
    """Equilibrium lines: G = lowest + slope (V - threshold) after 1 us, and log-time beyond.

    set_spread, reset_spread, slope_spread (of ln slope): device to device.  cycle_spread: cycle to
    cycle, of which slow_share of the variance wanders with slow_memory from cycle to cycle.
    weak_reset_share: of the cells; in weak_reset_chance of its cycles, drawn anew for each, such a
    cell needs weak_reset_shift more for a RESET.  jitter: pulse to pulse.  threshold_temperature:
    of both thresholds, from 300 K.
    """

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
    threshold_temperature: float = 0.0  # V/K
    weak_reset_share: Fraction = Field(default=0.0, ge=0, le=1)
    weak_reset_chance: Fraction = Field(default=0.0, ge=0, le=1)
    weak_reset_shift: Volt = Field(default=0.0, ge=0)


class Compliance(Section):
    """G = current / compliance_voltage.

    compliance_device_spread: of ln(voltage), device to device.  Cycle to cycle, ln G scatters by
    compliance_cycle_floor + compliance_cycle_slope sqrt(10 uA / I).
    """

    compliance_voltage: Volt = Field(gt=0)
    compliance_device_spread: Fraction = 0.0
    compliance_cycle_floor: Fraction = 0.0
    compliance_cycle_slope: Fraction = 0.0


class Forming(Section):
    """Weibull forming voltage at 1 us, and what it leaves. recommended_*: for recipes.

    forming_shape: of the Weibull law, device to device, as are fresh_spread and formed_spread, both
    of ln G.  overform_current: a gate or limit that allows more makes a short of overformed S.
    """

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
    """White: sigma/G = white_floor + white_slope sqrt(20 uS / G) at white_aperture; and traps.

    trap_fraction: of the cells, have one; second_trap_fraction: of these, two.  Device to device
    are trap_spread (of ln amplitude), the correlation times (even in ln between the two) and the
    occupancies.  From trap_move_voltage up (0 V: never), trap_move_chance of the pulses moves the
    traps, and so does every one that moves the conductance: all this is drawn again.
    """

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
    trap_move_voltage: Volt = Field(default=0.0, ge=0)
    trap_move_chance: Fraction = Field(default=0.0, ge=0, le=1)


class Relaxation(Section):
    """What a cell does after a write: G changes by a mean and by a spread that both grow with time.

    one_second, one_day: spread in S of the change from write to write, polynomials in
    u = G / full scale; from one day on it grows on as ln t up to relaxation_until.
    relaxation_shift: S of mean change for each e-fold of time beyond 1 s.  relaxation_energy: eV,
    of how much faster all that is in the warmth.
    """

    relaxation_full_scale: Siemens = Field(gt=0)
    relaxation_onset: Second = Field(gt=0)
    one_second: Polynomial
    one_day: Polynomial
    relaxation_until: Second = Field(default=86_400.0, gt=1.0)
    relaxation_shift: Siemens = 0.0
    relaxation_energy: float = Field(default=0.0, ge=0)


class Retention(Section):
    """Loss of state in the warmth: G = rest + (G_written - rest) / 2^(t / t_fail); 0 s is none.

    t_fail = retention_time at retention_temperature for states in the middle of the window, and
    exp(retention_ends) times as long at its ends.  From device to device, ln t_fail scatters by
    retention_spread and its energy, in eV, by retention_energy_spread within lowest and highest.
    """

    retention_time: Second = Field(default=0.0, ge=0)
    retention_temperature: Kelvin = Field(default=358.15, gt=0)
    retention_spread: Fraction = Field(default=0.0, ge=0)
    retention_energy: float = Field(default=1.2, ge=0)
    retention_energy_spread: float = Field(default=0.0, ge=0)
    retention_energy_lowest: float = 0.9
    retention_energy_highest: float = 1.6
    retention_ends: float = 0.0
    retention_rest: Siemens = Field(default=1e-6, gt=0)


class Flicker(Section):
    """1/f noise as a time series; all zero is none. See `flicker`.

    After t s, sigma = (flicker G (20 uS / G)^flicker_exponent + flicker_log log10(G / 1 uS))
    sqrt(ln(t / 2 flicker_time)): a fraction of G, and S for each decade of G above 1 uS.
    """

    flicker: Fraction = Field(default=0.0, ge=0)
    flicker_exponent: float = 0.5
    flicker_log: Siemens = Field(default=0.0, ge=0)
    flicker_time: Second = Field(default=1e-6, gt=0)


class Wear(Section):
    """Window change with cycles, ln G per decade beyond wear_onset; and the end of life.

    life: median cycles; life_decades: spread of log10(life), device to device.
    """

    wear_onset: float = Field(gt=0)
    wear_low_resistance: float = 0.0
    wear_high_resistance: float = 0.0
    life: float = Field(gt=0)
    life_decades: float = Field(ge=0)
    dies_low_resistance: Fraction = Field(default=0.6, ge=0, le=1)


class Conduction(Section):
    """I = G V0 sinh(V / V0) with 1/V0 = nonlinearity exp(-G / nonlinear_scale); 0 is ohmic.

    temperature_coefficient: 1/K, from 300 K, of the most conducting state; the least conducting one
    has temperature_rise more.
    """

    nonlinearity: float = 0.0
    nonlinear_scale: Siemens = 78e-6
    nonlinear_highest: Volt = 0.5
    temperature_coefficient: float = 0.0
    temperature_rise: float = 0.0


@final
class FilamentPreset(Preset):
    """All constants of one kind of filamentary cell."""

    derived: ClassVar[tuple[str, ...]] = (
        "relaxation_scale",
        "relaxation_speed",
        "relaxation_most",
        "threshold_shift",
        "retention_onset",
    )
    scattering: ClassVar[tuple[str, ...]] = (
        "jitter",
        "compliance_cycle_floor",
        "compliance_cycle_slope",
        "weak_reset_shift",
    )

    window: Window
    switching: Switching
    compliance: Compliance
    forming: Forming
    read_noise: ReadNoise
    relaxation: Relaxation
    wear: Wear
    conduction: Conduction = Conduction()
    retention: Retention = Retention()
    flicker: Flicker = Flicker()
    stuck: Stuck

    def derive(self, record: NDArray[np.void]) -> None:
        """Fill what follows from onset, end and energy of the relaxation, and the temperature.

        relaxation_scale: 1 / sqrt(ln(1 + 1 s / onset)).  relaxation_speed: how much faster than at
        300 K.  relaxation_most: log10 of the end, in days' log10.  threshold_shift: V.
        """
        record["relaxation_scale"] = 1.0 / np.sqrt(np.log1p(1.0 / record["relaxation_onset"]))
        kelvin = float(record["temperature"][0])
        energy = float(record["relaxation_energy"][0])
        record["relaxation_speed"] = 1.0 / arrhenius(energy, kelvin)
        record["relaxation_most"] = np.log10(record["relaxation_until"]) / DAY
        record["retention_onset"] = _onset(record[0])
        record["threshold_shift"] = record["threshold_temperature"] * (kelvin - 300.0)


def _onset(p: np.void) -> float:
    """Return after how long in s a cell could have faded whose draws are the worst there are."""
    if p["retention_time"] <= 0.0:
        return np.inf
    shift = (1.0 / p["temperature"] - 1.0 / p["retention_temperature"]) / BOLTZMANN
    energies = np.array([p["retention_energy_lowest"], p["retention_energy_highest"]])
    worst = WORST_DRAW * p["retention_spread"]
    log_time = np.log(p["retention_time"]) - worst + (energies * shift).min()
    return float(LEAST_FADED / np.log(2.0) * np.exp(log_time))
