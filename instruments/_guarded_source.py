"""What the drivers of all source-meters share: guards of one terminal, and what was said last.

Whatever could raise the voltage or current on the terminal is checked against its limits before a
byte leaves: levels, lists and limits each by themselves, so that no order of settings leads around
it; what is unknown is asked for before the output goes on.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar

from labcim.capabilities import Flag, Floats
from labcim.instrument import Instrument

from ._source_meter_limits import TerminalGuard, check_dwell, check_voltage, checked_levels

SHORTEST_DWELL, LONGEST_DWELL = 50e-6, 1e4

Reading = tuple[float, float, Flag]
"""Voltage in V, current in A, flags."""


class GuardedSource(Instrument):
    """Base of what sources between one ``terminal`` and ground.

    highest_voltage: V that it gives.  most_points: of a sweep.
    """

    terminal: str
    highest_voltage: ClassVar[float]
    most_points: ClassVar[int]

    @abstractmethod
    def present_settings(self) -> tuple[str, list[str]]:
        """Return the source function, and voltage, current limit, current, voltage limit as told.

        A question moves nothing on the terminal.
        """

    @abstractmethod
    def tell(self, message: str) -> None:
        """Send a command that the instrument is known to have, and ask whether it was taken."""

    def forget(self) -> None:
        """Take nothing for known, so that the verbs say everything again."""
        super().forget()
        self._forget()

    def checked_sweep(self, voltages: Floats, dwell: float) -> list[float]:
        """Return the levels of a sweep as plain floats. Raises RangeError if any is too much."""
        name = f"{type(self).__name__}.sweep"
        limits = self.terminal_limits(self.terminal)

        def check(level: str, voltage: float) -> None:
            check_voltage(f"{self.terminal}: {level}", voltage, self.highest_voltage, limits)

        check_dwell(name, dwell, SHORTEST_DWELL, LONGEST_DWELL)
        return checked_levels(name, voltages, self.most_points, check)

    def guard_function(self, function: str) -> None:
        """Refuse a source function whose level or limit is too much for the terminal."""
        self._forget()
        self._guard().check_settings(function, self.present_settings()[1])

    def guard_voltage(self, voltage: float) -> None:
        """Refuse a voltage that the terminal must not see."""
        self._level = None
        self._guard().check_voltage("voltage", voltage)

    def guard_current_limit(self, limit: float) -> None:
        """Refuse a current limit above what the terminal may carry."""
        self._limit = None
        self._guard().check_current("current_limit", limit)

    def guard_current(self, current: float) -> None:
        """Refuse a current that the terminal must not carry."""
        self._guard().check_current("current", current)

    def guard_voltage_limit(self, limit: float) -> None:
        """Refuse a voltage limit whose either polarity the terminal must not see."""
        self._guard().check_voltage_limit(limit)

    def guard_output(self, on: bool) -> None:
        """Before the output goes on, ask for what would be on the terminal and check it."""
        self._on = None
        if on:
            self._guard().check_settings(*self.present_settings())

    # What the instrument was last told, so that nothing is said twice; None is not known.
    _level: float | None = None
    _limit: float | None = None
    _on: bool | None = None
    _filter: int | None = None

    def _guard(self) -> TerminalGuard:
        return TerminalGuard(self, self.terminal)

    def _forget(self) -> None:
        self._level = self._limit = self._on = self._filter = None

    def _tell_or_forget(self, message: str) -> None:
        """Tell; when that fails it is not known how much of the message was taken."""
        try:
            self.tell(message)
        except BaseException:
            self._forget()
            raise


def mean_reading(read: Callable[[], Reading], rounds: int) -> Reading:
    """Return the mean of so many readings, with every flag that one of them has."""
    voltage, current, flags = read()
    for _ in range(rounds - 1):
        more_voltage, more_current, more_flags = read()
        voltage, current = voltage + more_voltage, current + more_current
        flags |= more_flags
    return voltage / rounds, current / rounds, flags
