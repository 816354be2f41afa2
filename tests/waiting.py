"""Wait for what another thread or process does, with a deadline instead of a fixed sleep."""

import threading
import time
from collections.abc import Callable

_NEVER = threading.Event()


def wait_until(true: Callable[[], object], deadline: float = 10.0, what: str = "it") -> float:
    """Return the seconds until ``true()``; fail the test when it has not come by ``deadline``."""
    began = time.monotonic()
    while not true():
        waited = time.monotonic() - began
        assert waited < deadline, f"{what} did not happen within {deadline:g} s"
        _NEVER.wait(0.005)
    return time.monotonic() - began
