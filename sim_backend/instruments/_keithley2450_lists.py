"""The configuration lists of a simulated Keithley 2450 (manual, section 6, :CONFiguration:LIST)."""

from ..wire.parameters import Integer, String
from ..wire.scpi import command, query
from ._configuration_lists import ConfigurationLists
from ._keithley2450_panel import PanelCommands
from ._keithley2450_points import SensePoint, SourcePoint

_SOURCE = ":SOURce[1]:CONFiguration:LIST"
_SENSE = "[:SENSe[1]]:CONFiguration:LIST"
_NAME = String()
_INDEX = Integer(1, 300_000)


class ListCommands(PanelCommands):
    """Settings that are kept as points of named lists, to go back to."""

    @property
    def _sources(self) -> ConfigurationLists[SourcePoint]:
        return self.settings.source_lists

    @property
    def _senses(self) -> ConfigurationLists[SensePoint]:
        return self.settings.sense_lists

    @command(f"{_SOURCE}:CREate", _NAME)
    def create_source_list(self, name: str) -> None:
        """Make an empty list of source settings."""
        self._sources.create(name)

    @command(f"{_SENSE}:CREate", _NAME)
    def create_sense_list(self, name: str) -> None:
        """Make an empty list of measure settings."""
        self._senses.create(name)

    @command(f"{_SOURCE}:STORe", _NAME, _INDEX, optional=1)
    def store_source(self, name: str, index: int | None = None) -> None:
        """Store the active source settings at a place, or after the last point."""
        self._sources.store(name, index, SourcePoint.of(self.settings))

    @command(f"{_SENSE}:STORe", _NAME, _INDEX, optional=1)
    def store_sense(self, name: str, index: int | None = None) -> None:
        """Store the active measure settings at a place, or after the last point."""
        self._senses.store(name, index, SensePoint.of(self.settings))

    @command(f"{_SOURCE}:RECall", _NAME, _INDEX, optional=1)
    def recall_source(self, name: str, index: int = 1) -> None:
        """Go to source settings; where they are of the other function the output turns off."""
        point = self._sources.point(name, index)
        if point.function != self.settings.function:
            self.turn_output(False)
        point.put(self.settings)
        self.settle()

    @command(f"{_SENSE}:RECall", _NAME, _INDEX, optional=1)
    def recall_sense(self, name: str, index: int = 1) -> None:
        """Go to measure settings; where they sense otherwise the output turns off."""
        point, settings = self._senses.point(name, index), self.settings
        if point.sense.four_wire != settings.sense[point.function].four_wire:
            self.turn_output(False)
        point.put(settings)
        self.settle()

    @command(f"{_SOURCE}:DELete", _NAME, _INDEX, optional=1)
    def delete_source(self, name: str, index: int | None = None) -> None:
        """Delete a list of source settings or one point of it."""
        self._sources.delete(name, index)

    @command(f"{_SENSE}:DELete", _NAME, _INDEX, optional=1)
    def delete_sense(self, name: str, index: int | None = None) -> None:
        """Delete a list of measure settings or one point of it."""
        self._senses.delete(name, index)

    @query(f"{_SOURCE}:SIZE", _NAME)
    def source_list_size(self, name: str) -> int:
        """Tell how many points a list of source settings has."""
        return len(self._sources.get(name))

    @query(f"{_SENSE}:SIZE", _NAME)
    def sense_list_size(self, name: str) -> int:
        """Tell how many points a list of measure settings has."""
        return len(self._senses.get(name))

    @query(f"{_SOURCE}:CATalog")
    def source_catalogue(self) -> str:
        """Tell the next list of source settings by name, and nothing after the last one."""
        return self._sources.next_name()

    @query(f"{_SENSE}:CATalog")
    def sense_catalogue(self) -> str:
        """Tell the next list of measure settings by name, and nothing after the last one."""
        return self._senses.next_name()
