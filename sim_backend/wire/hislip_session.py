"""One HiSLIP client's synchronous channel: program messages in, replies out, device clear.

A reply is sent as soon as it is there, but stays unread in the message core until the client says,
with the RMT-delivered flag of a later message, that it was read to its end: until then MAV is true,
and a new message interrupts it (-410), as on a bus where the controller fetches its replies
(IVI-6.1, 3.1.1). What cannot be seen here is a client that reads though it asked nothing (-420).
"""

import threading
from typing import Final

from .fair_lock import FairLock
from .hislip import (
    FIRST_MESSAGE,
    HEADER_SIZE,
    Fatal,
    FatalError,
    Header,
    Kind,
    Wrong,
    WrongMessageError,
    error,
    pack,
    pass_over,
    unknown,
    unpack,
)
from .line import Line
from .message import MessageCore
from .port import VisaError, VisaStatus
from .session import Session

MAX_SIZE: Final = 16 * 2**20
"""Largest message that is taken, in bytes; larger program messages come in several."""

_LOOK: Final = 0.005  # s
_STEP: Final = 2  # from one message number to the next


class HislipSession:
    """What both channels share, and the server's end of the synchronous one.

    announce: see `serve`.  client_size: largest message that the client takes, in bytes.
    """

    def __init__(
        self, synchronous: Line, core: MessageCore, lock: FairLock, announce: bool
    ) -> None:
        self.synchronous = synchronous
        self.asynchronous: Line | None = None
        self.core = core
        self.visa = Session(core, lock, alive=lambda: synchronous.is_alive)
        self.client_size = MAX_SIZE
        self._lock = lock
        self._announce = announce
        self._sent = 0  # replies, of all that there ever were
        self._clearing = False
        self._message = FIRST_MESSAGE - _STEP  # the last one that was carried out
        self._busy = False
        self._progress = threading.Condition()

    def adopt(self, asynchronous: Line) -> bool:
        """Take the second connection; False if there is one, or if it comes from elsewhere."""
        if self.asynchronous is not None or asynchronous.peer != self.synchronous.peer:
            return False
        self.asynchronous = asynchronous
        return True

    def listen(self) -> None:
        """Send service requests from now on, if clients are sent what they did not ask for."""
        if self._announce:
            self.visa.on_service = self._request_service
            if self.core.status.requesting:  # the request is a level: it may have come before
                self._request_service()

    def _request_service(self) -> None:
        if self.asynchronous is not None:
            status = self.core.peek_status_byte()
            self.asynchronous.send_now(pack(Kind.ASYNC_SERVICE_REQUEST, status))

    def close(self) -> None:
        """End the session: its locks, its unread replies, its other connection."""
        if self.asynchronous is not None:
            self.asynchronous.hang_up()
        with self._lock:
            self.core.close()
            self.visa.close()

    def serve(self) -> None:
        """Serve program messages until the client goes away."""
        line = self.synchronous
        while True:
            line.begin()
            line.await_input()
            self._busy = True  # before anything is taken off the line: see _is_at
            header = unpack(line.exactly(HEADER_SIZE))
            if self.asynchronous is None:
                raise FatalError(Fatal.CHANNELS_MISSING, "the asynchronous channel is missing")
            try:
                self._take(line, header)
            except WrongMessageError as trouble:
                pass_over(line, header.size)
                line.send(error(trouble))
            except VisaError as trouble:
                if trouble.status != VisaStatus.ABORT:  # a device clear ended a wait
                    raise
            finally:
                with self._progress:
                    self._busy = False
                    self._progress.notify_all()

    def _take(self, line: Line, header: Header) -> None:
        kind = header.kind
        if kind == Kind.DEVICE_CLEAR_COMPLETE:
            pass_over(line, header.size)
            self._finish_clear()
        elif kind not in (Kind.DATA, Kind.DATA_END, Kind.TRIGGER):
            raise unknown(kind)
        elif header.size > MAX_SIZE:
            raise WrongMessageError(Wrong.TOO_LARGE, f"accepts messages up to {MAX_SIZE} bytes")
        elif self._clearing:
            pass_over(line, header.size)
        else:
            self._carry_out(line, header)

    def _carry_out(self, line: Line, header: Header) -> None:
        if header.control & 1:  # RMT delivered: the client has read what it was sent
            with self._lock:
                self.core.discard_replies()
        if header.kind == Kind.TRIGGER:
            pass_over(line, header.size)
            with self.synchronous.patience.excused(), self._lock:
                self.visa.await_turn(None)
                self.visa.trigger()
        else:
            self._receive(line, header.size, header.kind == Kind.DATA_END)
        self._message = header.parameter
        self._reply(line)

    def _receive(self, line: Line, size: int, end: bool) -> None:
        """Take a payload as it comes: what a header says of its size reserves no memory."""
        if not size:
            self._perform(b"", end)
        while size:
            data = line.receive(size)
            size -= len(data)
            self._perform(data, end and size == 0)

    def _perform(self, data: bytes, end: bool) -> None:
        for item in self.core.cut(data, end):
            if self._clearing:
                return
            with self.synchronous.patience.excused():
                self.visa.perform(item)

    def _reply(self, line: Line) -> None:
        """Send the replies that are new; several come of a language that lets them queue up."""
        with self._lock:
            replies = self.core.replies_after(self._sent)
            self._sent = self.core.replied
        if replies and self._announce and not self.core.keeps_replies and line.has_input:
            self._interrupt(line)
            return
        room = self.client_size - HEADER_SIZE
        for reply in replies:
            for start in range(0, len(reply), room):
                if self._clearing:
                    return
                part = reply[start : start + room]
                kind = Kind.DATA_END if start + room >= len(reply) else Kind.DATA
                line.send(pack(kind, 0, self._message, part))

    def _interrupt(self, line: Line) -> None:
        """Drop a reply, since the client has sent another message instead of reading it."""
        with self._lock:
            self.core.interrupt()
        if self.asynchronous is not None:
            self.asynchronous.send_now(pack(Kind.ASYNC_INTERRUPTED, 0, self._message))
        line.send(pack(Kind.INTERRUPTED, 0, self._message))

    # --- what the asynchronous channel asks for ---

    def await_message(self, number: int, timeout: float) -> bool:
        """Wait until a message has been carried out, in s at most; say whether it was the last.

        PyVISA-py 0.8.1 gives the number that its next message will have: that is taken for its last
        one's when nothing more is on its way.
        """
        with self._progress:
            return self._progress.wait_for(lambda: self._is_at(number), timeout)

    def _is_at(self, number: int) -> bool:
        if self._busy:
            return False
        return self._message == number or (
            self._message == (number - _STEP) & 0xFFFFFFFF and not self.synchronous.has_input
        )

    def begin_clear(self) -> None:
        """End what is being done; messages are passed over until the client says it is ready."""
        self._clearing = True
        with self.visa.seize():
            self.visa.cancel()

    def _finish_clear(self) -> None:
        self.visa.renew()
        try:
            self.visa.clear()
        except VisaError:  # another session has the instrument locked: only the own exchange
            with self._lock:
                self.core.forget()
        self._sent = self.core.replied
        self._message = FIRST_MESSAGE - _STEP
        self._clearing = False
        self.synchronous.send(pack(Kind.DEVICE_CLEAR_ACKNOWLEDGE))
