"""The two feedback circuits around an array, as loops of amplifiers.

Inverse (Sun et al., PNAS 116:4123, 2019): amplifier i has its inverting input on row i, and drives
column i. Inputs come in, inverted, through source conductances g_s. With infinite gain row lines
are at 0 V: (G+ - G-) v = g_s b. Columns of G- are driven by inverters.

Eigenvector (same paper): the same amplifiers with a conductance g from each output to its input,
and inverters on the columns of G+. With infinite gain (G+ - G-) v = g v.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from labcim.errors import RangeError
from labcim.units import Siemens

from .arguments import not_negative, positive
from .loop import Loop
from .opamp import Floats, OpAmp


class SignedArray(NamedTuple):
    """A square matrix as conductances in S; ``minus`` has no columns where nothing is negative."""

    plus: Floats
    minus: Floats

    @property
    def matrix(self) -> Floats:
        """The matrix, in S."""
        difference = self.plus.copy()
        difference[:, : self.minus.shape[1]] -= self.minus
        return difference

    @property
    def row_total(self) -> Floats:
        """What each row line is loaded with by its cells, S."""
        return np.asarray(self.plus.sum(axis=1) + self.minus.sum(axis=1))


def signed_array(plus: ArrayLike, minus: ArrayLike | None = None) -> SignedArray:
    """Return the conductances in S, (n, n), of the positive and the negative part, checked."""
    first = np.asarray(plus, dtype=np.float64)
    if first.ndim != 2 or first.shape[0] != first.shape[1] or first.size == 0:
        raise RangeError(f"conductances of shape {first.shape}: accepts (n, n)")
    second = np.zeros((first.shape[0], 0)) if minus is None else np.asarray(minus, dtype=np.float64)
    if minus is not None and second.shape != first.shape:
        raise RangeError(f"negative part of shape {second.shape}: accepts {first.shape}")
    for part in (first, second):
        if not (np.isfinite(part).all() and (part >= 0.0).all()):
            raise RangeError("conductances: accepts finite values from 0 S")
    return SignedArray(first, second)


def inverse_loop(
    array: SignedArray,
    inputs: ArrayLike,
    source: Siemens,
    amplifier: OpAmp,
    capacitance: float = 0.0,
) -> Loop:
    """Return the loop that solves (G+ - G-) v = source * inputs.

    inputs: V, (n,).  capacitance: F, of each row line.
    """
    drive = np.asarray(inputs, dtype=np.float64)
    positive("source", source, "S")
    not_negative("capacitance", capacitance, "F")
    if drive.shape != array.plus.shape[:1] or not np.isfinite(drive).all():
        raise RangeError(
            f"inputs of shape {drive.shape}: accepts finite ones, {array.plus.shape[:1]}"
        )
    total = array.row_total + source
    across, inverted = (part / total[:, None] for part in array)
    return Loop(across, inverted, -drive * source / total, total, amplifier, capacitance)


def eigenvector_loop(
    array: SignedArray, feedback: Siemens, amplifier: OpAmp, capacitance: float = 0.0
) -> Loop:
    """Return the loop whose outputs grow along the eigenvectors above ``feedback`` S."""
    positive("feedback", feedback, "S")
    not_negative("capacitance", capacitance, "F")
    outward = feedback * np.eye(array.plus.shape[0])
    outward[:, : array.minus.shape[1]] += array.minus
    total = array.row_total + feedback
    across, inverted = (part / total[:, None] for part in (outward, array.plus))
    return Loop(across, inverted, np.zeros(total.size), total, amplifier, capacitance)
