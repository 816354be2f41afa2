"""The simulated Keithley 707B switching matrix with 7072 or 7174A cards, in its language TSP.

As the 3706A (see there), but rows have letters: channel ``1B03`` ties ``NAME.rowB`` to
``NAME.slot1.column3``. The mainframe's own backplane bridges the rows of all cards; the option
``bridged = false`` takes its jumpers out: ``NAME.slot1.rowB``. Option ``cards`` lists the slots
from 1 on. Source: Models 707B and 708B Reference Manual, 707B-901-01.
"""

from typing import ClassVar, final

from ._keithley707b_cards import KINDS
from ._switch_remote import SwitchRemote


@final
class Keithley707B(SwitchRemote):
    """A switching matrix: six slots, each empty or with a card of 8 rows and 12 columns."""

    model = "707B"
    revision = "01.20a"
    kinds: ClassVar = KINDS
    usual_cards: ClassVar = ("7174A", "7174A", "7174A")


SIMULATED = Keithley707B
