"""Work that may take long, done beside the window; what came of it is looked at by the window."""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from labcim.errors import LabcimError

log = logging.getLogger(__name__)

Found = TypeVar("Found")
_Done = tuple[Callable[[Any], None], Any, str]


class Errands:
    """One thread that does one errand after the other; it ends with the process."""

    def __init__(self) -> None:
        self._wanted: queue.SimpleQueue[tuple[Callable[[], Any], Callable[[Any], None]] | None]
        self._wanted = queue.SimpleQueue()
        self._done: queue.SimpleQueue[_Done] = queue.SimpleQueue()
        self._waiting = 0
        threading.Thread(target=self._work, daemon=True, name="errands").start()

    @property
    def busy(self) -> bool:
        """Say whether something is under way, or done and not looked at yet."""
        return self._waiting > 0

    def do(self, work: Callable[[], Found], then: Callable[[Found], None]) -> None:
        """Do ``work`` aside; ``then`` is called with what it returns, from ``poll``."""
        self._waiting += 1
        self._wanted.put((work, then))

    def poll(self) -> list[str]:
        """Hand over what is done; return why what failed failed."""
        troubles = []
        while self._waiting:
            try:
                then, found, trouble = self._done.get_nowait()
            except queue.Empty:
                break
            self._waiting -= 1
            if trouble:
                troubles.append(trouble)
            else:
                then(found)
        return troubles

    def close(self) -> None:
        """Take no more errands; the one under way ends by itself."""
        self._wanted.put(None)

    def _work(self) -> None:
        while (errand := self._wanted.get()) is not None:
            work, then = errand
            try:
                self._done.put((then, work(), ""))
            except LabcimError as trouble:
                self._done.put((then, None, str(trouble)))
            except Exception as trouble:
                log.exception("an errand failed")
                self._done.put((then, None, f"{type(trouble).__name__}: {trouble}"))
