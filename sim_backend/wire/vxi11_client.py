"""One VXI-11 client: the calls of its core channel, and the interrupt channel back to it.

Numbers of programs and procedures and the layout of arguments are those of VXI-11, appendix C.
"""

import socket
from collections.abc import Callable
from typing import Final

from .line import EndedError, Line
from .port import VisaError
from .rpc import Procedure, Program, call
from .vxi11_link import Error, Flags, Link, LinkError, error_of
from .xdr import GarbageError, Reader, opaque, uint

MAX_RECEIVE: Final = 2**20
"""Most bytes of one `device_write`; larger program messages come in several."""

CORE: Final = (0x0607AF, 1)
_SERVICE_REQUEST: Final = 30
_LONGEST_NAME: Final = 256
_LONGEST_HANDLE: Final = 40
_LARGEST_READ: Final = 16 * 2**20
_MOST_LINKS: Final = 64  # of one client: nobody takes those of others
_TCP: Final = 0
_CONNECT: Final = 2.0  # s

OpenLink = Callable[[str], tuple[int, Link]]


class Vxi11Client:
    """The server's end of a core channel.

    open_link: makes a link to a device by its name; raises LinkError.  close_link: by its number.
    abort_port: TCP port of the abort channel.
    """

    def __init__(
        self,
        line: Line,
        open_link: OpenLink,
        close_link: Callable[[int], None],
        abort_port: int,
    ) -> None:
        self._line = line
        self._open_link = open_link
        self._close_link = close_link
        self._abort_port = abort_port
        self._links: dict[int, Link] = {}
        self._interrupts: Line | None = None
        self._calls = 0  # service requests sent
        self._interrupt_program = (0, 0)
        procedures: dict[int, Procedure] = {
            10: self._create_link,
            11: self._write,
            12: self._read,
            13: self._read_status_byte,
            14: self._trigger,
            15: self._clear,
            16: self._change_remote,
            17: self._change_remote,
            18: self._lock,
            19: self._unlock,
            20: self._enable_service_requests,
            22: self._do_command,
            23: self._destroy_link,
            25: self._create_interrupt_channel,
            26: self._destroy_interrupt_channel,
        }
        guarded = {number: _Guarded(function) for number, function in procedures.items()}
        self.program = Program(*CORE, guarded)

    def close(self) -> None:
        """End all links and the interrupt channel."""
        for number in tuple(self._links):
            self._forget(number)
        if self._interrupts is not None:
            self._interrupts.close()

    def _link(self, arguments: Reader) -> Link:
        link = self._links.get(arguments.integer())
        if link is None:
            raise LinkError(Error.INVALID_LINK)
        link.begin()
        return link

    # --- links ---

    def _create_link(self, arguments: Reader) -> bytes:
        arguments.integer()  # the client's number, which means nothing to a server
        locked, lock_timeout = arguments.boolean(), arguments.uint() / 1000.0
        name = arguments.opaque(_LONGEST_NAME).decode("latin-1")
        if len(self._links) >= _MOST_LINKS:
            raise LinkError(Error.OUT_OF_RESOURCES)
        number, link = self._open_link(name)
        self._links[number] = link
        if locked:
            try:
                link.lock(lock_timeout)
            except VisaError:
                self._forget(number)
                raise
        return uint(Error.NONE, number, self._abort_port, MAX_RECEIVE)

    def _destroy_link(self, arguments: Reader) -> bytes:
        number = arguments.integer()
        if number not in self._links:
            raise LinkError(Error.INVALID_LINK)
        self._forget(number)
        return uint(Error.NONE)

    def _forget(self, number: int) -> None:
        self._links.pop(number).close()
        self._close_link(number)

    # --- messages ---

    def _write(self, arguments: Reader) -> bytes:
        link = self._link(arguments)
        timeout, lock_timeout = arguments.uint() / 1000.0, arguments.uint() / 1000.0
        flags = Flags(arguments.uint())
        data = arguments.opaque(MAX_RECEIVE)
        taken = link.write(data, Flags.END in flags, timeout, _patience(flags, lock_timeout))
        return uint(Error.NONE, taken)

    def _read(self, arguments: Reader) -> bytes:
        link = self._link(arguments)
        count = min(arguments.uint(), _LARGEST_READ)
        timeout, lock_timeout = arguments.uint() / 1000.0, arguments.uint() / 1000.0
        flags, character = Flags(arguments.uint()), arguments.uint() & 0xFF
        stop = character if Flags.TERMINATION_SET in flags else None
        data, reason = link.read(count, stop, timeout, _patience(flags, lock_timeout))
        return uint(Error.NONE, reason) + opaque(data)

    # --- what has the same arguments: link, flags, lock time-out, time-out ---

    def _generic(self, arguments: Reader) -> tuple[Link, float, float]:
        link = self._link(arguments)
        flags, lock_timeout = Flags(arguments.uint()), arguments.uint() / 1000.0
        return link, arguments.uint() / 1000.0, _patience(flags, lock_timeout)

    def _read_status_byte(self, arguments: Reader) -> bytes:
        link, _, lock_timeout = self._generic(arguments)
        return uint(Error.NONE, link.read_status_byte(lock_timeout))

    def _trigger(self, arguments: Reader) -> bytes:
        link, timeout, lock_timeout = self._generic(arguments)
        link.trigger(timeout, lock_timeout)
        return uint(Error.NONE)

    def _clear(self, arguments: Reader) -> bytes:
        link, _, lock_timeout = self._generic(arguments)
        link.clear(lock_timeout)
        return uint(Error.NONE)

    def _change_remote(self, arguments: Reader) -> bytes:
        """Accept remote and local: a simulated front panel has nobody before it."""
        link, _, lock_timeout = self._generic(arguments)
        link.visa.await_turn(lock_timeout)
        return uint(Error.NONE)

    def _do_command(self, arguments: Reader) -> bytes:
        """Refuse commands to an interface: the instruments are the devices themselves."""
        self._link(arguments)
        raise LinkError(Error.NOT_SUPPORTED)

    # --- locks ---

    def _lock(self, arguments: Reader) -> bytes:
        link = self._link(arguments)
        flags, lock_timeout = Flags(arguments.uint()), arguments.uint() / 1000.0
        link.lock(_patience(flags, lock_timeout))
        return uint(Error.NONE)

    def _unlock(self, arguments: Reader) -> bytes:
        self._link(arguments).visa.unlock()
        return uint(Error.NONE)

    # --- service requests ---

    def _enable_service_requests(self, arguments: Reader) -> bytes:
        link = self._link(arguments)
        enabled, handle = arguments.boolean(), arguments.opaque(_LONGEST_HANDLE)
        link.visa.on_service = None
        if enabled:
            link.visa.enable_handler(lambda: self._request_service(handle))
        return uint(Error.NONE)

    def _request_service(self, handle: bytes) -> None:
        channel = self._interrupts
        if channel is None:
            return
        try:
            while channel.has_input:  # answers, which mean nothing: the call has no result
                channel.receive()
        except EndedError:
            return
        self._calls += 1
        program, version = self._interrupt_program
        channel.send_now(call(self._calls, program, version, _SERVICE_REQUEST, opaque(handle)))

    def _create_interrupt_channel(self, arguments: Reader) -> bytes:
        """Connect to the client, and to nobody else: a server must not be sent to strangers."""
        host = socket.inet_ntoa(uint(arguments.uint()))
        port, program, version, family = (arguments.uint() for _ in range(4))
        if self._interrupts is not None:
            raise LinkError(Error.CHANNEL_ESTABLISHED)
        if family != _TCP:
            raise LinkError(Error.NOT_SUPPORTED)
        if not 0 < port < 2**16:
            raise LinkError(Error.PARAMETER)
        if host != self._line.peer.removeprefix("::ffff:"):
            raise LinkError(Error.CHANNEL_NOT_ESTABLISHED)
        try:
            connection = socket.create_connection((host, port), timeout=_CONNECT)
        except OSError as trouble:
            raise LinkError(Error.CHANNEL_NOT_ESTABLISHED) from trouble
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._interrupts, self._interrupt_program = Line(connection, None), (program, version)
        return uint(Error.NONE)

    def _destroy_interrupt_channel(self, _arguments: Reader) -> bytes:
        if self._interrupts is None:
            raise LinkError(Error.CHANNEL_NOT_ESTABLISHED)
        channel, self._interrupts = self._interrupts, None
        channel.close()
        return uint(Error.NONE)


_RESULTS: Final = {
    "_create_link": 3,
    "_write": 1,
    "_read": 2,
    "_read_status_byte": 1,
    "_do_command": 1,
}


class _Guarded:
    """A procedure whose errors become its result: an error number, then zeros."""

    def __init__(self, procedure: Procedure) -> None:
        self._procedure = procedure
        self._zeros = uint(*([0] * _RESULTS.get(procedure.__name__, 0)))

    def __call__(self, arguments: Reader) -> bytes:
        try:
            return self._procedure(arguments)
        except LinkError as trouble:
            return uint(trouble.error) + self._zeros
        except VisaError as trouble:
            return uint(error_of(trouble)) + self._zeros
        except ValueError as trouble:
            raise GarbageError(str(trouble)) from trouble


def _patience(flags: Flags, lock_timeout: float) -> float:
    """Return how long another session's lock is waited out, in s."""
    return lock_timeout if Flags.WAIT_LOCK in flags else 0.0
