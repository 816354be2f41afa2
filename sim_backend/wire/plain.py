"""Plain ASCII instruments: a mnemonic, parameters by commas, and no error queue.

    KRDG? A          a query; the blank may be left out after the question mark
    SETP 1,300;*OPC  several units in a message, their answers joined with semicolons

What is wrong sets a bit of the standard event status register, which ``*ESR?`` reads and clears;
a query that is refused has no answer, and the units after it are carried out. Commands are declared
as in `scpi`.
"""

import re
from typing import Final

from .common import StarCommands
from .errors import ErrorQueue, ScpiError
from .program import Token, units
from .status import StatusModel, event_bit

_NO_BLANK: Final = re.compile(rb"\?(?=[^\s;])")
_LONGEST: Final = 255


class PlainInstrument(StarCommands):
    """Base of simulated instruments of that kind; a `Dialect` for the message core."""

    accepts_blocks: bool = False
    queues_replies: bool = True
    terminator: bytes = b"\r\n"

    def __init__(self) -> None:
        self.errors = ErrorQueue()  # of the wire itself; there is no command that reads it
        self.status = StatusModel(self.errors)

    def device_clear(self) -> None:
        """Do nothing: nothing is ever pending."""

    def execute(self, message: bytes) -> bytes | None:
        """Carry out one program message; return its answers joined with semicolons, or None.

        A unit that is refused has no answer, and those after it are carried out all the same.
        """
        answers: list[str] = []
        try:
            if len(message) > _LONGEST:
                raise ScpiError(-223)
            for header, tokens in units(_NO_BLANK.sub(b"? ", message)):
                answers += self._carry_out(header, tokens)
        except ScpiError as refusal:
            self.status.raise_event(event_bit(refusal.code))
        return ";".join(answers).encode("ascii", "replace") if answers else None

    def _carry_out(self, header: str, tokens: list[Token]) -> list[str]:
        """Carry out one unit; return its answer, if it has one."""
        try:
            declared, function, captures = self.command_table.find("", header)
            answer = function(self, *captures, *declared.arguments(tokens))
        except ScpiError as refusal:
            self.status.raise_event(event_bit(refusal.code))
            return []
        return [str(answer)] if declared.is_query else []
