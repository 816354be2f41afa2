"""What a 33522B tells of arbitrary waveforms, and how fast they repeat.

33500 Series Operating and Service Guide, DATA and FUNCtion subsystems. A waveform's frequency and
period are its sample rate told otherwise.
"""

from typing import Final

import numpy as np

from ..wire.parameters import AnyText
from ..wire.scpi import command, query
from ._extremes import EXTREME, Limits, number, told, within
from ._keysight33522b_data import RATES, DataCommands

_S: Final = "[:SOURce<1..2>]"
_ARB: Final = f"{_S}:FUNCtion:ARBitrary"


class ArbitraryCommands(DataCommands):
    """Attributes of samples; frequency, period and length of the chosen waveform."""

    @query(f"{_S}:DATA:ATTRibute:AVERage", AnyText(), optional=1)
    def average(self, n: int, name: str = "") -> float:
        """Tell the arithmetic mean of a waveform's samples, full scale being 1."""
        return float(np.mean(self.loaded(n, name)))

    @query(f"{_S}:DATA:ATTRibute:CFACtor", AnyText(), optional=1)
    def crest(self, n: int, name: str = "") -> float:
        """Tell the peak of a waveform's samples over their root mean square; 1 where all are 0."""
        samples = self.loaded(n, name)
        peak = float(np.max(np.abs(samples)))
        return peak / float(np.sqrt(np.mean(samples**2))) if peak else 1.0

    @query(f"{_ARB}:POINts")
    def chosen_points(self, n: int) -> str:
        """Tell how many samples the chosen waveform has."""
        return f"{self._size(n):+d}"

    @command(f"{_ARB}:FREQuency", number("HZ"))
    def set_repetition(self, n: int, frequency: float | str) -> None:
        """Set how often the chosen waveform repeats in Hz; -222 beyond the sample rates."""
        self.set_rate(n, self._size(n) * within(frequency, self._repetitions(n)))

    @query(f"{_ARB}:FREQuency", EXTREME, optional=1)
    def repetition(self, n: int, which: str | None = None) -> float:
        """Tell how often the chosen waveform repeats in Hz."""
        return told(self.signals[n].sample_rate / self._size(n), which, self._repetitions(n))

    @command(f"{_ARB}:PERiod", number("S"))
    def set_duration(self, n: int, period: float | str) -> None:
        """Set how long the chosen waveform lasts in s; -222 beyond the sample rates."""
        self.set_rate(n, self._size(n) / within(period, self._durations(n)))

    @query(f"{_ARB}:PERiod", EXTREME, optional=1)
    def duration(self, n: int, which: str | None = None) -> float:
        """Tell how long the chosen waveform lasts in s."""
        return told(self._size(n) / self.signals[n].sample_rate, which, self._durations(n))

    def _size(self, n: int) -> int:
        return self.samples(n).size

    def _repetitions(self, n: int) -> Limits:
        low, high, default = (rate / self._size(n) for rate in RATES)
        return low, high, default

    def _durations(self, n: int) -> Limits:
        low, high, default = self._repetitions(n)
        return 1.0 / high, 1.0 / low, 1.0 / default
