"""One VISA session on a simulated instrument: reads and writes with exact status and timeout."""

import threading
from collections.abc import Callable
from typing import Final

from .message import MessageCore
from .port import VisaError, VisaStatus, enter, leave

LONGEST_QUEUE: Final = 50
"""Service requests that a session keeps for wait_on_event (VI_ATTR_MAX_QUEUE_LENGTH)."""


class Session:
    """What a VISA session handle stands for.

    timeout: seconds; None waits for ever, 0.0 not at all.  byte_stream: a road without END (serial
    line, raw socket), where termination characters are all there is.
    """

    def __init__(
        self, core: MessageCore, lock: threading.RLock, *, byte_stream: bool = False
    ) -> None:
        self.timeout: float | None = 2.0
        self.termination = 0x0A
        self.termination_enabled = False
        self.send_end = not byte_stream
        self.suppress_end = byte_stream
        self.byte_stream = byte_stream
        self.queue_enabled = False
        self.on_service: Callable[[], None] | None = None
        self._queued = 0
        self._port = enter(core, lock, self)

    def close(self) -> None:
        """Give back locks and the place among the instrument's sessions."""
        leave(self._port, self)

    def _check_lock(self) -> None:
        if not self._port.resource_lock.permits(self):
            raise VisaError(VisaStatus.RESOURCE_LOCKED)

    def write(self, data: bytes) -> None:
        """Send bytes; the instrument carries them out before this returns."""
        port = self._port
        with port.lock:
            self._check_lock()
            port.core.feed(data, self.send_end)
            port.announce()

    def read(self, count: int) -> tuple[bytes, VisaStatus]:
        """Read at most count bytes; raises VisaError TIMEOUT when nothing comes in time."""
        port = self._port
        stop = self.termination if self.termination_enabled else None
        if count <= 0:
            return b"", VisaStatus.MAX_COUNT
        with port.lock:
            self._check_lock()
            self._await_reply()
            data, end = port.core.read(count, stop)
            if end and not self.suppress_end:
                return data, VisaStatus.SUCCESS
            if stop is not None and data[-1] == stop:
                return data, VisaStatus.TERMINATION_CHARACTER
            if len(data) == count:
                return data, VisaStatus.MAX_COUNT
            return self._read_on(data, count, stop)

    def _await_reply(self) -> None:
        core = self._port.core
        if core.has_reply or self._port.wait_until(lambda: core.has_reply, self.timeout):
            return
        if not self.byte_stream:
            core.report_unterminated()
        raise VisaError(VisaStatus.TIMEOUT)

    def _read_on(self, data: bytes, count: int, stop: int | None) -> tuple[bytes, VisaStatus]:
        """Read over the ends of replies, as a byte stream does."""
        parts = [data]
        left = count - len(data)
        while True:
            self._await_reply()
            data, _ = self._port.core.read(left, stop)
            parts.append(data)
            left -= len(data)
            if stop is not None and data[-1] == stop:
                return b"".join(parts), VisaStatus.TERMINATION_CHARACTER
            if left == 0:
                return b"".join(parts), VisaStatus.MAX_COUNT

    def discard_input(self) -> None:
        """Throw away what has arrived but was not read; a bus instrument keeps its reply."""
        if self.byte_stream:
            with self._port.lock:
                self._port.core.discard_replies()

    def clear(self) -> None:
        """Device clear. A script that runs is told to end first: it holds the lock."""
        getattr(self._port.core.dialect, "abort", lambda: None)()
        with self._port.lock:
            self._check_lock()
            self._port.core.clear()
            self._port.announce()

    def trigger(self) -> None:
        """Group execute trigger."""
        with self._port.lock:
            self._check_lock()
            self._port.core.trigger()
            self._port.announce()

    def read_status_byte(self) -> int:
        """Return the status byte with RQS, and clear RQS, as a serial poll does."""
        with self._port.lock:
            self._check_lock()
            return self._port.core.read_status_byte()

    def service_requested(self) -> None:
        """Note one service request (the port calls this under the bench's lock)."""
        if self.queue_enabled and self._queued < LONGEST_QUEUE:
            self._queued += 1
        if self.on_service is not None:
            self.on_service()

    def enable_queue(self) -> None:
        """Queue service requests from now on, and one that is still waiting for its poll.

        The SRQ line is a level: a request made before the session listened is still on it.
        """
        with self._port.lock:
            if not self.queue_enabled:
                self.queue_enabled = True
                self._queued += self._port.core.status.requesting

    def enable_handler(self, deliver: Callable[[], None]) -> None:
        """Deliver service requests from now on, and one that is still waiting for its poll."""
        with self._port.lock:
            if self.on_service is None and self._port.core.status.requesting:
                deliver()
            self.on_service = deliver

    def discard_events(self) -> None:
        """Forget service requests that wait in the queue."""
        with self._port.lock:
            self._queued = 0

    def wait_for_service(self, timeout: float | None) -> None:
        """Take one service request from the queue, or wait for it."""
        with self._port.lock:
            if not self.queue_enabled:
                raise VisaError(VisaStatus.NOT_ENABLED)
            if not self._port.wait_until(lambda: self._queued > 0, timeout):
                raise VisaError(VisaStatus.TIMEOUT)
            self._queued -= 1

    def lock_exclusive(self, timeout: float | None) -> VisaStatus:
        """Keep all other sessions out."""
        return self._lock(lambda: self._port.resource_lock.acquire_exclusive(self), timeout)

    def lock_shared(self, key: str, timeout: float | None) -> VisaStatus:
        """Keep sessions without this key out."""
        return self._lock(lambda: self._port.resource_lock.acquire_shared(self, key), timeout)

    def _lock(self, attempt: Callable[[], VisaStatus | None], timeout: float | None) -> VisaStatus:
        result: list[VisaStatus] = []

        def taken() -> bool:
            status = attempt()
            if status is not None:
                result.append(status)
            return bool(result)

        with self._port.lock:
            if not self._port.wait_until(taken, timeout):
                raise VisaError(VisaStatus.TIMEOUT)
        return result[0]

    def unlock(self) -> None:
        """Undo this session's last lock."""
        with self._port.lock:
            self._port.resource_lock.release(self)
            self._port.announce()

    def lock_state(self) -> int:
        """Return the lock state of the resource as VI_ATTR_RSRC_LOCK_STATE has it."""
        with self._port.lock:
            return self._port.resource_lock.state()
