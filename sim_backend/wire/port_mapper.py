"""The port mapper (RFC 1833, version 2): tells clients without a port where VXI-11 is served.

It belongs on TCP port 111, which takes the rights of an administrator; clients that can name a port
(as PyVISA-py's can) do without it.
"""

from typing import Final

from .line import Line
from .rpc import Program, serve_program
from .server import Server
from .xdr import Reader, uint

PORT: Final = 111

_PROGRAM: Final = 100000
_VERSION: Final = 2
_GET_PORT: Final = 3
_DUMP: Final = 4
_TCP: Final = 6
_LARGEST: Final = 1024


class PortMapper:
    """Knows one program, its version and its TCP port."""

    def __init__(self, program: int, version: int, port: int) -> None:
        self._known = (program, version, _TCP, port)

    def open(self, server: Server, host: str, port: int = PORT) -> int:
        """Open the mapper's own port, and return its number."""
        return server.listen(host, port, self._attend)

    def _attend(self, line: Line) -> None:
        procedures = {_GET_PORT: self._port_of, _DUMP: self._list}
        serve_program(line, Program(_PROGRAM, _VERSION, procedures), _LARGEST)

    def _port_of(self, arguments: Reader) -> bytes:
        wanted = (arguments.uint(), arguments.uint(), arguments.uint())
        return uint(self._known[3] if wanted == self._known[:3] else 0)

    def _list(self, _arguments: Reader) -> bytes:
        return uint(1, *self._known, 0)
