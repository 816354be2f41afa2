"""SCPI errors: the numbers, their standard texts and the queue that holds them."""

from collections import deque
from collections.abc import Callable
from typing import Final

STANDARD_TEXTS: Final[dict[int, str]] = {
    0: "No error",
    -100: "Command error",
    -101: "Invalid character",
    -102: "Syntax error",
    -103: "Invalid separator",
    -104: "Data type error",
    -108: "Parameter not allowed",
    -109: "Missing parameter",
    -110: "Command header error",
    -112: "Program mnemonic too long",
    -113: "Undefined header",
    -114: "Header suffix out of range",
    -120: "Numeric data error",
    -121: "Invalid character in number",
    -123: "Exponent too large",
    -124: "Too many digits",
    -128: "Numeric data not allowed",
    -131: "Invalid suffix",
    -138: "Suffix not allowed",
    -141: "Invalid character data",
    -144: "Character data too long",
    -148: "Character data not allowed",
    -151: "Invalid string data",
    -158: "String data not allowed",
    -161: "Invalid block data",
    -168: "Block data not allowed",
    -171: "Invalid expression",
    -178: "Expression data not allowed",
    -200: "Execution error",
    -203: "Command protected",
    -211: "Trigger ignored",
    -213: "Init ignored",
    -214: "Trigger deadlock",
    -220: "Parameter error",
    -221: "Settings conflict",
    -222: "Data out of range",
    -223: "Too much data",
    -224: "Illegal parameter value",
    -225: "Out of memory",
    -230: "Data corrupt or stale",
    -240: "Hardware error",
    -241: "Hardware missing",
    -300: "Device-specific error",
    -310: "System error",
    -350: "Queue overflow",
    -360: "Communication error",
    -363: "Input buffer overrun",
    -400: "Query error",
    -410: "Query INTERRUPTED",
    -420: "Query UNTERMINATED",
    -430: "Query DEADLOCKED",
    -440: "Query UNTERMINATED after indefinite response",
}
"""Texts of SCPI-99 volume 2, chapter 21, for the numbers that the simulated instruments use."""


class ScpiError(Exception):
    """An instrument's refusal: number, standard text and the device's own words after a semicolon.

    code: negative for the standard's errors, positive for an instrument's own (which need a text).
    """

    def __init__(self, code: int, text: str | None = None, device_info: str = "") -> None:
        self.code = code
        self.text = STANDARD_TEXTS.get(code, "Device-specific error") if text is None else text
        self.device_info = device_info
        super().__init__(f"{code}, {self.message}")

    @property
    def message(self) -> str:
        """Text with the device's own words, as it stands in the error queue."""
        return f"{self.text};{self.device_info}" if self.device_info else self.text


class ErrorQueue:
    """First-in first-out error queue; on overflow its newest entry becomes -350 (SCPI-99 21.8.1).

    on_change: called after the queue went from empty to filled or back (status byte bit 2).
    """

    def __init__(self, depth: int = 20) -> None:
        if depth < 2:
            raise ValueError(f"error queue depth = {depth}: accepts 2 or more")
        self.depth = depth
        self.on_change: Callable[[], None] | None = None
        self._entries: deque[tuple[int, str]] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    def push(self, error: ScpiError) -> None:
        """Queue an error, or put -350 in the newest entry's place when the queue is full."""
        entries = self._entries
        if len(entries) >= self.depth:
            entries[-1] = (-350, STANDARD_TEXTS[-350])
            return
        entries.append((error.code, error.message))
        if len(entries) == 1:
            self._changed()

    def pop(self) -> tuple[int, str]:
        """Take the oldest error out; (0, "No error") when there is none."""
        if not self._entries:
            return 0, STANDARD_TEXTS[0]
        entry = self._entries.popleft()
        if not self._entries:
            self._changed()
        return entry

    def pop_all(self) -> list[tuple[int, str]]:
        """Take all errors out, oldest first."""
        entries = list(self._entries)
        self.clear()
        return entries

    def clear(self) -> None:
        """Forget all errors."""
        if self._entries:
            self._entries.clear()
            self._changed()

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()
