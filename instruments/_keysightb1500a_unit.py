"""One source-measure unit of a B1500A as a source-meter."""

from typing import TYPE_CHECKING, Final, final

import numpy as np

from labcim.capabilities import Floats, SweepReadings
from labcim.errors import TransportError

from . import _keysightb1500a_data as words
from ._guarded_source import Reading, mean_reading
from ._keysightb1500a_limits import (
    DWELLS,
    HIGHEST_VOLTAGE,
    MOST_POINTS,
    check_limit,
    check_time,
    stairs,
)
from ._source_meter_limits import check_voltage, checked_levels

if TYPE_CHECKING:
    from .keysightb1500a import KeysightB1500A

#: One answer is not waited for longer than this much of commanded time, in s.
LONGEST_STRETCH: Final = 1.0
_LONGEST_AVERAGE: Final = 100  # line cycles
_PER_POINT: Final = 2e-3  # s that a point takes besides dwell and integration, about
_MOST_STEPS: Final = 10_001
_FIELDS: Final = ["T", "I", "V"]


@final
class Unit:
    """The unit of one channel. ``instrument``: the mainframe's driver, which does the talking."""

    def __init__(self, instrument: "KeysightB1500A", channel: int) -> None:
        self.instrument = instrument
        self.channel = channel
        self._limits = instrument.terminal_limits(f"smu{channel}")

    def source(self, voltage: float, *, current_limit: float) -> None:
        """Hold ``voltage`` V with the output on, under ``current_limit`` A.

        The limit is that of the polarity of ``voltage``; where the current flows the other way it
        is exceeded by up to 2.5 % of its range (12 % up to 10 nA). Sends only what changes. Raises
        RangeError before anything is sent.
        """
        self.check_source(voltage, current_limit=current_limit)
        self.instrument.force(self.channel, voltage, current_limit)

    def check_source(self, voltage: float, *, current_limit: float) -> None:
        """Raise RangeError where ``source`` would; sends nothing."""
        name = f"smu{self.channel}"
        check_voltage(f"{name}: voltage", voltage, HIGHEST_VOLTAGE, self._limits)
        check_limit(f"{name}: current_limit", current_limit, voltage, self._limits)

    def measure(self, *, averages: int = 1) -> Reading:
        """Return (measured voltage in V, current in A, flags), with the output as it is.

        Up to 100 readings of a line cycle are averaged by the converter, more by the driver.
        """
        wanted = max(int(averages), 1)
        rounds = -(-wanted // _LONGEST_AVERAGE)
        self.instrument.integrate(min(wanted, _LONGEST_AVERAGE))
        return mean_reading(self._read, rounds)

    def _read(self) -> Reading:
        return words.reading(self.instrument.ask(f"TIV {self.channel},0,0"), self.channel)

    def spot(self, voltage: float, *, current_limit: float, averages: int = 1) -> Reading:
        """As ``source``, ``measure``, and ``source`` of 0 V: one line, where that can be.

        A level that the instrument refuses is read at 0 V, and then raised as InstrumentError.
        """
        self.check_source(voltage, current_limit=current_limit)
        tool, unit = self.instrument, self.channel
        if averages > _LONGEST_AVERAGE:
            self.source(voltage, current_limit=current_limit)
            reading = self.measure(averages=averages)
            self.source(0.0, current_limit=current_limit)
            return reading
        tool.integrate(max(int(averages), 1))
        tool.force(unit, 0.0, current_limit)
        try:
            answer = tool.ask(
                f"DV {unit},0,{voltage:.7g},{current_limit:.6g};TIV {unit},0,0;"
                f"DV {unit},0,0,{current_limit:.6g}"
            )
            tool.raise_if_asked("DV, TIV, DV")
        except BaseException:
            tool.forget_level(unit)
            raise
        return words.reading(answer, self.channel)

    def sweep(self, voltages: Floats, *, dwell: float, current_limit: float) -> SweepReadings:
        """Step through ``voltages`` V, shape (points,), ``dwell`` s each, and end with output off.

        Even parts of the sweep are staircases that the instrument runs itself. Raises RangeError
        before anything is sent if any point is beyond a limit or not a number.
        """
        name = f"smu{self.channel}.sweep"

        def check(level: str, voltage: float) -> None:
            check_voltage(f"{name}: {level}", voltage, HIGHEST_VOLTAGE, self._limits)
            check_limit("current_limit", current_limit, voltage, self._limits)

        check_time(f"{name}: dwell", dwell, *DWELLS)
        levels = checked_levels(name, voltages, MOST_POINTS, check)
        tool = self.instrument
        tool.integrate(1)
        self.source(0.0, current_limit=current_limit)
        try:
            tool.say(
                f"WM 1,2;WT 0,{dwell:.4f};CMM {self.channel},4;"
                f"RI {self.channel},0;RV {self.channel},0;FMT 1,0;TSC 1;MM 2,{self.channel};TSR"
            )
            tool.forget_level(self.channel)
            longest = int(LONGEST_STRETCH / (dwell + _PER_POINT + tool.LINE_CYCLE))
            found: list[words.Datum] = []
            for start, stop, steps in stairs(levels, min(max(longest, 1), _MOST_STEPS)):
                found += self._stair(start, stop, steps, current_limit)
            return _readings(found)
        finally:
            if not tool.is_stopped:
                self.off()

    def _stair(
        self, start: float, stop: float, steps: int, current_limit: float
    ) -> list[words.Datum]:
        """Run one staircase and return its data: time, current and voltage of every point."""
        tool = self.instrument
        tool.say(f"WV {self.channel},1,0,{start:.7g},{stop:.7g},{steps},{current_limit:.6g}")
        answer = tool.ask("XE")
        found = words.data(answer, self.channel)
        if [kind for kind, *_ in found] != _FIELDS * steps:
            raise TransportError(
                f"{tool.transport.address}: sweep of {steps} points answered {answer[:80]!r}"
            )
        tool.raise_if_asked("XE")
        return found

    def off(self) -> None:
        """Go to 0 V and open the output switch."""
        self.instrument.off(self.channel)


def _readings(found: list[words.Datum]) -> SweepReadings:
    """Return a sweep's readings, from time, current and voltage by turns."""
    times, currents, voltages = found[0::3], found[1::3], found[2::3]
    return SweepReadings(
        cell=0,
        voltage=np.array([value for _, _, value, _ in voltages]),
        current=np.array([value for _, _, value, _ in currents]),
        time=np.array([value for _, _, value, _ in times]),
        flags=np.array(
            [one[3] | other[3] for one, other in zip(currents, voltages, strict=True)],
            dtype=np.uint8,
        ),
    )
