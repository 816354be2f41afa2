"""The operational amplifier of the feedback circuits, and how one of their runs ended."""

from dataclasses import dataclass
from math import inf, pi
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labcim.errors import InstrumentError
from labcim.units import Hertz, Second, Volt

from .arguments import not_negative, positive, seed_of

Floats = NDArray[np.float64]
Ending = Literal[
    "settled", "unstable", "saturated", "not settled", "singular", "inexact", "dead", "ambiguous"
]


@dataclass(frozen=True)
class OpAmp:
    """An operational amplifier of one pole.

    gain: open loop, DC.  bandwidth: Hz, gain times bandwidth.  limit: V, the output reaches ± this.
    slew: V/s.  offset: V, standard deviation of the input offsets, drawn once from the seed.
    """

    gain: float = 1e5
    bandwidth: Hertz = 10e6
    limit: Volt = 1.5
    slew: float = inf
    offset: Volt = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, unit in (("gain", ""), ("bandwidth", "Hz"), ("limit", "V")):
            positive(name, getattr(self, name), unit)
        if not self.slew > 0.0:
            positive("slew", self.slew, "V/s")
        not_negative("offset", self.offset, "V")
        seed_of(self.seed)

    @property
    def rate(self) -> float:
        """2 π times the gain-bandwidth product, in 1/s."""
        return 2.0 * pi * self.bandwidth

    def offsets(self, count: int) -> Floats:
        """Return the input offsets of ``count`` amplifiers, in V."""
        random = np.random.Generator(np.random.Philox(key=self.seed, counter=[6, 0, 0, 0]))
        return self.offset * random.standard_normal(count)


@dataclass(frozen=True)
class FeedbackResult:
    """How a feedback circuit ended.

    voltage: V, the amplifiers' outputs at the end, whatever the ending.  ending: "settled", or
    why the voltages are not the answer; ``reason`` says it with numbers.  settling_time: s, nan if
    it did not settle.  poles: 1/s, of the circuit without limits, rightmost first.
    """

    voltage: Floats
    ending: Ending
    reason: str
    settling_time: Second
    poles: NDArray[np.complex128]

    @property
    def settled(self) -> bool:
        """Whether the voltages are the answer."""
        return self.ending == "settled"

    @property
    def answer(self) -> Floats:
        """The voltages, in V; InstrumentError, with the reason, if they are not the answer."""
        if not self.settled:
            raise InstrumentError(f"feedback circuit {self.ending}: {self.reason}")
        return self.voltage
