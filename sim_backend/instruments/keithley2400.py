"""A simulated Keithley 2400.

Commands, defaults and manners: 2400 Series SourceMeter User's Manual, 2400S-900-01. Not simulated
are source memory, expressions of the user (:CALCulate1) and the lines of the trigger link.
"""

from typing import TYPE_CHECKING, final

from ._keithley2400_base import Spec
from ._keithley2400_hardware import MODEL_2400
from ._keithley2400_language import Keithley2400Language
from ._limit_loops import KEITHLEY_2400
from ._smu_stage import SmuStage
from ._terminal import Terminal

if TYPE_CHECKING:
    from ..bench import SimulatedBench

_OUTPUT_IMPEDANCE = 1e-3


@final
class Keithley2400(Keithley2400Language):
    """The source-meter between its terminal ``hi`` and ground."""

    terminals: tuple[str, ...] = ("hi",)

    def __init__(self, bench: "SimulatedBench", spec: Spec) -> None:
        serial = spec.serial or "1158207"
        terminal = Terminal(bench, f"{spec.name}.hi", _OUTPUT_IMPEDANCE, loop=KEITHLEY_2400)
        super().__init__(MODEL_2400, SmuStage(terminal), serial, bench.chip_file.chip.seed)
        self.name = spec.name
        self.identity = (
            f"KEITHLEY INSTRUMENTS INC.,MODEL 2400,{serial},C34 Sep 21 2016 15:30:00/A02  /S/K"
        )


SIMULATED = Keithley2400
