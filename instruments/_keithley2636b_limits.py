"""What a channel of a Keithley 2636B could put on its terminal, against what that may be given."""

import numpy as np

from labcim.capabilities import Floats
from labcim.errors import InstrumentError, RangeError
from labcim.instrument import Instrument
from labcim.units import show

HIGHEST_VOLTAGE = 200.0
HIGHEST_CURRENT = 1.5
#: Above 20 V the instrument gives 100 mA at most.
CORNER_VOLTAGE, CORNER_CURRENT = 20.0, 0.1
MOST_POINTS = 60_000  # of two dedicated buffers with times and source values
SHORTEST_DWELL, LONGEST_DWELL = 50e-6, 1e4
_SETTINGS = (
    "print(smu<x>.source.func, smu<x>.source.levelv, smu<x>.source.limiti, "
    "smu<x>.source.leveli, smu<x>.source.limitv)"
)


class TerminalGuard:
    """Checks for the terminal of one channel; all raise RangeError."""

    def __init__(self, channel: Instrument, terminal: str) -> None:
        self._channel = channel
        self._terminal = terminal
        self._limits = channel.terminal_limits(terminal)

    def check_voltage(self, name: str, value: float) -> None:
        """Refuse a voltage outside the window, NaN included."""
        self._limits.check_voltage(f"{self._terminal}: {name}", value)

    def check_current(self, name: str, value: float) -> None:
        """Refuse a current beyond the limit, NaN included."""
        self._limits.check_current(f"{self._terminal}: {name}", value)

    def check_voltage_limit(self, value: float) -> None:
        """Refuse a limit of either polarity outside the window: the load decides, not the sign."""
        for voltage in (value, -value):
            self.check_voltage("voltage_limit", voltage)

    def check_pair(self, voltage: float, current_limit: float) -> None:
        """Refuse a voltage with more current than the instrument gives there."""
        if abs(voltage) > CORNER_VOLTAGE and current_limit > CORNER_CURRENT:
            raise RangeError(
                f"{self._terminal}: current_limit = {show(current_limit, 'A')} at "
                f"{show(voltage, 'V')}: accepts {show(CORNER_CURRENT, 'A')} above "
                f"{show(CORNER_VOLTAGE, 'V')}; nothing was sent"
            )

    def check_function(self, function: str | None = None) -> None:
        """Refuse what the present settings would put on the terminal, with another function."""
        answers = self._channel.ask(_SETTINGS).split("\t")
        try:
            kind, voltage, current_limit, current, voltage_limit = map(float, answers)
        except ValueError as trouble:
            raise InstrumentError(
                f"{self._channel.transport.address}: settings read {answers!r:.120}"
            ) from trouble
        if (function or ("voltage" if kind == 1.0 else "current")) == "voltage":
            self.check_voltage("voltage", voltage)
            self.check_current("current_limit", current_limit)
        else:
            self.check_current("current", current)
            self.check_voltage_limit(voltage_limit)

    def check_levels(self, voltages: Floats, dwell: float) -> list[float]:
        """Return the levels of a sweep as plain floats; refuse any that is too much."""
        levels = np.atleast_1d(np.asarray(voltages, dtype=np.float64))
        if levels.ndim != 1 or not 1 <= levels.size <= MOST_POINTS:
            raise RangeError(
                f"sweep: voltages of shape {levels.shape}: accepts 1 to {MOST_POINTS} points; "
                "nothing was sent"
            )
        if not SHORTEST_DWELL <= dwell <= LONGEST_DWELL:
            raise RangeError(
                f"sweep: dwell = {show(dwell, 's')}: accepts {show(SHORTEST_DWELL, 's')} to "
                f"{show(LONGEST_DWELL, 's')}; nothing was sent"
            )
        for index, level in enumerate(levels.tolist()):
            if not abs(level) <= HIGHEST_VOLTAGE:
                raise RangeError(
                    f"sweep: voltages[{index}] = {show(level, 'V')}: accepts "
                    f"{show(-HIGHEST_VOLTAGE, 'V')} to {show(HIGHEST_VOLTAGE, 'V')}; "
                    "nothing was sent"
                )
            self.check_voltage(f"voltages[{index}]", level)
        return [float(level) for level in levels]
