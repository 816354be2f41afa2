"""Source lists, sweeps and the trigger model that runs them, of a simulated Keithley 2450."""

from dataclasses import dataclass

import numpy as np

from ..wire.parameters import Boolean, Choice, Integer, Numeric, NumericList, String
from ..wire.scpi import ScpiError, command, query
from ._keithley2450_buffer import DEFAULT_BUFFERS
from ._keithley2450_math import MathCommands
from ._keithley2450_model import Block
from ._keithley2450_settings import OVER, RANGES, range_for

_LIST = ":SOURce[1]:LIST:{VOLTage|CURRent}"
_SWEEP = ":SOURce[1]:SWEep:{VOLTage|CURRent}"
_LONGEST_LIST = 100  # values in one command
_MOST_POINTS = 100_000
_DELAY = Numeric("S", -1.0, 1e4, 0.0)
_COUNT = Integer(0, 268_435_455, 1)
_RANGING = Choice("AUTO", "BEST", "FIXed")
_NUMBER = Numeric()
_POINTS = Integer(2, 1_000_000)
_TAIL = (_DELAY, _COUNT, _RANGING, Boolean(), Boolean(), String(31))
_DEFAULT = DEFAULT_BUFFERS[0]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A loaded sweep."""

    function: str
    levels: tuple[float, ...]
    delay: float
    count: int
    fail_abort: bool
    buffer: str


class SweepCommands(MathCommands):
    """A sweep command loads a trigger model; :INITiate runs it and turns the output off again."""

    swept = False

    @command(_LIST, NumericList())
    def set_list(self, function: str, values: list[float]) -> None:
        """Set the source list, up to 100 values."""
        self.settings.source[function].listed = _checked(function, values)

    @command(f"{_LIST}:APPend", NumericList())
    def append_list(self, function: str, values: list[float]) -> None:
        """Append up to 100 values to the source list."""
        listed = self.settings.source[function].listed
        if len(listed) + len(values) > _MOST_POINTS:
            raise ScpiError(-223)
        listed += _checked(function, values)

    @query(_LIST)
    def list_values(self, function: str) -> list[float]:
        """Tell the source list."""
        return self.settings.source[function].listed

    @query(f"{_LIST}:POINts")
    def list_points(self, function: str) -> int:
        """Tell the length of the source list."""
        return len(self.settings.source[function].listed)

    @command(
        f"{_SWEEP}:LIST",
        Integer(1, _MOST_POINTS, 1),
        _DELAY,
        _COUNT,
        Boolean(),
        String(31),
        optional=4,
    )
    def load_list_sweep(
        self,
        function: str,
        first: int,
        delay: float = 0.0,
        count: int = 1,
        fail_abort: bool = True,
        buffer: str = _DEFAULT,
    ) -> None:
        """Load a sweep over the source list."""
        levels = self.settings.source[function].listed[first - 1 :]
        if not levels:
            raise ScpiError(-221)
        self._load(function, levels, delay, count, fail_abort, buffer)

    @command(f"{_SWEEP}:LINear", _NUMBER, _NUMBER, _POINTS, *_TAIL, optional=6)
    def load_linear_sweep(
        self,
        function: str,
        start: float,
        stop: float,
        points: int,
        delay: float = 0.0,
        count: int = 1,
        _ranging: str = "BEST",
        fail_abort: bool = True,
        dual: bool = False,
        buffer: str = _DEFAULT,
    ) -> None:
        """Load a linear sweep of a number of points; dual comes back the same way."""
        levels = np.linspace(start, stop, min(points, _MOST_POINTS)).tolist()
        self._load(function, levels + levels[::-1] * dual, delay, count, fail_abort, buffer)

    @command(f"{_SWEEP}:LINear:STEP", _NUMBER, _NUMBER, _NUMBER, *_TAIL, optional=6)
    def load_step_sweep(
        self, function: str, start: float, stop: float, step: float, *tail: object
    ) -> None:
        """Load a linear sweep with a step size."""
        if step == 0.0 or (stop - start) / step < 1.0:
            raise ScpiError(-222)
        points = int((stop - start) / step * (1.0 + 1e-12)) + 1
        end = start + (points - 1) * step
        self.load_linear_sweep(function, start, end, points, *tail)  # type: ignore[arg-type]

    @command(f"{_SWEEP}:LOG", _NUMBER, _NUMBER, _POINTS, *_TAIL, optional=6)
    def load_log_sweep(
        self,
        function: str,
        start: float,
        stop: float,
        points: int,
        delay: float = 0.0,
        count: int = 1,
        _ranging: str = "BEST",
        fail_abort: bool = True,
        dual: bool = False,
        buffer: str = _DEFAULT,
    ) -> None:
        """Load a logarithmic sweep; both ends have the same sign."""
        if not start * stop > 0.0:
            raise ScpiError(-222)
        levels = np.geomspace(start, stop, min(points, _MOST_POINTS)).tolist()
        self._load(function, levels + levels[::-1] * dual, delay, count, fail_abort, buffer)

    def clear_sweeps(self) -> None:
        """Forget what is loaded."""
        self.swept = False
        self.model.clear()

    def _load(
        self,
        function: str,
        levels: list[float],
        delay: float,
        count: int,
        fail_abort: bool,
        buffer: str,
    ) -> None:
        _checked(function, levels, len(levels))
        self.buffers.get(buffer)
        if function != self.settings.function:
            raise ScpiError(-221)
        # An endless sweep (count 0) would never give the bench back.
        if not 1 <= count * len(levels) <= _MOST_POINTS:
            raise ScpiError(-221, device_info="too long to be simulated")
        self.clear_sweeps()
        plan = _Plan(function, tuple(levels), delay, count, fail_abort, buffer)
        text = f"SWEEP {function} POINTS: {len(levels)} COUNT: {count} BUFFER: {buffer}"
        self.model.put(1, Block(text, lambda: self._run(plan)))
        self.swept = True

    def _run(self, plan: _Plan) -> None:
        """Clear the buffer, turn the output on, step through the levels, turn it off."""
        settings, buffer = self.settings, self.buffers.get(plan.buffer)
        buffer.readings.clear()
        source = settings.source[plan.function]
        source.level = plan.levels[0]
        self.turn_output(True)
        for level in plan.levels * plan.count:
            source.level = level
            if source.auto:
                source.range = range_for(plan.function, level)
            reading = self.meter.step(settings, max(plan.delay, 0.0))
            self.keep(buffer, reading)
            if reading.limited and plan.fail_abort:
                break
        self.turn_output(False)


def _checked(function: str, values: list[float], longest: int = _LONGEST_LIST) -> list[float]:
    """Return values of a list; -223 for too many, -222 for one beyond the highest range."""
    if len(values) > longest:
        raise ScpiError(-223)
    if max(map(abs, values)) > RANGES[function][-1] * OVER * (1.0 + 1e-12):
        raise ScpiError(-222)
    return list(values)
