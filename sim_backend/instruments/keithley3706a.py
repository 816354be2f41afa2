"""The simulated Keithley 3706A system switch with 3730 matrix cards, in its language TSP.

Relays take time, bounce, wear and stick (see `_relays`), and obey the connection rule and the
forbidden list. A closed matrix channel ties ``NAME.rowR`` to ``NAME.slotS.columnC`` of the bench's
wiring; the rows of all cards are bridged by cable. Option ``bridged = false`` leaves them apart:
``NAME.slotS.rowR``. Option ``cards`` lists the slots from 1 on; an empty string is an empty slot.
Option ``contact_resistance = true`` lets also contacts of less than an ohm enter the circuit;
``model`` is 3706A or one of its variants without multimeter or front panel.
Source: Series 3700A Reference Manual, 3700AS-901-01, TSP command reference.
"""

from typing import TYPE_CHECKING, ClassVar, Final, final

from labcim.errors import RecipeError

from ._keithley3706a_backplane import Backplane
from ._keithley3706a_cards import KINDS

if TYPE_CHECKING:
    from ..bench import SimulatedBench
    from ..chip.chip_file import InstrumentSpec

MODELS: Final = ("3706A", "3706A-S", "3706A-NFP", "3706A-SNFP")


@final
class Keithley3706A(Backplane):
    """A system switch: six slots, each empty or with a matrix card."""

    revision = "01.56a"
    kinds: ClassVar = KINDS
    known_options = (*Backplane.known_options, "model", "interlock")
    usual_cards: ClassVar = ("3730", "3730", "3730")

    def __init__(self, bench: "SimulatedBench", spec: "InstrumentSpec") -> None:
        self.model = spec.options.get("model", "3706A-SNFP")
        if self.model not in MODELS:
            raise RecipeError(f"chip file, model of {spec.name}: accepts {', '.join(MODELS)}")
        super().__init__(bench, spec)


SIMULATED = Keithley3706A
