"""One channel of a B1500A's pulse generator module: levels, timing and what it holds at rest."""

from dataclasses import dataclass
from typing import Final

from ._terminal import Terminal

IMPEDANCE: Final = 50.0  # ohm, of its output


@dataclass(slots=True)
class Shape:
    """Timing of one pulse signal source of a channel, in s."""

    delay: float = 0.0
    width: float = 1e-7
    rise: float = 20e-9
    fall: float = 20e-9


class Generator:
    """One channel. levels: (base, peak) in V into the load, by source, 0 being DC.  load: ohm."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.reset()

    def reset(self) -> None:
        """Go to the settings of ``*RST``: output switch open."""
        self.on = False
        self.mode = 1
        self.load = 50.0
        self.levels = dict.fromkeys(range(3), (0.0, 0.0))
        self.shapes = {1: Shape(), 2: Shape()}
        self.rest()

    def open_voltage(self, voltage: float) -> float:
        """Return what the source gives so that the stated load would get ``voltage`` V."""
        return voltage * (self.load + IMPEDANCE) / self.load

    def rest(self) -> None:
        """Hold the base, or the DC level; an open switch holds nothing."""
        self.terminal.hold(self.open_voltage(self.levels[self.mode][0]) if self.on else None)
