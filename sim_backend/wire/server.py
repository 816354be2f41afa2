"""The server of a bench: who may connect, how many, and a thread for each connection.

What is said on a connection is its road's business (`socket_road`, `hislip_road`, `vxi11_road`);
all roads end at the same instruments. These protocols know no authentication: only loopback is
served unless networks are named, and others are turned away before a byte of theirs is read.
"""

import logging
import selectors
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from labcim.errors import RangeError

from .framing import BLOCK_LIMIT, LINE_LIMIT
from .line import EndedError, Line
from .message import MessageCore
from .networks import Network, is_welcome
from .port import VisaError

log = logging.getLogger(__name__)

_BACKLOG: Final = 1024  # clients that wait to be accepted; the next would be told nothing for 1 s
_JOIN: Final = 2.0
_REPLY_LIMIT: Final = 256 * 2**20

Attend = Callable[[Line], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server takes from strangers.

    connections: in all.  line, block: bytes of one message's text and of its blocks.
    idle: s within which a message must be whole and the next one begin; None: for ever.
    """

    connections: int = 64
    line: int = LINE_LIMIT
    block: int = BLOCK_LIMIT
    idle: float | None = None

    def core_of(self, instrument: MessageCore, *, stream: bool = False) -> MessageCore:
        """Return a client's own message core before an instrument of the bench."""
        return MessageCore(
            instrument.dialect,
            stream=stream,
            line_limit=self.line,
            block_limit=self.block,
            reply_limit=_REPLY_LIMIT,
        )


@dataclass(eq=False, frozen=True, slots=True)
class _Door:
    """A listening socket: who attends to a client, and who tells one that there is no room."""

    listener: socket.socket
    attend: Attend
    refuse: Attend | None


@dataclass(eq=False, slots=True)
class _Connection:
    line: Line
    thread: threading.Thread


class Server:
    """Listening sockets before a bench.

    addresses: by road, then by the bench's resource name.  mapper_port: of the port mapper, if any.
    """

    def __init__(self, networks: Sequence[Network], limits: Limits) -> None:
        self.addresses: dict[str, dict[str, str]] = {}
        self.mapper_port: int | None = None
        self._networks = tuple(networks)
        self._limits = limits
        self._connections: set[_Connection] = set()
        self._guard = threading.Lock()
        self._closing = False
        self._selector = selectors.DefaultSelector()
        self._waker, self._wakened = socket.socketpair()
        self._selector.register(self._wakened, selectors.EVENT_READ, None)
        self._acceptor = threading.Thread(
            target=self._accept_all, name="labcim-server", daemon=True
        )

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def listen(self, host: str, port: int, attend: Attend, refuse: Attend | None = None) -> int:
        """Open a port, 0 for a free one, and return its number. RangeError if it is taken."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except (OSError, OverflowError) as trouble:
            raise RangeError(f"port = {port} on {host}: {trouble}") from trouble
        listener.setblocking(False)
        door = _Door(listener, attend, refuse)
        self._selector.register(listener, selectors.EVENT_READ, door)
        return int(listener.getsockname()[1])

    def start(self) -> None:
        """Begin to accept clients."""
        self._acceptor.start()

    @property
    def connections(self) -> int:
        """How many connections there are now."""
        with self._guard:
            return len(self._connections)

    def close(self) -> None:
        """Stop listening and hang up on every client; the instruments stay as they are."""
        with self._guard:
            if self._closing:
                return
            self._closing = True
            connections = tuple(self._connections)
        if self._acceptor.is_alive():
            with suppress(OSError):  # it may have seen by itself that this is the end
                self._waker.send(b"x")
            self._acceptor.join(_JOIN)
        else:
            self._close_doors()
        for connection in connections:
            connection.line.hang_up()
        for connection in connections:
            if connection.thread is not threading.current_thread():
                connection.thread.join(_JOIN)
        self._waker.close()

    def _accept_all(self) -> None:
        while not self._closing:
            for key, _ in self._selector.select():
                if key.data is not None:
                    self._accept(key.data)
        self._close_doors()

    def _close_doors(self) -> None:
        for key in tuple(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def _accept(self, door: _Door) -> None:
        try:
            client, peer = door.listener.accept()
        except OSError:  # the client went away again before it was accepted
            return
        try:
            self._let_in(client, str(peer[0]), door)
        except OSError as error:
            log.debug("client went away: %s", error)
            client.close()
        except Exception:
            # One client that cannot be served must not keep the next ones out.
            log.exception("turned away a client")
            client.close()

    def _let_in(self, client: socket.socket, host: str, door: _Door) -> None:
        if not is_welcome(host, self._networks):
            log.warning("turned away a client from %s: not in an allowed network", host)
            client.close()
            return
        client.setblocking(True)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        line = Line(client, self._limits.idle)
        thread = threading.Thread(target=lambda: self._serve(connection, door), daemon=True)
        thread.name = "labcim-client"
        connection = _Connection(line, thread)
        with self._guard:
            full = self._closing or len(self._connections) >= self._limits.connections
            if not full:
                self._connections.add(connection)
        if full:
            log.warning("turned away a client: %d are connected", self._limits.connections)
            if door.refuse is not None:
                door.refuse(line)
            line.close()
            return
        try:
            thread.start()
        except RuntimeError:  # the system has no thread left
            with self._guard:
                self._connections.discard(connection)
            raise

    def _serve(self, connection: _Connection, door: _Door) -> None:
        try:
            door.attend(connection.line)
        except (EndedError, VisaError) as end:  # VisaError: it went away while it had to wait
            log.debug("client %s: %s", connection.line.peer, end)
        except Exception:
            # A fault in one instrument must not end the service of the others.
            log.exception("hanging up on a client")
        finally:
            connection.line.close()
            with self._guard:
                self._connections.discard(connection)
