"""One VXI-11 link: a client's session on an instrument (VXI-11, section B.6).

What a client writes is carried out in a thread of the link's own. `device_write` waits for it, so
that a status byte read after it is right, but no longer than the client's time-out: then the call
is answered and the instrument goes on, so that the client can still clear it.
"""

import time
from collections.abc import Callable
from enum import IntEnum, IntFlag
from typing import Final

from .fair_lock import FairLock
from .line import EndedError, Line
from .message import MessageCore
from .port import VisaError, VisaStatus
from .session import Session
from .worker import Worker

_SOON: Final = 0.1  # s that a serial poll waits for the bench
_LONGEST_CLEAR: Final = 5.0  # s


class Error(IntEnum):
    """Device_ErrorCode."""

    NONE = 0
    NOT_ACCESSIBLE = 3
    INVALID_LINK = 4
    PARAMETER = 5
    CHANNEL_NOT_ESTABLISHED = 6
    NOT_SUPPORTED = 8
    OUT_OF_RESOURCES = 9
    LOCKED_BY_OTHER = 11
    NO_LOCK = 12
    TIMEOUT = 15
    ABORT = 23
    CHANNEL_ESTABLISHED = 29


class Flags(IntFlag):
    """Device_Flags."""

    WAIT_LOCK = 1
    END = 8
    TERMINATION_SET = 128


class Reason(IntFlag):
    """Why a read ended."""

    NONE = 0
    COUNT = 1
    CHARACTER = 2
    END = 4


class LinkError(Exception):
    """A call cannot be carried out; error says why."""

    def __init__(self, error: Error) -> None:
        self.error = error
        super().__init__(error.name)


_ERRORS: Final = {
    VisaStatus.TIMEOUT: Error.TIMEOUT,
    VisaStatus.RESOURCE_LOCKED: Error.LOCKED_BY_OTHER,
    VisaStatus.ABORT: Error.ABORT,
    VisaStatus.SESSION_NOT_LOCKED: Error.NO_LOCK,
}
_REASONS: Final = {
    VisaStatus.SUCCESS: Reason.END,
    VisaStatus.TERMINATION_CHARACTER: Reason.CHARACTER,
    VisaStatus.MAX_COUNT: Reason.COUNT,
}


def error_of(trouble: VisaError) -> Error:
    """Return the link's error for a session's. Raises EndedError when the client is gone."""
    if trouble.status not in _ERRORS:
        raise EndedError(trouble.status.name) from trouble
    return _ERRORS[trouble.status]


class Link:
    """All times are in s. lock_timeout: how long another session's lock is waited out."""

    def __init__(self, line: Line, core: MessageCore, lock: FairLock) -> None:
        self.visa = Session(core, lock, alive=lambda: line.is_alive)
        self._lock = lock
        self._core = core
        self._worker = Worker()
        self._generation = 0  # of what is to be carried out: a clear or an abort ends one
        self._aborted = False

    def begin(self) -> None:
        """Begin a call: an abort that came before it is not meant for it."""
        self._aborted = False
        self.visa.renew()

    def write(self, data: bytes, end: bool, timeout: float, lock_timeout: float) -> int:
        """Take part of a program message, or its end; return how many bytes were taken."""
        self._enter(timeout, lock_timeout)
        generation = self._generation
        self._work(lambda: self._carry_out(data, end, generation), timeout)
        return len(data)

    def trigger(self, timeout: float, lock_timeout: float) -> None:
        """Group execute trigger."""
        self._enter(timeout, lock_timeout)
        self._work(self.visa.trigger, timeout)

    def _enter(self, timeout: float, lock_timeout: float) -> None:
        """Wait until what was sent before is carried out and no other session is in the way."""
        if not self._worker.is_free(timeout):
            raise LinkError(Error.ABORT if self._aborted else Error.TIMEOUT)
        with self.visa.hold(timeout):
            self.visa.await_turn(lock_timeout)

    def _work(self, job: Callable[[], None], timeout: float) -> None:
        if not self._worker.run(job, timeout):
            raise LinkError(Error.TIMEOUT)
        if self._aborted:
            raise LinkError(Error.ABORT)

    def _carry_out(self, data: bytes, end: bool, generation: int) -> None:
        """Carry out the messages that these bytes complete, until a clear or an abort comes."""
        for item in self._core.cut(data, end):
            if self._generation != generation:
                return
            self.visa.perform(item)

    def read(
        self, count: int, stop: int | None, timeout: float, lock_timeout: float
    ) -> tuple[bytes, Reason]:
        """Read at most count bytes of a reply; stop: a byte value that ends the read."""
        until = time.monotonic() + timeout
        visa = self.visa
        self._enter(timeout, lock_timeout)
        with visa.hold(max(0.0, until - time.monotonic())):
            visa.timeout = max(0.0, until - time.monotonic())
            visa.termination_enabled = stop is not None
            visa.termination = stop or 0
            data, status = visa.read(count)
        return data, _REASONS[status]

    def read_status_byte(self, lock_timeout: float) -> int:
        """Return the status byte, as a serial poll does, even while the instrument is busy."""
        try:
            with self.visa.hold(_SOON):
                self.visa.await_turn(lock_timeout)
                return self.visa.read_status_byte()
        except VisaError as trouble:
            if trouble.status != VisaStatus.TIMEOUT:
                raise
            return self._core.peek_status_byte()

    def clear(self, lock_timeout: float) -> None:
        """Device clear; a script that runs is ended, and what was to follow it is dropped."""
        if self.visa.is_locked_out:
            self.visa.await_turn(lock_timeout)
        self._generation += 1
        with self.visa.seize():
            self.visa.cancel()
        self._worker.is_free(_LONGEST_CLEAR)
        self.visa.renew()
        self.visa.clear()

    def abort(self) -> None:
        """End the call that is going on, from another thread."""
        self._aborted = True
        self._generation += 1
        with self.visa.seize():
            self.visa.cancel()

    def lock(self, timeout: float) -> None:
        """Take the exclusive lock; to have it already is no mistake, and counts once."""
        if not self.visa.holds_lock()[0]:
            try:
                self.visa.lock_exclusive(timeout)
            except VisaError as trouble:
                if trouble.status == VisaStatus.TIMEOUT:
                    raise VisaError(VisaStatus.RESOURCE_LOCKED) from trouble
                raise

    def close(self) -> None:
        """End the session, with its lock and its unread replies."""
        self._generation += 1
        self._worker.close()
        with self._lock:
            self._core.close()
            self.visa.close()
