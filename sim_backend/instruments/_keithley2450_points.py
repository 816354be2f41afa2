"""Points of configuration lists: the settings of the function that is active when one is stored.

Source: manual, section 3, "Configuration lists", and the tables of what a point holds.
"""

from copy import deepcopy
from dataclasses import dataclass

from ._keithley2450_calculate import Function
from ._keithley2450_settings import Function as SourceFunction
from ._keithley2450_settings import SenseSettings, Settings, SourceSettings


@dataclass(frozen=True, slots=True)
class SourcePoint:
    """What is sourced and how, but for the levels of a list sweep."""

    function: SourceFunction
    source: SourceSettings
    protection: float

    @classmethod
    def of(cls, settings: Settings) -> "SourcePoint":
        """Return a point with what is set now."""
        return cls(settings.function, deepcopy(settings.active), settings.protection)

    def put(self, settings: Settings) -> None:
        """Set all that the point holds."""
        levels = settings.source[self.function].listed
        settings.function, settings.protection = self.function, self.protection
        settings.source[self.function] = source = deepcopy(self.source)
        source.listed = levels


@dataclass(frozen=True, slots=True)
class SensePoint:
    """What is measured and how, and what is done with its readings."""

    function: str
    sense: SenseSettings
    calculated: Function

    @classmethod
    def of(cls, settings: Settings) -> "SensePoint":
        """Return a point with what is set now."""
        name = settings.sensed
        calculated = deepcopy(settings.calculation.functions[name])
        calculated.forget_failures()
        return cls(name, deepcopy(settings.sense[name]), calculated)

    def put(self, settings: Settings) -> None:
        """Set all that the point holds."""
        settings.sensed = self.function
        settings.sense[self.function] = deepcopy(self.sense)
        settings.calculation.functions[self.function] = deepcopy(self.calculated)
        settings.calculation.changed()
