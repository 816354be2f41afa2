"""A simulated Keysight (Agilent) B1500A with source-measure units, in FLEX.

Commands, defaults and manners: B1500A Programming Guide (B1500-90010). What is simulated are the
units (spot, staircase and multi channel sweep, pulses, sampling) and the two-level pulses of the
pulse generator; quasi-pulses, searches, the capacitance and waveform units, digital I/O and the
program memory are not: their commands are answered as undefined (100), their modes of MM as a wrong
value (120).
"""

from typing import TYPE_CHECKING, final

from ._keysightb1500a_base import Spec
from ._keysightb1500a_learn import LearnCommands
from ._keysightb1500a_operation import OperationCommands
from ._keysightb1500a_output import OutputCommands
from ._keysightb1500a_spgu import SpguCommands
from ._keysightb1500a_system import SystemCommands

if TYPE_CHECKING:
    from ..bench import SimulatedBench


@final
class KeysightB1500A(
    SystemCommands, OutputCommands, OperationCommands, SpguCommands, LearnCommands
):
    """The analyzer; terminals ``smu1``, ``spgu501`` and so on by slot; ground is low."""

    known_options = ("slots", "interlock")

    def __init__(self, bench: "SimulatedBench", spec: Spec) -> None:
        super().__init__(bench, spec, bench.chip_file.chip.seed)
        self.reset()

    def power_cycle(self) -> None:
        """Be switched off and on: settings, data, errors and the mask are gone."""
        self.reset()
        self.errors.clear()
        self.status.mask = 0


SIMULATED = KeysightB1500A
