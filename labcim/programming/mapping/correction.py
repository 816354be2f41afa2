"""An offset and a gain for each output, fitted to products that are known."""

from dataclasses import dataclass

import numpy as np

from .scheme import Floats

_PRIOR = 0.1  # how far gains of a sound chip may be from 1; weak outputs stay near 1


@dataclass(frozen=True, slots=True)
class Affine:
    """measured = gain * true + offset, for each output; both of the shape of one product."""

    gain: Floats
    offset: Floats

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> "Affine":
        """Return what changes nothing."""
        return cls(np.ones(shape), np.zeros(shape))

    @classmethod
    def fitted(cls, measured: Floats, true: Floats) -> "Affine":
        """Return the least-squares fit, both of shape (samples, ...), at least 3 samples.

        The gain of an output whose products say little about it is drawn towards 1: by the share
        that its uncertainty has beside a spread of gains of 0.1.
        """
        centred = true - true.mean(axis=0)
        power = np.square(centred).sum(axis=0)
        safe = np.where(power > 0.0, power, 1.0)
        slope = np.where(power > 0.0, (centred * measured).sum(axis=0) / safe, 1.0)
        offset = measured.mean(axis=0) - slope * true.mean(axis=0)
        left = np.square(measured - slope * true - offset).sum(axis=0) / max(len(true) - 2, 1)
        uncertain = np.where(power > 0.0, left / safe, np.inf)
        trust = 1.0 / (1.0 + uncertain / _PRIOR**2)
        gain = 1.0 + trust * (slope - 1.0)
        return cls(gain, measured.mean(axis=0) - gain * true.mean(axis=0))

    def applied(self, measured: Floats) -> Floats:
        """Return the true products of measured ones, shape (samples, ...)."""
        return np.asarray((measured - self.offset) / self.gain)
