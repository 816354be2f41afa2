"""The maximum of a concave likelihood, over all parameters or with one quantity held."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RangeError

from .likelihood import Likelihood

Floats = NDArray[np.float64]

_STEPS = 200
_STRIDE = 5.0
"""By how much a step may move the standardised ends, beside half of what they are: further out an
extreme-value law is flat, or beyond every float."""
_SETTLED = 1e-11  # of the Newton decrement, in units of ln L


@dataclass(frozen=True, slots=True)
class Peak:
    """The maximum on a plane: where, ln L, its gradient in the whole space, ln det of -Hessian."""

    at: Floats
    value: float
    gradient: Floats
    log_curvature: float
    hessian: Floats


def maximum(likelihood: Likelihood, start: Floats, across: Floats) -> Peak:
    """Return the maximum of ``likelihood`` on a plane by Newton steps that are halved at need.

    start: parameters on the plane, the last of them (1 / scale) above 0.  across: its directions,
    shape (parameters, free ones).  ln L is concave, so that there is one maximum.  Raises
    RangeError where it is not reached.
    """
    with np.errstate(all="ignore"):  # far out, where a step is halved until it is finite
        return _climbed(likelihood, start, across)


def _climbed(likelihood: Likelihood, at: Floats, across: Floats) -> Peak:
    value, gradient, hessian = likelihood.derivatives(at)
    for _ in range(_STEPS):  # each one Newton's, shortened at need
        slope, bend = across.T @ gradient, across.T @ -hessian @ across
        step = solved(bend, slope)
        gain = float(slope @ step)
        if gain < _SETTLED * (1.0 + 1e-4 * abs(value)):
            return Peak(at, value, gradient, _log_determinant(bend), hessian)
        move = across @ step
        short = min(1.0, (_STRIDE + 0.5 * likelihood.reach(at)) / likelihood.reach(move))
        move, gain, size = short * move, short * gain, 1.0
        while size > 1e-12:
            told = likelihood.derivatives(at + size * move)
            if told[0] >= value + 1e-4 * size * gain:
                break
            size *= 0.5
        else:  # the last digits are reached
            return Peak(at, value, gradient, _log_determinant(bend), hessian)
        at = at + size * move
        value, gradient, hessian = told
    raise RangeError("the likelihood of the lifetimes has no maximum: too little is known of them")


def solved(bend: Floats, slope: Floats) -> Floats:
    """Return bend⁻¹ slope, each parameter in its natural unit; flat directions are braced."""
    unit = np.sqrt(np.maximum(np.diag(bend), 1e-60))
    scaled = bend / (unit[:, None] * unit)
    aim = slope / unit
    brace = 1e-30
    while brace < 1e6:
        braced = scaled + brace * np.eye(len(unit))
        try:
            step = np.linalg.solve(braced, aim)
        except np.linalg.LinAlgError:
            step = np.full(len(unit), np.nan)
        if float(step @ aim) >= 0.0 and np.linalg.det(braced) > 0.0:
            return np.asarray(step / unit)
        brace = max(10.0 * brace, 1e-12)
    raise RangeError("the likelihood of the lifetimes is not finite")


def _log_determinant(bend: Floats) -> float:
    sign, value = np.linalg.slogdet(bend)
    return float(value) if sign > 0.0 else -math.inf
