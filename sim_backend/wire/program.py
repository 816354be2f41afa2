"""Cut one program message into its units: header and parameters (IEEE 488.2 chapter 7)."""

import re
from collections.abc import Iterator
from typing import Final

from .errors import ScpiError

Token = str | bytes
"""One parameter as sent: text with its quotes or parentheses, or the bytes of a block."""

Unit = tuple[str, list[Token]]
"""Header in upper case (with `?` and leading colon, as sent) and its parameters."""

_SPECIAL: Final = re.compile(rb"[\"'#()]")
_STOP: Final = re.compile(rb"[;,\"'#()]")
_HEADER: Final = re.compile(r":?(?:\*[A-Z]+|[A-Z]\w*(?::[A-Z]\w*)*)\??", re.ASCII)
_HEADER_CHARACTERS: Final = re.compile(r"[\w:*?]*", re.ASCII)
_LONGEST_MNEMONIC: Final = 12
_LONGEST_HEADER: Final = 255
_EXPRESSION_DEPTH: Final = 16


def units(message: bytes) -> Iterator[Unit]:
    """Yield the units of a message in turn; raises ScpiError where the syntax breaks."""
    if _SPECIAL.search(message) is None:
        for text in message.decode("latin-1").split(";"):
            parts = text.split(None, 1)
            if parts:
                tokens: list[Token] = []
                if len(parts) == 2:
                    tokens.extend(token.strip() for token in parts[1].split(","))
                yield check_header(parts[0]), tokens
        return
    yield from _Scanner(message).units()


def check_header(text: str) -> str:
    """Return the header in upper case; raises -101, -102 or -112 when it cannot be one."""
    if len(text) > _LONGEST_HEADER:
        raise ScpiError(-112)
    if not text.isascii():
        raise ScpiError(-101)
    header = text.upper()
    if _HEADER.fullmatch(header) is None:
        raise ScpiError(-102 if _HEADER_CHARACTERS.fullmatch(header) else -101)
    if len(header) > _LONGEST_MNEMONIC:
        for mnemonic in re.split("[:?*]", header):
            if len(mnemonic.rstrip("0123456789")) > _LONGEST_MNEMONIC:
                raise ScpiError(-112)
    return header


class _Scanner:
    """Walks over a message that has strings, blocks or expressions in it."""

    def __init__(self, message: bytes) -> None:
        self._message = message
        self._position = 0

    def units(self) -> Iterator[Unit]:
        while self._position < len(self._message):
            header = self._header()
            if header:
                yield check_header(header), self._parameters()
            else:
                self._position += 1  # the semicolon of an empty unit

    def _header(self) -> str:
        found = re.compile(rb"[\s]*([^\s;]*)").match(self._message, self._position)
        assert found is not None  # both parts may be empty
        self._position = found.end()
        return found.group(1).decode("latin-1")

    def _parameters(self) -> list[Token]:
        tokens: list[Token] = []
        while True:
            token = self._parameter()
            at_end = self._position >= len(self._message)
            separator = b";" if at_end else self._message[self._position : self._position + 1]
            self._position += 1
            if token or isinstance(token, bytes) or tokens or separator == b",":
                tokens.append(token)
            if separator == b";":
                return tokens

    def _parameter(self) -> Token:
        """Read up to the comma or semicolon that ends a parameter, which stays unread."""
        message, start = self._message, self._position
        position = start
        while True:
            found = _STOP.search(message, position)
            position = len(message) if found is None else found.start()
            byte = message[position : position + 1]
            if byte in (b"", b";", b","):
                self._position = position
                return message[start:position].decode("latin-1").strip()
            if byte == b"#":
                if (
                    not message[start:position].strip()
                    and message[position + 1 : position + 2].isdigit()
                ):
                    return self._block(position)
                position += 1
            elif byte == b"(":
                position = self._expression(position)
            elif byte == b")":
                raise ScpiError(-102)
            else:
                position = self._string(position, byte)

    def _string(self, start: int, quote: bytes) -> int:
        end = self._message.find(quote, start + 1)
        if end < 0:
            raise ScpiError(-151)
        return end + 1

    def _expression(self, start: int) -> int:
        depth = 0
        position = start
        while True:
            found = re.compile(rb"[()\"']").search(self._message, position)
            if found is None or depth > _EXPRESSION_DEPTH:
                raise ScpiError(-171)
            byte = found.group()
            position = found.end()
            if byte in b"\"'":
                position = self._string(position - 1, byte)
                continue
            depth += 1 if byte == b"(" else -1
            if depth == 0:
                return position

    def _block(self, mark: int) -> bytes:
        """Read a block whose `#` stands at mark; raises -161 when its length does not fit."""
        message = self._message
        digits = message[mark + 1] - ord("0")
        start = mark + 2 + digits
        if digits == 0:
            self._position = len(message)
            return message[start:]
        length = message[mark + 2 : start]
        if len(length) < digits or not length.isdigit():
            raise ScpiError(-161)
        end = start + int(length)
        if end > len(message):
            raise ScpiError(-161)
        after = re.compile(rb"\s*(?=[;,]|\Z)").match(message, end)
        if after is None:
            raise ScpiError(-161)
        self._position = after.end()
        return message[start:end]
