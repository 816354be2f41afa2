"""The errors of FLEX: numbers, texts and the queue.

Source: B1500A Programming Guide (B1500-90010), chapter 5, and the ERR?, ERRX? and EMG? commands of
chapter 4: the queue holds 30 errors, of which ERRX? takes the oldest; ERR? tells the first four
and empties it.
"""

from collections import deque
from typing import Final

from .errors import ScpiError

TEXTS: Final[dict[int, str]] = {
    0: "No Error.",
    100: "Undefined GPIB command.",
    102: "Incorrect numeric data syntax.",
    103: "Incorrect terminator position.",
    104: "Incorrect serial data syntax.",
    120: "Incorrect parameter value.",
    121: "Channel number must be 1 to 10.",
    122: "Number of channels must be corrected.",
    123: "Compliance must be set correctly.",
    124: "Incorrect range value for this channel.",
    126: "Pulse base and peak must be same polarity.",
    130: "Start and stop must be same polarity.",
    150: "Command input buffer is full.",
    151: "This command is not allowed to this channel.",
    153: "No module for this channel.",
    200: "Channel output switch must be ON.",
    201: "Compliance must be set.",
    202: "Interlock circuit must be closed.",
    205: "DZ must be sent before RZ.",
    206: "Do not specify the channel recovered by RZ.",
    211: "TM1 must be sent to use GET.",
    214: "Send MM before measurement trigger.",
    220: "Send WV or WI to set primary sweep source.",
    221: "Send PWV or PWI to set pulse sweep source.",
    222: "Send PV or PI to set pulse source.",
    224: "Sweep and pulse channels must be different.",
}
QUEUE: Final = 30
FIRST: Final = 4


class FlexError(Exception):
    """An instrument's refusal: number and, after a semicolon, what it is about."""

    def __init__(self, code: int, about: str = "") -> None:
        self.code = code
        self.about = about
        super().__init__(code, TEXTS[code], about)

    @property
    def text(self) -> str:
        """The text as ERRX? has it."""
        return f"{TEXTS[self.code]}; {self.about}" if self.about else TEXTS[self.code]


class FlexErrorQueue:
    """Errors in the order in which they happened; what comes when it is full is lost."""

    def __init__(self) -> None:
        self._entries: deque[FlexError] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, error: FlexError) -> None:
        """Put an error in."""
        if len(self._entries) < QUEUE:
            self._entries.append(error)

    def push(self, error: ScpiError) -> None:
        """Take what the message exchange refuses: a line that is too long is one FLEX knows."""
        if error.code == -223:
            self.add(FlexError(150))

    def next(self) -> FlexError | None:
        """ERRX?: take the oldest error out."""
        return self._entries.popleft() if self._entries else None

    def first(self) -> list[int]:
        """ERR?: return the first four codes, 0 where there are fewer, and forget everything."""
        codes = [error.code for error in self._entries][:FIRST]
        self.clear()
        return codes + [0] * (FIRST - len(codes))

    def clear(self) -> None:
        """Forget all errors."""
        self._entries.clear()
