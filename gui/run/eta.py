"""How long a run will still take, told as a range that does not jump."""

import math
import statistics
from collections import deque

_STEPS = 40  # the newest steps, which count for the pace
_ODD = 5.0  # times slower or faster than usual
_SHORT = 10.0  # s that any step may take
_PRIOR_RANGE = (0.7, 1.0, 1.5)  # times the estimate that was made before
_PRIOR_WEIGHT = 0.15  # fraction of the run after which the estimate made before counts half

# Times below the first are said in multiples of the second, s.
_ROUND = (
    (20.0, 5.0), (55.0, 10.0), (165.0, 30.0), (570.0, 60.0), (3450.0, 300.0), (17.7e3, 600.0),
    (171e3, 3600.0),
)  # fmt: skip


def spell(seconds: float) -> str:
    """Return a duration for people: ``40 s``, ``3 min``, ``2 h 10 min``, ``3 days``."""
    if not math.isfinite(seconds):
        return "unknown time"
    if 0.0 < seconds < 1.0:
        return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"
    if seconds < 120.0:
        return f"{seconds:.3g} s"
    minutes = round(seconds / 60.0)
    if minutes < 120:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{round(hours / 24)} days"


class Eta:
    """The time left, from fractions of the run as they become known.

    Only time while the run goes on counts. The pace is that of the newest steps without the
    odd ones (a retry, units that a resumed run skips). An estimate made before is
    blended away. What is told stays as it is, counted down, until the new figure leaves its range.
    """

    def __init__(self, estimate: float | None = None) -> None:
        self._prior: float | None = None
        self._fraction: float | None = None
        self._began = 0.0
        self._now = self._elapsed = self._stepped = 0.0
        self._ran = True
        self._steps: deque[tuple[float, float]] = deque(maxlen=_STEPS)  # (s, fraction gained)
        self._ends: tuple[float, float] | None = None
        self.begin(estimate)

    def begin(self, estimate: float | None = None) -> None:
        """Start anew. estimate: s for the whole run, as the protocol foresees it, if it does."""
        usable = estimate is not None and math.isfinite(estimate) and estimate > 0
        self._prior = estimate if usable else None
        self._restart()

    def take(self, fraction: float, now: float, running: bool = True) -> None:
        """Take the fraction that is done at ``now`` (s, any steady clock); False: it is paused."""
        if not math.isfinite(fraction):
            return
        # Rounded, so that no step is so small that its pace overflows.
        fraction = round(min(max(fraction, 0.0), 1.0), 12)
        if self._fraction is not None and fraction < self._fraction - 1e-9:
            self._restart()
        if self._fraction is None:
            self._began = fraction
        elif self._ran:
            self._elapsed += max(now - self._now, 0.0)
        self._now, self._ran = now, running
        if self._fraction is not None and fraction > self._fraction:
            self._step(self._elapsed - self._stepped, fraction - self._fraction)
            self._stepped = self._elapsed
        self._fraction = fraction
        self._settle()

    def range(self) -> tuple[float, float] | None:
        """Return the least and the most time left, s; None while it is unknown."""
        if self._ends is None or self._is_overdue():
            return None
        low, high = (max(end - self._elapsed, 0.0) for end in self._ends)
        return low, high

    def text(self) -> str:
        """Return the time left in words."""
        if self._fraction is not None and self._fraction >= 1.0:
            return "finishing"
        if self._is_overdue():
            return "longer than foreseen"
        left = self.range()
        if left is None:
            return "unknown"
        if left[1] < 5.0:
            return "a few seconds left"
        low, high = (_rounded(seconds) for seconds in left)
        if low >= high:
            return f"about {_plain(high)} left"
        if low < 5.0:
            return f"less than {_plain(high)} left"
        return f"about {_plain(low)} to {_plain(high)} left"

    def _restart(self) -> None:
        self._fraction = None
        self._began = self._now = self._elapsed = self._stepped = 0.0
        self._ran = True
        self._steps.clear()
        self._ends = None

    def _step(self, wait: float, gain: float) -> None:
        """Keep a step; of a long run many short ones are one, so that half of it is seen."""
        if self._steps and self._steps[-1][0] < self._elapsed / (2 * _STEPS):
            before = self._steps.pop()
            wait, gain = wait + before[0], gain + before[1]
        self._steps.append((wait, gain))

    def _is_overdue(self) -> bool:
        """Say whether the step that is under way takes so long that nothing is foreseen now."""
        waited = self._elapsed - self._stepped
        if self._steps:
            return waited > max(_ODD * max(wait for wait, _ in self._steps), _SHORT)
        return self._prior is not None and waited > _PRIOR_RANGE[-1] * self._prior

    def _settle(self) -> None:
        """Keep what is told as long as it is true."""
        found = self._foreseen()
        if found is None:
            self._ends = None
            return
        low, middle, high = (self._elapsed + seconds for seconds in found)
        if self._ends and self._ends[0] <= middle <= self._ends[1]:
            # A range that has become far too wide is no longer what is known.
            if self._ends[1] - self._ends[0] <= 1.8 * (high - low):
                return
        self._ends = (low, high)

    def _foreseen(self) -> tuple[float, float, float] | None:
        """Return the least, likely and most time left, in s."""
        if self._fraction is None:
            return None
        left = 1.0 - self._fraction
        measured = self._measured(left)
        if self._prior is None:
            if measured is None:
                return None
            low, middle, high = measured
        else:
            foreseen = [times * left * self._prior for times in _PRIOR_RANGE]
            done = self._fraction - self._began
            weight = done / (done + _PRIOR_WEIGHT) if measured else 0.0
            low, middle, high = (
                weight * one + (1.0 - weight) * other
                for one, other in zip(measured or foreseen, foreseen, strict=True)
            )
        # What the step that is under way has already taken is behind us, as far as is usual.
        usual = statistics.median(wait for wait, _ in self._steps) if self._steps else middle
        spent = min(self._elapsed - self._stepped, usual)
        return max(low - spent, 0.0), max(middle - spent, 0.0), max(high - spent, 0.0)

    def _measured(self, left: float) -> tuple[float, float, float] | None:
        """Return the least, likely and most s for what is left, by the newest steps."""
        if len(self._steps) < 2:
            return None
        # Of two the slower is usual: the first step may be what a resumed run skips.
        usual = statistics.median_high(wait / gain for wait, gain in self._steps)
        kept = [step for step in self._steps if usual / _ODD <= step[0] / step[1] <= usual * _ODD]
        pace = sum(wait for wait, _ in kept) / sum(gain for _, gain in kept)
        middle = pace * left
        if len(kept) < 3:
            return middle / 1.7, middle, middle * 1.7
        # Of independent steps: what is left varies, and the pace itself is not quite known.
        gain = statistics.fmean(gain for _, gain in kept)
        variance = statistics.fmean((wait - pace * gain) ** 2 for wait, gain in kept)
        steps = left / gain
        error = 1.5 * math.sqrt(variance * (steps + steps**2 / len(kept)))
        reach = min(max(error, 0.08 * middle), 0.6 * middle)
        return middle - reach, middle, middle + reach


def _rounded(seconds: float) -> float:
    """Return a time that people would name: the longer, the rounder."""
    for below, step in _ROUND:
        if seconds < below:
            return step * round(seconds / step)
    return 86400.0 * round(seconds / 86400.0)


def _plain(seconds: float) -> str:
    if 60.0 <= seconds < 600.0:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return spell(seconds)
