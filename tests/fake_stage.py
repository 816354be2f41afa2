"""A thermal stage without instruments: first order in time, or as a test's function says."""

import math


class FakeStage:
    """Goes to its setpoint with a time constant in s. ``says``: (time in s) -> K, in its place."""

    def __init__(self, clock, *, kelvin=300.0, time=60.0, room=300.0, says=None):
        self.clock, self.says, self.room, self.time = clock, says, room, time
        self.start, self.since, self.goal = kelvin, clock.now(), kelvin
        self.log = []

    def _now(self):
        passed = self.clock.now() - self.since
        return self.goal + (self.start - self.goal) * math.exp(-passed / self.time)

    def go_to(self, kelvin):
        self.log.append(kelvin)
        self.start, self.since, self.goal = self._now(), self.clock.now(), kelvin

    def temperature(self):
        return self._now() if self.says is None else self.says(self.clock.now())

    def off(self):
        self.log.append("off")
        self.start, self.since, self.goal = self._now(), self.clock.now(), self.room
