"""Bits and symbols as they come in: checked, never changed."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import RangeError

Bits = NDArray[np.uint8]
Symbols = NDArray[np.uint8]


def as_bits(values: ArrayLike) -> Bits:
    """Return 0 and 1 as unsigned bytes, shape (n,).

    values: shape (n,), n >= 1, of any boolean, integer or floating type that holds exactly 0 and 1.
    Raises RangeError for all else, NaN and text included. The input is not changed.
    """
    array = _checked(values, "bits")
    wrong = (array != 0) & (array != 1)
    if wrong.any():
        place = int(np.argmax(wrong))
        raise RangeError(f"bit {place} is {array[place]}: accepts exactly 0 and 1")
    return np.asarray(array, dtype=np.uint8)


def as_symbols(values: ArrayLike, *, bits: int | None = None) -> tuple[Symbols, int]:
    """Return symbols of at most 8 bits as unsigned bytes, shape (n,), and the bits of a symbol.

    bits: 1 to 8; None takes the fewest that hold the largest symbol. Raises RangeError for values
    that are not whole numbers from 0 to 2**bits - 1.
    """
    if bits is not None and not 1 <= bits <= 8:
        raise RangeError(f"bits = {bits} a symbol: accepts 1 to 8")
    array = _checked(values, "symbols")
    top = 2**bits - 1 if bits is not None else 255
    right = (array >= 0) & (array <= top)
    if array.dtype.kind == "f":
        right &= array == np.floor(array)
    if not right.all():
        place = int(np.argmin(right))
        raise RangeError(f"symbol {place} is {array[place]}: accepts whole numbers from 0 to {top}")
    symbols = np.asarray(array, dtype=np.uint8)
    return symbols, bits if bits is not None else max(int(symbols.max()).bit_length(), 1)


def bits_of_symbols(symbols: Symbols, bits: int) -> Bits:
    """Return symbols written out as bits, most significant first, shape (n * bits,)."""
    if bits == 1:
        return symbols
    return np.unpackbits(symbols[:, None], axis=1)[:, 8 - bits :].reshape(-1)


def windows(bits: NDArray[Any], length: int) -> NDArray[np.uint32]:
    """Return the value of every ``length``-bit window, first bit most significant, up to 32 bits.

    bits: shape (..., n). Returns shape (..., n - length + 1).
    """
    count = bits.shape[-1] - length + 1
    value = np.zeros((*bits.shape[:-1], count), np.uint32)
    for place in range(length):
        value <<= np.uint32(1)
        value |= bits[..., place : place + count]
    return value


def _checked(values: ArrayLike, what: str) -> NDArray[Any]:
    try:
        array = np.asarray(values)
    except ValueError as trouble:
        raise RangeError(f"{what}: {trouble}") from trouble
    if array.dtype.kind not in "biuf":
        raise RangeError(f"{what} of type {array.dtype}: accepts booleans, integers and floats")
    if array.ndim != 1 or array.size == 0:
        raise RangeError(f"{what} of shape {array.shape}: accepts one dimension, one value or more")
    return array
