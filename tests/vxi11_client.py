"""A VXI-11 client written from VXI-11 1.0, RFC 5531 and RFC 4506, for tests of servers."""

import socket
import struct
from typing import NamedTuple, Self

CORE, ABORT, INTERRUPT, PORT_MAPPER = 0x0607AF, 0x0607B0, 0x0607B1, 100000
(
    CREATE_LINK,
    WRITE,
    READ,
    READ_STATUS,
    TRIGGER,
    CLEAR,
    REMOTE,
    LOCAL,
    LOCK,
    UNLOCK,
    ENABLE_SERVICE,
) = range(10, 21)
DO_COMMAND, DESTROY_LINK, CREATE_INTERRUPT, DESTROY_INTERRUPT = 22, 23, 25, 26
WAIT_LOCK, END, TERMINATION = 1, 8, 128


def numbers(*values: int) -> bytes:
    return struct.pack(f"!{len(values)}I", *(value & 0xFFFFFFFF for value in values))


def opaque(data: bytes) -> bytes:
    return numbers(len(data)) + data + bytes(-len(data) % 4)


def receive_record(connection: socket.socket) -> bytes:
    """Return one record, put together from its fragments."""
    record = b""
    last = False
    while not last:
        mark = struct.unpack("!I", _exactly(connection, 4))[0]
        last = bool(mark >> 31)
        record += _exactly(connection, mark & 0x7FFFFFFF)
    return record


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError("the server hung up")
        data += part
    return data


def record(data: bytes) -> bytes:
    return numbers(len(data) | 1 << 31) + data


class Caller:
    """Calls of one program over one connection."""

    def __init__(self, port: int, program: int, version: int = 1) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10.0)
        self._head = (program, version)
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.socket.close()

    def ask(self, procedure: int, arguments: bytes = b"") -> tuple[int, bytes]:
        """Return the status of an accepted call and what came with it."""
        self._number += 1
        call = numbers(self._number, 0, 2, *self._head, procedure, 0, 0, 0, 0) + arguments
        self.socket.sendall(record(call))
        reply = receive_record(self.socket)
        number, kind, denied, flavour, length, status = struct.unpack("!6I", reply[:24])
        assert (number, kind, denied, flavour, length) == (self._number, 1, 0, 0, 0)
        return status, reply[24:]

    def call(self, procedure: int, arguments: bytes = b"") -> bytes:
        status, result = self.ask(procedure, arguments)
        assert status == 0
        return result


class Answer(NamedTuple):
    """What a read says."""

    error: int
    reason: int
    data: bytes


class Vxi11Client(Caller):
    """A core channel with one link. All times in s."""

    def __init__(
        self, port: int, device: str = "inst0", *, locked: bool = False, lock_timeout: float = 0.0
    ) -> None:
        super().__init__(port, CORE)
        wish = numbers(7, locked, round(lock_timeout * 1000)) + opaque(device.encode())
        self.error, self.link, self.abort_port, self.largest = struct.unpack(
            "!4I", self.call(CREATE_LINK, wish)
        )

    def error_of(self, procedure: int, *arguments: int) -> int:
        return int.from_bytes(self.call(procedure, numbers(*arguments))[:4])

    def write(
        self, data: bytes, flags: int = END, timeout: float = 5.0, lock_timeout: float = 0.0
    ) -> int:
        """Return the error; without one, all must have been taken."""
        times = (round(timeout * 1000), round(lock_timeout * 1000))
        answer = self.call(WRITE, numbers(self.link, *times, flags) + opaque(data))
        error, size = struct.unpack("!2I", answer)
        assert size == (0 if error else len(data))
        return int(error)

    def read(
        self, count: int = 2**20, stop: int | None = None, timeout: float = 5.0, flags: int = 0
    ) -> Answer:
        flags |= 0 if stop is None else TERMINATION
        times = (round(timeout * 1000), 0)
        answer = self.call(READ, numbers(self.link, count, *times, flags, stop or 0))
        error, reason, length = struct.unpack("!3I", answer[:12])
        assert len(answer) == 12 + length + -length % 4
        return Answer(error, reason, answer[12 : 12 + length])

    def query(self, data: bytes) -> bytes:
        assert self.write(data) == 0
        answer = self.read()
        assert answer[:2] == (0, 4)
        return answer.data

    def generic(self, procedure: int, flags: int = 0, lock_timeout: float = 0.0) -> bytes:
        times = (round(lock_timeout * 1000), 5000)
        return self.call(procedure, numbers(self.link, flags, *times))

    def status(self) -> int:
        error, status = struct.unpack("!2I", self.generic(READ_STATUS))
        assert error == 0
        return int(status)

    def do(self, procedure: int, flags: int = 0, lock_timeout: float = 0.0) -> int:
        """Trigger, clear, remote, local: return the error."""
        return int.from_bytes(self.generic(procedure, flags, lock_timeout))

    def lock(self, flags: int = 0, timeout: float = 0.0) -> int:
        return self.error_of(LOCK, self.link, flags, round(timeout * 1000))

    def unlock(self) -> int:
        return self.error_of(UNLOCK, self.link)

    def errors(self) -> list[int]:
        """Return the numbers in the instrument's error queue, emptied."""
        found = []
        while number := int(self.query(b"SYST:ERR?").split(b",")[0]):
            found.append(number)
        return found
