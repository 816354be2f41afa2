"""A thread that delivers service requests to handlers, away from the thread that caused them."""

import logging
import queue
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class ServiceThread:
    """Runs deliveries in order; the thread starts with the first one and ends with `close`."""

    def __init__(self) -> None:
        self._deliveries: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def submit(self, delivery: Callable[[], None]) -> None:
        """Have a delivery made soon."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="labcim-srq", daemon=True)
            self._thread.start()
        self._deliveries.put(delivery)

    def close(self) -> None:
        """Let the thread end after what has been submitted."""
        if self._thread is not None:
            self._deliveries.put(None)
            self._thread = None

    def _run(self) -> None:
        while True:
            delivery = self._deliveries.get()
            if delivery is None:
                return
            try:
                delivery()
            except Exception:
                # A user's handler must not end the deliveries of all other sessions.
                log.exception("a service request handler failed")
