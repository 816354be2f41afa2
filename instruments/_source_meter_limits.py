"""What a source-meter could put on its terminal, against what the terminal may be given."""

import numpy as np

from labcim.capabilities import Floats
from labcim.errors import InstrumentError, RangeError
from labcim.instrument import Instrument
from labcim.units import show

HIGHEST_VOLTAGE = 210.0
MOST_POINTS = 100_000
SHORTEST_DWELL = 50e-6
LONGEST_DWELL = 1e4


class TerminalGuard:
    """Checks for the terminal ``hi`` of one instrument; all raise RangeError.

    settings: the queries of source function, voltage, current limit, current and voltage limit.
    """

    def __init__(self, instrument: Instrument, settings: str) -> None:
        self._instrument = instrument
        self._settings = settings
        self._limits = instrument.terminal_limits("hi")

    def check_voltage(self, name: str, value: float) -> None:
        """Refuse a voltage outside the window, NaN included."""
        self._limits.check_voltage(f"hi: {name}", value)

    def check_current(self, name: str, value: float) -> None:
        """Refuse a current beyond the limit, NaN included."""
        self._limits.check_current(f"hi: {name}", value)

    def check_voltage_limit(self, value: float) -> None:
        """Refuse a limit of either polarity that is outside the window.

        A current source goes to its voltage limit on an open line, to either side: the load
        decides, not the sign of the level.
        """
        for voltage in (value, -value):
            self.check_voltage("voltage_limit", voltage)

    def check_function(self, function: str) -> None:
        """Refuse to change to a function whose present level or limit would be too much."""
        self._check_settings(function, self._ask())

    def check_present_settings(self) -> None:
        """Refuse what the present settings would put on the terminal."""
        answers = self._ask()
        self._check_settings("current" if answers[0].startswith("CURR") else "voltage", answers)

    def _ask(self) -> list[str]:
        """Ask for the settings that matter; a question moves nothing on the terminal."""
        answers = self._instrument.ask(self._settings).split(";")
        if len(answers) != 5:
            raise InstrumentError(f"{self._instrument.transport.address}: settings {answers!r}")
        return answers

    def _check_settings(self, function: str, answers: list[str]) -> None:
        voltage, current_limit, current, voltage_limit = (float(answer) for answer in answers[1:])
        if function == "voltage":
            self.check_voltage("voltage", voltage)
            self.check_current("current_limit", current_limit)
        else:
            self.check_current("current", current)
            self.check_voltage_limit(voltage_limit)


def check_levels(instrument: Instrument, voltages: Floats, dwell: float) -> list[float]:
    """Return the levels of a sweep as plain floats. Raises RangeError if any is too much."""
    levels = np.atleast_1d(np.asarray(voltages, dtype=np.float64))
    name = f"{type(instrument).__name__}.sweep"
    if levels.ndim != 1 or not 1 <= levels.size <= MOST_POINTS:
        raise RangeError(
            f"{name}: voltages of shape {levels.shape}: accepts 1 to {MOST_POINTS} points; "
            "nothing was sent"
        )
    if not SHORTEST_DWELL <= dwell <= LONGEST_DWELL:
        raise RangeError(
            f"{name}: dwell = {show(dwell, 's')}: accepts {show(SHORTEST_DWELL, 's')} to "
            f"{show(LONGEST_DWELL, 's')}; nothing was sent"
        )
    limits = instrument.terminal_limits("hi")
    for index in _suspects(levels):
        value = float(levels[index])
        if not abs(value) <= HIGHEST_VOLTAGE:
            raise RangeError(
                f"{name}: voltages[{index}] = {show(value, 'V')}: accepts "
                f"{show(-HIGHEST_VOLTAGE, 'V')} to {show(HIGHEST_VOLTAGE, 'V')}; nothing was sent"
            )
        limits.check_voltage(f"hi: voltages[{index}]", value)
    return [float(level) for level in levels]


def _suspects(levels: Floats) -> list[int]:
    """Return the indices that decide: whatever is no number, the lowest and the highest."""
    strange = np.flatnonzero(~np.isfinite(levels))
    if strange.size:
        return [int(strange[0])]
    return [int(np.argmin(levels)), int(np.argmax(levels))]
