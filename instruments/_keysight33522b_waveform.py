"""The worst that one channel of a 33500B puts on its terminal, from all of its settings.

The generator drives the terminal through 50 ohm and believes what ``OUTPut:LOAD`` tells it about
the load: the open-circuit voltage is (load + 50) / load times the programmed one, so that a setting
of 50 ohm doubles the programmed voltage on the high impedance of a chip's line. A change of the
load setting leaves the signal as it is and rescales the numbers (Operating and Service Guide,
"Output Termination").
"""

import math
from dataclasses import dataclass, replace
from typing import Literal, Self

from labcim.errors import RangeError
from labcim.limits import TerminalLimits
from labcim.units import show

Function = Literal["sine", "square", "triangle", "ramp", "pulse", "noise", "prbs", "dc", "arb"]
Unit = Literal["Vpp", "Vrms", "dBm"]

SOURCE_IMPEDANCE = 50.0
HIGHEST_OPEN_VOLTAGE = 10.0
LOWEST_OPEN_SPAN = 2e-3
_HIGHEST = HIGHEST_OPEN_VOLTAGE * (1.0 + 1e-9)  # sums of decimals are not exact

# Peak to peak over root mean square of each function with a fixed one.
_CREST: dict[Function, float] = {
    "sine": 2.0 * math.sqrt(2.0),
    "square": 2.0,
    "pulse": 2.0,
    "triangle": 2.0 * math.sqrt(3.0),
    "ramp": 2.0 * math.sqrt(3.0),
}


@dataclass(frozen=True, slots=True)
class Waveform:
    """Settings that decide the voltage. amplitude: V peak to peak, offset: V, both as programmed.

    load: what the channel believes it drives, in ohm; infinite for high impedance.
    """

    function: Function = "dc"
    amplitude: float = 0.1
    offset: float = 0.0
    load: float = SOURCE_IMPEDANCE
    unit: Unit = "Vpp"

    @property
    def gain(self) -> float:
        """Return the voltage on an open terminal over the programmed one."""
        return 1.0 if math.isinf(self.load) else 1.0 + SOURCE_IMPEDANCE / self.load

    @property
    def high(self) -> float:
        """Return the programmed high level in V."""
        return self.offset + self.amplitude / 2.0

    @property
    def low(self) -> float:
        """Return the programmed low level in V."""
        return self.offset - self.amplitude / 2.0

    def open_levels(self) -> tuple[float, float]:
        """Return the (lowest, highest) voltage on an open terminal.

        Noise, sequences and arbitrary waveforms are taken to use their whole span; an inverted
        polarity mirrors the signal about the offset, which leaves both as they are.
        """
        if self.function == "dc":
            return self.offset * self.gain, self.offset * self.gain
        return self.low * self.gain, self.high * self.gain

    def with_levels(self, low: float, high: float) -> Self:
        """Return the waveform between two programmed levels."""
        return replace(self, amplitude=high - low, offset=(high + low) / 2.0)

    def with_load(self, load: float) -> Self:
        """Return the waveform after the load setting: same signal, other numbers."""
        scale = self.gain / replace(self, load=load).gain
        return replace(
            self, load=load, amplitude=self.amplitude * scale, offset=self.offset * scale
        )

    def with_amplitude(self, value: float) -> Self:
        """Return the waveform with an amplitude in the unit that is set. Raises RangeError."""
        return replace(self, amplitude=self._peak_to_peak(value))

    def check(self, terminal: str, limits: TerminalLimits, what: str, value: float) -> None:
        """Raise RangeError if the terminal would see more than it or the instrument stands.

        what, value: the setting that is asked for, for the message (an amplitude in its unit).
        """
        low, high = self.open_levels()
        if limits.low <= low and high <= limits.high and -_HIGHEST <= low and high <= _HIGHEST:
            return
        for level in (low, high):
            unit = self.unit if what == "amplitude" else "V"
            name = f"{terminal}: with {what} = {value:g} {unit}, the level on the open terminal"
            limits.check_voltage(name, level)
            if not abs(level) <= _HIGHEST:
                raise RangeError(
                    f"{name} = {show(level, 'V')}: the instrument accepts "
                    f"{show(-HIGHEST_OPEN_VOLTAGE, 'V')} to {show(HIGHEST_OPEN_VOLTAGE, 'V')}; "
                    "nothing was sent"
                )

    def _peak_to_peak(self, value: float) -> float:
        if self.unit == "Vpp":
            return value
        crest = _CREST.get(self.function)
        if crest is None:
            raise RangeError(
                f"amplitude of {self.function} in {self.unit}: its peaks are not known from that; "
                "accepts Vpp; nothing was sent"
            )
        if self.unit == "Vrms":
            return value * crest
        if math.isinf(self.load):
            raise RangeError("amplitude in dBm needs a finite load setting; nothing was sent")
        return crest * math.sqrt(1e-3 * 10.0 ** (value / 10.0) * self.load)
