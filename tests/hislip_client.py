"""A HiSLIP client written from IVI-6.1 (synchronised mode, protocol 1.0), for tests of servers."""

import socket
import struct
from typing import NamedTuple, Self

HEADER = struct.Struct("!2sBBIQ")
(
    INITIALIZE,
    INITIALIZE_RESPONSE,
    FATAL_ERROR,
    ERROR,
    ASYNC_LOCK,
    ASYNC_LOCK_RESPONSE,
    DATA,
    DATA_END,
    DEVICE_CLEAR_COMPLETE,
    DEVICE_CLEAR_ACKNOWLEDGE,
    ASYNC_REMOTE_LOCAL,
    ASYNC_REMOTE_LOCAL_RESPONSE,
    TRIGGER,
    INTERRUPTED,
    ASYNC_INTERRUPTED,
    ASYNC_MAX_SIZE,
    ASYNC_MAX_SIZE_RESPONSE,
    ASYNC_INITIALIZE,
    ASYNC_INITIALIZE_RESPONSE,
    ASYNC_DEVICE_CLEAR,
    ASYNC_SERVICE_REQUEST,
    ASYNC_STATUS_QUERY,
    ASYNC_STATUS_RESPONSE,
    ASYNC_DEVICE_CLEAR_ACKNOWLEDGE,
    ASYNC_LOCK_INFO,
    ASYNC_LOCK_INFO_RESPONSE,
) = range(26)
FIRST = 0xFFFFFF00


class Message(NamedTuple):
    """What one message says."""

    kind: int
    control: int
    parameter: int
    payload: bytes


class Channel:
    """One connection; messages both ways."""

    def __init__(self, port: int, timeout: float = 10.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.socket.close()

    def send(self, kind: int, control: int = 0, parameter: int = 0, payload: bytes = b"") -> None:
        self.socket.sendall(HEADER.pack(b"HS", kind, control, parameter, len(payload)) + payload)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError("the server hung up")
            data += part
        return data

    def receive(self) -> Message:
        mark, kind, control, parameter, size = HEADER.unpack(self._exactly(HEADER.size))
        assert mark == b"HS"
        return Message(kind, control, parameter, self._exactly(size))

    def ask(self, kind: int, control: int = 0, parameter: int = 0, payload: bytes = b"") -> Message:
        self.send(kind, control, parameter, payload)
        return self.receive()

    @property
    def is_silent(self) -> bool:
        """Whether nothing arrives for a moment."""
        self.socket.settimeout(0.05)
        try:
            return self.socket.recv(1, socket.MSG_PEEK) is None
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(10.0)


class HislipClient:
    """Both channels of a session. delivered: the client has read a reply to its end."""

    def __init__(self, port: int, device: str = "hislip0", *, vendor: bytes = b"ZZ") -> None:
        self.sync = Channel(port)
        asked = 0x0100 << 16 | int.from_bytes(vendor)
        self.welcome = self.sync.ask(INITIALIZE, 0, asked, device.encode())
        self.session = self.welcome.parameter & 0xFFFF
        self.other = Channel(port)
        self.joined = self.other.ask(ASYNC_INITIALIZE, 0, self.session)
        self.next = FIRST
        self.delivered = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def close(self) -> None:
        self.sync.socket.close()
        self.other.socket.close()

    @property
    def last(self) -> int:
        """The number of the last message."""
        return (self.next - 2) & 0xFFFFFFFF

    def _take_number(self) -> int:
        number, self.next = self.next, (self.next + 2) & 0xFFFFFFFF
        return number

    def _take_flag(self) -> int:
        flag, self.delivered = self.delivered, False
        return int(flag)

    def write(self, data: bytes, kind: int = DATA_END) -> int:
        number = self._take_number()
        self.sync.send(kind, self._take_flag(), number, data)
        return number

    def trigger(self) -> None:
        self.sync.send(TRIGGER, self._take_flag(), self._take_number())

    def read(self) -> bytes:
        """Return a reply, which must belong to the last message."""
        parts = []
        while True:
            message = self.sync.receive()
            assert message.kind in (DATA, DATA_END), message
            if message.parameter != self.last:
                continue  # of a message that was interrupted
            parts.append(message.payload)
            if message.kind == DATA_END:
                self.delivered = True
                return b"".join(parts)

    def query(self, data: bytes) -> bytes:
        self.write(data)
        return self.read()

    def status(self) -> int:
        answer = self.other.ask(ASYNC_STATUS_QUERY, self._take_flag(), self.last)
        assert answer.kind == ASYNC_STATUS_RESPONSE
        return answer.control

    def clear(self) -> None:
        assert self.other.ask(ASYNC_DEVICE_CLEAR).kind == ASYNC_DEVICE_CLEAR_ACKNOWLEDGE
        self.sync.send(DEVICE_CLEAR_COMPLETE)
        while self.sync.receive().kind != DEVICE_CLEAR_ACKNOWLEDGE:
            pass
        self.next, self.delivered = FIRST, False

    def lock(self, timeout: float = 0.0, key: bytes = b"") -> int:
        answer = self.other.ask(ASYNC_LOCK, 1, round(timeout * 1000), key)
        assert answer.kind == ASYNC_LOCK_RESPONSE
        return answer.control

    def unlock(self) -> int:
        return self.other.ask(ASYNC_LOCK, 0, self.last).control

    def errors(self) -> list[int]:
        """Return the numbers in the instrument's error queue, emptied."""
        numbers = []
        while number := int(self.query(b"SYST:ERR?").split(b",")[0]):
            numbers.append(number)
        return numbers
