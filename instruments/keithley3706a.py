"""Keithley 3706A system switch with matrix cards, in its language TSP.

A channel is slot, row and two digits of column: ``1203`` is slot 1, row 2, column 3. Source: Series
3700A System Switch/Multimeter Reference Manual, 3700AS-901-01, TSP command reference.
"""

import re
from typing import ClassVar, final

from labcim.errors import RangeError

from ._tsp_switch import SLOTS, TspSwitch

_BACKPLANE = re.compile(r"[1-6]9[12][0-9]")


@final
class Keithley3706A(TspSwitch):
    """A system switch; ``row2`` and ``slot1.column3`` meet in 1203.

    Its analog backplane is used for nothing but `backplane`.
    """

    identified_by: ClassVar[str] = "MODEL 3706"
    example: ClassVar[str] = "1203"
    channels = re.compile(r"[1-6][1-8][0-9]{2}")
    rows = re.compile(r"row([1-8])")
    columns = re.compile(r"slot([1-6])\.column([1-9][0-9]?)")
    accepted = "row1 to row8 and slot1.column1 to slot6.column99"

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
