"""Ctrl-C, SIGTERM and SIGHUP as an abort: they ask, and never raise in the middle of something."""

import logging
import os
import signal
import socket
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import Any

from .steering import Steering

log = logging.getLogger(__name__)

_NAMES = {"SIGINT": "Ctrl-C", "SIGTERM": "SIGTERM", "SIGHUP": "SIGHUP", "SIGBREAK": "Ctrl-Break"}
PATIENCE = 10.0  # s after the first signal; then another one ends the process at once
ABORTED = 7  # the exit code of an aborted run
_END = b"\0"  # no signal has the number 0


class StopSignals:
    """While this context is on, these signals ask for an abort. Only works in the main thread.

    Python runs a handler in the main thread, and only when that comes back to Python code: it may
    hold a lock then, or be stuck for long. So the handlers do nothing; the number of each signal
    arrives at once on a socket (``signal.set_wakeup_fd``), where a thread waits for it.
    """

    def __init__(self, steering: Steering) -> None:
        self._steering = steering
        self._before: dict[int, Any] = {}
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "StopSignals":
        if threading.current_thread() is threading.main_thread():
            self._in, self._out = socket.socketpair()
            self._in.setblocking(False)
            self._wakeup_before = signal.set_wakeup_fd(self._in.fileno(), warn_on_full_buffer=False)
            self._thread = threading.Thread(target=self._ask, daemon=True, name="signals")
            self._thread.start()
            for name in _NAMES:
                number = getattr(signal, name, None)
                if number is not None:
                    self._before[number] = signal.signal(number, _do_nothing)
        return self

    def __exit__(self, *trouble: object) -> None:
        if self._thread is None:
            return
        for number, handler in self._before.items():
            # None: it was set by something other than Python, and cannot be set from here.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.set_wakeup_fd(self._wakeup_before)
        self._in.setblocking(True)
        self._in.sendall(_END)
        self._thread.join()
        self._in.close()
        self._out.close()
        self._thread = None

    def _ask(self) -> None:
        first, since = "", 0.0
        while True:
            for number in self._out.recv(64):
                if number == _END[0]:
                    return
                if number not in self._before:
                    self._pass_on(number)
                    continue
                name = _NAMES[signal.Signals(number).name]
                if not first:
                    first, since = name, time.monotonic()
                elif time.monotonic() - since > PATIENCE:
                    _leave(name)
                else:
                    log.warning("%s: already ending, the outputs are being turned off", name)
                self._steering.request("abort", first)

    def _pass_on(self, number: int) -> None:
        """Tell whoever listened before, such as an event loop, of a signal that is not ours."""
        if self._wakeup_before != -1:
            with suppress(OSError):
                os.write(self._wakeup_before, bytes([number]))


def _leave(name: str) -> None:
    """End the process at once: a protocol that never comes back cannot be ended otherwise.

    The guardian has turned the outputs off; the watchdog sees this process gone, and proves it.
    """
    log.error("%s again: the run does not end by itself; leaving it interrupted", name)
    os._exit(ABORTED)


def _do_nothing(number: int, frame: FrameType | None) -> None:
    """Let the signal through to the socket."""
