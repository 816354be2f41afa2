"""Trigger blocks of a simulated Keithley 2450 that recall points of configuration lists.

Source: manual, section 6, :TRIGger:BLOCk:CONFig; the 2461's tells where NEXT and PREVious begin.
"""

from collections.abc import Callable

from ..wire.parameters import Integer, String
from ..wire.scpi import ScpiError, command
from ._keithley2450_lists import ListCommands
from ._keithley2450_model import LARGEST_BLOCK, Block

_BLOCK = ":TRIGger:BLOCk:CONFig"
_PLACE = Integer(1, LARGEST_BLOCK)
_NAME = String()


class ListBlockCommands(ListCommands):
    """Blocks that go to a point by its place, or round through a list."""

    @command(f"{_BLOCK}:RECall", _PLACE, _NAME, Integer(1, 300_000), optional=1)
    def recall_block(self, number: int, name: str, index: int = 1) -> None:
        """Define a block that recalls one point; -224 for a list that is not there."""
        self._put_recall(number, "CONFIG_RECALL", name, lambda at, size: index)

    @command(f"{_BLOCK}:NEXT", _PLACE, _NAME)
    def next_block(self, number: int, name: str) -> None:
        """Define a block that recalls the next point; the first one at first and after the last."""
        self._put_recall(number, "CONFIG_NEXT", name, lambda at, size: at % size + 1)

    @command(f"{_BLOCK}:PREVious", _PLACE, _NAME)
    def previous_block(self, number: int, name: str) -> None:
        """Define a block that recalls the point before; the last one at first and at the first."""
        self._put_recall(number, "CONFIG_PREV", name, lambda at, size: at - 1 if at > 1 else size)

    def _put_recall(
        self, number: int, word: str, name: str, find: Callable[[int, int], int]
    ) -> None:
        """Define a block that recalls what is found from the present place and the list's size."""
        of_source = name in self._sources.points
        (self._sources if of_source else self._senses).get(name)

        def act() -> None:
            try:
                size = self.source_list_size(name) if of_source else self.sense_list_size(name)
                at = find(self.model.recalled.get(name, 0), max(1, size))
                (self.recall_source if of_source else self.recall_sense)(name, at)
            except ScpiError as error:  # deleted since, or too short: the model goes on
                self.report(error)
            else:
                self.model.recalled[name] = at

        self.put_block(number, Block(f"{word} CONFIG_LIST: {name}", act))
