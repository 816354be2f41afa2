"""Where the error of products comes from, each part as a share of the products' own size."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from labcim.capabilities import Floats

from .calibration import FORWARD, Calibration

if TYPE_CHECKING:
    from .analog_matrix import AnalogMatrix


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """Root mean squares of errors of products over that of the products; ``total``: all together.

    quantisation: weights that cells cannot hold.  programming: cells beside their targets, and what
    is left of stuck ones.  inputs: rounding of inputs.  converter: rounding of currents; NaN where
    the range is not known: before ``recalibrate``, or where channels find their own.  noise: from
    call to call, measured.  measured: of the whole against exact products.  clipped: share of
    values that were beyond the range and had to be read again; they cost time, not accuracy.
    """

    quantisation: float
    programming: float
    inputs: float
    converter: float
    noise: float
    total: float
    measured: float
    clipped: float

    def __str__(self) -> str:
        return "\n".join(
            f"{item.name:<13} {getattr(self, item.name):8.3%}" for item in fields(self)
        )


def budget(matrix: "AnalogMatrix", vectors: Floats, calibration: Calibration) -> ErrorBudget:
    """Return the parts of the error for ``vectors``, (batch, inputs); multiplies them twice."""
    before = matrix.tally.clipped, matrix.tally.conversions
    first, second = matrix.products(vectors), matrix.products(vectors)
    clipped = matrix.tally.clipped - before[0]
    conversions = matrix.tally.conversions - before[1]
    true = vectors @ matrix.weights.T
    size = _rms(true)
    scale = matrix.full_scale[:, None]
    held_best = matrix.scheme.quantised(matrix.weights / scale) * scale
    programming = vectors @ (matrix.held() + matrix.patches.toarray() - held_best).T
    parts = {
        "quantisation": _rms(vectors @ (held_best - matrix.weights).T) / size,
        "programming": _rms(programming) / size,
        "inputs": _rms((_rounded(matrix, vectors) - vectors) @ matrix.weights.T) / size,
        "converter": _converter(matrix, vectors, calibration) / size,
        "noise": _rms(first - second) / np.sqrt(2.0) / size,
    }
    total = float(np.sqrt(np.nansum(np.square(list(parts.values())))))
    return ErrorBudget(
        **parts,
        total=total,
        measured=_rms(first - true) / size,
        clipped=clipped / max(conversions, 1),
    )


def _rounded(matrix: "AnalogMatrix", vectors: Floats) -> Floats:
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    step = np.where(largest > 0.0, largest, 1.0) / matrix.inputs.largest
    return np.asarray(np.rint(vectors / step) * step)


def _converter(matrix: "AnalogMatrix", vectors: Floats, calibration: Calibration) -> float:
    """Return the RMS error of outputs by a converter that rounds to 1/12 of a squared step.

    Each digit of a weight is a difference of two lines, and a mean over its copies.
    """
    if not calibration.ranges:
        return float("nan")
    scheme, steps = matrix.scheme, 2 ** (matrix.coding.output_bits - 1) - 1
    digits = np.square(scheme.worth).sum() * np.square(matrix.inputs.worth).sum()
    unit = matrix.coding.voltage * scheme.span
    power = np.zeros(matrix.shape[0])
    for which in matrix.passes:
        end = calibration.ranges[which, FORWARD]
        step = (end or float("nan")) / steps / unit
        for number in which.regions:
            outputs = matrix.layout.regions[number].outputs(scheme)
            power[outputs] += 2.0 / scheme.copies * step * step / 12.0 * digits
    sizes = np.square(np.abs(vectors).max(axis=1)).mean()
    return float(np.sqrt(np.mean(power * np.square(matrix.full_scale)) * sizes))


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
