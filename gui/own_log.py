"""What labcim's own modules log in this process, as lines for the log panel."""

import logging
from collections import deque

from .run.log_lines import Level, LogLine

_MOST = 1000
_PLAIN = logging.Formatter("%(message)s")


class OwnLog(logging.Handler):
    """Keeps warnings and errors, from whatever thread, until the window takes them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(_PLAIN)
        self._lines: deque[LogLine] = deque(maxlen=_MOST)
        logging.getLogger("labcim").addHandler(self)
        # A handler of our own keeps Python from writing to the terminal; both are wanted.
        terminal = logging.StreamHandler()
        terminal.setLevel(logging.WARNING)
        self._terminal = terminal
        logging.getLogger("labcim").addHandler(terminal)

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record; an exception comes with its traceback."""
        level: Level = "error" if record.levelno >= logging.ERROR else "warning"
        text = " ".join(f"dashboard: {self.format(record)}".split())
        self._lines.append(LogLine(0, record.created, level, text))

    def take(self) -> list[LogLine]:
        """Return what is new."""
        taken = []
        while self._lines:
            taken.append(self._lines.popleft())
        return taken

    def close(self) -> None:
        """Hear nothing more."""
        logging.getLogger("labcim").removeHandler(self)
        logging.getLogger("labcim").removeHandler(self._terminal)
        super().close()
