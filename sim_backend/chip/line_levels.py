"""What all lines of the chip are held at by what is on the terminals now."""

from collections.abc import Mapping

import numpy as np

from .bench_network import BenchNetwork
from .crossbar import SEEN, CrossbarChip
from .lines import LineResult
from .nets import LineVoltages
from .wiring import Wiring


class LineLevels:
    """The levels of one bench; terminals that fight each other go on the truth log, once."""

    def __init__(self, chip: CrossbarChip, wiring: Wiring, network: BenchNetwork) -> None:
        self._chip, self._wiring, self._network = chip, wiring, network
        self._fights: list[str] = []

    def now(self, changes: Mapping[str, float]) -> LineVoltages:
        """Return the line voltages with some terminals at other levels for the moment."""
        lines = self._network.lines(self._wiring.line_voltages(changes), changes)
        for fight in lines.fights:
            if fight not in self._fights:
                self._chip.truth.action(fight.split(".", 1)[0], "short", fight, 1.0)
        self._fights = lines.fights
        return lines

    def forget_fights(self) -> None:
        """Take it that nothing is fighting."""
        self._fights = []

    def at_rest(self, lines: LineVoltages) -> LineResult:
        """Return the currents and voltages of the lines, where no cell moves."""
        return self._chip.at_rest(lines.row, lines.column, lines.gate)

    @property
    def disturbing(self) -> float:
        """Return the least voltage in V that may move a cell in time."""
        return max(self._chip.disturb_voltage, SEEN)

    def strongest(self, lines: LineVoltages) -> float:
        """Return the largest voltage in V that any cell could see; those of closed gates do not."""
        if self._chip.topology.kind == "1T1R":
            open_gate = (
                np.fmax.reduce(lines.gate, initial=0.0) > 0.0
            )  # one that floats, NaN, is off
            if not open_gate:
                return 0.0
        highest, lowest = np.fmax.reduce(lines.ends), np.fmin.reduce(lines.ends)
        return float(highest - lowest) if highest >= lowest else 0.0  # NaN: all lines float
