"""What a simulated TDS2024B samples around a trigger."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..chip.waveforms import Floats, Probe, Segments
from ._tds2024b_front_end import FrontEnd, interpolated
from ._tds2024b_settings import DIVISIONS, MOST_RATE, POINTS, Horizontal, Settings, Vertical

_SAMPLES_IN_PEAK: Final = 12


@dataclass(frozen=True, slots=True)
class Sampler:
    """One channel with the probe that is on it. Triggers are in s of the probe's own time."""

    front: FrontEnd
    settings: Settings
    name: str
    probe: Probe

    @property
    def _across(self) -> Horizontal:
        return self.settings.horizontal

    @property
    def _vertical(self) -> Vertical:
        return self.settings.channels[self.name]

    @property
    def _span(self) -> float:
        return DIVISIONS * self._across.used[0]

    def samples(self, trigger: float) -> Floats:
        """Return the codes of a record; between samples of the fastest rate it is interpolated."""
        across, vertical = self._across, self._vertical
        step = max(across.step, 1.0 / MOST_RATE)
        points = POINTS if step == across.step else math.ceil(self._span / step) + 2
        offsets = across.first + step * np.arange(points, dtype=np.float64)
        codes = self.front.converted(vertical, self._signal(trigger, offsets))
        if points == POINTS:
            return codes
        return interpolated(codes, np.arange(POINTS, dtype=np.float64) * across.step / step)

    def peaks(self, trigger: float) -> Floats:
        """Return lowest and highest code of every second interval in turn."""
        across, vertical = self._across, self._vertical
        pairs = POINTS // 2
        finest = 2.0 * across.step / _SAMPLES_IN_PEAK
        even = across.first + finest * np.arange(pairs * _SAMPLES_IN_PEAK)
        segments = self._segments(trigger, across.first, across.first + self._span)
        edges = segments.instants(trigger + across.first, trigger + even[-1]) - trigger
        offsets = np.union1d(even, edges)
        volts = self.front.signal(self.name, vertical, segments, trigger + offsets)
        codes = self.front.converted(vertical, volts)
        of = np.clip(((offsets - across.first) / (2.0 * across.step)).astype(int), 0, pairs - 1)
        low, high = np.full(pairs, np.inf), np.full(pairs, -np.inf)
        np.minimum.at(low, of, codes)
        np.maximum.at(high, of, codes)
        return np.stack([low, high], axis=1).ravel()

    def _signal(self, trigger: float, offsets: Floats) -> Floats:
        segments = self._segments(trigger, float(offsets[0]), float(offsets[-1]))
        times = trigger + offsets * (1.0 + self.front.time_error)
        return self.front.signal(self.name, self._vertical, segments, times)

    def _segments(self, trigger: float, first: float, last: float) -> Segments:
        tau = self.front.tau(self.name, self._vertical)
        return self.probe.segments(trigger + first, trigger + last, tau)
