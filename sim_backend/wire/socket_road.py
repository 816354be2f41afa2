"""Raw TCP sockets: one port for each instrument, and bytes without any frame.

A socket has no END and no message exchange protocol: newlines end messages, replies are sent as
they come. It knows no status byte, no device clear and no lock of its own: while a session on
another road has the instrument locked, a socket's messages wait.
"""

from functools import partial
from typing import Final

from .bench import Bench
from .line import Line
from .message import MessageCore
from .networks import in_name
from .server import Limits, Server
from .session import Session

_REPLY_CHUNK: Final = 2**20


def open_sockets(
    server: Server, bench: Bench, host: str, ports: dict[str, int], limits: Limits
) -> dict[str, str]:
    """Open a port for every instrument; return VISA addresses by the bench's resource name."""
    addresses = {}
    for name, core in bench.instruments.items():
        attend = partial(_attend, bench, core, limits)
        port = server.listen(host, ports.get(name, 0), attend)
        addresses[name] = f"TCPIP0::{in_name(host)}::{port}::SOCKET"
    return addresses


def _attend(bench: Bench, instrument: MessageCore, limits: Limits, line: Line) -> None:
    """Serve one client until it goes away."""
    core = limits.core_of(instrument, stream=True)
    session = Session(core, bench.lock, byte_stream=True, alive=lambda: line.is_alive)
    try:
        while True:
            for item in core.cut(line.receive(), False):
                session.perform(item)
                _send_replies(bench, core, line)
                line.begin()
    finally:
        with bench.lock:
            core.close()
            session.close()


def _send_replies(bench: Bench, core: MessageCore, line: Line) -> None:
    while core.has_reply:
        with bench.lock:
            reply = core.read(_REPLY_CHUNK)[0]
        line.send(reply)
