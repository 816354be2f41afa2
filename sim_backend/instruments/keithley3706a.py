"""The simulated Keithley 3706A system switch with 3730 matrix cards, in its language TSP.

Relays take time, bounce, wear and stick (see `_relays`), and obey the connection rule and the
forbidden list. A closed matrix channel ties ``NAME.rowR`` to ``NAME.slotS.columnC`` of the bench's
wiring; the rows of all cards are bridged by cable. Option ``bridged = false`` leaves them apart:
``NAME.slotS.rowR``. Option ``cards`` lists the slots from 1 on; an empty string is an empty slot.
Option ``contact_resistance = true`` lets also contacts of less than an ohm enter the circuit.
Source: Series 3700A Reference Manual, 3700AS-901-01, TSP command reference.
"""

from typing import ClassVar, final

from ._keithley3706a_backplane import Backplane
from ._keithley3706a_cards import KINDS


@final
class Keithley3706A(Backplane):
    """A system switch: six slots, each empty or with a matrix card."""

    model = "3706A-SNFP"
    revision = "01.56a"
    kinds: ClassVar = KINDS
    usual_cards: ClassVar = ("3730", "3730", "3730")


SIMULATED = Keithley3706A
