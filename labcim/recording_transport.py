"""A transport that writes down what is said on it."""

from typing import NoReturn

from .errors import TransportError
from .traffic import TrafficFile
from .transport import Transport


class RecordingTransport:
    """Passes everything to another transport and keeps it in a `TrafficFile`."""

    def __init__(self, inner: Transport, file: TrafficFile) -> None:
        self.address = inner.address
        self._inner = inner
        self._file = file

    def write(self, message: str | bytes) -> None:
        """Send one message, and record it."""
        self._note("write", message)
        try:
            self._inner.write(message)
        except TransportError as trouble:
            self._fail(trouble)

    def query(self, message: str | bytes) -> str:
        """Send a message and return the reply; both are recorded."""
        self._note("query", message)
        try:
            reply = self._inner.query(message)
        except TransportError as trouble:
            self._fail(trouble)
        self._note("reply", reply)
        return reply

    def query_block(self, message: str | bytes, size: int | None = None) -> bytes:
        """Send a message and return the block reply; both are recorded."""
        self._note("query_block", message)
        try:
            reply = self._inner.query_block(message, size)
        except TransportError as trouble:
            self._fail(trouble)
        self._note("block", reply)
        return reply

    def clear(self) -> None:
        """Device clear, recorded."""
        self._note("clear", "")
        try:
            self._inner.clear()
        except TransportError as trouble:
            self._fail(trouble)

    def status_byte(self) -> int:
        """Return the status byte, recorded."""
        try:
            status = self._inner.status_byte()
        except TransportError as trouble:
            self._fail(trouble)
        self._note("status", str(status))
        return status

    def close(self) -> None:
        """End the session."""
        self._inner.close()

    def _note(self, what: str, data: str | bytes) -> None:
        self._file.note(self.address, what, data)

    def _fail(self, trouble: TransportError) -> NoReturn:
        """Record that no answer came, and raise what said so."""
        self._note("trouble", str(trouble))
        raise trouble
