"""One session on a simulated instrument: reads and writes with exact status and timeout.

The in-process backend has one for each VISA handle; a server has one for each client, with a
message core of its own, so that no client reads another one's replies.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from .errors import ScpiError
from .fair_lock import FairLock
from .message import MessageCore
from .port import VisaError, VisaStatus, enter, leave

_AGAIN: Final = 0.05  # s
LONGEST_QUEUE: Final = 50
"""Service requests that a session keeps for wait_on_event (VI_ATTR_MAX_QUEUE_LENGTH)."""


class Session:
    """What a VISA session handle stands for.

    timeout: seconds; None waits for ever, 0.0 not at all.  byte_stream: a road without END (serial
    line, raw socket), where termination characters are all there is.  serial: where these may
    be carriage returns.  alive: whether the client of a server is still there, which every wait
    asks now and then.
    """

    def __init__(
        self,
        core: MessageCore,
        lock: FairLock,
        *,
        byte_stream: bool = False,
        serial: bool = False,
        alive: Callable[[], bool] | None = None,
    ) -> None:
        self.timeout: float | None = 2.0
        self.termination = 0x0A
        self.termination_enabled = False
        self.send_end = not byte_stream
        self.suppress_end = byte_stream
        self.byte_stream = byte_stream
        self._serial = serial
        self.queue_enabled = False
        self.on_service: Callable[[], None] | None = None
        self._queued = 0
        self._alive = alive
        self._cancelled = False
        self.core = core
        self._port = enter(core.dialect, lock, self)

    def close(self) -> None:
        """Give back locks and the place among the sessions; who waits in another thread is told."""
        self._cancelled = True
        leave(self._port, self)

    def _check_lock(self) -> None:
        if not self._port.resource_lock.permits(self):
            raise VisaError(VisaStatus.RESOURCE_LOCKED)

    def _wait(self, ready: Callable[[], bool], timeout: float | None) -> bool:
        """Wait under the bench's lock, which is let go of meanwhile, until ready or cancelled."""
        done = self._port.wait_until(lambda: self._cancelled or ready(), timeout, self._alive)
        if self._cancelled:
            raise VisaError(VisaStatus.ABORT)
        return done

    @contextmanager
    def hold(self, timeout: float | None) -> Iterator[None]:
        """Have the bench for oneself; raises VisaError TIMEOUT when others have it for longer."""
        if not self._port.lock.acquire(timeout=-1.0 if timeout is None else timeout):
            raise VisaError(VisaStatus.TIMEOUT)
        try:
            yield
        finally:
            self._port.lock.release()

    @property
    def is_locked_out(self) -> bool:
        """Whether another session's lock is in the way; asked without the bench's lock."""
        return not self._port.resource_lock.permits(self)

    def await_turn(self, timeout: float | None) -> None:
        """Wait until no other session's lock is in the way; RESOURCE_LOCKED if that takes long."""
        permits = self._port.resource_lock.permits
        with self._port.lock:
            if self.is_locked_out and not self._wait(lambda: permits(self), timeout):
                raise VisaError(VisaStatus.RESOURCE_LOCKED)

    def perform(self, item: bytes | ScpiError) -> None:
        """Carry out one message; while another session has the instrument locked, it waits."""
        with self._port.lock:
            self.await_turn(None)
            self.core.carry_out(item)
            self._port.announce()

    def cancel(self) -> None:
        """Let waits of this session end with ABORT, those to come as well, until `renew`."""
        with self._port.lock:
            self._cancelled = True
            self._port.announce()

    def renew(self) -> None:
        """Let waits be possible again after a `cancel`."""
        self._cancelled = False

    def write(self, data: bytes) -> None:
        """Send bytes; the instrument carries them out before this returns."""
        port = self._port
        with port.lock:
            self._check_lock()
            self.core.feed(self._lines(data) if self._serial else data, self.send_end)
            port.announce()

    def _lines(self, data: bytes) -> bytes:
        """Return what came on a serial line with newlines at the ends of its messages.

        The terminator is chosen at an instrument's panel, to be that of its controller: here the
        instrument takes the one that it hears. Blocks may hold any byte, and stay as they are.
        """
        ending = data[-2:] if data.endswith(b"\r\n") else data[-1:]
        if ending not in (b"\r", b"\r\n", b"\n") or b"#" in data:
            return data
        self.core.end_replies_with(None if ending == b"\n" else ending)
        return data.replace(b"\r", b"\n") if ending == b"\r" else data

    def read(self, count: int) -> tuple[bytes, VisaStatus]:
        """Read at most count bytes; raises VisaError TIMEOUT when nothing comes in time."""
        port = self._port
        stop = self.termination if self.termination_enabled else None
        if count <= 0:
            return b"", VisaStatus.MAX_COUNT
        with port.lock:
            self._check_lock()
            self._await_reply()
            data, end = self.core.read(count, stop)
            if end and not self.suppress_end:
                return data, VisaStatus.SUCCESS
            if stop is not None and data[-1] == stop:
                return data, VisaStatus.TERMINATION_CHARACTER
            if len(data) == count:
                return data, VisaStatus.MAX_COUNT
            return self._read_on(data, count, stop)

    def _await_reply(self) -> None:
        core = self.core
        if core.has_reply or self._wait(lambda: core.has_reply, self.timeout):
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
            data, _ = self.core.read(left, stop)
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
                self.core.discard_replies()

    def abort(self) -> None:
        """End a script that runs, unless another session has the instrument locked.

        The script holds the bench's lock, so nothing here may wait for that.
        """
        if not self.is_locked_out:
            getattr(self.core.dialect, "abort", lambda: None)()

    @contextmanager
    def seize(self) -> Iterator[None]:
        """Have the bench for oneself as soon as the script that has it can be made to end."""
        self.abort()
        while not self._port.lock.acquire(timeout=_AGAIN):
            self.abort()  # it had not begun when it was told to end
        try:
            yield
        finally:
            self._port.lock.release()

    def clear(self) -> None:
        """Device clear. A script that runs is told to end first: it holds the lock."""
        self._check_lock()
        with self.seize():
            self._check_lock()
            self.core.clear()
            self._port.announce()

    def trigger(self) -> None:
        """Group execute trigger."""
        with self._port.lock:
            self._check_lock()
            self.core.trigger()
            self._port.announce()

    def read_status_byte(self) -> int:
        """Return the status byte with RQS, and clear RQS, as a serial poll does."""
        with self._port.lock:
            self._check_lock()
            return self.core.read_status_byte()

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
                self._queued += self.core.status.requesting

    def enable_handler(self, deliver: Callable[[], None]) -> None:
        """Deliver service requests from now on, and one that is still waiting for its poll."""
        with self._port.lock:
            if self.on_service is None and self.core.status.requesting:
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
            if not self._wait(lambda: self._queued > 0, timeout):
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
            if not self._wait(taken, timeout):
                raise VisaError(VisaStatus.TIMEOUT)
        return result[0]

    def unlock(self) -> None:
        """Undo this session's last lock."""
        with self._port.lock:
            self._port.resource_lock.release(self)
            self._port.announce()

    def holds_lock(self) -> tuple[bool, bool]:
        """Whether this session has the exclusive lock, and whether it has the shared one."""
        with self._port.lock:
            return self._port.resource_lock.holds(self)

    def lock_holders(self) -> int:
        """Return how many sessions have a lock on the instrument."""
        with self._port.lock:
            return self._port.resource_lock.holders()

    def lock_state(self) -> int:
        """Return the lock state of the resource as VI_ATTR_RSRC_LOCK_STATE has it."""
        with self._port.lock:
            return self._port.resource_lock.state()
