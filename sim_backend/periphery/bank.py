"""A row of ADCs or DACs, each with its own static errors, that lines share."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from labcim.errors import RangeError

from .converters import Adc, Converted, Dac, Sharing


@dataclass(frozen=True)
class Bank:
    """Converters of one kind, one for each group of lines."""

    converters: tuple[Dac | Adc, ...]
    sharing: Sharing

    def __post_init__(self) -> None:
        if len(self.converters) != self.sharing.converters:
            said = f"{len(self.converters)} converters for {self.sharing.lines} lines"
            raise RangeError(f"{said}: accepts {self.sharing.converters}")

    def convert(self, values: ArrayLike) -> Converted:
        """Convert ``values`` V, shape (..., lines), each line by its own converter."""
        given = np.asarray(values, dtype=np.float64)
        if given.ndim == 0 or given.shape[-1] != self.sharing.lines:
            raise RangeError(f"values of shape {given.shape}: accepts (..., {self.sharing.lines})")
        each = self.sharing.lines_each
        parts = [
            converter.convert(given[..., k * each : (k + 1) * each])
            for k, converter in enumerate(self.converters)
        ]
        return Converted(*(np.concatenate(part, axis=-1) for part in zip(*parts, strict=True)))


def bank_of(converter: Dac | Adc, sharing: Sharing) -> Bank:
    """Return a bank of converters like this one, each with errors of its own."""
    errors = [replace(converter.errors, channel=k) for k in range(sharing.converters)]
    return Bank(tuple(replace(converter, errors=own) for own in errors), sharing)
