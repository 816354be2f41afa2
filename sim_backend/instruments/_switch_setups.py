"""Resetting a simulated switch, keeping its setups, and turning its power off and on.

A setup holds all settings and what is closed. The one in the internal memory and those on a
memory stick (any path) outlive the power switch, as do closure counts and user strings.
"""

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..wire.tsp import call, getter, setter, text
from ._switch_cards import parameter_error
from ._switch_moves import SwitchMoves
from ._switch_settings import Settings

if TYPE_CHECKING:
    from ..bench import SimulatedBench
    from ..chip.chip_file import InstrumentSpec

FACTORY, INTERNAL = "0", "1"


@dataclass(frozen=True, slots=True)
class _Setup:
    settings: Settings
    closed: frozenset[str]


class SwitchSetups(SwitchMoves):
    """A switch that remembers."""

    def __init__(self, bench: "SimulatedBench", spec: "InstrumentSpec") -> None:
        self._setups: dict[str, _Setup] = {}
        self._at_power_on = FACTORY
        super().__init__(bench, spec)

    def reset(self) -> None:
        """Open every relay and go to the factory settings; relays' closure counts stay."""
        super().reset()
        self._move(set(self.closed), set())
        self._set = Settings()

    @call("setup.save")
    def save_setup(self, path: object = None) -> None:
        """Keep the present setup: in the internal memory, or in a file of a memory stick."""
        place = INTERNAL if path is None else text(path)
        if not place or place == FACTORY:
            raise parameter_error("invalid setup")
        self._setups[place] = _Setup(copy.deepcopy(self._set), frozenset(self.closed))

    @call("setup.recall")
    def recall_setup(self, source: object) -> None:
        """Go to the factory setup (0), to the one that was kept (1), or to one of a stick."""
        self._recall(text(source))

    def _recall(self, place: str) -> None:
        if place == FACTORY:
            self.reset()
            return
        if place not in self._setups:
            raise parameter_error("setup does not exist")
        setup = self._setups[place]
        self._set = copy.deepcopy(setup.settings)
        self._move(self.closed - setup.closed, set(setup.closed) - self.closed)

    @getter("setup.poweron")
    def power_on_setup(self) -> str:
        """Return which setup is recalled when the power comes."""
        return self._at_power_on

    @setter("setup.poweron")
    def set_power_on_setup(self, source: object) -> None:
        """Choose which setup is recalled when the power comes."""
        place = text(source)
        if place != FACTORY and place not in self._setups:
            raise parameter_error("setup does not exist")
        self._at_power_on = place

    def power_on(self) -> None:
        """Start: every relay opens, those that latched too, and the chosen setup is recalled."""
        super().power_on()
        self.closed = {relay for bank in self._banks.values() for relay in bank.contacts}
        self._set = Settings()
        self._move(set(self.closed), set())
        self._recall(self._at_power_on)
