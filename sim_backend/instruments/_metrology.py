"""How far a simulated instrument's levels and readings are from the truth.

Every range of every function is wrong by a part of the reading and an offset, drawn once from the
serial number within what the data sheet allows; readings have noise besides, which falls with the
square root of the integration time. So an instrument stays itself, and two of a kind differ.
"""

import math
import re
import zlib
from collections.abc import Mapping
from typing import Final

import numpy as np

Accuracy = Mapping[str, Mapping[float, tuple[float, float]]]
"""Function -> range -> (part of reading, offset in the function's unit)."""
Steps = Mapping[str, Mapping[float, float]]
"""Function -> range -> smallest step of its converter, in the function's unit."""

_TYPICAL: Final = 0.25  # a good instrument's error over what its data sheet allows
_BLOCK: Final = 1024
_SHORTEST: Final = 1e-2  # line cycles; below, the noise is that of the converter itself

_Errors = dict[tuple[str, float], tuple[float, float]]


class Metrology:
    """The errors of one instrument; its noise comes from a seed.

    model: its digits keep two models of one serial number apart.  accuracy: of readings.
    noise: rms at one line cycle, over the range.  source, steps: accuracy and smallest step of
    levels; without them a level is exactly what it is said to be.
    """

    def __init__(
        self,
        serial: str,
        model: str,
        accuracy: Accuracy,
        *,
        seed: int,
        noise: float,
        source: Accuracy | None = None,
        steps: Steps | None = None,
    ) -> None:
        number = int(re.sub(r"\D", "", model) or 0)
        key = zlib.crc32(serial.encode())
        self._read = _drawn(np.random.Philox(key=[key, number]), accuracy)
        self._given = _drawn(np.random.Philox(key=[key, number + 2**32]), source or {})
        self._steps = {
            (function, name): step
            for function, ranges in (steps or {}).items()
            for name, step in ranges.items()
        }
        self._relative_noise = noise
        self._noise = np.random.Generator(np.random.Philox(key=[seed % 2**63, key]))
        self._normals: list[float] = []

    def shown(self, function: str, value: float, full_scale: float, cycles: float) -> float:
        """Return a value as it reads on a range when integrated for ``cycles`` line cycles."""
        gain, offset = self._read[function, full_scale]
        noise = self._relative_noise * full_scale * self._normal()
        return value * (1.0 + gain) + offset + noise / math.sqrt(max(cycles, _SHORTEST))

    def given(self, function: str, value: float, full_scale: float) -> float:
        """Return the level that is really put out for one that was programmed on a range."""
        step = self._steps.get((function, full_scale), 0.0)
        if step:
            value = float(f"{round(value / step) * step:.12g}")
        gain, offset = self._given.get((function, full_scale), (0.0, 0.0))
        return value * (1.0 + gain) + offset

    def _normal(self) -> float:
        if not self._normals:
            self._normals = self._noise.standard_normal(_BLOCK).tolist()
        return self._normals.pop()


def _drawn(bits: np.random.Philox, accuracy: Accuracy) -> _Errors:
    """Return the (part of reading, offset) by which each range is really wrong."""
    generator = np.random.Generator(bits)
    errors: _Errors = {}
    for function, ranges in accuracy.items():
        for name, (gain, offset) in ranges.items():
            first, second = generator.uniform(-_TYPICAL, _TYPICAL, 2)
            errors[function, name] = gain * float(first), offset * float(second)
    return errors
