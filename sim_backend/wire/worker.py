"""A thread that does one thing at a time, for one who cannot wait until it is done."""

import threading
from collections.abc import Callable
from queue import SimpleQueue


class Worker:
    """Runs jobs in order; the thread starts with the first one and ends with `close`."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._busy = threading.Lock()  # from the moment that a job is given until it is done
        self._thread: threading.Thread | None = None
        self._trouble: Exception | None = None

    def is_free(self, timeout: float) -> bool:
        """Wait at most so many s until no job is going on; say whether."""
        if not self._busy.acquire(timeout=timeout):
            return False
        self._busy.release()
        return True

    def run(self, job: Callable[[], None], timeout: float) -> bool:
        """Have a job done, and wait at most so many s for it; it goes on if that was too short.

        False: it was not begun, since the one before it is not done yet. Raises what an earlier
        job, or this one, has raised.
        """
        if not self._busy.acquire(timeout=timeout):
            return False
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="labcim-worker", daemon=True)
            self._thread.start()
        self._jobs.put(job)
        self.is_free(timeout)
        trouble, self._trouble = self._trouble, None
        if trouble is not None:
            raise trouble
        return True

    def close(self) -> None:
        """Let the thread end after what it is doing."""
        self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception as trouble:
                self._trouble = trouble  # raised where the next result is waited for
            finally:
                self._busy.release()
