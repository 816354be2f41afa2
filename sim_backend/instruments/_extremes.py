"""MINimum, MAXimum and DEFault of settings whose limits depend on others, in Keysight's manner."""

from typing import Final

from ..wire.errors import ScpiError
from ..wire.parameters import Choice, Numeric, OneOf

EXTREME: Final = Choice("MINimum", "MAXimum", "DEFault")
Limits = tuple[float, float, float]
"""Smallest, largest and default value of a setting."""


def number(*units: str) -> OneOf:
    """Return the type of a number in any of some units, or one of the three words as a word."""
    return OneOf(EXTREME, *(Numeric(unit, infinite=True) for unit in units or ("",)))


def within(value: float | str, limits: Limits) -> float:
    """Return what a number or one of the three words means; -222 beyond the limits."""
    if isinstance(value, str):
        return limits[("MIN", "MAX", "DEF").index(value)]
    if not limits[0] * (1.0 - 1e-12) <= value <= limits[1] * (1.0 + 1e-12):
        raise ScpiError(-222)
    return value


def told(present: float, which: str | None, limits: Limits) -> float:
    """Return a setting, or one of its limits where a query asks for that."""
    return present if which is None else within(which, limits)
