"""Raw TCP sockets before the instruments of a bench: one port each, one thread per connection.

A socket has no END and no message exchange protocol: newlines end messages, replies are sent as
they come. Each connection has its own parser, so that a client that dies inside a block leaves
nothing behind. These protocols know no authentication: only loopback is served unless networks are
named, and other clients are turned away before a byte of theirs is read.
"""

import ipaddress
import logging
import selectors
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from labcim.errors import RangeError

from .framing import BLOCK_LIMIT, LINE_LIMIT
from .message import MessageCore

log = logging.getLogger(__name__)

_RECEIVE: Final = 2**18
_REPLY_CHUNK: Final = 2**20
_REPLY_LIMIT: Final = 256 * 2**20
_JOIN: Final = 2.0

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Bench(Protocol):
    """What the server needs of a bench: instruments by resource name, and the lock over them."""

    @property
    def instruments(self) -> Mapping[str, MessageCore]:
        """Message cores by VISA resource name."""
        ...

    @property
    def lock(self) -> threading.RLock:
        """Held during every exchange with any instrument of the bench."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server takes from strangers: connections in all, bytes of a line and of a block."""

    connections: int = 32
    line: int = LINE_LIMIT
    block: int = BLOCK_LIMIT


@dataclass(eq=False, slots=True)
class _Connection:
    """One client: its socket, its message core, the thread that serves it."""

    client: socket.socket
    core: MessageCore
    lock: threading.RLock
    thread: threading.Thread = field(init=False)

    def exchange(self) -> None:
        """Serve the client until it goes away."""
        while data := self.client.recv(_RECEIVE):
            with self.lock:
                self.core.feed(data, False)
            while reply := self._next_reply():
                self.client.sendall(reply)

    def _next_reply(self) -> bytes:
        with self.lock:
            return self.core.read(_REPLY_CHUNK)[0]

    def hang_up(self) -> None:
        """Make the thread's pending receive or send return."""
        try:
            self.client.shutdown(socket.SHUT_RDWR)
        except OSError:
            log.debug("client was gone already")


class Server:
    """Listening sockets of a bench. addresses: TCP port by resource name."""

    def __init__(
        self,
        bench: Bench,
        listeners: Mapping[str, socket.socket],
        networks: Sequence[Network],
        limits: Limits,
    ) -> None:
        self.addresses: dict[str, int] = {
            name: int(listener.getsockname()[1]) for name, listener in listeners.items()
        }
        self._bench = bench
        self._networks = tuple(networks)
        self._limits = limits
        self._connections: set[_Connection] = set()
        self._guard = threading.Lock()
        self._closing = False
        self._selector = selectors.DefaultSelector()
        self._waker, wakened = socket.socketpair()
        self._selector.register(wakened, selectors.EVENT_READ, None)
        for name, listener in listeners.items():
            listener.setblocking(False)
            self._selector.register(listener, selectors.EVENT_READ, name)
        self._acceptor = threading.Thread(target=self._accept_all, name="labcim-tcp", daemon=True)
        self._acceptor.start()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    @property
    def connections(self) -> int:
        """How many clients are connected now."""
        with self._guard:
            return len(self._connections)

    def close(self) -> None:
        """Stop listening and hang up on every client; the instruments stay as they are."""
        with self._guard:
            if self._closing:
                return
            self._closing = True
            connections = tuple(self._connections)
        self._waker.send(b"x")
        self._acceptor.join(_JOIN)
        for connection in connections:
            connection.hang_up()
        for connection in connections:
            if connection.thread is not threading.current_thread():
                connection.thread.join(_JOIN)
        self._waker.close()

    def _accept_all(self) -> None:
        while not self._closing:
            for key, _ in self._selector.select():
                if key.data is not None:
                    self._accept(key.fileobj, key.data)  # type: ignore[arg-type]
        for key in tuple(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def _accept(self, listener: socket.socket, name: str) -> None:
        try:
            client, peer = listener.accept()
        except OSError:  # the client went away again before it was accepted
            return
        if not self._welcome(str(peer[0])):
            log.warning("turned away a client from %s: not in an allowed network", peer[0])
            client.close()
            return
        client.setblocking(True)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        core = MessageCore(
            self._bench.instruments[name].dialect,
            stream=True,
            line_limit=self._limits.line,
            block_limit=self._limits.block,
            reply_limit=_REPLY_LIMIT,
        )
        connection = _Connection(client, core, self._bench.lock)
        connection.thread = threading.Thread(
            target=self._serve, args=(connection,), name=f"labcim-tcp-{name}", daemon=True
        )
        with self._guard:
            full = self._closing or len(self._connections) >= self._limits.connections
            if not full:
                self._connections.add(connection)
        if full:
            log.warning("turned away a client: %d are connected", self._limits.connections)
            client.close()
            return
        connection.thread.start()

    def _welcome(self, host: str) -> bool:
        address = ipaddress.ip_address(host.partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return address.is_loopback or any(address in network for network in self._networks)

    def _serve(self, connection: _Connection) -> None:
        try:
            connection.exchange()
        except OSError as error:
            log.debug("client went away: %s", error)
        except Exception:
            # A fault in one instrument must not end the service of the others.
            log.exception("hanging up on a client")
        finally:
            with self._bench.lock:
                connection.core.close()
            connection.client.close()
            with self._guard:
                self._connections.discard(connection)


def serve(
    bench: Bench,
    host: str = "127.0.0.1",
    *,
    ports: Mapping[str, int] | None = None,
    networks: Sequence[str] = (),
    limits: Limits | None = None,
) -> Server:
    """Serve every instrument of a bench on a TCP port of its own, and return at once.

    ports: port by resource name; others, and 0, get a free one.  networks: who may connect besides
    this machine, such as "192.168.1.0/24"; without them host must be a loopback address.
    Raises RangeError for a host that strangers could reach, OSError for a port that is taken.
    """
    allowed = [_network(text) for text in networks]
    if not allowed and not _is_loopback(host):
        raise RangeError(
            f"host = {host}: accepts a loopback address, since these protocols have no "
            "authentication; name the networks that may connect to listen on another one"
        )
    if allowed:
        log.warning("serving without authentication to %s", ", ".join(networks))
    listeners: dict[str, socket.socket] = {}
    try:
        for name in bench.instruments:
            listeners[name] = _listen(host, (ports or {}).get(name, 0))
    except OSError:
        for listener in listeners.values():
            listener.close()
        raise
    return Server(bench, listeners, allowed, limits or Limits())


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=16)


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise RangeError(f"network = {text}: accepts such as 192.168.1.0/24 ({error})") from error


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
