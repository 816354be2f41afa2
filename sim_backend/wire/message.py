"""The message exchange of IEEE 488.2 chapter 6, sans I/O: bytes in; replies and status out.

One core is one road to an instrument: it owns the input parser and the output queue. Several cores
(one for each TCP connection) may stand before one dialect, which owns the instrument's status.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from .dialect import Dialect, Status
from .errors import ScpiError
from .framing import BLOCK_LIMIT, LINE_LIMIT, Framer, is_whole_with_block
from .output import Output, OutputBuffer
from .status import SERVICE_BIT, event_bit

_SERVICE: Final = 1 << SERVICE_BIT
REPLY_LIMIT: Final = 512 * 2**20


def _messages(reply: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    """Yield the response messages of which a reply is made, newlines between them left out."""
    start = 0
    for size in sizes[:-1]:
        yield reply[start : start + size]
        start += size + 1
    yield reply[start:]


class MessageCore:
    """Feed it bytes, read replies from it. Not thread-safe: callers hold the bench's lock.

    stream: the road has no END and no message exchange protocol (raw socket): replies queue up and
    a new message never interrupts an unread one.  terminator: what follows each reply; None is what
    the language says, else a newline.
    reply_limit: largest sum of unread replies in bytes; beyond it the query is DEADLOCKED (-430).
    """

    def __init__(
        self,
        dialect: Dialect,
        *,
        stream: bool = False,
        terminator: bytes | None = None,
        line_limit: int = LINE_LIMIT,
        block_limit: int = BLOCK_LIMIT,
        reply_limit: int = REPLY_LIMIT,
    ) -> None:
        self.dialect = dialect
        self._own_terminator: bytes = getattr(dialect, "terminator", b"\n")
        self.end_replies_with(terminator)
        self._blocks = dialect.accepts_blocks
        self._plain_limit = min(line_limit, 2**16)
        self._stream = stream
        #: Data that are read where no answer is left; beside them there is room for one answer.
        self._data: OutputBuffer | None = getattr(dialect, "output_buffer", None)
        self._one_answer = self._data is not None and not stream
        self._reading: Output | None = None  # the data that stand as the first reply
        self._reply_limit = reply_limit
        self._framer = Framer(
            blocks=self._blocks, stream=stream, line_limit=line_limit, block_limit=block_limit
        )
        self._replies: deque[bytes] = deque()
        self._offset = 0  # how much of the first reply has been read
        self._waiting = 0  # bytes of all replies
        self.replied = 0  # how many replies there ever were
        self._on_service_request: Callable[[], None] | None = None

    def end_replies_with(self, terminator: bytes | None) -> None:
        """Let every reply end so from now on; None is what the language says, else a newline."""
        self._terminator = self._own_terminator if terminator is None else terminator

    @property
    def status(self) -> Status:
        """Status of the instrument behind this core."""
        return self.dialect.status

    @property
    def keeps_replies(self) -> bool:
        """Whether an answer that was not read outlives the next message."""
        return self._stream or self.dialect.queues_replies

    @property
    def has_reply(self) -> bool:
        """Whether a reply, or the rest of one, waits to be read."""
        return bool(self._replies or self._data)

    @property
    def on_service_request(self) -> Callable[[], None] | None:
        """Called at each service request (RQS going true), under the caller's lock."""
        return self._on_service_request

    @on_service_request.setter
    def on_service_request(self, listener: Callable[[], None] | None) -> None:
        listeners = self.dialect.status.listeners
        if self._on_service_request is not None:
            listeners.remove(self._on_service_request)
        if listener is not None:
            listeners.append(listener)
        self._on_service_request = listener

    def feed(self, data: bytes, end: bool) -> None:
        """Take bytes from the controller and carry out every message that they complete.

        end: the last byte came with END, which ends a message as a newline does.
        """
        if self._framer.idle and self._is_one_line(data, end):
            message = data.rstrip(b"\r\n")
            if message:
                self._carry_out(message)
            return
        for item in self.cut(data, end):
            self.carry_out(item)

    def cut(self, data: bytes, end: bool) -> tuple[bytes | ScpiError, ...]:
        """Take bytes and return the messages that they complete, for `carry_out`.

        The parser is this road's own: nothing of the instrument is touched, so no lock is needed.
        """
        # All are cut before the first is carried out: an instrument's fault must not cut that.
        return tuple(self._framer.push(data, end))

    def carry_out(self, item: bytes | ScpiError) -> None:
        """Carry out one message, or report why there is none."""
        if isinstance(item, ScpiError):
            self._report(item)
        else:
            self._carry_out(item)

    def _is_one_line(self, data: bytes, end: bool) -> bool:
        """Whether the data are exactly one message, with one block at most: as most writes are."""
        if len(data) >= self._plain_limit:
            return False
        if self._blocks and b"#" in data:
            return is_whole_with_block(data, end)
        newline = data.find(b"\n")
        return end if newline < 0 else newline == len(data) - 1

    def _carry_out(self, message: bytes) -> None:
        dialect = self.dialect
        if self._replies and not self.keeps_replies:
            self.interrupt()
        try:
            reply = dialect.execute(message)
        except ScpiError as error:
            self._report(error)
            return
        if reply is None:
            return
        sizes = getattr(dialect, "reply_sizes", None)
        for part in _messages(reply, sizes) if sizes else (reply,):
            self._put(part)

    def _put(self, reply: bytes) -> None:
        if self._reading is not None:
            self._put_data_back(self._reading)
        if self._one_answer and self._replies:
            self.discard_replies()
        if self._waiting + len(reply) > self._reply_limit:
            self._report(ScpiError(-430))
            return
        self._waiting += len(reply)
        self.replied += 1
        self._replies.append(reply)
        self.dialect.status.message_available = True

    def _report(self, error: ScpiError) -> None:
        self.dialect.errors.push(error)
        self.dialect.status.raise_event(event_bit(error.code))

    def interrupt(self) -> None:
        """Throw away what was not read, since a new message came instead (-410)."""
        self.discard_replies()
        self._report(ScpiError(-410))

    def discard_replies(self) -> None:
        """Throw away every reply that has not been read."""
        self._replies.clear()
        self._offset = 0
        self._waiting = 0
        self._reading = None
        self.dialect.status.message_available = False

    def replies_after(self, count: int) -> list[bytes]:
        """Return the unread replies that came after the first count of all, and leave them unread.

        For a road that sends a reply at once but hears later that it was read (HiSLIP). Measured
        data that wait apart are taken out: such a road cannot hold them back.
        """
        known = max(0, len(self._replies) - (self.replied - count))
        replies = [reply + self._terminator for reply in islice(self._replies, known, None)]
        while self._data:
            output = self._data.take()
            replies.append(output.body + output.terminator)
        return replies

    def _take_data(self, data: OutputBuffer) -> None:
        """Let the oldest measured data stand as the first reply."""
        self._reading = output = data.take()
        self._waiting += len(output.body)
        self._replies.append(output.body)

    def _put_data_back(self, output: Output) -> None:
        """Let an answer go before measured data that were not read to their end."""
        body = output.body[self._offset :]
        terminator = output.terminator[max(0, self._offset - len(output.body)) :]
        self.discard_replies()
        assert self._data is not None  # where else would they have come from
        self._data.put_back(Output(body, terminator, output.ends, output.count))

    def read(self, count: int, stop: int | None = None) -> tuple[bytes, bool]:
        """Take at most count bytes of the first reply out; also tell whether END came with them.

        stop: a byte value after which to stop early (a termination character).
        Nothing to read gives (b"", False).
        """
        replies = self._replies
        if not replies:
            if not self._data:
                return b"", False
            self._take_data(self._data)
        reply = replies[0]
        body = len(reply)
        start = self._offset
        last = start + count
        if stop is not None:
            found = reply.find(stop, start, last)
            if found >= 0:
                last = found + 1
        reading = self._reading
        terminator = self._terminator if reading is None else reading.terminator
        if last < body or (last == body and terminator):
            self._offset = last
            return reply[start:last], False
        return self._read_end(reply, start, last, stop, terminator)

    def _read_end(
        self, reply: bytes, start: int, last: int, stop: int | None, terminator: bytes
    ) -> tuple[bytes, bool]:
        """Read on into the terminator, which is kept apart: large replies are not copied."""
        body = len(reply)
        tail = terminator[max(0, start - body) : last - body]
        if stop is not None and stop in tail:
            tail = tail[: tail.index(stop) + 1]
        data = reply[start:] + tail
        self._offset = start + len(data)
        if self._offset < body + len(terminator):
            return data, False
        self._replies.popleft()
        self._offset = 0
        self._waiting -= body
        if not self._replies:
            self.dialect.status.message_available = False
        reading, self._reading = self._reading, None
        return data, reading is None or reading.ends

    def peek_status_byte(self) -> int:
        """Return the status byte with RQS, and change nothing.

        For one who cannot wait until the instrument is free.
        """
        status = self.dialect.status
        return status.status_byte() & ~_SERVICE | status.requesting << SERVICE_BIT

    def report_unterminated(self) -> None:
        """Note that the controller read though no query had been sent (-420)."""
        self._report(ScpiError(-420))

    def read_status_byte(self) -> int:
        """Return the status byte with RQS, and clear RQS, as a serial poll does.

        MAV is this road's own: a reply that waits on another one does not show.
        """
        self.dialect.status.message_available = bool(self._replies)
        return self.dialect.status.serial_poll()

    def clear(self) -> None:
        """Device clear: forget input and output, abort what the instrument is doing."""
        self.forget()
        self.dialect.device_clear()

    def trigger(self) -> None:
        """Group execute trigger."""
        try:
            self.dialect.trigger()
        except ScpiError as error:
            self._report(error)

    def forget(self) -> None:
        """Forget a message half arrived and replies not read."""
        self._framer.reset()
        self.discard_replies()

    def close(self) -> None:
        """End this road."""
        self.on_service_request = None
        self.forget()
