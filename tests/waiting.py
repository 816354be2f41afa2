"""Wait for what another thread or process does, with a deadline instead of a fixed sleep."""

import select
import socket
import threading
import time
from collections.abc import Callable

_NEVER = threading.Event()


def wait_until(true: Callable[[], object], deadline: float = 10.0, what: str = "it") -> float:
    """Return the seconds until ``true()``; fail the test when it has not come by ``deadline``."""
    began = time.monotonic()
    while not true():
        waited = time.monotonic() - began
        assert waited < deadline, f"{what} did not happen within {deadline:g} s"
        _NEVER.wait(0.005)
    return time.monotonic() - began


def hears(connection: socket.socket, within: float) -> bool:
    """Say whether anything comes on a connection within so many s, its end included."""
    return bool(select.select([connection], [], [], within)[0])


def drips_until_hung_up(connection: socket.socket, pace: float = 0.01, most: int = 1000) -> bool:
    """Send a byte every ``pace`` s until the other side hangs up; False: it has borne them all."""
    try:
        for _ in range(most):
            connection.sendall(b" ")
            if hears(connection, pace) and connection.recv(1024) == b"":
                return True
    except OSError:
        return True
    return False
