"""Where other processes hand in what a host shall run: one job at a time, each told of its end."""

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .errors import BenchHeldError, LabcimError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A recipe to run, as TOML text; or a run to go on with, by its identifier."""

    kind: Literal["run", "resume"]
    what: str


_SAID_AS = {"run": "recipe", "resume": "run"}


class JobDesk:
    """Takes jobs from many threads and hands them to the one that serves."""

    def __init__(self) -> None:
        #: Why the latest job that was refused was refused, and how many were.
        self.trouble, self.troubles = "", 0
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._serving = self._busy = False

    @property
    def serving(self) -> bool:
        """Say whether somebody takes jobs."""
        return self._serving

    def submit(self, request: Mapping[str, Any], holder: object) -> None:
        """Take a job. Raises BenchHeldError, which names the holder, where none is taken now."""
        kind = request["verb"]
        what = request.get(_SAID_AS[kind])
        if not isinstance(what, str):
            raise LabcimError(f'{kind}: "{_SAID_AS[kind]}" must be a text')
        with self._lock:
            self._check_serving(holder)
            if self._busy:
                raise BenchHeldError(f"{holder}; one run at a time")
            self._busy = True
        self._jobs.put(Job(kind, what))

    def serve(self, do: Callable[[Job], object]) -> None:
        """Do what is handed in, one after the other, until the end is asked for."""
        with self._lock:
            self._serving = True
        try:
            while (job := self._jobs.get()) is not None:
                try:
                    do(job)
                except LabcimError as trouble:
                    log.error("the %s that was handed in: %s", job.kind, trouble)
                    self.trouble, self.troubles = str(trouble), self.troubles + 1
                finally:
                    with self._lock:
                        self._busy = False
        finally:
            with self._lock:
                self._serving = False

    def end(self) -> None:
        """Take no more jobs: ``serve`` returns when the present one has ended."""
        self._jobs.put(None)

    def end_for(self, holder: object) -> None:
        """Do so for another process. Raises BenchHeldError where nobody serves."""
        with self._lock:
            self._check_serving(holder)
        self.end()

    def _check_serving(self, holder: object) -> None:
        if not self._serving:
            raise BenchHeldError(f"{holder}; it takes no runs from others")
