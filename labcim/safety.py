"""Making a bench safe: in phases, each instrument by itself, within a wall-time deadline."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .instrument import Instrument, SafePhase

DEADLINE = 2.0
LOST = "did not come back in time"

# By when, as a share of the deadline, the others go on without an instrument that is late.
_GO_ON = {
    SafePhase.SOURCES: 0.4,
    SafePhase.GATES: 0.55,
    SafePhase.OUTPUTS: 0.75,
    SafePhase.RELAYS: 0.9,
    SafePhase.GROUND: 1.0,
}


@dataclass(frozen=True, slots=True)
class SafetyReport:
    """What was shown to be off, and what could not be. ``troubles``: role -> reason."""

    took: float
    troubles: Mapping[str, str] = field(default_factory=dict)

    @property
    def safe(self) -> bool:
        """Say whether every output was read back as off."""
        return not self.troubles

    def __str__(self) -> str:
        if self.safe:
            return f"all outputs off, read back, in {self.took * 1e3:.0f} ms"
        return "; ".join(f"{role}: {why}" for role, why in self.troubles.items())


def make_safe(instruments: Mapping[str, Instrument], deadline: float = DEADLINE) -> SafetyReport:
    """Bring every instrument through all phases. Never raises: the report tells.

    All finish one phase before the next begins; one that is late is not waited for, and goes
    through its own phases when it comes back. A later phase is tried even when an earlier one
    failed: an output relay may open where a level could not be set.
    """
    began = time.monotonic()
    ways = {role: _Way(role, instrument) for role, instrument in instruments.items()}
    for phase in SafePhase:
        for way in ways.values():
            way.may_begin[phase].set()
        until = began + deadline * _GO_ON[phase]
        for way in ways.values():
            way.has_ended[phase].wait(max(until - time.monotonic(), 0.0))
    troubles = {role: way.trouble for role, way in ways.items() if way.trouble}
    lost = {
        role: LOST for role, way in ways.items() if not way.has_ended[SafePhase.GROUND].is_set()
    }
    return SafetyReport(time.monotonic() - began, {**lost, **troubles})


class _Way:
    """One instrument's way through the phases, in a thread of its own."""

    def __init__(self, role: str, instrument: Instrument) -> None:
        self.may_begin = {phase: threading.Event() for phase in SafePhase}
        self.has_ended = {phase: threading.Event() for phase in SafePhase}
        self.trouble = ""
        self._instrument = instrument
        threading.Thread(target=self._go, daemon=True, name=f"safe-{role}").start()

    def _go(self) -> None:
        for phase in SafePhase:
            self.may_begin[phase].wait()
            try:
                self._instrument.safe(phase)
            except BaseException as trouble:  # whatever it is, the later phases must be tried
                why = str(trouble) or type(trouble).__name__
                self.trouble = self.trouble or f"{phase.name.lower()}: {why}"
            self.has_ended[phase].set()


def side_by_side(jobs: Mapping[str, Callable[[], None]], left: float) -> dict[str, str]:
    """Run every job in a thread of its own for at most ``left`` s; return role -> what went wrong.

    A job that does not come back is left behind, with the trouble ``LOST``.
    """
    troubles: dict[str, str] = {}

    def attempt(role: str, job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as trouble:  # whatever it is, the other jobs must go on
            troubles[role] = str(trouble) or type(trouble).__name__

    threads = {
        role: threading.Thread(target=attempt, args=(role, job), daemon=True)
        for role, job in jobs.items()
    }
    for thread in threads.values():
        thread.start()
    until = time.monotonic() + left
    for thread in threads.values():
        thread.join(max(until - time.monotonic(), 0.0))
    lost = {role: LOST for role, thread in threads.items() if thread.is_alive()}
    return {**troubles, **lost}
