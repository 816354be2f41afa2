"""Conversations with instruments on file: one JSON line for every message, and every call.

What an entry can be: ``write``, ``query``, ``query_block``, ``clear``; ``reply``, ``block``,
``status``, and ``trouble``, where no answer came. And of the driver: ``open`` (role, driver and
limits), ``call`` (what was asked of it, as Python), ``returned`` and ``raised``.
"""

import base64
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from .errors import RecordError, TransportError

ASKED: Final = ("write", "query", "query_block", "clear")
ANSWERED: Final = ("reply", "block", "status", "trouble")
#: Quotes a string as JSON does; made for every message, so without the rest of `json.dumps`.
_quoted: Final = json.encoder.encode_basestring_ascii
_KNOWN: Final = frozenset({*ASKED, *ANSWERED, "open", "call", "returned", "raised"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a recording. time: s since the epoch.  more: what an open or a call adds."""

    time: float
    address: str
    what: str
    data: bytes
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Return the data as text that can be shown; bytes that are none are written as escapes."""
        return escaped(self.data.decode("ascii", "backslashreplace"))


def escaped(text: str) -> str:
    """Return text without anything that would move a terminal's cursor, or do worse to it."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class TrafficFile:
    """Keeps conversations of any number of instruments, line by line as they happen.

    What was said is on file even where the process is killed afterwards. Raises RecordError where
    the file cannot be written; one that is there is not written over.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._guard = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("x", encoding="utf-8", buffering=1)
        except FileExistsError as trouble:
            raise RecordError(f"{path} is there already: choose another file") from trouble
        except OSError as trouble:
            raise RecordError(f"{path} cannot be written: {trouble}") from trouble

    def note(self, address: str, what: str, data: str | bytes, **more: object) -> None:
        """Write one entry down. Raises RecordError."""
        line = (
            f'{{"time": {time.time():.6f}, "address": {_quoted(address)}, "what": "{what}", '
            f"{_data_fields(data)}{_more_field(more)}}}\n"
        )
        with self._guard:
            try:
                self._file.write(line)
            except (OSError, ValueError) as trouble:
                raise RecordError(f"{self.path} cannot be written: {trouble}") from trouble

    def close(self) -> None:
        """End the file; idempotent."""
        self._file.close()

    def __enter__(self) -> "TrafficFile":
        return self

    def __exit__(self, *trouble: object) -> None:
        self.close()


def read_traffic(path: Path, address: str = "") -> list[Entry]:
    """Return what is on file, of one address or of all.

    A last line that was cut off is passed over. Raises TransportError for a damaged file.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as trouble:
        raise TransportError(f"{path} cannot be read as recorded traffic: {trouble}") from trouble
    if lines and not lines[-1].endswith("\n") and not _is_json(lines[-1]):
        lines.pop()
    entries = [_entry(path, number, line) for number, line in enumerate(lines, 1)]
    return [entry for entry in entries if not address or entry.address == address]


def addresses(entries: list[Entry]) -> list[str]:
    """Return the addresses of a recording, in the order of their first words."""
    return list(dict.fromkeys(entry.address for entry in entries))


def _entry(path: Path, number: int, line: str) -> Entry:
    try:
        told = json.loads(line)
        entry = Entry(
            float(told["time"]), str(told["address"]), told["what"], _from_json(told),
            dict(told.get("more", {})),
        )  # fmt: skip
        if entry.what not in _KNOWN or not entry.address.isprintable():
            raise ValueError(entry.what)
        datetime.fromtimestamp(entry.time, UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError) as trouble:
        raise TransportError(f"{path} line {number} is not recorded traffic") from trouble
    return entry


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _data_fields(data: str | bytes) -> str:
    """Return what was said as a field of JSON: text where it is printable, else base64."""
    try:
        text = data if isinstance(data, str) else data.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if text.isascii() and text.isprintable() and (text or not data):
        return f'"text": {_quoted(text)}'
    raw = data.encode("ascii", "backslashreplace") if isinstance(data, str) else data
    return f'"base64": "{base64.b64encode(raw).decode("ascii")}"'


def _more_field(more: Mapping[str, object]) -> str:
    return f', "more": {json.dumps(more)}' if more else ""


def _from_json(entry: dict[str, str]) -> bytes:
    if "text" in entry:
        return entry["text"].encode("ascii")
    return base64.b64decode(entry["base64"], validate=True)
