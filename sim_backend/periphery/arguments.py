"""Checks of arguments that all of the periphery shares."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labcim.errors import RangeError


def positive(name: str, value: float, unit: str) -> None:
    """Raise RangeError unless ``value`` is finite and above zero."""
    if not (math.isfinite(value) and value > 0.0):
        raise RangeError(f"{name} = {value:g} {unit}: accepts finite values above 0 {unit}")


def not_negative(name: str, value: float, unit: str) -> None:
    """Raise RangeError unless ``value`` is finite and zero or more."""
    if not (math.isfinite(value) and value >= 0.0):
        raise RangeError(f"{name} = {value:g} {unit}: accepts finite values from 0 {unit}")


def whole(name: str, value: int, low: int, high: int) -> None:
    """Raise RangeError unless ``value`` lies in ``low`` to ``high``, both included."""
    if not low <= value <= high:
        raise RangeError(f"{name} = {value}: accepts {low} to {high}")


def seed_of(value: int) -> None:
    """Raise RangeError unless ``value`` is a seed."""
    whole("seed", value, 0, 2**63 - 1)


def numbers(name: str, values: ArrayLike, unit: str) -> NDArray[np.float64]:
    """Return ``values`` as float64; raise RangeError where one is no number (infinity is one)."""
    given = np.asarray(values, dtype=np.float64)
    if np.isnan(given).any():
        raise RangeError(f"{name} = nan {unit}: accepts numbers")
    return given


def singles(values: ArrayLike) -> NDArray[np.float32]:
    """Return ``values`` as contiguous float32; those too large for it become infinite."""
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(values, dtype=np.float32)
