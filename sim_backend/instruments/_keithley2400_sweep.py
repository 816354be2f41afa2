"""Sweeps and source lists of a simulated Keithley 2400 (User's Manual, section 10)."""

import numpy as np

from ..wire.parameters import Choice, Integer, NumericList
from ..wire.scpi import ScpiError, command, query
from ._extremes import EXTREME
from ._keithley2400_settings import MOST_POINTS, SourceSettings
from ._keithley2400_source import LEVELS, SOURCE, SourceCommands
from ._stored import bounded, stored

_LIST = "[:SOURce[1]]:LIST:{VOLTage|CURRent}"
_LONGEST_LIST = 100  # values in one command
_SWEEP = "[:SOURce[1]]:SWEep"


class SweepCommands(SourceCommands):
    """Where a sweep goes: from start to stop in points, or along a list."""

    @command(f"{SOURCE}:STARt", LEVELS)
    def set_start(self, function: str, level: float) -> None:
        """Set the first level of a sweep."""
        self._within(function, level)
        self.settings.source[function].start = level

    @query(f"{SOURCE}:STARt", EXTREME, optional=1)
    def start(self, function: str, which: str | None = None) -> float:
        """Tell the first level of a sweep."""
        return self.told_level(function, self.settings.source[function].start, which)

    @command(f"{SOURCE}:STOP", LEVELS)
    def set_stop(self, function: str, level: float) -> None:
        """Set the last level of a sweep."""
        self._within(function, level)
        self.settings.source[function].stop = level

    @query(f"{SOURCE}:STOP", EXTREME, optional=1)
    def stop(self, function: str, which: str | None = None) -> float:
        """Tell the last level of a sweep."""
        return self.told_level(function, self.settings.source[function].stop, which)

    @command(f"{SOURCE}:STEP", LEVELS)
    def set_step(self, function: str, step: float) -> None:
        """Set the points of a linear sweep by its step; -222 unless it leads from start to stop."""
        source = self.settings.source[function]
        span = source.stop - source.start
        if step == 0.0 or not 1.0 <= span / step * (1.0 + 1e-9) <= MOST_POINTS - 1:
            raise ScpiError(-222)
        self.settings.points = int(span / step * (1.0 + 1e-9)) + 1

    @query(f"{SOURCE}:STEP")
    def step(self, function: str) -> float:
        """Tell the step of a linear sweep."""
        source = self.settings.source[function]
        return (source.stop - source.start) / (self.settings.points - 1)

    @command(f"{SOURCE}:CENTer", LEVELS)
    def set_center(self, function: str, center: float) -> None:
        """Set the middle of a sweep, which keeps its span."""
        source = self.settings.source[function]
        self._span(function, source, center, source.stop - source.start)

    @query(f"{SOURCE}:CENTer")
    def center(self, function: str) -> float:
        """Tell the middle of a sweep."""
        source = self.settings.source[function]
        return 0.5 * (source.start + source.stop)

    @command(f"{SOURCE}:SPAN", LEVELS)
    def set_span(self, function: str, span: float) -> None:
        """Set the span of a sweep, which keeps its middle."""
        source = self.settings.source[function]
        self._span(function, source, 0.5 * (source.start + source.stop), span)

    @query(f"{SOURCE}:SPAN")
    def span(self, function: str) -> float:
        """Tell the span of a sweep."""
        source = self.settings.source[function]
        return source.stop - source.start

    set_spacing, spacing = stored(f"{_SWEEP}:SPACing", Choice("LINear", "LOGarithmic"), "spacing")
    set_points, points = bounded(f"{_SWEEP}:POINts", Integer(2, MOST_POINTS, MOST_POINTS), "points")
    set_direction, direction = stored(f"{_SWEEP}:DIRection", Choice("UP", "DOWN"), "direction")
    set_ranging, ranging = stored(f"{_SWEEP}:RANGing", Choice("BEST", "AUTO", "FIXed"), "ranging")
    set_abort, abort_on_compliance = stored(
        f"{_SWEEP}:CABort", Choice("NEVer", "EARLy", "LATE"), "abort_on_compliance"
    )

    @command(_LIST, NumericList())
    def set_list(self, function: str, levels: list[float]) -> None:
        """Set the source list, up to 100 values."""
        self.settings.source[function].listed = self._listed(function, levels)

    @command(f"{_LIST}:APPend", NumericList())
    def append_list(self, function: str, levels: list[float]) -> None:
        """Append up to 100 values to the source list; -223 beyond 2500."""
        listed = self.settings.source[function].listed
        if len(listed) + len(levels) > MOST_POINTS:
            raise ScpiError(-223)
        listed += self._listed(function, levels)

    @query(_LIST)
    def list_values(self, function: str) -> list[float]:
        """Tell the source list."""
        return self.settings.source[function].listed

    @query(f"{_LIST}:POINts")
    def list_points(self, function: str) -> int:
        """Tell the length of the source list."""
        return len(self.settings.source[function].listed)

    @command(f"{_LIST}:STARt", Integer(1, MOST_POINTS, 1))
    def set_list_start(self, function: str, place: int) -> None:
        """Choose the value that a list sweep begins with."""
        self.settings.source[function].list_start = place

    @query(f"{_LIST}:STARt")
    def list_start(self, function: str) -> int:
        """Tell the value that a list sweep begins with."""
        return self.settings.source[function].list_start

    def levels(self) -> list[float]:
        """Return the levels of one pass through the trigger layer, one for each trigger."""
        settings = self.settings
        source = settings.active
        if source.mode == "FIX":
            level = source.level if source.triggered is None else source.triggered
            return [level] * settings.trigger_count
        if source.mode == "LIST":
            whole = source.listed[source.list_start - 1 :]
        else:
            whole = self._swept(source)
        if not whole:
            raise ScpiError(-221)
        rounds = -(-settings.trigger_count // len(whole))
        return (whole * rounds)[: settings.trigger_count]

    def ranges(self, levels: list[float]) -> list[float]:
        """Return the range that each level is sourced on; -222 beyond a fixed one."""
        source, function = self.settings.active, self.settings.function
        if source.mode == "FIX" and source.triggered is None:
            return [source.range] * len(levels)  # checked when it was set
        highest = max(levels, key=abs)
        fitting = self.fitting_range(function, highest)
        if source.mode == "FIX" or self.settings.ranging != "AUTO":
            fixed = self.settings.ranging == "FIX" and source.mode != "FIX"
            return [source.range if fixed else fitting] * len(levels)
        return [self.hardware.range_for(function, level) for level in levels]

    def _swept(self, source: SourceSettings) -> list[float]:
        points = self.settings.points
        levels: list[float]
        if self.settings.spacing == "LOG":
            if not source.start * source.stop > 0.0:
                raise ScpiError(-221)
            levels = np.geomspace(source.start, source.stop, points).tolist()
        else:
            levels = np.linspace(source.start, source.stop, points).tolist()
        return levels[::-1] if self.settings.direction == "DOWN" else levels

    def _within(self, function: str, level: float) -> None:
        self.hardware.range_for(function, level)

    def _span(self, function: str, source: SourceSettings, center: float, span: float) -> None:
        start, stop = center - 0.5 * span, center + 0.5 * span
        self._within(function, start)
        self._within(function, stop)
        source.start, source.stop = start, stop

    def _listed(self, function: str, levels: list[float]) -> list[float]:
        """Return values of a list; -223 for too many, -222 for one beyond the highest range."""
        if len(levels) > _LONGEST_LIST:
            raise ScpiError(-223)
        self._within(function, max(map(abs, levels)))
        return list(levels)
