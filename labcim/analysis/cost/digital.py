"""The digital baseline: what the same products cost a processor (P23)."""

from .constants import DIGITAL


def energy(name: str, count: float = 1.0) -> float:
    """Return the energy in J of ``count`` operations of the table. Raises KeyError."""
    return count * DIGITAL[name].value


def multiply_accumulate(count: float, *, weights_from: str = "cache 32 KB") -> float:
    """Return the energy in J of 8 bit multiply-accumulates that fetch each weight once.

    A 64 bit access brings eight weights; sums are 32 bits wide; inputs stay in registers.
    """
    arithmetic = energy("int8 multiply", count) + energy("int32 add", count)
    return arithmetic + energy(weights_from, count / 8.0)


def instructions(count: float) -> float:
    """Return the energy in J of a processor's instructions, fetch and registers included."""
    return energy("instruction", count)
