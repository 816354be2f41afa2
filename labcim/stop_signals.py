"""Ctrl-C, SIGTERM and SIGHUP as an abort: they ask, and never raise in the middle of something."""

import logging
import queue
import signal
import threading
from types import FrameType
from typing import Any

from .steering import Steering

log = logging.getLogger(__name__)

_NAMES = {"SIGINT": "Ctrl-C", "SIGTERM": "SIGTERM", "SIGHUP": "SIGHUP", "SIGBREAK": "Ctrl-Break"}


class StopSignals:
    """While this context is on, these signals ask for an abort. Only works in the main thread."""

    def __init__(self, steering: Steering) -> None:
        self._steering = steering
        self._before: dict[int, Any] = {}
        # A handler may interrupt the main thread while it holds any lock; this queue takes none.
        self._came: queue.SimpleQueue[int | None] = queue.SimpleQueue()

    def __enter__(self) -> "StopSignals":
        if threading.current_thread() is threading.main_thread():
            threading.Thread(target=self._ask, daemon=True, name="signals").start()
            for name in _NAMES:
                number = getattr(signal, name, None)
                if number is not None:
                    self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *trouble: object) -> None:
        for number, handler in self._before.items():
            # None: it was set by something other than Python, and cannot be set from here.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._before.clear()
        self._came.put(None)

    def _take(self, number: int, frame: FrameType | None) -> None:
        self._came.put(number)

    def _ask(self) -> None:
        first = ""
        while (number := self._came.get()) is not None:
            name = _NAMES[signal.Signals(number).name]
            if first:
                log.warning("%s: already ending, the outputs are being turned off", name)
            first = first or name
            self._steering.request("abort", first)
