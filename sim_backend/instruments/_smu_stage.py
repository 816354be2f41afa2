"""What one source-measure channel does to its terminal: hold, limit, look."""

import math
from typing import Final, Literal

from ..chip.ports import Measured, Port
from ._terminal import Terminal

_OFF_LIMIT: Final = 1e-6  # A that an output which is off at 0 V still carries
_IDLE_LIMIT: Final = 1e-9  # A of a current source at zero
_OVER: Final = 1.05  # a current source holds its voltage up to this much of its current


class SmuStage:
    """A voltage or current source with a limit of the other kind; off at first.

    Levels and limits in V and A. Only `wait`, `pause`, `look` and `step` take time. Beside the
    terminal ``hi`` are ``lo``, ``sense_hi`` and ``sense_lo``, as far as the chip file wires them.
    """

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self._sources: Literal["voltage", "current", "nothing"] = "nothing"
        self._level = 0.0
        self._limit = _OFF_LIMIT
        self._tripped: bool | None = False  # None: not looked at since something changed

    def sense_remotely(self, on: bool) -> None:
        """Regulate and measure the voltage at the sense terminals, or at the terminal itself."""
        stem = self.terminal.name.removesuffix("hi")
        sensed = (f"{stem}sense_hi", f"{stem}sense_lo") if on else None
        self.terminal.set_port(Port(back=f"{stem}lo", sensed=sensed))

    @property
    def now(self) -> float:
        """Return simulated time in s."""
        return self.terminal.now

    def source_voltage(self, level: float, limit: float) -> bool:
        """Hold a voltage, never giving more than ``limit`` A; say whether that is new."""
        self._sources, self._level, self._limit = "voltage", level, limit
        self._tripped = None
        return self.terminal.hold(level, limit)

    def source_current(self, level: float, limit: float) -> bool:
        """Give a current, never at more than ``limit`` V; say whether that is new."""
        self._sources, self._level, self._limit = "current", level, limit
        self._find(0.0)
        self._tripped = None
        return True

    def off(self, opened: bool = False) -> bool:
        """Hold 0 V weakly, or open the relay; say whether that is new."""
        self._sources, self._level, self._limit = "nothing", 0.0, _OFF_LIMIT
        self._tripped = False
        return self.terminal.hold(None if opened else 0.0, _OFF_LIMIT)

    def wait(self, seconds: float) -> None:
        """Let time pass with everything as it is."""
        self.terminal.wait(seconds)

    def pause(self, seconds: float) -> None:
        """Let a time pass that is too short for anything connected to feel it."""
        self.terminal.pause(seconds)

    def look(self, aperture: float) -> Measured:
        """Measure voltage and current at the terminal over ``aperture`` s."""
        if self._sources == "current":
            return self._find(aperture)
        seen = self.terminal.measure(aperture)
        self._tripped = seen.in_compliance
        return seen

    def step(self, duration: float) -> Measured:
        """Hold the present level for ``duration`` s and look at its end, as a sweep does."""
        if self._sources == "current":
            return self._find(duration)
        if self.terminal.holds(self._level, self._limit):
            return self.look(duration)
        seen = self.terminal.dwell(self._level, duration, self._limit)
        self._tripped = seen.in_compliance
        return seen

    @property
    def tripped(self) -> bool:
        """Say whether the limit holds the source back now."""
        if self._tripped is None:
            self.look(0.0)
        return bool(self._tripped)

    def _find(self, duration: float) -> Measured:
        """Source a current for a time: hold the voltage that gives it, and find that anew after.

        Held back to a little more than the current, so that a cell which suddenly conducts better
        does not get what it would take; the voltage follows as fast as it is looked for.
        """
        current = abs(self._level)
        if current == 0.0:
            self._tripped = False
            return self.terminal.dwell(0.0, duration, _IDLE_LIMIT)
        found = self._settle(current)
        if duration > 0.0:
            self.terminal.wait(duration)
            found = self._settle(current)
        return found

    def _settle(self, current: float) -> Measured:
        found = self.terminal.forced(current, math.copysign(self._limit, self._level))
        self._tripped = not found.in_compliance
        self.terminal.hold(found.voltage, current * _OVER)
        return found
