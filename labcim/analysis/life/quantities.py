"""What is asked of a fit: a coefficient, a quantile of ln t, the scale.

Parameters stand in the form in which fits move: (coefficients / scale, 1 / scale).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .maximum import Peak

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Combination:
    """weights · coefficients + scale_weight · scale: a slope, a location or a quantile of ln t."""

    weights: Floats
    scale_weight: float = 0.0

    def value(self, at: Floats) -> float:
        """Return the quantity at given parameters."""
        return float(self.weights @ at[:-1] + self.scale_weight) / float(at[-1])

    def gradient(self, at: Floats) -> Floats:
        """Return its derivatives with respect to the parameters."""
        return np.append(self.weights, -self.value(at)) / float(at[-1])

    def direction(self, log_scale: float) -> Floats:
        """Return its derivatives with respect to the coefficients and ln scale."""
        return np.append(self.weights, self.scale_weight * math.exp(log_scale))

    def moved(self, at: Floats, value: float) -> tuple[Floats, ...]:
        """Return parameters with the quantity at ``value``: one coefficient is changed."""
        moved, k = at.copy(), self._pivot
        moved[k] += (value - self.value(at)) * at[-1] / self.weights[k]
        return (moved,)

    def level(self, value: float) -> Floats:
        """Return the directions along which the quantity stays at ``value``."""
        k = self._pivot
        directions = np.delete(np.eye(len(self.weights) + 1), k, axis=1)
        directions[k] = np.delete(np.append(-self.weights, value) / self.weights[k], k)
        return directions

    def slope(self, peak: Peak) -> float:
        """Return the derivative of the profile likelihood."""
        k = self._pivot
        return float(peak.gradient[k] * peak.at[-1] / self.weights[k])

    @property
    def _pivot(self) -> int:
        return int(np.argmax(np.abs(self.weights)))

    @property
    def volume(self) -> float:
        """Return by how much the coefficient that this quantity stands for is stretched."""
        return float(abs(self.weights[self._pivot]))


@dataclass(frozen=True, slots=True)
class LogScale:
    """ln scale; of a Weibull law, -ln shape."""

    coefficients: int
    volume: float = 1.0

    def value(self, at: Floats) -> float:
        """Return the quantity at given parameters."""
        return -math.log(at[-1])

    def gradient(self, at: Floats) -> Floats:
        """Return its derivatives with respect to the parameters."""
        return np.append(np.zeros(self.coefficients), -1.0 / at[-1])

    def direction(self, log_scale: float) -> Floats:
        """Return its derivatives with respect to the coefficients and ln scale."""
        return np.append(np.zeros(self.coefficients), 1.0)

    def moved(self, at: Floats, value: float) -> tuple[Floats, ...]:
        """Return parameters with the quantity at ``value``: coefficients stay, or their ratio."""
        narrow = math.exp(-min(max(value, -300.0), 300.0))
        return at * (narrow / at[-1]), np.append(at[:-1], narrow)

    def level(self, value: float) -> Floats:
        """Return the directions along which the quantity stays at ``value``."""
        return np.eye(self.coefficients + 1)[:, :-1]

    def slope(self, peak: Peak) -> float:
        """Return the derivative of the profile likelihood."""
        return float(-peak.at[-1] * peak.gradient[-1])


Quantity = Combination | LogScale
