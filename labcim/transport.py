"""A line to one instrument. VISA does the talking; a recorder and a replayer stand in its place.

Only this file (and the simulated backend) imports pyvisa.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from . import raw_socket
from .errors import TransportError

Traffic = Callable[[str, str, bytes], None]
"""Called with (address, ">" or "<", bytes) for every message sent or received."""

DEFAULT_TIMEOUT = 5.0
_WHO = "*IDN?"
_LATE = 16  # most late replies that are passed over
_LONGEST_DRAIN = 1.0  # s; who talks on and on is not waited for
_QUIET = 0.05  # how long a drained line must be silent, in s


class Transport(Protocol):
    """Messages to and from one instrument, terminators handled."""

    address: str

    def write(self, message: str | bytes) -> None:
        """Send one message. Raises TransportError."""

    def query(self, message: str | bytes) -> str:
        """Send a message and return the reply, stripped. Raises TransportError."""

    def query_block(self, message: str | bytes, size: int | None = None) -> bytes:
        """Send a message and return the payload of its block reply.

        size: bytes of the payload where the block does not say its length (``#0``).
        """

    def clear(self) -> None:
        """Device clear: both buffers emptied."""

    def status_byte(self) -> int:
        """Return the status byte (serial poll)."""

    def close(self) -> None:
        """End the session; idempotent."""


def block(payload: bytes) -> bytes:
    """Return ``payload`` as an IEEE 488.2 definite-length block."""
    size = str(len(payload)).encode()
    return b"#%d%s" % (len(size), size) + payload


class VisaTransport:
    """A PyVISA session.

    After a timeout the session is dirty: a late reply must never be taken for the next answer. It
    is then cleared, drained and identified again; if that fails, it gives up for good. An
    ``urgent`` session, for the way to safety, sends commands even then: they may be heard.
    """

    def __init__(
        self,
        address: str,
        visa: str = "",
        *,
        timeout: float = DEFAULT_TIMEOUT,
        traffic: Traffic | None = None,
        urgent: bool = False,
    ) -> None:
        self.address = address
        self._visa = visa
        self._urgent = urgent
        self._traffic = traffic
        self._dirty = ""
        self._identity = ""
        self._session: Any = _open_session(address, visa, timeout)
        self._more = _full_buffer()
        self._is_socket = address.upper().endswith("SOCKET")
        self._is_stream = address.upper().endswith("SOCKET") or address.upper().startswith("ASRL")
        # A raw socket or a serial line has no other sign of a message's end than the newline.
        self._session.write_termination = "\n"
        self._session.read_termination = "\n" if self._is_stream else None
        self._take_full_buffers()

    def write(self, message: str | bytes) -> None:
        """Send one message. Raises TransportError."""
        if not self._urgent:
            self._refuse_if_dirty()
        self._send(message)

    def _send(self, message: str | bytes) -> None:
        data = message.encode("ascii") if isinstance(message, str) else message
        if self._traffic:
            self._traffic(self.address, ">", data)
        try:
            self._session.write_raw(data + b"\n")
        except Exception as trouble:  # PyVISA lets its libraries' own errors through
            raise self._trouble("does not take", data, trouble) from trouble

    def query(self, message: str | bytes) -> str:
        """Send a message and return the reply, stripped. Raises TransportError."""
        self._refuse_if_dirty()
        self._send(message)
        data = self._read(message)
        try:
            reply = data.decode("ascii").strip()
        except UnicodeDecodeError as trouble:
            raise TransportError(
                f"{self.address}: reply to {_brief(message)} is not text: {data[:40]!r}"
            ) from trouble
        if message == _WHO and not self._identity:
            self._identity = reply  # what a dirty session is checked against
        return reply

    def query_block(self, message: str | bytes, size: int | None = None) -> bytes:
        """Send a message and return the payload of its block reply, checked for length."""
        self._refuse_if_dirty()
        self._send(message)
        try:
            # The header says how many bytes follow; a newline among them means nothing.
            self._session.read_termination = None
            data = self._read_block(message, size)
        except TransportError:
            raise
        except Exception as trouble:
            raise self._trouble("sent no whole block for", message, trouble) from trouble
        finally:
            self._session.read_termination = "\n" if self._is_stream else None
            self._take_full_buffers()
        if self._traffic:
            self._traffic(self.address, "<", data)
        return data

    def clear(self) -> None:
        """Device clear: both buffers emptied. A raw socket knows none: it is only drained."""
        if self._is_socket:  # PyVISA-py's clear would read an ended connection for ever
            self._drain()
            return
        try:
            self._session.clear()
        except Exception as trouble:
            raise TransportError(f"{self.address}: device clear failed: {trouble}") from trouble

    def status_byte(self) -> int:
        """Return the status byte (serial poll)."""
        try:
            return int(self._session.read_stb())
        except Exception as trouble:
            raise TransportError(f"{self.address}: no status byte: {trouble}") from trouble

    def recover(self) -> None:
        """Bring a dirty session back: clear, drain, identify. Raises TransportError."""
        if raw_socket.has_ended(self._session):
            raise TransportError(f"{self.address}: the connection was ended by the other side")
        with suppress(TransportError):  # not every line knows a device clear
            self.clear()
        self._drain()
        if not self._dirty:
            return
        reason, self._dirty = self._dirty, ""
        try:
            self._send(_WHO)
            # Replies that were late for earlier questions come first: they are passed over.
            answers = [self._read(_WHO).decode("ascii", "replace").strip()]
            while answers[-1] != self._identity and self._identity and len(answers) < _LATE:
                answers.append(self._read(_WHO).decode("ascii", "replace").strip())
        except TransportError as trouble:
            self._dirty = reason
            raise TransportError(f"{self.address}: {reason}, and does not identify") from trouble
        if not self._identity or answers[-1] != self._identity:
            self._dirty = reason
            raise TransportError(f"{self.address}: {reason}, then answered as {answers[0]!r:.80}")

    def close(self) -> None:
        """End the session; idempotent."""
        with suppress(Exception):  # the instrument may be gone; nothing is left to be saved here
            self._session.close()
            if is_simulated(self._visa):
                _leave(self._visa)

    def _read(self, message: str | bytes) -> bytes:
        try:
            data = self._receive()
        except Exception as trouble:
            raise self._trouble("did not answer", message, trouble) from trouble
        if self._traffic:
            self._traffic(self.address, "<", data)
        return data

    def _read_block(self, message: str | bytes, expected: int | None) -> bytes:
        head = self._session.read_bytes(2)
        if head == b"#0" and expected is not None:
            return self._read_payload(expected)
        if head[:1] != b"#" or not head[1:2].isdigit() or head[1:2] == b"0":
            rest = self._rest_of_line(head)
            raise TransportError(f"{self.address}: {_brief(message)} answered {rest!r}, no block")
        return self._read_payload(int(self._session.read_bytes(int(head[1:2]))))

    def _read_payload(self, size: int) -> bytes:
        wanted = size + 1  # and the newline after it
        data: bytes = self._session.read_bytes(wanted, chunk_size=max(wanted, 20480))
        if len(data) != wanted or data[-1:] != b"\n":
            raise TransportError(f"{self.address}: block of {size} bytes ended at {len(data)}")
        return data[:-1]

    def _rest_of_line(self, head: bytes) -> bytes:
        self._session.read_termination = "\n" if self._is_stream else None
        return head + self._receive()[:60]

    def _take_full_buffers(self) -> None:
        """Let a full buffer be no warning, for as long as the session lasts.

        PyVISA's ``read_raw`` arranges that around every read, at half the cost of a short one; its
        ``read_bytes`` takes it back when it ends.
        """
        self._calm = self._session.ignore_warning(self._more)
        self._calm.__enter__()

    def _receive(self) -> bytes:
        """Return one reply, read until it ends."""
        session = self._session
        read, handle, size = session.visalib.read, session.session, session.chunk_size
        data: bytes
        data, status = read(handle, size)
        if status != self._more:
            return data
        parts = [data]
        while status == self._more:
            data, status = read(handle, size)
            parts.append(data)
        return b"".join(parts)

    def _drain(self) -> None:
        before = self._session.timeout
        self._session.timeout = int(_QUIET * 1000)
        until = time.monotonic() + _LONGEST_DRAIN
        try:
            while self._receive() and time.monotonic() < until:
                pass
        except Exception:  # silence, of whatever kind, is what is waited for
            return
        finally:
            self._session.timeout = before

    def _refuse_if_dirty(self) -> None:
        if self._dirty:
            self.recover()

    def _trouble(self, what: str, message: str | bytes, trouble: Exception) -> TransportError:
        self._dirty = f"{what} {_brief(message)}"
        return TransportError(f"{self.address}: {self._dirty}: {trouble}")


def _brief(message: str | bytes) -> str:
    plain = message if isinstance(message, str) else message[:60].decode("ascii", "replace")
    text = plain.split(" #")[0]  # without a binary block
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _full_buffer() -> int:
    """Return the status of a read that ended before the reply did."""
    from pyvisa.constants import StatusCode

    return StatusCode.success_max_count_read


def _open_session(address: str, visa: str, timeout: float) -> Any:
    import pyvisa

    try:
        manager = pyvisa.ResourceManager(visa)
        session = manager.open_resource(address, timeout=int(timeout * 1000))
        raw_socket.prepare(session)
        return session
    except Exception as trouble:
        where = f" through {visa}" if visa else ""
        raise TransportError(f"{address}{where} cannot be opened: {trouble}") from trouble


def _leave(visa: str) -> None:
    """Close a simulated bench with its last session: PyVISA would hold the chip for ever."""
    import pyvisa

    manager = pyvisa.ResourceManager(visa)
    if not manager.list_opened_resources():
        manager.close()


def load_library(visa: str = "") -> object:
    """Load a VISA library ahead of need; keep what is returned. Raises TransportError."""
    import pyvisa

    try:
        return pyvisa.ResourceManager(visa)
    except Exception as trouble:
        raise TransportError(f"VISA library {visa or 'default'}: {trouble}") from trouble


def list_addresses(visa: str = "") -> list[str]:
    """Return the addresses that a VISA library can see. Raises TransportError."""
    import pyvisa

    try:
        return list(pyvisa.ResourceManager(visa).list_resources("?*"))
    except Exception as trouble:
        raise TransportError(f"VISA library {visa or 'default'}: {trouble}") from trouble


def is_simulated(visa: str) -> bool:
    """Say whether a VISA library name leads to a simulated bench inside this process."""
    return visa.endswith("@labcim")
