"""Presets of flash cells: transistor, tunnelling, keeping of charge, read noise."""

from typing import ClassVar, final

from pydantic import Field

from labcim.units import Ampere, Second, Volt

from .preset import Fraction, Preset, Section, Stuck


class Channel(Section):
    """The transistor. slope: n.  threshold_low, threshold_high: what charge can make of V_t.

    slope_spread: relative, by device.  fresh: V_t as it leaves the fab; neutral: without charge.
    """

    specific_current: Ampere = Field(gt=0)
    slope: float = Field(ge=1)
    slope_spread: Fraction = Field(default=0.0, ge=0)
    threshold_low: Volt
    threshold_high: Volt
    fresh: Volt
    neutral: Volt


class Tunnelling(Section):
    """How charge moves; see the file. log_slope: s.  tunnel_spread: V, of both references.

    onset: V of stress below which nothing moves.  electron: V that one of them is worth.
    """

    program_reference: Volt = Field(gt=0)
    erase_reference: Volt = Field(gt=0)
    log_slope: Volt = Field(gt=0)
    pulse_width: Second = Field(gt=0)
    tunnel_spread: Volt = Field(default=0.0, ge=0)
    electron: Volt = Field(default=0.0, ge=0)
    onset: Volt = Field(gt=0)
    disturb_voltage: Volt


class Keeping(Section):
    """Leak: share of the charge for each decade of time from 1 s on at 300 K; its energy in eV.

    spread, spread_scale: A, a and b of sigma(I) when written; later_*: after five days.
    """

    loss: Fraction = Field(default=0.0, ge=0)
    loss_energy: float = Field(default=0.0, ge=0)
    spread: Ampere = Field(default=0.0, ge=0)
    spread_scale: Ampere = Field(default=1.0, gt=0)
    later_spread: Ampere = Field(default=0.0, ge=0)
    later_spread_scale: Ampere = Field(default=1.0, gt=0)


class CurrentNoise(Section):
    """Read noise sigma(I) = noise (1 - exp(-I / noise_scale)), at noise_aperture s of aperture."""

    noise: Ampere = Field(ge=0)
    noise_scale: Ampere = Field(gt=0)
    noise_aperture: Second = Field(gt=0)


@final
class FlashPreset(Preset):
    """All constants of one kind of flash cell. Its ``transistor`` is not used: it is one itself."""

    scattering: ClassVar = ("spread", "electron")
    own_gate: ClassVar = True

    channel: Channel
    tunnelling: Tunnelling
    keeping: Keeping
    noise: CurrentNoise
    stuck: Stuck
