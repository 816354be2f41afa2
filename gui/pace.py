"""How often to draw: often enough for the eye, seldom enough for buttons to answer."""

import time
from collections.abc import Callable

FRAME = 1 / 30
"""s between two looks at what has changed."""

_SHARE = 0.25  # of the time that one view may take
_SLOWEST = 1.0  # s between two drawings of whatever changes


class Throttle:
    """Lets a view be drawn at most 30 times a second, and less often where that takes long."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due = 0.0
        self._pending = False

    def want(self) -> None:
        """Note that there is something new to draw."""
        self._pending = True

    def __call__(self, draw: Callable[[], object]) -> bool:
        """Draw if something is new and it is time; say whether it was drawn."""
        began = self._clock()
        if not self._pending or began < self._due:
            return False
        self._pending = False
        draw()
        took = self._clock() - began
        self._due = began + min(max(FRAME * 0.9, took / _SHARE), _SLOWEST)
        return True


class FrameCount:
    """Counts frames over the last second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._frames = 0
        self.rate = 0.0
        """Frames in each s."""

    def frame(self) -> bool:
        """Count a frame; say whether the rate is new."""
        self._frames += 1
        passed = self._clock() - self._began
        if passed < 1.0:
            return False
        self.rate, self._frames, self._began = self._frames / passed, 0, self._clock()
        return True
