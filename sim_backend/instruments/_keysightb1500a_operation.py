"""What the outputs of a B1500A do at the moment: LOP? and WZ?.

Source: B1500A Programming Guide, chapter 4; the codes of LOP? are those of table 4-26. No unit here
ever oscillates (20), and a pulse generator has no code of its own (00).
"""

from typing import Final

from ..wire.flex import Real, command
from ._keysightb1500a_base import SLOTS, B1500Base
from ._keysightb1500a_smu import Smu

_SAFE: Final = 2.0  # V
_LONGEST: Final = 600.0  # s that is waited for here; the guide's own limit is not known to us


class OperationCommands(B1500Base):
    """Whether outputs are held back, and whether any is far from zero."""

    @command("LOP?")
    def operation(self) -> str:
        """Tell of every slot what its unit forces, and whether its compliance holds it back."""
        codes = ["00"] * SLOTS
        for channel, smu in self.smus.items():
            if smu.on:
                codes[channel - 1] = _code(smu)
        return f"LOP{','.join(codes)}"

    @command("WZ?", Real(0.0, _LONGEST), optional=1)
    def is_anything_live(self, timeout: float = 0.0) -> int:
        """Tell 0 when every output is within 2 V of zero, else 1, after at most ``timeout`` s."""
        if timeout and not self._all_within():
            self.wait(timeout)
        return int(not self._all_within())

    def _all_within(self) -> bool:
        at = [smu.stage.look(0.0).voltage for smu in self.enabled]
        at += [it.terminal.measure(0.0).voltage for it in self.generators.values() if it.on]
        return all(abs(voltage) <= _SAFE for voltage in at)


def _code(smu: Smu) -> str:
    """Return what a unit does, as LOP? has it."""
    seen = smu.stage.look(0.0)
    if smu.force.kind == "CURR":
        if smu.stage.tripped:
            return "11"
        return "03" if smu.force.level < 0.0 else "02"
    if smu.stage.tripped:
        return "13" if seen.current < 0.0 else "12"
    return "01"
