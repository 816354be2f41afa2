"""Cut a stream of bytes into program messages, however the bytes were split on the way.

A message ends at a newline or where the transport says END. A definite block (`#` after a blank or
comma, a digit, that many digits of length) may hold any byte; an indefinite one (`#0`) lasts until
END. On a transport without END (a raw socket) an indefinite block ends at the first newline.
"""

import re
import sys
from collections.abc import Iterator
from typing import Final

from .errors import ScpiError

LINE_LIMIT: Final = 16 * 2**20
BLOCK_LIMIT: Final = 256 * 2**20

_NEWLINE: Final = 0x0A
_RETURN: Final = 0x0D
_HASH: Final = ord("#")
_STOPS: Final = {
    0: re.compile(rb"[\n\"'#]"),
    ord('"'): re.compile(rb'[\n"]'),
    ord("'"): re.compile(rb"[\n']"),
}
_TEXT_STOPS: Final = re.compile(rb"\n")

_OPENED: Final = re.compile(rb"[^\n\"'#]*[ ,]#[1-9]")
_IN_TEXT: Final = re.compile(rb"[\n\"'#]")  # what text has to be searched for


def is_whole_with_block(data: bytes, end: bool) -> bool:
    """Say whether data are one message with one block, and text after it: it may pass as it is.

    Anything else may also be a message, but takes a closer look.
    """
    opened = _OPENED.match(data)
    if opened is None:
        return False
    digits = opened.end() - 1
    floor = opened.end() + data[digits] - ord("0")
    length = data[digits + 1 : floor]
    if not length.isdigit() or len(length) < floor - digits - 1:
        return False
    text = data[floor + int(length) :]
    if text.endswith(b"\n"):
        text = text[:-1]
    elif not end:
        return False
    return bool(text.strip()) and _IN_TEXT.search(text) is None


class Framer:
    """Sans-I/O splitter of program messages; work is linear in the bytes, over any split.

    blocks: whether the language has binary blocks.  stream: the transport has no END.
    line_limit, block_limit: largest text and largest sum of blocks of one message, in bytes.
    """

    def __init__(
        self,
        *,
        blocks: bool = True,
        stream: bool = False,
        line_limit: int = LINE_LIMIT,
        block_limit: int = BLOCK_LIMIT,
    ) -> None:
        self._blocks = blocks
        self._stream = stream
        self._line_limit = line_limit
        self._block_limit = block_limit
        self._buffer = bytearray()
        self._skip = 0
        self.reset()

    def reset(self) -> None:
        """Forget a message that has begun to arrive."""
        self._buffer = bytearray()
        self._skip = 0
        self._discarding = False
        self._start_message(0)

    def _start_message(self, start: int) -> None:
        self._start = start
        self._position = start
        self._quote = 0
        self._floor = start  # end of the last block: nothing before it may be stripped
        self._block_bytes = 0
        self._indefinite = False

    @property
    def idle(self) -> bool:
        """Whether no part of a message waits here."""
        return not self._buffer and not self._discarding

    def push(self, data: bytes, end: bool) -> Iterator[bytes | ScpiError]:
        """Yield the messages that these bytes complete, and an error for each that is too long."""
        if self._buffer:
            self._buffer += data
            subject: bytes | bytearray = self._buffer
        else:
            subject = data
        while self._advance(subject):
            yield from self._messages(subject)
        if end:
            yield from self._finish(subject)
        self._keep(subject)

    def _messages(self, subject: bytes | bytearray) -> Iterator[bytes | ScpiError]:
        """Yield what lies before the position where the scan stopped, and start anew there."""
        if self._skip or self._discarding:
            yield ScpiError(-223)
            return
        message = self._cut(subject, self._position)
        self._start_message(self._position + 1)
        if message:
            yield message

    def _cut(self, subject: bytes | bytearray, stop: int) -> bytes:
        while stop > self._floor and subject[stop - 1] == _RETURN:
            stop -= 1
        if isinstance(subject, bytes):
            return subject[self._start : stop]
        with memoryview(subject) as view:
            return bytes(view[self._start : stop])

    def _advance(self, subject: bytes | bytearray) -> bool:
        """Scan on to the end of a message (or to a refusal); False when more bytes are needed."""
        while True:
            if self._discarding:
                if not self._discard(subject):
                    return False
                continue
            if self._indefinite:
                refused = self._refuse_long(len(subject), self._block_limit)
                if refused:
                    self._skip = sys.maxsize  # nothing but END can end it
                return refused
            if self._position < self._floor > len(subject):
                return False
            self._position = max(self._position, self._floor)
            stops = _STOPS[self._quote] if self._blocks else _TEXT_STOPS
            found = stops.search(subject, self._position)
            if found is None:
                self._position = len(subject)
                return self._refuse_long(len(subject), self._line_limit)
            self._position = found.start()
            byte = subject[self._position]
            if self._refuse_long(self._position, self._line_limit) or byte == _NEWLINE:
                return True
            if byte != _HASH:
                self._quote = 0 if self._quote else byte
                self._position += 1
            elif not self._open_block(subject):
                return self._discarding

    def _open_block(self, subject: bytes | bytearray) -> bool:
        """Look at a `#`. False: the length is not all here yet, or the block is refused."""
        mark = self._position
        if mark == self._start or subject[mark - 1] not in b" \t,":
            self._position += 1
            return True
        if len(subject) < mark + 2:
            return False
        digits = subject[mark + 1] - ord("0")
        if digits == 0 and not self._stream:
            self._indefinite = True
        if not 1 <= digits <= 9:
            self._position += 2 if digits == 0 else 1
            return True
        length = bytes(subject[mark + 2 : mark + 2 + digits])
        if length and not length.isdigit():
            self._position += 1
            return True
        if len(length) < digits:
            return False
        size = int(length)
        self._floor = mark + 2 + digits + size
        self._block_bytes += size
        if self._block_bytes > self._block_limit:
            self._skip = self._floor - mark
            self._discarding = True
            self._start = mark
            return False
        return True

    def _refuse_long(self, stop: int, limit: int) -> bool:
        """Refuse a message whose text up to stop is too long; what is left of it is dropped."""
        if stop - self._start - self._block_bytes <= limit:
            return False
        self._discarding = True
        self._start = stop
        return True

    def _discard(self, subject: bytes | bytearray) -> bool:
        """Drop the rest of a refused message. True when it has ended and another may begin."""
        skipped = min(self._skip, len(subject) - self._start)
        self._skip -= skipped
        self._start += skipped
        if self._skip:
            return False
        newline = subject.find(b"\n", self._start)
        if newline < 0:
            self._start = len(subject)
            return False
        self._discarding = False
        self._start_message(newline + 1)
        return True

    def _finish(self, subject: bytes | bytearray) -> Iterator[bytes | ScpiError]:
        """END ends a message wherever it stands; a cut block is left to the parser to refuse."""
        stop = len(subject)
        if self._discarding:
            self._skip = 0
            self._discarding = False
        elif stop > self._start:
            if self._indefinite:
                # NL^END ends an indefinite block; a newline without END is one of its bytes.
                stop -= subject[stop - 1] == _NEWLINE
                self._floor = stop
            else:
                self._floor = min(self._floor, stop)
            message = self._cut(subject, stop)
            if message:
                yield message
        self._start_message(len(subject))

    def _keep(self, subject: bytes | bytearray) -> None:
        """Keep the unfinished message only, with all positions relative to its start."""
        start = self._start
        if start >= len(subject):
            self._buffer = bytearray()
        elif subject is not self._buffer:
            self._buffer = bytearray(subject[start:])
        elif start:
            del self._buffer[:start]
        self._start = 0
        self._position = max(0, self._position - start)
        self._floor = max(0, self._floor - start)
