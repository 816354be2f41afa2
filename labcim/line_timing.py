"""How fast lines charge: what a bench file believes of them, and the shortest pulse that follows.

A pulse reaches the share 1 - exp(-w / R C) of its voltage in its width w; below `REACHED` it is not
the pulse that was asked for, and is refused.
"""

import math
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .errors import RangeError
from .units import Farad, Ohm, Second, show

REACHED: Final = 0.95  # of its voltage, which a pulse has to reach


class LineTiming(BaseModel):
    """Resistance and capacitance of the slowest line, or the time that was measured of it.

    resistance: ohm of all that is in series: the source's output, contacts, the line.  capacitance:
    F of a whole line.  settling: s in which a step reaches 95 % at the last cell; it goes before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    resistance: Ohm | None = Field(default=None, gt=0)
    capacitance: Farad | None = Field(default=None, gt=0)
    settling: Second | None = Field(default=None, gt=0, le=1.0)

    @model_validator(mode="after")
    def _says_enough(self) -> "LineTiming":
        if (self.resistance is None) is not (self.capacitance is None):
            raise ValueError("resistance and capacitance: give both, or settling instead")
        if self.settling is None and self.resistance is None:
            raise ValueError("give resistance and capacitance, or settling")
        return self

    @property
    def constant(self) -> float:
        """Return the time constant in s."""
        if self.settling is not None:
            return self.settling / -math.log1p(-REACHED)
        assert self.resistance is not None and self.capacitance is not None
        return self.resistance * self.capacitance

    @property
    def shortest_pulse(self) -> float:
        """Return the shortest width in s that is accepted."""
        return -self.constant * math.log1p(-REACHED)

    def check_width(self, name: str, width: float) -> None:
        """Raise RangeError for a pulse in which the lines do not charge. width: s."""
        if width >= self.shortest_pulse * (1.0 - 1e-9):
            return
        reached = -math.expm1(-max(width, 0.0) / self.constant)
        made_of = "settling time as stated"
        if self.settling is None and self.resistance and self.capacitance:
            made_of = f"{show(self.resistance, 'Ω')} and {show(self.capacitance, 'F')}"
        raise RangeError(
            f"{name} = {show(width, 's')}: the lines' time constant is {show(self.constant, 's')} "
            f"({made_of}), so that the pulse would reach {100.0 * reached:.0f} % of its voltage; "
            f"accepts {show(self.shortest_pulse, 's')} and more; nothing was sent"
        )
