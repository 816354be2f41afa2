"""A matrix of numbers on a chip: placed, written, multiplied, kept in step with its cells."""

from .analog_matrix import AnalogMatrix

__all__ = ["AnalogMatrix"]
