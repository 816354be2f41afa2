"""Progress with ETA: a bar where there is a terminal, a line now and then where there is none."""

import sys
import time
from types import TracebackType
from typing import Any

_EVERY = 5.0  # s between two lines without a terminal


class ProgressBar:
    """Shows (unit, fraction, text) as it comes; use it as a context."""

    def __init__(self, title: str, quiet: bool = False) -> None:
        self._title = title
        self._quiet = quiet
        self._bar: Any = None
        self._task: Any = None
        self._began = self._told = time.monotonic()

    def __enter__(self) -> "ProgressBar":
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
            from rich.progress import TimeRemainingColumn as Remaining

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.percentage:3.0f} %  ETA"),
                Remaining(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[text]}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task(self._title, total=1.0, text="")
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, unit: str, fraction: float, text: str) -> None:
        """Show how far the run is."""
        if self._bar is not None:
            self._bar.update(self._task, completed=fraction, text=f"{unit} {text}")
        elif not self._quiet and time.monotonic() - self._told > _EVERY:
            self._told = time.monotonic()
            spent = self._told - self._began
            left = f"{spent * (1 - fraction) / fraction:.0f} s to go" if fraction else "just begun"
            line = f"{self._title}: {100 * fraction:.0f} %, {left} ({unit} {text})"
            print(line, file=sys.stderr)
