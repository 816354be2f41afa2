"""Waiting by absolute times of the bench's clock, so that what takes long shifts nothing after."""

from labcim.clock import Clock


class Timetable:
    """Times ``interval`` s apart from now on.

    slipped: how often a time was over already when it was waited for; the next one is then the
    next in the future, and none is made up for.
    """

    def __init__(self, clock: Clock, interval: float) -> None:
        self._clock, self._interval = clock, interval
        self._due = clock.now()
        self.slipped = 0

    def wait(self) -> None:
        """Wait for the next time."""
        self._due += self._interval
        late = self._clock.now() - self._due
        if late <= 0.0:
            self._clock.sleep(-late)
        elif self._interval > 0.0:
            missed = int(late / self._interval) + 1
            self.slipped += missed
            self._due += missed * self._interval
            self._clock.sleep(max(self._due - self._clock.now(), 0.0))
