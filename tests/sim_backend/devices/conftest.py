"""A bare array of cells, without a chip around it."""

import sys
from pathlib import Path

import numpy as np
import pytest

from labcim.sim_backend.devices import kernels
from labcim.sim_backend.devices.finding import find_model
from labcim.sim_backend.devices.layout import TRUTH
from labcim.sim_backend.devices.preset import load_preset

sys.path.insert(0, str(Path(__file__).parent))


class CellArray:
    """Cells of a preset (or its name) with a clock; changes are those to its constants."""

    def __init__(self, preset, size=256, seed=1, formed=True, stuck=0.0, **changes):
        constants = load_preset(preset) if isinstance(preset, str) else preset
        self.preset, self.changes = constants, changes
        self.parameters = constants.parameters(**changes)
        self.model = find_model(constants.model)
        self.seed, self.size, self.time = seed, size, 0.0
        self.devices = self.model.draw(seed, size, self.parameters)
        self.cells = np.zeros(size, self.model.cell)
        self.model.first_state(
            self.cells, self.devices, self.parameters, seed, stuck=stuck, formed=formed
        )
        self.all = np.arange(size, dtype=np.uint32)
        self.log = np.zeros(0, TRUTH)
        self.tail = np.zeros(1, np.uint64)

    def warm(self, kelvin):
        """Go on at another temperature from the present time on."""
        if self.model.laws.settle_cell is not None:
            kernels.settle_cells(
                self.cells, self.devices, self.parameters, self.seed, self.time, kelvin
            )
        changes = self.changes | {"temperature": kelvin, "temperature_since": self.time}
        self.parameters = self.preset.parameters(**changes)
        self.devices = self.model.draw(self.seed, self.size, self.parameters)

    def _room(self, count):
        self.log = np.zeros(count, TRUTH)
        self.tail[0] = 0

    def pulse(self, amplitude, gate, width=1e-6, count=1, limit=np.inf, cells=None, gap=0.0):
        """Pulse cells at the present time, which does not move."""
        chosen = self.all if cells is None else cells
        level = np.broadcast_to(np.asarray(amplitude, float), chosen.shape)
        gates = np.ascontiguousarray(np.broadcast_to(np.asarray(gate, float), chosen.shape))
        self._room(chosen.size * count)
        return kernels.pulse_cells(
            self.cells, self.devices, self.parameters, self.seed, chosen,
            np.maximum(level, 0.0), np.maximum(-level, 0.0), gates, width, gap, count, limit,
            np.full(chosen.size, self.time), self.log, self.tail, 1,
        )  # fmt: skip

    def read(self, voltage=0.2, gate=2.5, aperture=1e-5, cells=None):
        """Read cells at the present time; return currents in A."""
        chosen = self.all if cells is None else cells
        self._room(chosen.size)
        return kernels.read_cells(
            self.cells, self.devices, self.parameters, self.seed, chosen,
            np.full(chosen.size, voltage), np.zeros(chosen.size), np.full(chosen.size, gate),
            aperture, np.full(chosen.size, self.time), self.log, self.tail, 1, True,
        )  # fmt: skip

    def true(self, cells=None):
        """Return true conductances at the present time in S."""
        chosen = self.all if cells is None else cells
        return kernels.true_conductances(
            self.cells, self.devices, self.parameters, chosen, self.time
        )


QUIET = {
    "jitter": 0.0,
    "cycle_spread": 0.0,
    "floor_cycle_spread": 0.0,
    "compliance_cycle_floor": 0.0,
    "compliance_cycle_slope": 0.0,
    "one_second": 0.0,
    "one_day": 0.0,
}
EVEN = {
    "set_spread": 0.0,
    "reset_spread": 0.0,
    "slope_spread": 0.0,
    "window_spread": 0.0,
    "floor_device_spread": 0.0,
    "gate_threshold_spread": 0.0,
    "compliance_device_spread": 0.0,
}


@pytest.fixture
def cell_array():
    """Make a CellArray."""
    return CellArray


@pytest.fixture
def quiet():
    """Return changes that take every draw in time away: no jitter, cycles, relaxation."""
    return QUIET


@pytest.fixture
def even():
    """Return changes that make all cells alike."""
    return EVEN
