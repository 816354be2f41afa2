"""Checks of arguments that all of the periphery shares."""

import math

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
