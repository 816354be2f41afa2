"""Root mean square and frequency of what alternates on a terminal of a simulated 34461A."""

import math
from typing import Final, Protocol

import numpy as np

from ..chip.clock import SimClock
from ..chip.probing import Waveforms
from ..chip.waveforms import Floats, Probe, Running

_BANDWIDTH: Final = 1e6  # Hz of one pole: 4 % less at 300 kHz, as the data sheet allows
_TAU: Final = 1.0 / (2.0 * math.pi * _BANDWIDTH)
_MOST_PERIODS: Final = 64
_POINTS: Final = 256  # of a period
_MOST_POINTS: Final = 16_384
_HYSTERESIS: Final = 0.05  # of the amplitude, either side of the mean


class Watched(Protocol):
    """What an AC meter needs of a bench."""

    clock: SimClock
    waveforms: Waveforms


class Alternating:
    """Looks at the waveform on one terminal at a time."""

    def __init__(self, bench: Watched) -> None:
        self._bench = bench
        self._probe: Probe | None = None

    def watch(self, terminal: str | None) -> None:
        """Look at a terminal from now on, or at none."""
        if self._probe is not None and self._probe.node != terminal:
            self._bench.waveforms.leave(self._probe)
            self._probe = None
        if terminal is not None and self._probe is None:
            self._probe = self._bench.waveforms.watch(terminal)

    def rms(self, aperture: float) -> float:
        """Return the root mean square in V of what alternates, over ``aperture`` s until now."""
        _, volts = self._window(aperture)
        return float(np.std(volts))

    def frequency(self, aperture: float) -> float:
        """Return the frequency in Hz over ``aperture`` s until now; 0 where nothing alternates."""
        times, volts = self._window(aperture)
        swing = volts - volts.mean()
        threshold = _HYSTERESIS * float(np.abs(swing).max())
        if threshold < 1e-6:
            return 0.0
        # A rising crossing counts once the signal has been below the other threshold.
        beyond = np.flatnonzero(np.abs(swing) > threshold)
        rising = np.flatnonzero((swing[beyond[:-1]] < 0.0) & (swing[beyond[1:]] > 0.0))
        if rising.size < 2:
            return 0.0
        before, after = beyond[rising], beyond[rising + 1]
        share = -swing[before] / (swing[after] - swing[before])
        crossings = times[before] + share * (times[after] - times[before])
        return float((rising.size - 1) / (crossings[-1] - crossings[0]))

    def _window(self, aperture: float) -> tuple[Floats, Floats]:
        """Return times in s and V until now: whole periods, where something runs freely."""
        probe, now = self._probe, self._bench.clock.now
        if probe is None:
            return np.zeros(1), np.zeros(1)
        last = probe.parts[-1]
        if isinstance(last, Running):
            periods = min(math.floor((now - last.start) / last.period + 1e-6), _MOST_PERIODS)
            if periods:
                return self._periods(last, now, periods)
        begin = max(now - aperture, probe.since)
        probe.forget_before(begin)
        times = np.linspace(begin, now, _MOST_POINTS)
        return times, probe.volts(times, _TAU)

    @staticmethod
    def _periods(part: Running, now: float, periods: int) -> tuple[Floats, Floats]:
        """Return whole periods of what runs, less what the bandwidth takes of the fundamental."""
        begin = now - periods * part.period
        times = np.linspace(begin, now, periods * _POINTS, endpoint=False)
        volts = part.offset + part.gain * part.wave(times - part.start)
        mean = volts.mean()
        return times, mean + (volts - mean) / math.hypot(1.0, 1.0 / (part.period * _BANDWIDTH))
