"""Device-to-device variation: the constants of each cell, drawn from the seed alone."""

import numpy as np
from numpy.typing import NDArray

from ..devices.random import normals, uniforms
from .keys import DEVICE
from .laws import (
    AnyLaw,
    ExpStep,
    LinearStep,
    PiecewiseStep,
    PowStep,
    PowStepReference,
    SoftBounds,
    SoftBoundsReference,
)
from .layout import EXPONENTIAL, LINEAR, PIECEWISE, POWER, Cells, LawNumbers, Passive
from .steps import mean_steps

_ESTIMATION_HALVINGS = 40


def law_numbers(law: AnyLaw) -> LawNumbers:
    """Return the law as the kernels read it."""
    by_step = getattr(law, "mult_noise", True)
    exponential, nodes = np.zeros(6), [np.ones(2), np.ones(2)]
    family, add, by_weight = LINEAR, 0.0, 0.0
    if isinstance(law, ExpStep):
        family, add, by_weight = EXPONENTIAL, law.dw_min_std_add, law.dw_min_std_slope
        exponential = np.array(
            [law.a, law.b, law.A_up, law.A_down, law.gamma_up, law.gamma_down], float
        )
    elif isinstance(law, PowStep):
        family = POWER
    elif isinstance(law, PiecewiseStep):
        family, nodes = PIECEWISE, [np.array(law.piecewise_up), np.array(law.piecewise_down)]
    single = np.float32
    return LawNumbers(
        family,
        single(law.dw_min_std),
        single(by_step),
        single(not by_step),
        single(add),
        single(by_weight),
        exponential.astype(single),
        nodes[0].astype(single),
        nodes[1].astype(single),
    )


class _Draws:
    """Device-to-device draws of one array; each quantity has its own number."""

    def __init__(self, seed: int, shape: tuple[int, int]) -> None:
        self.seed, self.shape, self.size = seed, shape, shape[0] * shape[1]

    def normal(self, quantity: int) -> NDArray[np.float64]:
        return normals(self.seed, self.size, DEVICE, quantity).reshape(self.shape)

    def uniform(self, quantity: int) -> NDArray[np.float64]:
        return uniforms(self.seed, self.size, DEVICE, quantity).reshape(self.shape)


def _biased(up_down: float) -> tuple[float, float]:
    return min(up_down, 0.0), -max(up_down, 0.0)


def _draw_bounds(law: AnyLaw, draws: _Draws) -> list[NDArray[np.float64]]:
    top = np.abs(law.w_max * (1.0 + law.w_max_dtod * draws.normal(0)))
    bottom = -np.abs(law.w_min * (1.0 + law.w_min_dtod * draws.normal(1)))
    return [top, bottom]


def _draw_scales(law: AnyLaw, draws: _Draws) -> list[NDArray[np.float64]]:
    spread = law.dw_min_dtod * draws.normal(2)
    gain = np.exp(spread) if law.dw_min_dtod_log_normal else 1.0 + spread
    tilt = law.up_down_dtod * draws.normal(3)
    up, down = _biased(law.up_down)
    of = gain if law.up_down_of_cell else np.ones_like(gain)
    steps = [of * up + gain + of * tilt, of * down + gain - of * tilt]
    return [law.dw_min * np.abs(step) for step in steps]


def _corrupt(
    law: AnyLaw,
    draws: _Draws,
    scales: list[NDArray[np.float64]],
    bounds: list[NDArray[np.float64]],
) -> None:
    """Give corrupt cells no step, and one value for both bounds."""
    if not law.corrupt_devices_prob:
        return
    dead = draws.uniform(4) < law.corrupt_devices_prob
    top = np.minimum(bounds[0], law.corrupt_devices_range)
    bottom = np.maximum(bounds[1], -law.corrupt_devices_range)
    value = bottom + (top - bottom) * draws.uniform(5)
    for bound in bounds:
        bound[dead] = value[dead]
    for scale in scales:
        scale[dead] = 0.0


def _divided(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return top / bottom, and 0 where there is nothing to divide by."""
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom != 0.0)


def _linear_slopes(
    law: LinearStep,
    draws: _Draws,
    scales: list[NDArray[np.float64]],
    bounds: list[NDArray[np.float64]],
) -> list[NDArray[np.float64]]:
    gammas = [
        law.gamma_up + law.gamma_up_dtod * draws.normal(9),
        law.gamma_down + law.gamma_down_dtod * draws.normal(10),
    ]
    if not law.allow_increasing:
        gammas = [np.abs(gamma) for gamma in gammas]
    if law.mean_bound_reference:
        bounds = [np.full(draws.shape, law.w_max), np.full(draws.shape, law.w_min)]
    return [-gamma * _divided(s, b) for gamma, s, b in zip(gammas, scales, bounds, strict=True)]


def _exponents(law: PowStep, draws: _Draws) -> list[NDArray[np.float64]]:
    gain = 1.0 + law.pow_gamma_dtod * draws.normal(9)
    tilt = law.pow_up_down_dtod * draws.normal(10)
    up, down = _biased(law.pow_up_down)
    return [law.pow_gamma * np.abs(up + gain + tilt), law.pow_gamma * np.abs(down + gain - tilt)]


def _shapes(
    law: AnyLaw,
    draws: _Draws,
    scales: list[NDArray[np.float64]],
    bounds: list[NDArray[np.float64]],
) -> list[NDArray[np.float64]]:
    if isinstance(law, LinearStep):
        return _linear_slopes(law, draws, scales, bounds)
    if isinstance(law, SoftBoundsReference):  # a slope of its own moves the bound
        bounds[0] /= np.abs(1.0 + law.slope_up_dtod * draws.normal(9))
        bounds[1] /= np.abs(1.0 + law.slope_down_dtod * draws.normal(10))
    if isinstance(law, (SoftBounds, SoftBoundsReference)):
        return [-_divided(s, b) for s, b in zip(scales, bounds, strict=True)]
    if isinstance(law, PowStep):
        return _exponents(law, draws)
    return [np.zeros(draws.shape), np.zeros(draws.shape)]


def draw_cells(law: AnyLaw, seed: int, shape: tuple[int, int]) -> tuple[Cells, Passive]:
    """Return the constants of an array of cells of that shape. The same seed gives the same."""
    draws = _Draws(seed, shape)
    bounds, scales = _draw_bounds(law, draws), _draw_scales(law, draws)
    shapes = _shapes(law, draws, scales, bounds)
    if isinstance(law, PowStep):
        _corrupt(law, draws, scales, bounds)
    else:
        _corrupt(law, draws, scales + shapes, bounds)
    cells = Cells(*(part.astype(np.float32) for part in (*scales, *shapes, *bounds)))
    rest = law.reset + law.reset_dtod * draws.normal(7)
    reference = np.zeros(shape)
    if isinstance(law, (SoftBoundsReference, PowStepReference)):
        reference = law.reference_mean + law.reference_std * draws.normal(11)
        if law.subtract_symmetry_point:
            point = symmetry_points(law_numbers(law), cells)
            reference, rest = reference + point, rest + point
    lifetime = np.abs(law.lifetime * (1.0 + law.lifetime_dtod * draws.normal(8)))
    rate = _divided(np.ones(shape), lifetime)
    diffusion = np.abs(law.diffusion * (1.0 + law.diffusion_dtod * draws.normal(6)))
    return cells, Passive(*(p.astype(np.float32) for p in (reference, rest, rate, diffusion)))


def symmetry_points(law: LawNumbers, cells: Cells) -> NDArray[np.float64]:
    """Return the weight at which an up and a down step are alike, shape (rows, columns).

    Where they are alike nowhere within the bounds, the bound at which they are nearest. Found by
    bisection: up steps minus down steps fall with w in every law but a piecewise one, of which one
    point is found.
    """
    low, high = cells.w_min.astype(float), cells.w_max.astype(float)
    for _ in range(_ESTIMATION_HALVINGS):
        middle = 0.5 * (low + high)
        rising = mean_steps(law, cells, middle, up=True) + mean_steps(law, cells, middle, up=False)
        low, high = np.where(rising > 0.0, middle, low), np.where(rising > 0.0, high, middle)
    return np.asarray(0.5 * (low + high))
