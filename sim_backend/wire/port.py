"""One instrument as all sessions on it share it, on whatever road they came: VISA lock and waits.

Everything here happens under the bench's lock, except waiting, which lets go of it, and coming in,
which must be possible while a script has the bench for long.
"""

import threading
import time
from collections.abc import Callable
from enum import IntEnum
from typing import Protocol

from .dialect import Dialect
from .fair_lock import FairLock

_LOOK = 0.5  # s between two looks whether who waits is still there


class VisaStatus(IntEnum):
    """The VISA status codes (VPP-4.3, annex A) that sessions give back."""

    SUCCESS = 0
    TERMINATION_CHARACTER = 0x3FFF0005
    MAX_COUNT = 0x3FFF0006
    NESTED_SHARED = 0x3FFF0099
    NESTED_EXCLUSIVE = 0x3FFF009A
    RESOURCE_LOCKED = 0xBFFF000F - 2**32
    TIMEOUT = 0xBFFF0015 - 2**32
    ABORT = 0xBFFF0030 - 2**32
    CONNECTION_LOST = 0xBFFF00A6 - 2**32
    NOT_ENABLED = 0xBFFF002F - 2**32
    SESSION_NOT_LOCKED = 0xBFFF009C - 2**32


class VisaError(Exception):
    """A VISA operation failed; status says how."""

    def __init__(self, status: VisaStatus) -> None:
        self.status = status
        super().__init__(status.name)


class Listener(Protocol):
    """A session that wants to hear of service requests."""

    def service_requested(self) -> None:
        """Note one service request."""
        ...


class ResourceLock:
    """The VISA lock of one resource: exclusive or shared by key, nested, owned by sessions."""

    def __init__(self) -> None:
        self._owner: object | None = None
        self._depth = 0
        self._key = ""
        self._sharers: dict[object, int] = {}

    def permits(self, session: object) -> bool:
        """Whether a session may use the resource now."""
        if self._owner is not None:
            return self._owner is session
        return not self._sharers or session in self._sharers

    def state(self) -> int:
        """Return VI_NO_LOCK (0), VI_EXCLUSIVE_LOCK (1) or VI_SHARED_LOCK (2)."""
        return 1 if self._owner is not None else 2 if self._sharers else 0

    def holds(self, session: object) -> tuple[bool, bool]:
        """Whether a session has the exclusive lock, and whether it has the shared one."""
        return self._owner is session, session in self._sharers

    def holders(self) -> int:
        """Return how many sessions have a lock."""
        return len(self._sharers.keys() | ({self._owner} if self._owner is not None else set()))

    def acquire_exclusive(self, session: object) -> VisaStatus | None:
        """Take or nest the exclusive lock; None when another session stands in the way.

        Who has the shared lock may have the exclusive one too: other sharers are out meanwhile.
        """
        if not self.permits(session):
            return None
        self._owner = session
        self._depth += 1
        return VisaStatus.SUCCESS if self._depth == 1 else VisaStatus.NESTED_EXCLUSIVE

    def acquire_shared(self, session: object, key: str) -> VisaStatus | None:
        """Take or nest the shared lock of a key; None when it cannot be had now."""
        if self._owner is not None and self._owner is not session:
            return None
        if self._sharers and key != self._key:
            return None
        self._key = key
        self._sharers[session] = self._sharers.get(session, 0) + 1
        nested = self._sharers[session] > 1
        return VisaStatus.NESTED_SHARED if nested else VisaStatus.SUCCESS

    def release(self, session: object) -> None:
        """Undo a session's last lock, exclusive before shared."""
        if self._owner is session:
            self._depth -= 1
            if self._depth == 0:
                self._owner = None
        elif session in self._sharers:
            self._sharers[session] -= 1
            if self._sharers[session] == 0:
                del self._sharers[session]
        else:
            raise VisaError(VisaStatus.SESSION_NOT_LOCKED)

    def forget(self, session: object) -> None:
        """Undo all locks of a session that closes."""
        if self._owner is session:
            self._owner = None
            self._depth = 0
        self._sharers.pop(session, None)


class InstrumentPort:
    """An instrument, the bench's lock, and the sessions that are open on it."""

    def __init__(self, dialect: Dialect, lock: FairLock) -> None:
        self.dialect = dialect
        self.lock = lock
        self.resource_lock = ResourceLock()
        self.listeners: list[Listener] = []
        self._changed = threading.Condition(lock)  # type: ignore[arg-type]
        self._waiting = 0

    def announce(self) -> None:
        """Wake whoever waits for a reply, an event or a lock."""
        if self._waiting:
            self._changed.notify_all()

    def wait_until(
        self,
        ready: Callable[[], bool],
        timeout: float | None,
        alive: Callable[[], bool] | None = None,
    ) -> bool:
        """Wait for a condition at most timeout seconds (None: for ever) without the lock.

        alive: asked now and then whether waiting still makes sense; if not, VisaError is raised.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        self._waiting += 1
        try:
            while not ready():
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0.0:
                    return False
                if alive is not None:
                    if not alive():
                        raise VisaError(VisaStatus.CONNECTION_LOST)
                    left = _LOOK if left is None else min(left, _LOOK)
                self._changed.wait(left)
        finally:
            self._waiting -= 1
        return True

    def _service_requested(self) -> None:
        for listener in tuple(self.listeners):
            listener.service_requested()
        self.announce()

    def add(self, listener: Listener) -> None:
        """Let a session in."""
        if not self.listeners:
            self.dialect.status.listeners.append(self._service_requested)
        self.listeners.append(listener)

    def remove(self, listener: Listener) -> bool:
        """Let a session go, with its locks; True when it was the last one."""
        self.listeners.remove(listener)
        self.resource_lock.forget(listener)
        if not self.listeners:
            self.dialect.status.listeners.remove(self._service_requested)
        self.announce()
        return not self.listeners


_ports: dict[int, InstrumentPort] = {}  # by identity of the dialect
_registry = threading.Lock()  # over them and their listeners: who comes does not wait for the bench


def enter(dialect: Dialect, lock: FairLock, listener: Listener) -> InstrumentPort:
    """Return an instrument's one port, made when its first session opens, with a listener added."""
    with _registry:
        port = _ports.get(id(dialect))
        if port is None:
            port = _ports[id(dialect)] = InstrumentPort(dialect, lock)
        port.add(listener)
        return port


def leave(port: InstrumentPort, listener: Listener) -> None:
    """Take a listener off a port; the port is forgotten with its last one."""
    with port.lock, _registry:
        if port.remove(listener):
            del _ports[id(port.dialect)]
