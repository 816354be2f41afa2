"""White and 1/f noise of a simulated cell's own record come back as the constants that made it."""

import numpy as np
import pytest

from labcim.errors import RangeError
from labcim.sim_backend.devices import kernels
from labcim.sim_backend.devices.finding import find_model
from labcim.sim_backend.devices.layout import TRUTH
from labcim.sim_backend.devices.preset import load_preset
from labcim.sim_backend.twin.read_noise import fit_read_noise

PRESET = load_preset("oxram-1t1r-64k").changed(
    constants={
        "trap_fraction": 0.0,
        "flicker": 0.005,
        "white_slope": 0.015,
        "one_second": [0.0] * 5,
        "one_day": [0.0] * 5,
    }
)
LEVEL = 93e-6


def record(cells, reads, interval, aperture):
    """Read cells at 93 uS again and again; return times in s and conductances in S."""
    p, model = PRESET.parameters(), find_model(PRESET.model)
    devices = model.draw(5, cells, p)
    states = np.zeros(cells, model.cell)
    model.first_state(states, devices, p, 5, stuck=0.0, formed=True)
    states["conductance"] = LEVEL
    time = 10.0 + interval * np.arange(reads)
    seen = np.empty((reads, cells))
    everyone = np.arange(cells, dtype=np.uint32)
    log, tail = np.zeros(0, TRUTH), np.zeros(1, np.uint64)
    level = np.full(cells, 0.2)
    for i in range(reads):
        seen[i] = kernels.read_cells(
            states, devices, p, 5, everyone, level, np.zeros(cells), np.full(cells, 2.5),
            aperture, np.full(cells, time[i]), log, tail, 1, False,
        ) / 0.2  # fmt: skip
    return time, seen


def test_a_record_of_a_cell_gives_its_white_and_its_flicker_noise():
    """Mean of 12 cells, each read 5,000 times for 1 ms every 47 ms."""
    time, seen = record(12, 5000, 0.0467, 1e-3)
    found = [fit_read_noise(PRESET, time, one, aperture=1e-3) for one in seen.T]

    assert np.mean([one["flicker"] for one in found]) == pytest.approx(0.005, rel=0.1)
    assert np.mean([one["white_slope"] for one in found]) == pytest.approx(0.015, rel=0.1)


def test_too_short_a_record_is_refused():
    with pytest.raises(RangeError, match="record of 50 reads"):
        fit_read_noise(PRESET, np.arange(50.0), np.ones(50), aperture=1e-3)
