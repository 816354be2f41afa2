"""What the kernels read: constants of the law, constants of each cell."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
LINEAR, EXPONENTIAL, POWER, PIECEWISE = range(4)  # families of laws, as the kernels know them


class Cells(NamedTuple):
    """What the kernels need of each cell. All of shape (rows, columns), float32, no unit."""

    scale_up: Matrix  # step at w = 0 (power law: at the far bound)
    scale_down: Matrix
    shape_up: Matrix  # linear laws: change of the step with w; power law: exponent; else 0
    shape_down: Matrix
    w_max: Matrix
    w_min: Matrix


class CellRow(NamedTuple):
    """A piece of one row of `Cells`, or all of it."""

    scale_up: NDArray[np.float32]
    scale_down: NDArray[np.float32]
    shape_up: NDArray[np.float32]
    shape_down: NDArray[np.float32]
    w_max: NDArray[np.float32]
    w_min: NDArray[np.float32]


class Passive(NamedTuple):
    """What a cell does without pulses. All of shape (rows, columns), float32."""

    reference: Matrix  # subtracted from the weight
    rest: Matrix  # where decay ends and a reset begins
    decay_rate: Matrix  # one over the lifetime
    diffusion: Matrix


class LawNumbers(NamedTuple):
    """What the kernels need of the law.

    The cycle-to-cycle noise of a step is sigma (by_step |step| + by_scale scale + add + by_weight
    |w|).
    """

    family: int
    sigma: np.float32
    by_step: np.float32
    by_scale: np.float32
    add: np.float32
    by_weight: np.float32
    exponential: NDArray[np.float32]  # a, b, A_up, A_down, gamma_up, gamma_down
    nodes_up: NDArray[np.float32]
    nodes_down: NDArray[np.float32]
