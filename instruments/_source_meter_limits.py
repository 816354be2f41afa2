"""What a source-meter could put on its terminal, against what the terminal may be given."""

from collections.abc import Callable

import numpy as np

from labcim.capabilities import Floats
from labcim.errors import InstrumentError, RangeError
from labcim.instrument import Instrument
from labcim.limits import TerminalLimits
from labcim.units import show


class TerminalGuard:
    """Checks for one terminal of one instrument; all raise RangeError."""

    def __init__(self, instrument: Instrument, terminal: str) -> None:
        self._instrument = instrument
        self._terminal = terminal
        self._limits = instrument.terminal_limits(terminal)

    def check_voltage(self, name: str, value: float) -> None:
        """Refuse a voltage outside the window, NaN included."""
        self._limits.check_voltage(f"{self._terminal}: {name}", value)

    def check_current(self, name: str, value: float) -> None:
        """Refuse a current beyond the limit, NaN included."""
        self._limits.check_current(f"{self._terminal}: {name}", value)

    def check_voltage_limit(self, value: float) -> None:
        """Refuse a limit of either polarity that is outside the window.

        A current source goes to its voltage limit on an open line, to either side: the load
        decides, not the sign of the level.
        """
        for voltage in (value, -value):
            self.check_voltage("voltage_limit", voltage)

    def check_corner(
        self, voltage: float, current_limit: float, corner_voltage: float, corner_current: float
    ) -> None:
        """Refuse more current than the instrument gives above ``corner_voltage`` V."""
        if abs(voltage) > corner_voltage and current_limit > corner_current:
            raise RangeError(
                f"{self._terminal}: current_limit = {show(current_limit, 'A')} at "
                f"{show(voltage, 'V')}: accepts {show(corner_current, 'A')} above "
                f"{show(corner_voltage, 'V')}; nothing was sent"
            )

    def check_settings(self, function: str, answers: list[str]) -> None:
        """Refuse what settings would put on the terminal with the source function ``function``.

        answers: voltage, current limit, current and voltage limit, as the instrument tells them.
        """
        try:
            voltage, current_limit, current, voltage_limit = map(float, answers)
        except ValueError as trouble:
            address = self._instrument.transport.address
            raise InstrumentError(f"{address}: settings read {answers!r:.120}") from trouble
        if function == "voltage":
            self.check_voltage("voltage", voltage)
            self.check_current("current_limit", current_limit)
        else:
            self.check_current("current", current)
            self.check_voltage_limit(voltage_limit)


def check_voltage(name: str, voltage: float, highest: float, limits: TerminalLimits) -> None:
    """Raise RangeError for a voltage that instrument or terminal cannot have, NaN included."""
    if not abs(voltage) <= highest:
        raise RangeError(
            f"{name} = {show(voltage, 'V')}: accepts {show(-highest, 'V')} to "
            f"{show(highest, 'V')}; nothing was sent"
        )
    limits.check_voltage(name, voltage)


def check_dwell(name: str, dwell: float, shortest: float, longest: float) -> None:
    """Raise RangeError for a dwell in s that the instrument has not, NaN included."""
    if not shortest <= dwell <= longest:
        raise RangeError(
            f"{name}: dwell = {show(dwell, 's')}: accepts {show(shortest, 's')} to "
            f"{show(longest, 's')}; nothing was sent"
        )


def checked_levels(
    name: str, voltages: Floats, most: int, check: Callable[[str, float], None]
) -> list[float]:
    """Return the levels of a sweep as plain floats. Raises RangeError if any is too much.

    most: points that the instrument takes.  check: raises for one level, of which it gets the name.
    """
    levels = np.atleast_1d(np.asarray(voltages, dtype=np.float64))
    if levels.ndim != 1 or not 1 <= levels.size <= most:
        raise RangeError(
            f"{name}: voltages of shape {levels.shape}: accepts 1 to {most} points; "
            "nothing was sent"
        )
    for index in _suspects(levels):
        check(f"voltages[{index}]", float(levels[index]))
    return [float(level) for level in levels]


def _suspects(levels: Floats) -> list[int]:
    """Return the indices that decide: whatever is no number, the lowest and the highest."""
    strange = np.flatnonzero(~np.isfinite(levels))
    if strange.size:
        return [int(strange[0])]
    return [int(np.argmin(levels)), int(np.argmax(levels))]
