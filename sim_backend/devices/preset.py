"""Presets: the constants of a cell model, as TOML with sources and reference statistics.

Each section is a table of floats in base SI. Names are unique over all sections, so the flat record
that the kernels read (`Preset.parameters`) has one field for each constant, without any mapping.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labcim.errors import RecipeError
from labcim.recipe import explain_validation
from labcim.units import Ampere, Kelvin, Second, Siemens, Volt

Fraction = float
Polynomial = tuple[float, float, float, float, float]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Read(_Section):
    """The read that defines "conductance": current / voltage of cell and transistor together."""

    read_voltage: Volt = Field(gt=0)
    read_gate: Volt


class Window(_Section):
    """Conductance window. The floor is what the deepest RESET leaves; spreads are of ln G."""

    lowest: Siemens = Field(gt=0)
    highest: Siemens = Field(gt=0)
    window_spread: Fraction = 0.0
    floor: Siemens = Field(gt=0)
    floor_device_spread: Fraction = 0.0
    floor_cycle_spread: Fraction = 0.0


class Switching(_Section):
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


class Transistor(_Section):
    """Square-law access transistor. beta: A/V^2."""

    beta: float = Field(gt=0)
    gate_threshold: Volt
    gate_threshold_spread: Volt = 0.0


class Compliance(_Section):
    """G = current / compliance_voltage; cycle-to-cycle ln-sd = floor + slope sqrt(10 uA / I)."""

    compliance_voltage: Volt = Field(gt=0)
    compliance_device_spread: Fraction = 0.0
    compliance_cycle_floor: Fraction = 0.0
    compliance_cycle_slope: Fraction = 0.0


class Forming(_Section):
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


class ReadNoise(_Section):
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


class Relaxation(_Section):
    """sigma(G) in S of the change after 1 s and after 1 day: polynomials in u = G / full scale."""

    relaxation_full_scale: Siemens = Field(gt=0)
    relaxation_onset: Second = Field(gt=0)
    one_second: Polynomial
    one_day: Polynomial


class Wear(_Section):
    """Window change with cycles, ln G per decade beyond wear_onset; and the end of life."""

    wear_onset: float = Field(gt=0)
    wear_low_resistance: float = 0.0
    wear_high_resistance: float = 0.0
    life: float = Field(gt=0)
    life_decades: float = Field(ge=0)
    dies_low_resistance: Fraction = Field(default=0.6, ge=0, le=1)


class Conduction(_Section):
    """I = G V0 sinh(V / V0) with 1/V0 = nonlinearity exp(-G / nonlinear_scale); 0 is ohmic."""

    nonlinearity: float = 0.0
    nonlinear_scale: Siemens = 78e-6
    nonlinear_highest: Volt = 0.5
    temperature_coefficient: float = 0.0
    temperature: Kelvin = 300.0


class Stuck(_Section):
    """Cells that never move: split between high and low conductance, and where they stay."""

    stuck_high_share: Fraction = Field(ge=0, le=1)
    stuck_high: Siemens
    stuck_low: Siemens
    stuck_spread: Fraction = 0.0


POLYNOMIALS = ("one_second", "one_day")

SECTIONS: dict[str, type[_Section]] = {
    "read": Read,
    "window": Window,
    "switching": Switching,
    "transistor": Transistor,
    "compliance": Compliance,
    "forming": Forming,
    "read_noise": ReadNoise,
    "relaxation": Relaxation,
    "wear": Wear,
    "conduction": Conduction,
    "stuck": Stuck,
}


class Preset(_Section):
    """All constants of one kind of cell."""

    name: str
    model: Literal["filament"] = "filament"
    about: str
    sources: dict[str, str]
    reference: dict[str, float]
    read: Read
    window: Window
    switching: Switching
    transistor: Transistor
    compliance: Compliance
    forming: Forming
    read_noise: ReadNoise
    relaxation: Relaxation
    wear: Wear
    conduction: Conduction = Conduction()
    stuck: Stuck

    def parameters(self, **changes: float) -> NDArray[np.void]:
        """Return the constants as one record, shape (1,), dtype PARAMETERS; some may be changed."""
        record = np.zeros(1, PARAMETERS)
        for section in SECTIONS:
            for name, value in getattr(self, section).model_dump().items():
                record[name] = value
        for name, value in changes.items():
            record[name] = value
        record["relaxation_scale"] = 1.0 / np.sqrt(np.log1p(1.0 / record["relaxation_onset"]))
        return record


def _parameter_dtype() -> np.dtype[np.void]:
    fields: list[tuple[str, str] | tuple[str, str, tuple[int, ...]]] = []
    for section in SECTIONS.values():
        for name in section.model_fields:
            fields.append((name, "f8", (5,)) if name in POLYNOMIALS else (name, "f8"))
    fields.append(("relaxation_scale", "f8"))  # derived: 1 / sqrt(ln(1 + 1 s / onset))
    return np.dtype(fields, align=True)


PARAMETERS = _parameter_dtype()


def preset_names() -> list[str]:
    """Return the names that a chip file may use as ``preset``."""
    folder = files(__package__)
    return sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml"))


@cache
def load_preset(name: str) -> Preset:
    """Return the preset of that name. Raises RecipeError that lists the known ones."""
    if name not in preset_names():
        raise RecipeError(f"preset {name!r} is not known; known are {', '.join(preset_names())}")
    text = (files(__package__) / f"{name}.toml").read_text(encoding="utf-8")
    try:
        return Preset.model_validate({"name": name, **tomllib.loads(text)})
    except ValidationError as trouble:
        raise RecipeError(explain_validation(trouble, f"preset {name}")) from trouble
