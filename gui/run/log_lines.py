"""The lines of the log, numbered; the newest of them are kept."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

Level = Literal["info", "warning", "error"]

_LONGEST = 1000  # characters


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. number: counts on for as long as the program runs.  wall_time: Unix time, s."""

    number: int
    wall_time: float
    level: Level
    text: str


class LogLines:
    """The newest ``most`` lines, each a single line of bounded length."""

    def __init__(self, most: int = 5000) -> None:
        self.last = 0
        self._lines: deque[LogLine] = deque(maxlen=most)

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[LogLine]:
        return iter(self._lines)

    def add(self, wall_time: float, level: Level, text: str) -> None:
        """Add a line; what is too long for one is cut, and says so."""
        plain = " ".join(text.split())
        if len(plain) > _LONGEST:
            plain = f"{plain[: _LONGEST - 1]}…"
        self.last += 1
        self._lines.append(LogLine(self.last, wall_time, level, plain))

    def after(self, number: int) -> list[LogLine]:
        """Return the lines that came after line ``number``, as far as they are still kept."""
        wanted = min(max(self.last - number, 0), len(self._lines))
        return list(islice(self._lines, len(self._lines) - wanted, None))

    def clear(self) -> None:
        """Forget all lines; the numbers go on."""
        self._lines.clear()
