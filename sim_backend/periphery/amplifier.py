"""Transimpedance amplifier: ranges, noise over the integration time, offset, saturation.

A current I gives the voltage R I of its range, averaged over the integration time T. Noise at the
input, one-sided densities: white i_n^2 + 4 k T_amb / R (the feedback resistor's), whose average
over T has the variance S / (2 T); and 1/f noise i_n^2 f_c / f above the inverse of the time since
the amplifier was last zeroed, whose average is integrated exactly. The input is at a virtual
ground: the offset voltage, plus R I / A of a finite open-loop gain A.
"""

from dataclasses import dataclass
from math import inf, log, pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import sici

from labcim.errors import RangeError
from labcim.units import Hertz, Kelvin, Ohm, Second, Volt

from .arguments import not_negative, numbers, positive, whole

BOLTZMANN = 1.380649e-23  # J/K
Floats = NDArray[np.float64]


class Amplified(NamedTuple):
    """Voltages in V, the range of each (index), which are saturated, and the time it took in s."""

    voltage: Floats
    range: NDArray[np.int64]
    saturated: NDArray[np.bool_]
    time: float

    def current(self, amplifier: "Transimpedance") -> Floats:
        """Return the currents in A that these voltages are taken for."""
        return np.asarray(self.voltage / np.asarray(amplifier.gains)[self.range])


@dataclass(frozen=True)
class Transimpedance:
    """A transimpedance amplifier.

    gains: ohm, from the least to the most sensitive range.  swing: V, the output reaches ± this.
    noise: A/√Hz at the input.  corner: Hz, where 1/f noise equals the white noise.
    offset: V at the virtual ground.  open_loop: gain; inf is an ideal virtual ground.
    temperature: K, of the feedback resistor.  zeroed_since: s, how long 1/f noise has grown.
    """

    gains: tuple[Ohm, ...] = (1e3, 1e4, 1e5, 1e6)
    swing: Volt = 1.0
    noise: float = 0.0
    corner: Hertz = 0.0
    bandwidth: Hertz = inf
    offset: Volt = 0.0
    open_loop: float = inf
    temperature: Kelvin = 0.0
    zeroed_since: Second = 1.0

    def __post_init__(self) -> None:
        if not self.gains or list(self.gains) != sorted(set(self.gains)):
            raise RangeError(f"gains = {self.gains} Ω: accepts one or more, rising")
        positive("gain", self.gains[0], "Ω")
        positive("swing", self.swing, "V")
        positive("zeroed_since", self.zeroed_since, "s")
        for name, unit in (("noise", "A/√Hz"), ("corner", "Hz"), ("temperature", "K")):
            not_negative(name, getattr(self, name), unit)

    def input_noise(self, gain: ArrayLike, integration: Second) -> Floats:
        """Return the standard deviation in A of a current averaged over ``integration`` s."""
        positive("integration", integration, "s")
        white = self.noise**2 + 4.0 * BOLTZMANN * self.temperature / np.asarray(gain)
        flicker = self.noise**2 * self.corner * flicker_share(integration, self.zeroed_since)
        return np.asarray(np.sqrt(white / (2.0 * integration) + flicker))

    def input_voltage(self, current: ArrayLike, range_index: int) -> Floats:
        """Return the voltage in V that the line sees at the input."""
        self._check_range(range_index)
        dropped = self.gains[range_index] / self.open_loop * np.asarray(current, dtype=np.float64)
        return np.asarray(self.offset + dropped)

    def settling_time(self, bits: int) -> float:
        """Return the time in s after which a step is settled to half an LSB of ``bits``."""
        whole("bits", bits, 1, 64)
        return (bits + 1) * log(2.0) / (2.0 * pi * self.bandwidth)

    def amplify(
        self,
        current: ArrayLike,
        integration: Second,
        random: np.random.Generator,
        range_index: int | None = None,
    ) -> Amplified:
        """Amplify currents in A, any shape; without a range each channel finds its own.

        Auto range is what a board does: once in the least sensitive range, then in the best one.
        """
        currents = numbers("current", current, "A")
        if range_index is not None:
            self._check_range(range_index)
            chosen = np.full(currents.shape, range_index)
            voltage, saturated = self._once(currents, chosen, integration, random)
            return Amplified(voltage, chosen, saturated, integration)
        coarse, _ = self._once(currents, np.zeros(currents.shape, int), integration, random)
        chosen = self.best_range(coarse / self.gains[0])
        voltage, saturated = self._once(currents, chosen, integration, random)
        return Amplified(voltage, chosen, saturated, 2.0 * integration)

    def best_range(self, current: ArrayLike) -> NDArray[np.int64]:
        """Return the most sensitive range in which each current takes 90 % of the swing at most."""
        limits = 0.9 * self.swing / np.asarray(self.gains)
        fitting = (np.abs(np.asarray(current))[..., None] <= limits).sum(axis=-1)
        return np.asarray(np.maximum(fitting - 1, 0))

    def _once(
        self,
        current: Floats,
        chosen: NDArray[np.int64],
        integration: Second,
        random: np.random.Generator,
    ) -> tuple[Floats, NDArray[np.bool_]]:
        gain = np.asarray(self.gains)[chosen]
        noisy = current + self.input_noise(gain, integration) * random.standard_normal(gain.shape)
        voltage = gain * noisy
        return np.clip(voltage, -self.swing, self.swing), np.abs(voltage) > self.swing

    def _check_range(self, index: int) -> None:
        whole("range", index, 0, len(self.gains) - 1)


def flicker_share(integration: Second, since: Second) -> float:
    """Return the variance of an average of 1/f noise of unit density at 1 Hz.

    The integral of sin²(π f T) / (π f T)² / f from f = 1 / since: 1.5 - γ - ln(2 π T / since) for
    short T.
    """
    x = pi * integration / since
    sine, double = np.sin(x) / x, np.sin(2.0 * x) / (2.0 * x)
    return float(0.5 * sine * sine + double - sici(2.0 * x)[1])


def flicker_series(
    channels: int,
    count: int,
    interval: Second,
    density: float,
    slowest: Second,
    random: np.random.Generator,
) -> Floats:
    """Return samples of 1/f noise, shape (channels, count), ``interval`` s apart.

    density: the one-sided power density at 1 Hz, unit²/Hz; S(f) = density / f between 1/slowest
    and the Nyquist frequency. A sum of relaxations, four for each decade of time constants, each of
    equal power, stepped exactly (van der Ziel, Physica 16:359, 1950).
    """
    positive("interval", interval, "s")
    not_negative("density", density, "unit²/Hz")
    if slowest <= 2.0 * interval:
        raise RangeError(f"slowest = {slowest:g} s: accepts more than {2 * interval:g} s")
    fastest = interval / pi
    decades = np.log10(slowest / fastest)
    times = np.geomspace(fastest, slowest, int(4 * decades) + 2)
    spacing = log(times[1] / times[0])
    # A relaxation of variance s² has 4 s² τ / (1 + (2πfτ)²): summed over ln τ, s² / (f d ln τ).
    sigma = sqrt(density * spacing)
    values = np.zeros((channels, count))
    for time in times:
        values += _relaxation(channels, count, np.exp(-interval / time), sigma, random)
    return values


def _relaxation(
    channels: int, count: int, kept: float, sigma: float, random: np.random.Generator
) -> Floats:
    from scipy.signal import lfilter  # slow to import, and only needed for series

    steps = random.standard_normal((channels, count)) * sigma
    steps[:, 1:] *= sqrt(1.0 - kept * kept)
    return np.asarray(lfilter([1.0], [1.0, -kept], steps, axis=1))
