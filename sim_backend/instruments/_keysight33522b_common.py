"""Angles, the reference clock and the attenuator's range of a simulated Keysight 33522B.

33500 Series Operating and Service Guide, UNIT, PHASe, BURSt, ROSCillator and VOLTage subsystems.
Nothing is ever connected to the reference input; a held range gives the same levels here.
"""

import math
from typing import Final

from ..wire.parameters import Boolean, Choice, OneOf
from ..wire.scpi import command, query
from ._extremes import EXTREME, Limits, number, told, within
from ._keysight33522b_base import Keysight33522BBase

_S: Final = "[:SOURce<1..2>]"
_ANGLE: Final = number()


class CommonCommands(Keysight33522BBase):
    """Phases, in the unit that is set for angles; where the clock comes from."""

    @command("UNIT:ANGLe", Choice("DEGree", "RADian", "SECond"))
    def set_angle_unit(self, unit: str) -> None:
        """Choose how phases are set and told."""
        self.common.angle = unit

    @query("UNIT:ANGLe")
    def angle_unit(self) -> str:
        """Tell how phases are set and told."""
        return self.common.angle

    @command(f"{_S}:PHASe[:ADJust]", _ANGLE)
    def set_phase(self, n: int, phase: float | str) -> None:
        """Set the phase in the unit of angles."""
        self.signals[n].phase = self._degrees(n, phase)
        self.settle(n)

    @query(f"{_S}:PHASe[:ADJust]", EXTREME, optional=1)
    def phase(self, n: int, which: str | None = None) -> float:
        """Tell the phase in the unit of angles."""
        return self._told(n, self.signals[n].phase, which)

    @command(f"{_S}:BURSt:PHASe", _ANGLE)
    def set_burst_phase(self, n: int, phase: float | str) -> None:
        """Set the phase at which bursts start, in the unit of angles."""
        self.signals[n].burst.phase = self._degrees(n, phase)
        self.settle(n)

    @query(f"{_S}:BURSt:PHASe", EXTREME, optional=1)
    def burst_phase(self, n: int, which: str | None = None) -> float:
        """Tell the phase at which bursts start, in the unit of angles."""
        return self._told(n, self.signals[n].burst.phase, which)

    def _turn(self, n: int) -> float:
        """Return one whole cycle of a channel in the unit of angles."""
        whole = {"DEG": 360.0, "RAD": 2.0 * math.pi, "SEC": self.signals[n].period}
        return whole[self.common.angle]

    def _limits(self, n: int) -> Limits:
        return -self._turn(n), self._turn(n), 0.0

    def _degrees(self, n: int, phase: float | str) -> float:
        turn = self._turn(n)
        value = within(phase, self._limits(n))
        return value if turn == 360.0 else value / turn * 360.0

    def _told(self, n: int, degrees: float, which: str | None) -> float:
        turn = self._turn(n)
        return told(degrees if turn == 360.0 else degrees / 360.0 * turn, which, self._limits(n))

    @command("ROSCillator:SOURce", Choice("INTernal", "EXTernal"))
    def set_reference(self, source: str) -> None:
        """Choose the reference clock, which ends the automatic choice."""
        self.common.reference, self.common.reference_auto = source, False

    @query("ROSCillator:SOURce")
    def reference(self) -> str:
        """Tell the reference clock that was chosen."""
        return self.common.reference

    @command("ROSCillator:SOURce:AUTO", Boolean())
    def set_reference_auto(self, on: bool) -> None:
        """Let an external clock be used whenever there is one."""
        self.common.reference_auto = on

    @query("ROSCillator:SOURce:AUTO")
    def reference_auto(self) -> int:
        """Tell whether an external clock is used whenever there is one."""
        return int(self.common.reference_auto)

    @query("ROSCillator:SOURce:CURRent")
    def reference_now(self) -> str:
        """Tell the clock that is used: the internal one where the choice is automatic."""
        return "INT" if self.common.reference_auto else self.common.reference

    @command(f"{_S}:VOLTage:RANGe:AUTO", OneOf(Choice("ONCE"), Boolean()))
    def set_range_auto(self, n: int, state: bool | str) -> None:
        """Let the range follow the amplitude, or hold it; ONCE finds it now and holds it."""
        self.signals[n].range_auto = state is True

    @query(f"{_S}:VOLTage:RANGe:AUTO")
    def range_auto(self, n: int) -> int:
        """Tell whether the range follows the amplitude."""
        return int(self.signals[n].range_auto)
