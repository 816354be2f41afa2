"""A thread that does one small thing again and again: a heartbeat."""

import threading
from collections.abc import Callable


class Heart:
    """Calls ``beat`` every ``period`` s until closed. ``beat`` says False to end it."""

    def __init__(self, beat: Callable[[], bool], period: float, name: str) -> None:
        self._beat = beat
        self._period = period
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._go, daemon=True, name=name)
        self._thread.start()

    def close(self) -> None:
        """End it and wait for the beat under way; idempotent."""
        self._end.set()
        if self._thread is not threading.current_thread():
            self._thread.join(5.0)

    def _go(self) -> None:
        while self._beat() and not self._end.wait(self._period):
            pass
