"""VXI-11: one port for all instruments of a bench, and one for the abort channel.

The first instrument is the device inst0, the next inst1, and so on.
"""

import itertools
import threading
from functools import partial
from typing import Final

from .bench import Bench
from .line import Line
from .networks import in_name
from .port_mapper import PortMapper
from .rpc import Program, serve_program
from .server import Limits, Server
from .vxi11_client import CORE, MAX_RECEIVE, Vxi11Client
from .vxi11_link import Error, Link, LinkError
from .xdr import Reader, uint

_ABORT: Final = (0x0607B0, 1)
_LARGEST: Final = MAX_RECEIVE + 2**12  # of a call: its data and what goes before them
_LARGEST_ABORT: Final = 1024


class Vxi11Road:
    """Knows the devices by name, and the links of all clients by number."""

    def __init__(self, bench: Bench, limits: Limits) -> None:
        self._bench = bench
        self._limits = limits
        self._names = {f"inst{n}": name for n, name in enumerate(bench.instruments)}
        self._numbers = itertools.count(1)
        self._guard = threading.Lock()
        self._links: dict[int, Link] = {}
        self._abort_port = 0
        self._port = 0

    def open(self, server: Server, host: str, port: int) -> dict[str, str]:
        """Open both ports; return VISA addresses by the bench's resource name."""
        self._abort_port = server.listen(host, 0, self._attend_abort)
        self._port = server.listen(host, port, self._attend)
        return {
            name: f"TCPIP0::{in_name(host)},{self._port}::{device}::INSTR"
            for device, name in self._names.items()
        }

    def open_mapper(self, server: Server, host: str, port: int) -> int:
        """Tell on another port where VXI-11 is served; return that port's number."""
        return PortMapper(*CORE, self._port).open(server, host, port)

    def _attend(self, line: Line) -> None:
        client = Vxi11Client(
            line, partial(self._open_link, line), self._close_link, self._abort_port
        )
        try:
            serve_program(line, client.program, _LARGEST)
        finally:
            client.close()

    def _open_link(self, line: Line, device: str) -> tuple[int, Link]:
        name = self._names.get(device.lower())
        if name is None:
            raise LinkError(Error.NOT_ACCESSIBLE)
        core = self._limits.core_of(self._bench.instruments[name])
        with self._guard:
            number = next(self._numbers)
            self._links[number] = link = Link(line, core, self._bench.lock)
        return number, link

    def _close_link(self, number: int) -> None:
        with self._guard:
            del self._links[number]

    def _attend_abort(self, line: Line) -> None:
        program = Program(*_ABORT, {1: self._abort})
        serve_program(line, program, _LARGEST_ABORT)

    def _abort(self, arguments: Reader) -> bytes:
        with self._guard:
            link = self._links.get(arguments.integer())
        if link is None:
            return uint(Error.INVALID_LINK)
        link.abort()
        return uint(Error.NONE)
