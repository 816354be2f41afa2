"""One client's TCP connection: bytes in order, with an end to patience and no trust in lengths."""

import os
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_RECEIVE: Final = 2**18
_AT_ONCE: Final = getattr(socket, "MSG_DONTWAIT", 0)  # another thread may have been quicker
_PROGRESS: Final = 2**16  # bytes that renew patience within one message


class EndedError(Exception):
    """The client is gone, or was hung up on for being too slow."""


class Patience:
    """How long a client may take over a message, or over the next one, in s; None: for ever.

    The connections of one client share it: work on one of them excuses silence on the other.
    """

    def __init__(self, limit: float | None) -> None:
        self.limit = limit
        self._at_work: set[int] = set()  # threads that do what the client has asked for
        self.renew()

    @contextmanager
    def excused(self) -> Iterator[None]:
        """Blame nobody for silence while this thread does what the client has asked for."""
        self._at_work.add(threading.get_ident())
        try:
            yield
        finally:
            self.renew()
            self._at_work.discard(threading.get_ident())

    def renew(self) -> None:
        """Begin to wait anew."""
        self._began = time.monotonic()

    @property
    def is_at_end(self) -> bool:
        """Whether the client has taken too long."""
        if self.limit is None or self._at_work:
            return False
        return time.monotonic() - self._began >= self.limit


_LONGEST: Final = 1e6  # s that the system is asked to wait at once; patience counts on
_QUICK = getattr(socket, "TCP_QUICKACK", None)  # Linux: acknowledge at once


class Line:
    """A connection to a client. One thread receives; any thread may send."""

    def __init__(self, client: socket.socket, patience: float | None) -> None:
        self.peer = str(client.getpeername()[0])
        self._client = client
        self._sending = threading.Lock()
        self._buffer = memoryview(b"")
        self._unrewarded = 0
        self.share(Patience(patience))

    def share(self, patience: Patience) -> None:
        """Judge the client by this patience from now on."""
        self.patience = patience
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._client.setsockopt(socket.SOL_SOCKET, option, _time_value(patience.limit))

    def begin(self) -> None:
        """Begin to wait for a message."""
        self._unrewarded = 0
        self.patience.renew()

    @property
    def has_input(self) -> bool:
        """Whether something has arrived that was not received yet."""
        return bool(self._buffer) or bool(self._peek())

    @property
    def is_alive(self) -> bool:
        """Whether the client has not hung up, nor was hung up on."""
        try:
            # Asked of the system, since what the client sent before it went may lie unread.
            return not _has_ended(self._client) and self._peek() != b""
        except (OSError, ValueError):
            return False

    def _peek(self) -> bytes | None:
        """Return the next byte without taking it; b"" at the end; None when there is none yet."""
        try:
            if not _is_ready(self._client, writing=False):
                return None
            return self._client.recv(1, socket.MSG_PEEK | _AT_ONCE)
        except BlockingIOError:
            return None
        except (OSError, ValueError):
            return b""

    def await_input(self) -> None:
        """Wait until something can be received. Raises EndedError."""
        if not self._buffer:
            self._receive(1, socket.MSG_PEEK)

    def receive(self, most: int = _RECEIVE) -> bytes:
        """Return what has arrived, at least a byte and at most so many. Raises EndedError."""
        if not self._buffer:
            self._buffer = memoryview(self._receive())
        data, self._buffer = bytes(self._buffer[:most]), self._buffer[most:]
        return data

    def exactly(self, count: int) -> bytes:
        """Return so many bytes; meant for short ones. Raises EndedError."""
        data = self.receive(count)
        while len(data) < count:
            data += self.receive(count - len(data))
        return data

    def _receive(self, most: int = _RECEIVE, flags: int = 0) -> bytes:
        while not self.patience.is_at_end:
            try:
                data = self._client.recv(most, flags)
            except (BlockingIOError, TimeoutError):
                continue  # another connection of this client may have been at work meanwhile
            except OSError as error:
                raise EndedError(str(error)) from error
            if not data:
                raise EndedError("hung up")
            # A client that writes twice before it reads would wait 40 ms for its first to be noted.
            if _QUICK is not None:
                self._client.setsockopt(socket.IPPROTO_TCP, _QUICK, 1)
            self._unrewarded += len(data) if not flags else 0
            if self._unrewarded >= _PROGRESS:
                self.begin()
            return data
        raise EndedError("took too long over a message")

    def send(self, *parts: bytes) -> None:
        """Send all, waiting while the client does not take it. Raises EndedError."""
        with self._sending:
            try:
                self._client.sendall(parts[0] if len(parts) == 1 else b"".join(parts))
            except OSError as error:
                raise EndedError(str(error)) from error

    def send_now(self, data: bytes) -> None:
        """Send a few bytes without ever waiting; hang up on a client that has no room for them."""
        with self._sending:
            try:
                sent = _is_ready(self._client, writing=True) and self._client.send(data)
            except (OSError, ValueError):
                sent = 0
        if sent != len(data):
            self.hang_up()

    def hang_up(self) -> None:
        """End the connection: whoever receives or sends is told so; `close` is left to do."""
        try:
            self._client.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the client was gone already

    def close(self) -> None:
        """Give the socket back."""
        self._client.close()


def _is_ready(client: socket.socket, *, writing: bool) -> bool:
    """Whether a connection has something to receive, or room for something to send."""
    if not hasattr(select, "poll"):  # on Windows, where select knows no upper limit instead
        lists: tuple[list[socket.socket], list[socket.socket]] = ([], [client])
        return any(select.select(*(lists if writing else lists[::-1]), [], 0.0))
    poller = select.poll()
    poller.register(client, select.POLLOUT if writing else select.POLLIN)
    return bool(poller.poll(0))


def _has_ended(client: socket.socket) -> bool:
    """Whether the other end is known to be gone; not every system can tell."""
    if not hasattr(select, "POLLRDHUP"):
        return False
    poller = select.poll()
    poller.register(client, select.POLLRDHUP)
    return bool(poller.poll(0))


def _time_value(seconds: float | None) -> bytes | int:
    """Return a time as the system's socket options want it; None is for ever."""
    seconds = min(seconds or 0.0, _LONGEST)
    if os.name == "nt":
        return round(seconds * 1000.0)
    return struct.pack("@ll", int(seconds), int(seconds % 1.0 * 1e6))
