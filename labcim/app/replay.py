"""A stored run once more: its documents into any sinks, at any speed, and what they are worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labcim.clock import Clock, WallClock
from labcim.documents import Document, Sink
from labcim.gui.replay.playhead import Playhead
from labcim.gui.replay.timeline import LONGEST_GAP, Pace
from labcim.record import HashCheck, RunSummary

from .record import open_record


@dataclass(frozen=True, slots=True)
class Replayed:
    """A run that was replayed, and whether it is what its end vouches for."""

    summary: RunSummary
    check: HashCheck

    @property
    def damaged(self) -> bool:
        """Return whether the hash is another than the one stated. A run that died states none."""
        return self.check.intact is False

    def __str__(self) -> str:
        """Return how the run ended, and the comparison of the hashes."""
        summary = self.summary
        ended = f"{summary.state}: {summary.reason}" if summary.reason else summary.state
        return f"run {summary.run} ({ended})\n{self.check}"

    def as_dict(self) -> dict[str, Any]:
        """Return what a script wants to know."""
        stop = self.check.stop
        return {
            "run": self.summary.run,
            "protocol": self.summary.protocol,
            "state": self.summary.state,
            "reason": self.summary.reason,
            "documents": self.check.documents,
            "hash": self.check.found,
            "stated_hash": stop.hash if stop else None,
            "intact": self.check.intact,
        }


class Pacer:
    """A sink that takes its time: it returns when a document is due. speed: 0.1 to 100, or inf.

    Gaps of more than 2 s are shortened to that. Raises RangeError for another speed.
    """

    def __init__(self, speed: float, clock: Clock | None = None) -> None:
        self._clock = clock or WallClock()
        self._pace = Pace(LONGEST_GAP)
        self._head = Playhead(self._clock.now, speed)
        self._head.go(True, 0.0)

    def __call__(self, document: Document) -> None:
        """Wait until a document is due."""
        wait = self._head.wait_for(self._pace.due(document))
        if wait > 0:
            self._clock.sleep(wait)


def replay(record: str | Path, run: str, sinks: Sequence[Sink]) -> Replayed:
    """Send the documents of a run to each of the sinks, one after the other.

    Raises RecordError where the run is not there or one of its documents is damaged.
    """
    check = HashCheck()
    everyone: list[Sink] = [*sinks, check]
    with open_record(record) as kept:
        summary = kept.run(run).summary
        for document in kept.documents(summary.run):
            for sink in everyone:
                sink(document)
    return Replayed(summary, check)
