"""The noisy multiply step by step, one vector at a time: the oracle of `mvm`.

Written from the words, for reading; noise comes from numpy's generator. Without noise it gives the
same bits as `mvm` wherever the sums are exact in float32.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .management import BoundManagement, NoiseManagement, input_scales
from .mvm import MvmParameters

Singles = NDArray[np.float32]


def converted(values: Singles, bound: float, resolution: float) -> Singles:
    """Return ``values`` clipped to ±bound and rounded to steps of ``resolution`` of the range."""
    clipped = np.clip(values, np.float32(-bound), np.float32(bound))
    if resolution == 0.0:
        return np.asarray(clipped)
    step = 2.0 * bound * resolution
    return np.asarray(np.rint(clipped * np.float32(1.0 / step)) * np.float32(step))


def analog(
    vector: Singles, weights: Singles, p: MvmParameters, random: np.random.Generator
) -> Singles:
    """Return what the array puts out for one scaled vector, (inputs,), before the ADC."""
    lines = converted(vector, p.inp_bound, p.inp_res)
    noisy = lines + np.float32(p.inp_noise) * random.standard_normal(lines.size, np.float32)
    out = noisy @ weights
    weight_noise = p.w_noise * float(np.linalg.norm(lines))
    out = out + np.float32(weight_noise) * random.standard_normal(out.size, np.float32)
    return np.asarray(out + np.float32(p.out_noise) * random.standard_normal(out.size, np.float32))


def multiply_literally(
    weights: ArrayLike, inputs: ArrayLike, p: MvmParameters, random: np.random.Generator
) -> Singles:
    """Return the products of ``inputs``, (batch, inputs), with ``weights``, (inputs, outputs)."""
    matrix = np.asarray(weights, dtype=np.float32)
    vectors = np.asarray(inputs, dtype=np.float32)
    first = input_scales(vectors, p.noise_management, p.nm_thres, p.worst).astype(np.float32)
    rows = [
        _one(vector, matrix, scale, p, random) for vector, scale in zip(vectors, first, strict=True)
    ]
    return np.stack(rows)


def _one(
    vector: Singles, weights: Singles, scale: np.float32, p: MvmParameters,
    random: np.random.Generator,
) -> Singles:  # fmt: skip
    out = analog(vector * (np.float32(1.0) / scale), weights, p, random)
    if p.bound_management is BoundManagement.SHIFT:
        out = out + min(np.float32(p.out_bound) - out.max(), np.float32(0.0))
        return np.asarray(converted(out, p.out_bound, p.out_res) * scale)
    if p.bound_management is not BoundManagement.NONE:
        growth, worst = 1.0, p.bound_management is BoundManagement.ITERATIVE_WORST_CASE
        while np.abs(out).max() > p.out_bound:
            if worst:
                kind = NoiseManagement.ABS_MAX_NP_SUM
                scale = np.float32(input_scales(vector[None, :], kind, p.nm_thres, p.worst)[0])
                worst = False
            elif 2.0 * growth <= p.most_growth:
                scale, growth = np.float32(scale * 2), 2.0 * growth
            else:
                break
            out = analog(vector * (np.float32(1.0) / scale), weights, p, random)
    return np.asarray(converted(out, p.out_bound, p.out_res) * scale)
