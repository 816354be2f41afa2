"""Keithley 3706A system switch with matrix cards, in its language TSP.

A channel is slot, row and two digits of column: ``1203`` is slot 1, row 2, column 3. Source: Series
3700A System Switch/Multimeter Reference Manual, 3700AS-901-01, TSP command reference.
"""

import re
from functools import lru_cache
from typing import ClassVar, final

from labcim.errors import RangeError

from ._tsp_switch import SLOTS, TspSwitch

_CHANNEL = re.compile(r"[1-6][1-8][0-9]{2}")
_BACKPLANE = re.compile(r"[1-6]9[12][0-9]")
_ROW = re.compile(r"row([1-8])")
_COLUMN = re.compile(r"slot([1-6])\.column([1-9][0-9]?)")


@lru_cache(maxsize=len(SLOTS) * 8 * 100)
def _is_channel(name: str) -> bool:
    return _CHANNEL.fullmatch(name) is not None


@final
class Keithley3706A(TspSwitch):
    """A system switch; its analog backplane is used for nothing but `backplane`."""

    identified_by: ClassVar[str] = "MODEL 3706"
    example: ClassVar[str] = "1203"

    @classmethod
    def is_channel(cls, name: str) -> bool:
        """Say whether a name is slot, row and two digits of column."""
        return _is_channel(name)

    def crosspoint(self, row: str, column: str) -> str:
        """Return the channel between two matrix terminals: row2, slot1.column3 is 1203.

        Raises RangeError for what is no terminal of a matrix.
        """
        at_row, at_column = _ROW.fullmatch(row), _COLUMN.fullmatch(column)
        if at_row is None or at_column is None:
            raise RangeError(
                f"crosspoint of {row!r} and {column!r}: accepts row1 to row8 and "
                "slot1.column1 to slot6.column99"
            )
        return f"{at_column[1]}{at_row[1]}{int(at_column[2]):02d}"

    def set_backplane(self, channels: list[str], relays: list[str]) -> None:
        """Let analog backplane relays, such as 1911, move together with channels."""
        for relay in relays:
            if not (isinstance(relay, str) and _BACKPLANE.fullmatch(relay)):
                raise RangeError(f"backplane relay {relay!r}: accepts 1911 and the like")
        self.command(f"channel.setbackplane('{self._joined(channels)}', '{','.join(relays)}')")

    def backplane(self, channel: str) -> list[str]:
        """Return the backplane relays that move together with a channel."""
        answer = self.ask(f"print(channel.getbackplane('{self._joined([channel])}'))")
        return [relay for relay in answer.split(",") if relay and relay != "nil"]

    def interlocks(self) -> dict[int, int]:
        """Return for each occupied slot which of its interlocks are engaged: 0 to 3."""
        said = {slot: self.ask(f"print(slot[{slot}].interlock.state)") for slot in SLOTS}
        return {slot: self.whole(state) for slot, state in said.items() if state != "nil"}
