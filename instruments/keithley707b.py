"""Keithley 707B switching matrix with cards of 8 rows and 12 columns, in its language TSP.

A channel is slot, row letter and two digits of column: ``1B03`` is slot 1, row B, column 3.
Source: Models 707B and 708B Reference Manual, 707B-901-01, sections 2 and 5.
"""

import re
from typing import ClassVar, final

from ._tsp_switch import TspSwitch


@final
class Keithley707B(TspSwitch):
    """A switching matrix of up to six cards: ``rowB`` and ``slot1.column3`` meet in 1B03."""

    identified_by: ClassVar[str] = "MODEL 707B"
    example: ClassVar[str] = "1B03"
    channels = re.compile(r"[1-6][A-H](0[1-9]|1[0-2])")
    rows = re.compile(r"row([A-H])")
    columns = re.compile(r"slot([1-6])\.column([1-9]|1[0-2])")
    accepted = "rowA to rowH and slot1.column1 to slot6.column12"
