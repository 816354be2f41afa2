"""The noisy multiply of a block of rows, in one call: DAC, product, noise, ADC.

A row does not know which rows are beside it: results are the same for any division into blocks.
"""

import numpy as np
from numpy.typing import NDArray

from .normals import fill_normals
from .product import MANY, STRIP, fast, place_of_row, product

Singles = NDArray[np.float32]
BLOCK = 22 * MANY  # rows that share what is loaded of the weights
CHUNK = 512  # normals that are drawn at a time
U = np.uintp

# Places of the constants of a multiply; see `mvm.MvmParameters`.
INP_BOUND, INP_STEP, INP_NOISE, OUT_BOUND, OUT_STEP, OUT_NOISE, W_NOISE, SHIFT = range(8)
CONSTANTS = 8
_UNSIGNED, _INFINITE = np.int32(0x7FFFFFFF), np.int32(0x7F800000)
_NORMAL = np.int32(0x00800000)  # the least number that is not denormal
ROUNDER = np.float32(1.5 * 2.0**23)  # holds for up to 2^22 steps on either side


@fast
def largest(values: Singles, scales: Singles) -> bool:
    """Write each row's largest magnitude to ``scales``; return whether all is finite.

    A row of zeros, or of numbers so small that they have no inverse, has the scale 1.
    """
    # The bits of floats without their sign are in the order of magnitude: an integer maximum is a
    # vector, and infinities and nan come out above all numbers.
    bits, found = values.view(np.int32), scales.view(np.int32)
    finite = True
    for row in range(values.shape[0]):
        most = np.int32(0)
        for k in range(values.shape[1]):
            most = max(most, np.int32(bits[row, k] & _UNSIGNED))
        found[row] = most
        if most >= _INFINITE:
            finite = False
        if most < _NORMAL:
            scales[row] = np.float32(1.0)
    return finite


@fast
def _quantised(values: Singles, start: int, count: int, bound: float, step: float) -> None:
    """Clip to ±bound, and round to steps; step 0 leaves values as they are."""
    low, high, first = np.float32(-bound), np.float32(bound), U(start)
    for k in range(U(count)):
        values[first + k] = min(max(values[first + k], low), high)
    if step > 0.0:
        unit, each = np.float32(step), np.float32(1.0 / step)
        for k in range(U(count)):
            # Rounds to even, as rint does, but as a vector: float32 has no fractions above 2^23.
            values[first + k] = ((values[first + k] * each + ROUNDER) - ROUNDER) * unit


@fast
def _to_lines(
    values: Singles, scale: float, constants: NDArray[np.float64], lines: Singles
) -> float:
    """Scale and convert one vector into ``lines``; return the square of its length."""
    width, each = U(values.size), np.float32(1.0) / np.float32(scale)
    for k in range(width):
        lines[k] = values[k] * each
    _quantised(lines, 0, values.size, constants[INP_BOUND], constants[INP_STEP])
    length = 0.0
    if constants[W_NOISE] > 0.0:
        for k in range(width):
            length += float(lines[k]) ** 2
    return length


@fast
def _add_noise(
    values: Singles,
    at: int,
    count: int,
    sigma: float,
    key: int,
    place: int,
    bits: NDArray[np.int32],
    normals: Singles,
) -> None:
    """Add ``sigma`` times normals to ``count`` values: pairs from ``place`` on."""
    done = 0
    while done < count:
        part = min(count - done, CHUNK)
        half = (part + 1) // 2
        fill_normals(key, place + done // 2, half, bits, normals)
        first, strength = U(at + done), np.float32(sigma)
        for j in range(U(part)):
            values[first + j] += strength * normals[j]
        done += part


@fast
def _from_lines(
    sums: Singles, at: int, count: int, constants: NDArray[np.float64], scale: float, out: Singles
) -> int:
    """Convert a row of a strip's sums into ``out``; return how many were clipped."""
    bound, first, unit = np.float32(constants[OUT_BOUND]), U(at), np.float32(scale)
    clipped = 0
    for j in range(U(count)):
        clipped += int(abs(sums[first + j]) > bound)
    _quantised(sums, at, count, constants[OUT_BOUND], constants[OUT_STEP])
    for j in range(U(count)):
        out[j] = sums[first + j] * unit
    return clipped


@fast
def _load(
    inputs: Singles,
    chosen: NDArray[np.int64],
    scales: Singles,
    constants: NDArray[np.float64],
    key: int,
    places: NDArray[np.int64],
    rows: Singles,
    sigma: NDArray[np.float64],
) -> None:
    """Put the chosen vectors on the lines, with their noise; find that of their outputs, sigma."""
    bits, normals = np.empty(2 * CHUNK, np.int32), np.empty(2 * CHUNK, np.float32)
    width, many = inputs.shape[1], chosen.size
    lines = np.empty(width, np.float32)
    for i in range(many):
        row = chosen[i]
        length = _to_lines(inputs[row], scales[row], constants, lines)
        if constants[INP_NOISE] > 0.0:
            _add_noise(lines, 0, width, constants[INP_NOISE], key, places[i], bits, normals)
        first, stride = place_of_row(i, many, width)
        for k in range(U(width)):
            rows[U(first) + k * U(stride)] = lines[k]
        sigma[i] = np.sqrt(constants[OUT_NOISE] ** 2 + constants[W_NOISE] ** 2 * length)


@fast
def _unload(
    sums: Singles,
    chosen: NDArray[np.int64],
    scales: Singles,
    constants: NDArray[np.float64],
    key: int,
    places: NDArray[np.int64],
    sigma: NDArray[np.float64],
    outputs: Singles,
    clipped: NDArray[np.int64],
) -> int:
    """Add noise to the sums of the chosen rows and convert them; return how many clipped."""
    bits, normals = np.empty(2 * CHUNK, np.int32), np.empty(2 * CHUNK, np.float32)
    columns, across, total = outputs.shape[1], sums.size // chosen.size, 0
    for i in range(chosen.size):
        row, at = chosen[i], i * across
        if sigma[i] > 0.0:
            _add_noise(sums, at, columns, sigma[i], key, places[i], bits, normals)
        if constants[SHIFT] > 0.0:
            outputs[row] = sums[at : at + columns]
        else:
            clipped[row] = _from_lines(sums, at, columns, constants, scales[row], outputs[row])
            total += int(clipped[row])
    return total


@fast
def multiply_rows(
    inputs: Singles,
    chosen: NDArray[np.int64],
    scales: Singles,
    laid: Singles,
    constants: NDArray[np.float64],
    key: int,
    attempt: int,
    outputs: Singles,
    clipped: NDArray[np.int64],
) -> int:
    """Multiply the chosen rows of ``inputs``, (batch, inputs); return how many outputs clipped.

    scales: of each row of the batch.  laid: `product.strips`.  outputs, clipped: are written to;
    clipped: how many outputs of each row lay beyond the ADC.  attempt: which repetition this is, so
    that noise is drawn anew.
    """
    batch, width = inputs.shape
    weights, across = laid.reshape(-1), laid.shape[0] * STRIP
    # Pairs of normals that a row draws in one attempt: for its inputs, then for its outputs.
    ahead = (width + 1) // 2
    pairs = ahead + (outputs.shape[1] + 1) // 2
    height, total = min(BLOCK, chosen.size), 0
    rows, sums = np.empty(height * width, np.float32), np.empty(height * across, np.float32)
    sigma = np.empty(height)
    for start in range(0, chosen.size, BLOCK):
        part = chosen[start : start + BLOCK]
        places = (attempt * batch + part) * pairs
        _load(inputs, part, scales, constants, key, places, rows, sigma)
        used = sums[: part.size * across]
        product(rows, part.size, width, weights, used)
        places += ahead
        total += _unload(used, part, scales, constants, key, places, sigma, outputs, clipped)
    return total


@fast
def shift_rows(
    outputs: Singles, scales: Singles, constants: NDArray[np.float64], clipped: NDArray[np.int64]
) -> None:
    """Shift each row of analog outputs so that its largest just fits the ADC, then convert it."""
    for row in range(outputs.shape[0]):
        values = outputs[row]
        shift = np.float32(constants[OUT_BOUND]) - values.max()
        if shift < np.float32(0.0):
            for j in range(U(values.size)):
                values[j] += shift
        clipped[row] = _from_lines(values, 0, values.size, constants, scales[row], values)
