"""A re-entrant lock that serves whoever waits in the order they came.

Python's own lock goes to whoever is quickest, which is the client that has just let go of it and
floods the bench with messages; all others would starve.
"""

import threading
from collections import deque
from threading import get_ident
from typing import Final

_NOBODY: Final = 0


class FairLock:
    """Used as a context, or by `acquire` and `release`; conditions can stand on it."""

    __slots__ = ("_depth", "_guard", "_owner", "_waiting")

    def __init__(self) -> None:
        self._guard = threading.Lock()  # held for a few instructions only
        self._owner = _NOBODY
        self._depth = 0
        self._waiting: deque[tuple[int, threading.Lock]] = deque()

    def __enter__(self) -> None:
        if self._owner == get_ident():
            self._depth += 1
        else:
            self._acquire(1, -1.0)

    def __exit__(self, *details: object) -> None:
        self.release()

    def acquire(self, blocking: bool = True, timeout: float = -1.0) -> bool:
        """Take the lock, waiting at most timeout seconds (negative: for ever); say whether."""
        if self._owner == get_ident():
            self._depth += 1
            return True
        return self._acquire(1, timeout if blocking else 0.0)

    def release(self) -> None:
        """Undo the last `acquire`; after the first one's undoing the next in the queue has it."""
        if self._owner != get_ident():
            raise RuntimeError("the lock is not held by this thread")
        self._depth -= 1
        if self._depth == 0:
            self._surrender()

    def _acquire(self, depth: int, timeout: float) -> bool:
        me = get_ident()
        turn = None
        try:
            with self._guard:
                if self._owner == _NOBODY:
                    self._owner, self._depth = me, depth
                    return True
                if timeout == 0.0:
                    return False
                turn = threading.Lock()
                turn.acquire()
                self._waiting.append((me, turn))
            if turn.acquire(True, timeout) or not self._leave(me, turn):
                self._depth = depth
                return True
        except BaseException:  # Ctrl-C: the lock must not be handed to one who no longer waits
            if turn is None or not self._leave(me, turn):
                self._surrender()
            raise
        return False

    def _leave(self, me: int, turn: threading.Lock) -> bool:
        """Leave the queue; False: too late, the lock has been handed over."""
        with self._guard:
            if (me, turn) in self._waiting:
                self._waiting.remove((me, turn))
                return True
        return False

    def _surrender(self) -> None:
        try:
            self._hand_over()
        except BaseException:  # Ctrl-C
            self._hand_over()
            raise

    def _hand_over(self) -> None:
        with self._guard:
            if self._owner != get_ident():
                return
            if self._waiting:
                self._owner, turn = self._waiting.popleft()
                turn.release()
            else:
                self._owner = _NOBODY

    # --- what threading.Condition needs of a re-entrant lock ---

    def _is_owned(self) -> bool:
        return self._owner == get_ident()

    def _release_save(self) -> int:
        depth, self._depth = self._depth, 0
        self._surrender()
        return depth

    def _acquire_restore(self, depth: int) -> None:
        self._acquire(depth, -1.0)
