"""Keithley 707B switching matrix with cards of 8 rows and 12 columns, in its language TSP.

A channel is slot, row letter and two digits of column: ``1B03`` is slot 1, row B, column 3.
Source: Models 707B and 708B Reference Manual, 707B-901-01, sections 2 and 5.
"""

import re
from functools import lru_cache
from typing import ClassVar, final

from labcim.errors import RangeError

from ._tsp_switch import SLOTS, TspSwitch

_CHANNEL = re.compile(r"[1-6][A-H](0[1-9]|1[0-2])")
_ROW = re.compile(r"row([A-H])")
_COLUMN = re.compile(r"slot([1-6])\.column([1-9]|1[0-2])")


@lru_cache(maxsize=len(SLOTS) * 8 * 12)
def _is_channel(name: str) -> bool:
    return _CHANNEL.fullmatch(name) is not None


@final
class Keithley707B(TspSwitch):
    """A switching matrix of up to six cards."""

    identified_by: ClassVar[str] = "MODEL 707B"
    example: ClassVar[str] = "1B03"

    @classmethod
    def is_channel(cls, name: str) -> bool:
        """Say whether a name is slot, row letter and two digits of column."""
        return _is_channel(name)

    def crosspoint(self, row: str, column: str) -> str:
        """Return the channel between two matrix terminals: rowB, slot1.column3 is 1B03.

        Raises RangeError for what is no terminal of a matrix.
        """
        at_row, at_column = _ROW.fullmatch(row), _COLUMN.fullmatch(column)
        if at_row is None or at_column is None:
            raise RangeError(
                f"crosspoint of {row!r} and {column!r}: accepts rowA to rowH and "
                "slot1.column1 to slot6.column12"
            )
        return f"{at_column[1]}{at_row[1]}{int(at_column[2]):02d}"
