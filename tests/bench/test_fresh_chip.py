"""What is meant for formed cells leaves a chip that nobody has formed as it is."""

import numpy as np
import pytest

import labcim
from labcim.app.recipes import new_recipe
from labcim.sim_backend.chip.truth import Truth

from .conftest import small_bench

MEANT_FOR_FORMED = {
    "random_bits": {},
    "restart_bits": {},
    "write_verify": {},
    "program_matrix": {},
    "program_image": {},
    "multi_level": {"levels": 2, "grid": 2},
    "drift": {"levels": [10e-6]},
    "retention": {"levels": [10e-6]},
    "kinetics_map": {},
    "stdp": {"cells": "0:4, 0:4"},
    "denoise": {"target": 20e-6},
    "fault_map": {},
    "key_destruction": {},
    "endurance": {"cycles": 1000, "every": 100, "block": 20},
    "puf_enrol": {},
    "switch_seeker": {},
}


def ran(path, name, **recipe):
    with labcim.open_bench(path, record=path.parent / "record.sqlite") as bench:
        return bench.run(new_recipe(name, **recipe))


def given(path):
    """Return how many pulses the chip got, by its own log, and which cells are formed now."""
    truth = Truth(path.parent / "chip.state")
    pulses, _reads = truth.counts()
    return pulses, truth.cells()["formed"] != 0


@pytest.mark.parametrize("name", MEANT_FOR_FORMED)
def test_a_fresh_chip_is_told_of_and_gets_no_pulse(tmp_path, name):
    path = small_bench("board", tmp_path, 4, stuck="0.0")
    view = ran(path, name, **MEANT_FOR_FORMED[name])
    assert view.stop.state == "failed"
    assert "conduct less than fresh_below = 100 nS: they look unformed" in view.stop.reason
    assert "run form first" in view.stop.reason
    pulses, formed = given(path)
    assert pulses == 0
    assert not formed.any()


def test_the_probed_chip_is_spared_as_well(tmp_path):
    path = small_bench("probed", tmp_path, 4, stuck="0.0")
    view = ran(path, "write_verify", cells="0:1, 0:4")
    assert "they look unformed" in view.stop.reason
    assert given(path)[0] == 0


@pytest.mark.parametrize("preset", ["oxram-1t1r-64k", "sky130-reram"])
def test_fresh_chips_of_other_kinds_are_known_as_well(tmp_path, preset):
    path = small_bench("board", tmp_path, 8, stuck="0.0", preset=f'"{preset}"')
    view = ran(path, "write_verify")
    assert "they look unformed" in view.stop.reason
    assert given(path)[0] == 0


def test_fresh_cells_among_formed_ones_are_left_as_they_are(tmp_path):
    path = small_bench("board", tmp_path, 4, stuck="0.0")
    ran(path, "form", cells="0:3, 0:4")
    _, formed = given(path)
    rows = ran(path, "write_verify").readings().set_index("cell").sort_index()
    assert formed.sum() == 12
    assert rows["accepted"].to_numpy().tolist() == formed.tolist()
    assert np.all(rows["pulses"].to_numpy()[~formed] == 0)
    assert np.array_equal(given(path)[1], formed)
