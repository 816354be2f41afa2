"""What PyVISA-py leaves undone on raw sockets: who listens, who has gone, no waiting to send."""

import socket
from contextlib import suppress
from typing import Any


def prepare(session: Any) -> None:
    """Make sure that somebody listens at a raw socket, and send to it without delay.

    PyVISA-py 0.8 opens a session although the connection was refused, and leaves the delay on: a
    query that follows a command would then wait 40 ms until the command has been acknowledged.
    Raises ConnectionError.
    """
    line = _socket_of(session)
    if line is None:
        return
    try:
        line.getpeername()
    except OSError as trouble:
        raise ConnectionError("nobody listens there") from trouble
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def has_ended(session: Any) -> bool:
    """Say whether the other side of a raw socket has gone; False for every other session."""
    line = _socket_of(session)
    if line is None:
        return False
    before = line.gettimeout()
    try:
        line.setblocking(False)
        return line.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        with suppress(OSError):
            line.settimeout(before)


def _socket_of(session: Any) -> socket.socket | None:
    """Return the socket under a session of PyVISA-py, if there is one."""
    inner = getattr(session.visalib, "sessions", {}).get(session.session)
    line = getattr(inner, "interface", None)
    return line if isinstance(line, socket.socket) else None
