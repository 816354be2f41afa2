"""Making a bench safe: in phases, each instrument by itself, within a wall-time deadline."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from .instrument import Instrument, SafePhase

DEADLINE = 2.0


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

    An instrument that does not come back in time is left behind; the others go on. A later phase is
    tried even when an earlier one failed: an output relay may open where a level could not be set.
    """
    began = time.monotonic()
    troubles: dict[str, str] = {}
    lost: set[str] = set()
    for phase in SafePhase:
        left = began + deadline - time.monotonic()
        able = {role: tool for role, tool in instruments.items() if role not in lost}
        lost |= _one_phase(phase, able, max(left, 0.05), troubles)
    return SafetyReport(time.monotonic() - began, troubles)


def _one_phase(
    phase: SafePhase, instruments: Mapping[str, Instrument], left: float, troubles: dict[str, str]
) -> set[str]:
    """Run one phase on all instruments side by side; return those that did not come back."""
    threads = {
        role: threading.Thread(
            target=_try, args=(phase, role, instrument, troubles), daemon=True, name=f"safe-{role}"
        )
        for role, instrument in instruments.items()
    }
    for thread in threads.values():
        thread.start()
    until = time.monotonic() + left
    for thread in threads.values():
        thread.join(max(until - time.monotonic(), 0.01))
    lost = {role for role, thread in threads.items() if thread.is_alive()}
    for role in lost:
        troubles[role] = f"did not finish {phase.name.lower()} in time"
    return lost


def _try(phase: SafePhase, role: str, instrument: Instrument, troubles: dict[str, str]) -> None:
    try:
        instrument.safe(phase)
    except Exception as trouble:  # a fault in one driver must not keep the others from being safe
        troubles.setdefault(role, f"{phase.name.lower()}: {trouble}")
