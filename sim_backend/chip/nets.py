"""What terminals put on nets, what is on the lines of the chip then, and what a net is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .pads import Family

Floats = NDArray[np.float64]


@dataclass(slots=True)
class TerminalState:
    """What an instrument puts on a terminal. impedance: ohm. voltage: V. current_limit: A."""

    voltage: float = 0.0
    on: bool = False
    impedance: float = 50.0
    current_limit: float = float("inf")
    is_source: bool = True

    @property
    def drives(self) -> bool:
        """Say whether the terminal holds its net at a voltage."""
        return self.on and self.is_source


@dataclass(slots=True)
class LineVoltages:
    """V on every line, NaN where it floats; and the terminals found fighting each other.

    all: rows, columns and gates together.  ends: rows and columns.  These share their memory.
    """

    all: Floats
    ends: Floats
    row: Floats
    column: Floats
    gate: Floats
    fights: list[str] = field(default_factory=list)


class Net:
    """Nodes that closed relays join, and the chip's lines on them by their place among all."""

    __slots__ = ("_places", "lines", "nodes")

    def __init__(self) -> None:
        self.nodes: set[str] = set()
        self.lines: dict[int, tuple[Family, int]] = {}
        self._places: NDArray[np.intp] | None = None

    def add(self, node: str, lines: Mapping[int, tuple[Family, int]]) -> None:
        """Take a node in."""
        self.nodes.add(node)
        if lines:
            self.lines.update(lines)
            self._places = None

    def remove(self, node: str, lines: Mapping[int, tuple[Family, int]]) -> None:
        """Let a node go."""
        self.nodes.remove(node)
        for place in lines:
            del self.lines[place]
            self._places = None

    @property
    def places(self) -> NDArray[np.intp]:
        """Return where the net's lines are among all, shape (lines,)."""
        if self._places is None:
            self._places = np.fromiter(self.lines, np.intp, len(self.lines))
        return self._places
