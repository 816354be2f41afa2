"""One HiSLIP client's asynchronous channel: status byte, device clear, locks, remote and local."""

import struct
from collections.abc import Callable
from typing import Final

from .hislip import (
    HEADER_SIZE,
    Header,
    Kind,
    LockAnswer,
    Wrong,
    WrongMessageError,
    error,
    pack,
    pass_over,
    unknown,
    unpack,
)
from .hislip_session import MAX_SIZE, HislipSession
from .line import Line
from .port import VisaError
from .status import MESSAGE_AVAILABLE_BIT

_SIZE: Final = struct.Struct("!Q")
_LEAST_SIZE: Final = 1024  # nobody needs smaller messages, and each costs a header
_LONGEST_PAYLOAD: Final = 256
_SOON: Final = 0.1  # s that a status query waits for what was sent before it, or for the bench
_ALL_DONE: Final = 2.0  # s that the release of a lock waits for what was sent before it
_REMOTE_CODES: Final = range(7)
_MESSAGE_AVAILABLE: Final = 1 << MESSAGE_AVAILABLE_BIT


class HislipRequests:
    """The server's end of the asynchronous channel of a session."""

    def __init__(self, session: HislipSession) -> None:
        self._session = session
        self._answers: dict[int, Callable[[Header, bytes], bytes]] = {
            Kind.ASYNC_MAX_SIZE: self._agree_on_size,
            Kind.ASYNC_STATUS_QUERY: self._tell_status,
            Kind.ASYNC_DEVICE_CLEAR: self._begin_clear,
            Kind.ASYNC_LOCK: self._change_lock,
            Kind.ASYNC_LOCK_INFO: self._tell_lock,
            Kind.ASYNC_REMOTE_LOCAL: self._change_remote,
        }

    def serve(self, line: Line) -> None:
        """Serve requests until the client goes away."""
        while True:
            line.begin()
            header = unpack(line.exactly(HEADER_SIZE))
            try:
                line.send_now(self._answer(line, header))
            except WrongMessageError as trouble:
                line.send_now(error(trouble))

    def _answer(self, line: Line, header: Header) -> bytes:
        answer = self._answers.get(header.kind)
        if answer is None or header.size > _LONGEST_PAYLOAD:
            pass_over(line, header.size)
            if answer is None:
                raise unknown(header.kind)
            raise WrongMessageError(Wrong.TOO_LARGE, f"accepts {_LONGEST_PAYLOAD} bytes here")
        payload = line.exactly(header.size) if header.size else b""
        with line.patience.excused():
            return answer(header, payload)

    def _agree_on_size(self, _header: Header, payload: bytes) -> bytes:
        if len(payload) != _SIZE.size:
            raise WrongMessageError(Wrong.UNIDENTIFIED, "a size has 8 bytes")
        wanted: int = _SIZE.unpack(payload)[0]
        self._session.client_size = min(max(wanted, _LEAST_SIZE), MAX_SIZE)
        return pack(Kind.ASYNC_MAX_SIZE_RESPONSE, 0, 0, _SIZE.pack(MAX_SIZE))

    def _tell_status(self, header: Header, _payload: bytes) -> bytes:
        """Answer a serial poll, even while the instrument is busy.

        MAV counts only if the client's last message has been carried out (IVI-6.1, 6.14.1).
        """
        session = self._session
        at_last = session.await_message(header.parameter, _SOON)
        try:
            with session.visa.hold(_SOON):
                if header.control & 1:
                    session.core.discard_replies()
                status = session.core.read_status_byte()
        except VisaError:
            status = session.core.peek_status_byte()
        if not at_last:
            status &= ~_MESSAGE_AVAILABLE
        return pack(Kind.ASYNC_STATUS_RESPONSE, status)

    def _begin_clear(self, _header: Header, _payload: bytes) -> bytes:
        self._session.begin_clear()
        return pack(Kind.ASYNC_DEVICE_CLEAR_ACKNOWLEDGE)  # no features: synchronised mode only

    def _change_lock(self, header: Header, payload: bytes) -> bytes:
        if header.control == 0:
            self._session.await_message(header.parameter, _ALL_DONE)
            answer = self._release()
        elif header.control == 1:
            answer = self._lock(payload.decode("latin-1"), header.parameter / 1000.0)
        else:
            raise _unknown_control(header)
        return pack(Kind.ASYNC_LOCK_RESPONSE, answer)

    def _lock(self, key: str, timeout: float) -> LockAnswer:
        """Take the exclusive lock, or with a key the shared one (IVI-6.1, tables 19 and 22)."""
        visa = self._session.visa
        exclusive, shared = visa.holds_lock()
        if exclusive or (key and shared):
            return LockAnswer.WRONG
        try:
            if key:
                visa.lock_shared(key, timeout)
            else:
                visa.lock_exclusive(timeout)
        except VisaError:
            return LockAnswer.FAILED
        return LockAnswer.GRANTED

    def _release(self) -> LockAnswer:
        visa = self._session.visa
        exclusive, shared = visa.holds_lock()
        if not exclusive and not shared:
            return LockAnswer.WRONG
        visa.unlock()
        return LockAnswer.GRANTED if exclusive else LockAnswer.RELEASED_SHARED

    def _tell_lock(self, _header: Header, _payload: bytes) -> bytes:
        visa = self._session.visa
        exclusive = visa.lock_state() == 1
        return pack(Kind.ASYNC_LOCK_INFO_RESPONSE, exclusive, visa.lock_holders())

    def _change_remote(self, header: Header, _payload: bytes) -> bytes:
        """Accept any state: a simulated front panel has nobody before it."""
        if header.control not in _REMOTE_CODES:
            raise _unknown_control(header)
        return pack(Kind.ASYNC_REMOTE_LOCAL_RESPONSE)


def _unknown_control(header: Header) -> WrongMessageError:
    return WrongMessageError(Wrong.UNKNOWN_CONTROL, f"control code {header.control} means nothing")
