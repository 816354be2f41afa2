"""The digitizer of a bench, on the channel that its bench file names."""

from dataclasses import dataclass

from .clock import Clock
from .instrument_capabilities import Capture, Digitizer

LOOKS = 100  # at the digitizer during the patience


@dataclass(frozen=True, slots=True)
class PadProbe:
    """One channel of a digitizer, with the probe's factor."""

    digitizer: Digitizer
    channel: int = 1
    probe: int = 10

    def arm(
        self,
        *,
        lowest: float,
        highest: float,
        before: float,
        after: float,
        level: float,
        rising: bool = True,
    ) -> None:
        """Get ready for one record; see `Digitizer`."""
        self.digitizer.arm(
            self.channel, lowest=lowest, highest=highest, before=before, after=after,
            level=level, rising=rising, probe=self.probe,
        )  # fmt: skip

    def fetch(self, clock: Clock, patience: float) -> Capture | None:
        """Return the record; None, and nothing armed, where none came within ``patience`` s."""
        began = clock.now()
        while not self.digitizer.is_complete():
            if clock.now() - began >= patience:
                self.digitizer.disarm()
                return None
            clock.sleep(patience / LOOKS)
        return self.digitizer.fetch(self.channel)
