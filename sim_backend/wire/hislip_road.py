"""HiSLIP (IVI-6.1), protocol 1.0, synchronised mode: one port for all instruments of a bench.

The first instrument has the sub-address hislip0, the next hislip1, and so on. A client opens two
connections: the synchronous one with Initialize, then the asynchronous one with AsyncInitialize.
"""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from .bench import Bench
from .hislip import (
    HEADER_SIZE,
    VENDOR,
    VERSION,
    Fatal,
    FatalError,
    Header,
    Kind,
    pack,
    unpack,
)
from .hislip_requests import HislipRequests
from .hislip_session import HislipSession
from .line import EndedError, Line, Patience
from .networks import in_name
from .server import Limits, Server

_HANDSHAKE: Final = 10.0  # s for both channels to be there
_LONGEST_NAME: Final = 256
_SESSIONS: Final = 2**16


class HislipRoad:
    """Brings both channels of each client together.

    announce: whether clients are sent what they did not ask for, see `serve`.
    """

    def __init__(self, bench: Bench, limits: Limits, announce: bool) -> None:
        self._bench = bench
        self._limits = limits
        self._announce = announce
        self._names = {f"hislip{n}": name for n, name in enumerate(bench.instruments)}
        self._numbers = itertools.count(1)
        self._guard = threading.Lock()
        self._sessions: dict[int, HislipSession] = {}

    def open(self, server: Server, host: str, port: int) -> dict[str, str]:
        """Open the port; return VISA addresses by the bench's resource name."""
        number = server.listen(host, port, self._attend, self._refuse)
        return {
            name: f"TCPIP0::{in_name(host)}::{sub_address},{number}::INSTR"
            for sub_address, name in self._names.items()
        }

    def _refuse(self, line: Line) -> None:
        line.send_now(_fatal(FatalError(Fatal.TOO_MANY_CLIENTS, "there is no room")))

    def _attend(self, line: Line) -> None:
        limit = self._limits.idle
        line.share(Patience(_HANDSHAKE if limit is None else min(limit, _HANDSHAKE)))
        with _telling(line):
            first = unpack(line.exactly(HEADER_SIZE))
            if first.kind == Kind.INITIALIZE:
                self._attend_synchronous(line, first)
            elif first.kind == Kind.ASYNC_INITIALIZE:
                self._attend_asynchronous(line, first)
            else:
                raise FatalError(Fatal.BAD_INITIALIZATION, "a connection begins with Initialize")

    def _attend_synchronous(self, line: Line, first: Header) -> None:
        number, session = self._enter(line, self._instrument(line, first))
        try:
            version = min(VERSION, first.parameter >> 16)
            line.send(pack(Kind.INITIALIZE_RESPONSE, 0, version << 16 | number))
            with _telling(line):
                session.serve()
        finally:
            with self._guard:
                del self._sessions[number]
            session.close()

    def _instrument(self, line: Line, first: Header) -> str:
        """Read a sub-address, and return the resource name of the instrument that has it."""
        if first.size > _LONGEST_NAME:
            raise FatalError(Fatal.BAD_INITIALIZATION, "the sub-address is too long")
        wanted = line.exactly(first.size).decode("latin-1").lower() if first.size else "hislip0"
        if wanted not in self._names:
            known = ", ".join(self._names)
            raise FatalError(Fatal.BAD_INITIALIZATION, f"sub-address {wanted}: accepts {known}")
        return self._names[wanted]

    def _enter(self, line: Line, name: str) -> tuple[int, HislipSession]:
        core = self._limits.core_of(self._bench.instruments[name])
        session = HislipSession(line, core, self._bench.lock, self._announce)
        with self._guard:
            number = next(self._numbers) % _SESSIONS
            while number in self._sessions:
                number = next(self._numbers) % _SESSIONS
            self._sessions[number] = session
        return number, session

    def _attend_asynchronous(self, line: Line, first: Header) -> None:
        with self._guard:
            session = self._sessions.get(first.parameter)
            if session is None or first.size or not session.adopt(line):
                raise FatalError(Fatal.BAD_INITIALIZATION, "there is no such session to join")
        patience = Patience(self._limits.idle)
        session.synchronous.share(patience)
        line.share(patience)
        line.send(pack(Kind.ASYNC_INITIALIZE_RESPONSE, 0, VENDOR))
        session.listen()
        try:
            with _telling(line):
                HislipRequests(session).serve(line)
        finally:
            session.synchronous.hang_up()


@contextmanager
def _telling(line: Line) -> Iterator[None]:
    """Tell a client why its session ends, before anything else is done about it."""
    try:
        yield
    except FatalError as trouble:
        line.send_now(_fatal(trouble))
        raise EndedError(str(trouble)) from trouble


def _fatal(trouble: FatalError) -> bytes:
    return pack(Kind.FATAL_ERROR, trouble.reason, 0, str(trouble).encode("ascii", "replace"))
