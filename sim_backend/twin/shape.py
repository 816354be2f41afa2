"""Constants from forming, from currents at several voltages and from a bake."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from labcim.analysis.variation import positive_logarithm
from labcim.errors import RangeError
from labcim.units import Second

from ..devices._filament_conduction import relaxation_sigma
from ..devices._filament_noise import white_sigma
from ..devices._filament_preset import FilamentPreset

Floats = NDArray[np.float64]


def fit_forming(
    preset: FilamentPreset, formed: Floats, *, aperture: Second, age: Second
) -> dict[str, float]:
    """Return what forming leaves, from resistances in ohm after it, shape (cells,).

    aperture: s, of a reading.  age: s, from forming to reading; what noise and relaxation add to
    the spread meanwhile is taken off.
    """
    log_conductance = -positive_logarithm(formed)
    p = preset.parameters()[0]
    some = np.exp(np.quantile(log_conductance, np.linspace(0.005, 0.995, 100)))
    added = [
        white_sigma(p, float(g), aperture) ** 2 + (relaxation_sigma(p, float(g), age) / g) ** 2
        for g in some
    ]
    spread = float(np.var(log_conductance)) - float(np.mean(added))
    return {
        "formed": float(np.exp(np.median(log_conductance))),
        "formed_spread": math.sqrt(max(spread, 0.0)),
    }


def fit_conduction(
    preset: FilamentPreset, voltage: Floats, current: Floats, *, classes: int = 10
) -> dict[str, float]:
    """Return nonlinearity and nonlinear_scale from the currents of many cells.

    voltage: V, shape (points,), the preset's read voltage among them or beyond.  current: A, shape
    (cells, points); an offset of the instrument may be in it.  Cells are averaged in ``classes`` of
    equal number by conductance, each with an offset and a conductance of its own; the two constants
    are common to all: 1/V0 = nonlinearity exp(-G / nonlinear_scale).
    """
    if current.ndim != 2 or current.shape[1] != len(voltage) or len(current) < 2 * classes:
        raise RangeError(f"currents of shape {current.shape} in {classes} classes: too few")
    reference = preset.read.read_voltage
    at_reference = np.array([np.interp(reference, voltage, one) for one in current])
    groups = np.array_split(np.argsort(at_reference), classes)
    means = np.array([current[group].mean(axis=0) for group in groups])

    def misses(x: Floats) -> Floats:
        found = [_miss(voltage, mean, reference, *np.exp(x)) for mean in means]
        return np.concatenate(found) * 1e6

    section = preset.conduction
    start = np.log([max(section.nonlinearity, 1.0), section.nonlinear_scale])
    bounds = (np.log([1e-3, 1e-6]), np.log([30.0, 1.0]))
    found = np.exp(least_squares(misses, start, bounds=bounds).x)
    return {"nonlinearity": float(found[0]), "nonlinear_scale": float(found[1])}


def _miss(voltage: Floats, current: Floats, reference: float, slope: float, scale: float) -> Floats:
    """Return what is left of a current when its best offset and conductance are taken away."""
    conductance = float(np.polyfit(voltage, current, 1)[0])
    for _ in range(4):  # the bend depends on the conductance at the reference; this settles
        bend = slope * math.exp(-max(conductance, 0.0) / scale)
        shape = np.sinh(bend * voltage) / math.sinh(bend * reference) * reference
        terms = np.column_stack([np.ones_like(voltage), shape])
        (offset, conductance), *_ = np.linalg.lstsq(terms, current)
    return np.asarray(current - offset - conductance * shape)


def fit_bake(
    preset: FilamentPreset, before: Floats, after: Floats, *, classes: int = 12
) -> dict[str, list[float]]:
    """Return the polynomial one_day from conductances in S before and after a bake, (cells,).

    The model takes the bake for its point of one day, wherever it was on the true time scale. The
    robust spread of the change in classes of equal number is fitted; a shift of the mean is not in
    the model.
    """
    order = np.array_split(np.argsort(before), classes)
    u = (
        np.array([before[group].mean() for group in order])
        / preset.relaxation.relaxation_full_scale
    )
    sigma = np.array([np.std((after - before)[group], ddof=1) for group in order])
    terms = np.vander(u, 5, increasing=True)
    weights = 1.0 / sigma
    coefficients, *_ = np.linalg.lstsq(terms * weights[:, None], sigma * weights)
    return {"one_day": [float(c) for c in coefficients]}
