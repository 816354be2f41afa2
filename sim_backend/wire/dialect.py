"""What the message core needs from an instrument's language (SCPI, TSP, plain lines)."""

from typing import Protocol

from .errors import ErrorQueue
from .status import StatusModel


class Dialect(Protocol):
    """A language: whole program messages in, whole response messages out.

    accepts_blocks: `#<digit>` after a blank or comma opens a binary block that may hold newlines.
    queues_replies: a new program message does not discard an unread reply (no -410), as in TSP.
    """

    accepts_blocks: bool
    queues_replies: bool
    status: StatusModel
    errors: ErrorQueue

    def execute(self, message: bytes) -> bytes | None:
        """Carry out one program message (no terminator); return its response without one."""
        ...

    def device_clear(self) -> None:
        """Abort what is pending and get ready for a new message (IEEE 488.2 dcas)."""
        ...

    def trigger(self) -> None:
        """Act on a group execute trigger."""
        ...
