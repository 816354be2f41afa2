"""Noise and bound management, as the field names them.

Noise management chooses the scale of each input vector before the DAC, so that small vectors do
not drown in the noise of the output. Bound management repeats a vector whose outputs were clipped
by the ADC at a smaller scale, or shifts the outputs. Names and laws are those of aihwkit (Rasch
et al., AICAS 2021; Gokmen, Onen and Haensch, Front. Neurosci. 11:538, 2017).
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

Reals = NDArray[np.float64] | NDArray[np.float32]
Floats = NDArray[np.float64]


class NoiseManagement(IntEnum):
    """How the scale of an input vector is chosen."""

    NONE = 0  # 1
    ABS_MAX = 1  # the largest magnitude
    ABS_MAX_NP_SUM = 2  # that, or the worst case of the output: the larger one-sided sum
    MAX = 3  # the largest value
    CONSTANT = 4  # ``nm_thres``
    AVERAGE_ABS_MAX = 5  # a moving average of the largest magnitude


class BoundManagement(IntEnum):
    """What is done when outputs are clipped."""

    NONE = 0  # nothing: they stay clipped
    ITERATIVE = 1  # again at half the input scale, until they are not
    ITERATIVE_WORST_CASE = 2  # again with ABS_MAX_NP_SUM, then at half, and so on
    SHIFT = 3  # outputs are shifted so that the largest one just fits


@dataclass(frozen=True)
class Worst:
    """What ABS_MAX_NP_SUM takes for the worst case.

    assumed_wmax: largest weight.  out_bound: of the ADC.  most: how often the magnitude at most.
    """

    assumed_wmax: float = 0.6
    out_bound: float = 12.0
    most: float = np.inf


WORST = Worst()


def input_scales(
    inputs: Reals,
    kind: NoiseManagement,
    threshold: float = 0.0,
    worst: Worst = WORST,
    average: Reals | None = None,
) -> Floats:
    """Return the scale of each row of ``inputs``, shape (batch, inputs); by it the row is divided.

    threshold: the largest scale (0: none), and the scale itself for CONSTANT (0: 1).
    average: for AVERAGE_ABS_MAX, what `MovingAverage.advance` gave. All-zero rows get the scale 1.
    """
    if kind is NoiseManagement.NONE:
        return np.ones(inputs.shape[0])
    if kind is NoiseManagement.CONSTANT:
        return np.full(inputs.shape[0], threshold if threshold > 0.0 else 1.0)
    if kind is NoiseManagement.AVERAGE_ABS_MAX:
        if average is None:
            raise RangeError("noise management AVERAGE_ABS_MAX: accepts only with an average")
        return np.asarray(average, dtype=np.float64)
    values = inputs.astype(np.float64)
    if kind is NoiseManagement.MAX:
        # An all-negative vector has no scale of this kind; its magnitude is the safe choice.
        largest = values.max(axis=1)
        scale = np.where(largest > 0.0, largest, np.abs(values).max(axis=1))
    else:
        scale = np.abs(values).max(axis=1)
    if threshold > 0.0:
        scale = np.minimum(scale, threshold)
    if kind is NoiseManagement.ABS_MAX_NP_SUM:
        scale = worst_case(values, scale, worst)
    return np.where(scale > 0.0, scale, 1.0)


def worst_case(values: Floats, magnitude: Floats, worst: Worst) -> Floats:
    """Return the scale at which no output can be clipped if weights stay below the assumed one."""
    upward = np.maximum(values, 0.0).sum(axis=1)
    downward = np.maximum(-values, 0.0).sum(axis=1)
    needed = np.maximum(upward, downward) * worst.assumed_wmax / worst.out_bound
    return np.asarray(np.maximum(magnitude, np.minimum(needed, magnitude * worst.most)))


class MovingAverage:
    """A moving average of the largest magnitude, vector after vector."""

    def __init__(self, decay: float = 0.001) -> None:
        if not 0.0 < decay <= 1.0:
            raise RangeError(f"decay = {decay:g}: accepts above 0 to 1")
        self.decay = decay
        self.value = 0.0

    def advance(self, inputs: Reals) -> Floats:
        """Return the average after each row of ``inputs``, shape (batch,), and keep the last."""
        found = np.empty(inputs.shape[0])
        for row, magnitude in enumerate(np.abs(inputs).max(axis=1)):
            if self.value <= 0.0:
                self.value = float(magnitude)
            else:
                self.value += self.decay * (float(magnitude) - self.value)
            found[row] = self.value if self.value > 0.0 else 1.0
        return found
