"""The :STATus:QUEue commands of a simulated Keithley 2400: the error queue and what it takes.

User's Manual 2400S-900-01, section 18, STATus subsystem. What the queue does not take still sets
its bit of the standard event register.
"""

import re
from itertools import pairwise
from typing import Final

from ..wire.parameters import Parameter
from ..wire.program import Token
from ..wire.scpi import ScpiError, command, query
from ._keithley2400_base import ALL_MESSAGES, Keithley2400Base

_RANGE: Final = re.compile(r"\s*([+-]?\d{1,3})\s*(?::\s*([+-]?\d{1,3})\s*)?")


class _Messages(Parameter):
    """Numbers of messages and ranges of them, such as `(-110:-120, 802)`. Gives a frozenset."""

    def convert(self, token: Token) -> frozenset[int]:
        """Return the numbers; -104 for what is no list, -171 for a wrong one."""
        if isinstance(token, bytes):
            raise ScpiError(-168)
        if token[:1] != "(" or token[-1:] != ")":
            raise ScpiError(-104)
        found: set[int] = set()
        inner = token[1:-1]
        for part in inner.split(",") if inner.strip() else ():
            matched = _RANGE.fullmatch(part)
            if matched is None:
                raise ScpiError(-171)
            one, other = int(matched[1]), int(matched[2] or matched[1])
            found.update(range(min(one, other), max(one, other) + 1))
        return frozenset(found)


class QueueCommands(Keithley2400Base):
    """Taking errors, and choosing which ones there are to take."""

    @command(":SYSTem:CLEar")
    @command(":STATus:QUEue:CLEar")
    def clear_queue(self) -> None:
        """Empty the error queue."""
        self.errors.clear()

    @query(":STATus:QUEue[:NEXT]")
    def next_in_queue(self) -> str:
        """Tell and remove the oldest error."""
        return self.format_error(*self.errors.pop())

    @command(":STATus:QUEue:ENABle", _Messages())
    def enable_messages(self, messages: frozenset[int]) -> None:
        """Let these messages into the queue and no others."""
        self.messages = messages

    @query(":STATus:QUEue:ENABle")
    def messages_enabled(self) -> str:
        """Tell which messages the queue takes, as ranges."""
        return _ranges(self.messages)

    @command(":STATus:QUEue:DISable", _Messages())
    def disable_messages(self, messages: frozenset[int]) -> None:
        """Keep these messages out of the queue as well."""
        self.messages -= messages

    @query(":STATus:QUEue:DISable")
    def messages_disabled(self) -> str:
        """Tell which messages the queue does not take, as ranges."""
        return _ranges(ALL_MESSAGES - self.messages)


def _ranges(numbers: frozenset[int]) -> str:
    """Return numbers as a list of single ones and ranges, from the lowest."""
    ordered = sorted(numbers)
    ends = [(one, other) for one, other in pairwise(ordered) if other != one + 1]
    firsts = ordered[:1] + [other for _, other in ends]
    lasts = [one for one, _ in ends] + ordered[-1:]
    spans = zip(firsts, lasts, strict=True)
    return f"({','.join(str(a) if a == b else f'{a}:{b}' for a, b in spans)})"
