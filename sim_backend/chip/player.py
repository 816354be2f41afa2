"""What the signals on a bench do to the chip while time passes; see `playing`."""

import math

from .crossbar import SEEN
from .delivery import Act, Delivery
from .line_levels import LineLevels
from .nets import LineVoltages
from .playing import Levels, Signal, Signals
from .wiring import Wiring


class Player:
    """Deals signals out to cells."""

    def __init__(self, wiring: Wiring, delivery: Delivery, levels: LineLevels) -> None:
        self._wiring, self._delivery, self._levels = wiring, delivery, levels
        self.signals = Signals()

    def go_on(self, duration: float, *, far: bool) -> float:
        """Let cells see what signals do for ``duration`` s; return how long none is there.

        far: whether signals may reach the chip through resistors.
        """
        if not self.signals:
            return duration
        covered = self.signals.covered(duration)
        if far or self.signals.reach(self._wiring):
            self._deal(duration)
        self.signals.go_on(duration)
        return duration - covered

    def _deal(self, duration: float) -> None:
        found: dict[tuple[float, ...], LineVoltages] = {}

        def sees(changes: Levels, endless: bool) -> bool:
            # A burst is on record whatever it does; what never ends, where it moves cells.
            lines = found[tuple(changes.values())] = self._levels.now(changes)
            return self._levels.strongest(lines) > (self._levels.disturbing if endless else SEEN)

        for changes, width, count, gap in self.signals.deal(duration, sees):
            # Lines serve once: what acts on cells may move them.
            lines = found.pop(tuple(changes.values()), None) or self._levels.now(changes)
            limit = self._limit(changes)
            self._delivery.deliver(Act(lines, changes, width, count, gap, limit, SEEN))

    def _limit(self, changes: Levels) -> float:
        """Return the smallest limit in A of those that give the signals."""
        sources = [self._wiring.terminals.get(name) for name in changes]
        limits = [source.current_limit for source in sources if source and source.drives]
        return min(limits, default=math.inf)

    def play(self, terminal: str, signal: Signal | None) -> None:
        """Let a terminal give a signal, or none."""
        self.signals.put(terminal, signal)
