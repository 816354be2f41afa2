"""What a source lets through before its current limit takes hold.

A source-meter limits its current by a control loop. When a cell SETs under it, the output stays at
its level until the loop has noticed, one response time; then the output gives the limit, and what
is stored in its own output and the cable discharges through the cell:

    V(t) = V0                     for t < response,
    V(t) = V0 exp(-t' / (R C))    after that, down to the limit times R.

So the peak, V0 / R with the R that the cell has come to by then, does not depend on C; how long it
lasts does. That is what is measured on 1R-1R and 1T-1R structures: P. R. Shrestha et al., "Analysis
and Control of RRAM Overshoot Current", IEEE Trans. Electron Devices 65 (2018); for the conductance
that a cell is left with: S. Ambrogio et al., "Analytical Modeling of Current Overshoot in
Oxide-Based Resistive Switching Memory (RRAM)", IEEE Electron Device Lett. 37 (2016). A transistor
or a resistor at the cell has no loop and no cable behind it: it limits at once.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

CABLE = 200e-12
"""F of an instrument's output and 1 m of coaxial cable, of about 100 pF each [R]."""
TAIL_PARTS = 8  # of a time constant
TAIL = 8  # parts that are followed: kinetics along log time feel nothing of what comes after


@dataclass(frozen=True, slots=True)
class LimitLoop:
    """How fast a source's current limit takes hold.

    responses: (A, s) in ascending order: the response time up to which limit; the last one is that
    of all limits above as well.  capacitance: F at the output, cable included.
    """

    responses: tuple[tuple[float, float], ...]
    capacitance: float = CABLE

    def response(self, limit: float) -> float:
        """Return the response time in s under a limit in A."""
        for highest, seconds in self.responses:
            if limit <= highest * (1.0 + 1e-9):
                return seconds
        return self.responses[-1][1]

    def discharge(
        self, level: float, current: float, limit: float
    ) -> Iterator[tuple[float, float]]:
        """Yield (V, s) of the cable's discharge from ``level`` V, where ``current`` A flowed."""
        if self.capacitance <= 0.0 or current == 0.0:
            return
        part = self.capacitance * abs(level / current) / TAIL_PARTS
        for number in range(TAIL):
            share = math.exp(-(number + 0.5) / TAIL_PARTS)
            if share * abs(current) <= limit:
                return
            yield share * level, part
