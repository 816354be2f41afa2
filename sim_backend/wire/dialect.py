"""What the message core needs from an instrument's language (SCPI, TSP, FLEX, plain lines)."""

from collections.abc import Callable
from typing import Protocol

from .errors import ScpiError


class Status(Protocol):
    """The status byte of one instrument, whatever its bits mean.

    listeners: called at each service request.  message_available: an answer waits to be read.
    """

    listeners: list[Callable[[], None]]

    @property
    def message_available(self) -> bool:
        """Whether an answer waits to be read; the message core sets it."""
        ...

    @message_available.setter
    def message_available(self, value: bool) -> None: ...

    @property
    def requesting(self) -> bool:
        """RQS, without clearing it."""
        ...

    def status_byte(self) -> int:
        """Return the status byte, and change nothing."""
        ...

    def serial_poll(self) -> int:
        """Return the status byte with RQS, and clear RQS."""
        ...

    def raise_event(self, mask: int) -> None:
        """Latch bits of the standard event status register, where there is one."""
        ...


class Errors(Protocol):
    """Where the message core leaves its own errors (-410 and the like)."""

    def push(self, error: ScpiError) -> None:
        """Take an error in, as far as the instrument knows such a one."""
        ...


class Dialect(Protocol):
    """A language: whole program messages in, whole response messages out.

    accepts_blocks: `#<digit>` after a blank or comma opens a binary block that may hold newlines.
    queues_replies: a new program message does not discard an unread reply (no -410), as in TSP.
    Two more attributes may be there: ``terminator``, what follows each reply (else a newline), and
    ``output_buffer``, an `OutputBuffer` of measured data that are read when no answer is left.
    """

    accepts_blocks: bool
    queues_replies: bool

    @property
    def status(self) -> Status:
        """The instrument's status."""
        ...

    @property
    def errors(self) -> Errors:
        """The instrument's error queue."""
        ...

    def execute(self, message: bytes) -> bytes | None:
        """Carry out one program message (no terminator); return its response without one."""
        ...

    def device_clear(self) -> None:
        """Abort what is pending and get ready for a new message (IEEE 488.2 dcas)."""
        ...

    def trigger(self) -> None:
        """Act on a group execute trigger."""
        ...
