"""The inputs of a simulated TDS2024B: attenuator, bandwidth, 8-bit converter, and their errors.

Figures: TDS1000B and TDS2000B Series Service Manual (071-1828), specifications: gain within 3 %
(4 % at 2 and 5 mV/div), position 0.1 div + 1 mV, time base 50 ppm, 200 MHz (20 MHz limited or below
5 mV/div), 1 Mohm, 20 pF. A 10X probe is 10 Mohm and 16 pF; a 1X probe has 6 MHz and 95 pF.
"""

import zlib
from dataclasses import dataclass
from math import pi
from typing import Final

import numpy as np

from ..chip.waveforms import Floats, Segments
from ..wire.tektronix import Word
from ._tds2024b_settings import CHANNELS, LEVELS, Vertical

BANDWIDTH, LIMITED, ONE_TO_ONE = 200e6, 20e6, 6e6  # Hz
AC_CORNER: Final = 10.0  # Hz
GAIN, GAIN_FINE, OFFSET, TIME = 0.03, 0.04, 0.1, 50e-6
NOISE: Final = 0.4  # rms, in levels of the converter
LOWEST, HIGHEST = -128, 127
_LOBES: Final = 8  # of (sin x)/x on either side
_NEIGHBOURS: Final = np.arange(1 - _LOBES, 1 + _LOBES, dtype=np.float64)
_TYPICAL: Final = 3.0  # how many of its standard deviations a specification is


@dataclass(frozen=True, slots=True)
class Record:
    """What was acquired of one waveform, and how it is scaled.

    codes: of the converter, shape (points,); scale, position: V and divisions; step, first: s.
    paired: lowest and highest of each interval in turn.
    """

    codes: Floats
    scale: float
    position: float
    step: float
    first: float
    coupling: str
    mode: str
    paired: bool = False
    unit: str = "Volts"
    across: str = "s"

    @property
    def volts(self) -> Floats:
        """Return V, shape (points,)."""
        return (self.codes / LEVELS - self.position) * self.scale

    @property
    def times(self) -> Floats:
        """Return s after the trigger, shape (points,)."""
        return self.first + self.step * np.arange(len(self.codes), dtype=np.float64)


class FrontEnd:
    """Four channels with the errors of one instrument. probes: what is really on each: 1 or 10."""

    def __init__(self, serial: str, probes: dict[str, float], seed: int) -> None:
        key = zlib.crc32(serial.encode())
        drawn = np.random.default_rng([key, 2024])
        self._gain = {name: drawn.standard_normal() / _TYPICAL for name in CHANNELS}
        self._offset = {name: drawn.standard_normal() / _TYPICAL for name in CHANNELS}
        self.time_error = TIME * float(np.clip(drawn.standard_normal() / _TYPICAL, -1.0, 1.0))
        self._noise = np.random.default_rng([key, seed, 8])
        self.probes = probes

    def tau(self, name: str, vertical: Vertical) -> float:
        """Return the time constant in s of a channel's bandwidth."""
        fine = vertical.at_connector < 4.999e-3
        hertz = LIMITED if vertical.limited or fine else BANDWIDTH
        if self.probes[name] == 1.0:
            hertz = min(hertz, ONE_TO_ONE)
        return 1.0 / (2.0 * pi * hertz)

    def shown(self, name: str, vertical: Vertical, node: Floats) -> Floats:
        """Return V as this instrument takes them, without noise, for V at the probe's tip."""
        part = GAIN if vertical.at_connector >= 9.999e-3 else GAIN_FINE
        gain = 1.0 + part * float(np.clip(self._gain[name], -1.0, 1.0))
        offset = float(np.clip(self._offset[name], -1.0, 1.0)) * (
            OFFSET * vertical.scale + 1e-3 * vertical.probe
        )
        if vertical.coupling == "GND":
            return np.full_like(node, offset)
        sign = -1.0 if vertical.inverted else 1.0
        return sign * gain * node / self.probes[name] * vertical.probe + offset

    def signal(self, name: str, vertical: Vertical, segments: Segments, times: Floats) -> Floats:
        """Return V as they come to the converter and the trigger at ``times`` s."""
        node = segments.volts(times)
        if vertical.coupling == "AC":
            slow = segments.seen_with(1.0 / (2.0 * pi * AC_CORNER))
            node = node - slow.volts(times)
        return self.shown(name, vertical, node)

    def converted(self, vertical: Vertical, volts: Floats) -> Floats:
        """Return the converter's codes, -128 to 127; beyond its range they stay at the end."""
        levels = LEVELS * (volts / vertical.scale + vertical.position)
        noisy = levels + NOISE * self._noise.standard_normal(len(levels))
        return np.clip(np.rint(noisy), LOWEST, HIGHEST)


def interpolated(codes: Floats, places: Floats) -> Floats:
    """Return codes between samples by (sin x)/x, windowed. places: in samples, (points,)."""
    before = np.floor(places)[:, None] + _NEIGHBOURS
    distance = places[:, None] - before
    weights = np.sinc(distance) * np.sinc(distance / _LOBES)
    weights /= weights.sum(axis=1, keepdims=True)
    found = (codes[np.clip(before.astype(np.intp), 0, len(codes) - 1)] * weights).sum(axis=1)
    return np.asarray(np.clip(found, LOWEST, HIGHEST), np.float64)


def capacitance(probe: float) -> float:
    """Return F of a probe's tip."""
    return 16e-12 if probe == 10.0 else 95e-12


def words_of_mode(mode: Word) -> str:
    """Return an acquisition mode as a waveform's identifier has it."""
    return {"SAMple": "Sample mode", "PEAKdetect": "Pk Detect mode"}.get(mode, "Average mode")
