"""The watch over a running source: health tests of each cell, a monitor of all, what is carried."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.entropy.health import (
    AdaptiveProportion,
    RepetitionCount,
    proportion_cutoff,
    repetition_cutoff,
)
from labcim.analysis.entropy.monitor import Baseline, ValueMonitor, symbols
from labcim.capabilities import CellIndices, Floats
from labcim.errors import NoiseSourceError
from labcim.protocol import Carry, Finding

from ._random_recipe import RandomSource
from ._random_sources import Drawn, Source, joined

_AT_ONCE = 8
"""Samples of each cell that are drawn before they are tested; even, for bits from pairs."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Why the run stops. cell: -1 where it is not one cell.  sample: of the cell, or of all."""

    test: str
    cell: int
    sample: int
    detail: str = ""

    @property
    def finding(self) -> Finding:
        """Return it as a failed result: the sample at which the test fired."""
        return Finding(f"alarm, {self.test}", float(self.sample), upper_limit=0.0, cell=self.cell)

    def __str__(self) -> str:
        who = "all cells" if self.cell < 0 else f"cell {self.cell}"
        return f"{self.test} of {who} at sample {self.sample}{self.detail}"


def stop_for(alarms: list[Alarm]) -> None:
    """Raise NoiseSourceError if there is an alarm: nothing more is drawn."""
    if alarms:
        raise NoiseSourceError("; ".join(str(alarm) for alarm in alarms[:8]))


class Watch:
    """Counters of each cell, which go on over units and resumed runs.

    What one cell gives is tested by itself, before anything is put together from several.
    """

    def __init__(
        self, recipe: RandomSource, cells: CellIndices, baseline: Baseline, carry: Carry
    ) -> None:
        n, a = len(cells), recipe.false_alarms
        self._cells, self._baseline = cells, baseline
        self._values = RepetitionCount(
            n, repetition_cutoff(recipe.raw_entropy, a), carry.get("values")
        )
        self._repeats = RepetitionCount(
            n, repetition_cutoff(recipe.assumed_entropy, a), carry.get("repeats")
        )
        self._proportion = AdaptiveProportion(
            n, proportion_cutoff(recipe.assumed_entropy, a), carry.get("proportion")
        )
        self._monitor = ValueMonitor(baseline, recipe.monitor, recipe.mains)
        if "monitor" in carry:
            self._monitor.z, self._monitor.time = carry["monitor"].reshape(2, -1)
            self._monitor.seen = int(carry["seen"][0])
        self.bits = int(carry["bits"][0]) if "bits" in carry else 0

    def take(self, drawn: Drawn) -> list[Alarm]:
        """Test samples in their order; return what fired, the tests of single cells first."""
        raw = symbols(self._baseline.standardised(drawn.value))
        self.bits += int(np.count_nonzero(drawn.bits >= 0))
        found = [
            Alarm(f"{alarm.test} of {what}", int(self._cells[alarm.source]), alarm.sample)
            for what, alarms in (
                ("raw values", self._values.take(raw)),
                ("bits", self._repeats.take(drawn.bits.astype(np.int64))),
                ("bits", self._proportion.take(drawn.bits)),
            )
            for alarm in alarms
        ]
        for one in self._monitor.take(drawn.value, drawn.time):
            detail = f": {one.value:.3g}, accepted up to {one.limit:.3g}"
            found.append(Alarm(f"monitor, {one.test}", -1, one.sample, detail))
        return found

    def carry(self) -> dict[str, NDArray[np.generic]]:
        """Return the counters, for the next unit."""
        return {
            "values": self._values.state,
            "repeats": self._repeats.state,
            "proportion": self._proportion.state,
            "monitor": np.concatenate([self._monitor.z, self._monitor.time]),
            "seen": np.array([self._monitor.seen]),
            "bits": np.array([self.bits]),
        }


def baseline_carry(baseline: Baseline) -> dict[str, NDArray[np.generic]]:
    """Return what calibration found, for the units after it."""
    return {
        "mean": baseline.mean,
        "sigma": baseline.sigma,
        "memory": baseline.memory,
        "calibrated": np.array([baseline.samples]),
    }


def baseline_from(carry: Carry) -> Baseline:
    """Return what calibration found."""
    mean, sigma, memory = (_floats(carry[name]) for name in ("mean", "sigma", "memory"))
    return Baseline(mean, sigma, memory, int(carry["calibrated"][0]))


def _floats(array: NDArray[np.generic]) -> Floats:
    return np.asarray(array, np.float64)


def draw_watched(source: Source, watch: Watch, rounds: int) -> tuple[Drawn, list[Alarm]]:
    """Draw ``rounds`` samples of each cell, 8 at a time; draw no more once there is an alarm."""
    parts: list[Drawn] = []
    alarms: list[Alarm] = []
    for done in range(0, rounds, _AT_ONCE):
        parts.append(source.draw(min(_AT_ONCE, rounds - done)))
        alarms = watch.take(parts[-1])
        if alarms:
            break
    return joined(parts), alarms
