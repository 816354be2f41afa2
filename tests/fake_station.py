"""A station without instruments: cells that only count, and a way to safety that can fail."""

from types import SimpleNamespace

import numpy as np

from labcim.capabilities import CellReadings, Delivered, Topology
from labcim.limits import ChipLimits, LineLimits
from labcim.protocol import Capabilities
from labcim.safety import SafetyReport


class CountingCells:
    """Cells at 10 µS that note what was asked of them."""

    def __init__(self, topology):
        self.topology = topology
        self.pulses = 0
        self.log = []

    def _noted(self, verb, cells):
        self.log.append(" ".join([verb, *(str(cell) for cell in cells)]))

    def read(self, cells, voltage, *, gate=0.0, averages=1):
        self._noted("read", cells)
        n = len(cells)
        level, current = np.full(n, voltage), np.full(n, voltage * 1e-5)
        conductance = np.full(n, 1e-5)
        return CellReadings(
            cells, current, level, level, conductance, conductance, np.zeros(n), np.zeros(n, "u1")
        )

    def pulse(self, cells, train):
        self._noted("pulse", cells)
        self.pulses += 1
        n = len(cells)
        amplitude = np.broadcast_to(train.amplitude, n).astype(float)
        zeros = np.zeros(n)
        return Delivered(
            cells, amplitude, zeros, train.width, 1, zeros, zeros, np.zeros(n, np.uint8)
        )


class FakeStation:
    """What the runner asks of a station, and no more."""

    def __init__(self, rows, columns, trouble=""):
        limits = ChipLimits(row=LineLimits(high=3.3), column=LineLimits(high=3.3))
        chip = SimpleNamespace(
            identity="fake",
            rows=rows,
            columns=columns,
            limits=limits,
            set_terminal="row",
            kind="1T1R",
        )
        head = SimpleNamespace(name="fake bench", operator="", station="")
        self.bench = SimpleNamespace(chip=chip, bench=head, mode="SIM", cells="board")
        self.cells = CountingCells(Topology(rows, columns))
        self.clock = SimpleNamespace(now=lambda: 0.0, sleep=lambda duration: None)
        self.capabilities = Capabilities(self.clock, self.cells)
        self.identities = {"fake": "LABCIM,FAKE"}
        self.made_safe = 0
        self._trouble = trouble

    def settings(self):
        return {}

    def clock_for_labels(self):
        return 0.0

    def make_safe(self):
        self.made_safe += 1
        return SafetyReport(0.0, {"fake": self._trouble} if self._trouble else {})
