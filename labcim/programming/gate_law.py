"""From the gate of an access transistor to the current that it allows, learned from currents.

In saturation I = beta / 2 * (V_G - V_T)^2: the root of the current is linear in the gate.
"""

import math
from dataclasses import dataclass

import numpy as np

from labcim.analysis.distributions import Floats
from labcim.errors import RangeError


@dataclass(frozen=True, slots=True)
class GateLaw:
    """threshold: V_T in V.  beta: A/V2.  lowest, highest: A, between which it was measured."""

    threshold: float
    beta: float
    lowest: float
    highest: float

    def current(self, gate: float) -> float:
        """Return the current in A that a gate in V allows."""
        return 0.5 * self.beta * max(gate - self.threshold, 0.0) ** 2

    def gate(self, current: float) -> float:
        """Return the gate in V that allows ``current`` A. Raises RangeError beyond the measured."""
        if not 0.9 * self.lowest <= current <= 1.1 * self.highest:
            raise RangeError(
                f"compliance = {current:g} A: the gates that were tried allowed "
                f"{self.lowest:g} to {self.highest:g} A"
            )
        return self.threshold + math.sqrt(2.0 * current / self.beta)


def fitted(gates: Floats, currents: Floats) -> GateLaw:
    """Return the law of gates in V and the currents in A that they allowed, both (n,).

    Raises RangeError without currents at two gates, or where they do not rise.
    """
    known = np.isfinite(currents) & (currents > 0.0)
    gates, currents = gates[known], currents[known]
    if len(np.unique(gates)) < 2:
        raise RangeError("gate law: currents are known at fewer than two gates")
    slope, offset = np.polyfit(gates, np.sqrt(currents), 1)
    if slope <= 0.0:
        raise RangeError("gate law: the current does not rise with the gate")
    means = [float(currents[gates == gate].mean()) for gate in np.unique(gates)]
    return GateLaw(float(-offset / slope), float(2.0 * slope**2), means[0], means[-1])
