"""How a terminal of an instrument meets the bench, whatever it does at the moment."""

import math
from dataclasses import dataclass

from .pads import GROUND


@dataclass(frozen=True, slots=True)
class Port:
    """What is fixed at a terminal.

    back: the terminal to which its current returns, such as "smu.lo"; where the chip file does not
    wire it, this is ground.  sensed: the two sense terminals of a four-wire connection, None for
    two wires.  ohm: between it and its return while it drives nothing: a voltmeter's input, or an
    ammeter's shunt.
    """

    back: str = GROUND
    sensed: tuple[str, str] | None = None
    ohm: float = math.inf

    @property
    def plain(self) -> bool:
        """Say whether this asks for nothing that ideal wiring has not."""
        return self.back == GROUND and self.sensed is None and math.isinf(self.ohm)


PLAIN = Port()


@dataclass(frozen=True, slots=True)
class Measured:
    """What a terminal shows: V between it and its return, A out of it into the bench.

    An ammeter that drives nothing shows what flows into it as negative.
    """

    voltage: float
    current: float
    in_compliance: bool
