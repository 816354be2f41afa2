"""A whole protocol on a chip without transistors and with resistive lines, judged by the truth."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import labcim
from labcim.sim_backend.chip.truth import Truth

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Program the passive example and read it; give (rows, map, truth, pulses on record)."""
    folder = tmp_path_factory.mktemp("passive")
    spent = shutil.ignore_patterns("*.state", ".*")  # of whoever has tried the example by hand
    shutil.copytree(EXAMPLES / "passive", folder / "bench", ignore=spent)
    with labcim.open_bench(folder / "bench/bench.toml", record=folder / "r.sqlite") as bench:
        done = bench.run(labcim.load_recipe(EXAMPLES / "recipes/passive.toml"))
        read = bench.run(labcim.new_recipe("read_map"))
    assert done.stop.state == read.stop.state == "completed"
    return done.readings(), read.readings(), Truth(folder / "bench/chip.state"), done.pulses()


def test_at_least_97_percent_of_passive_cells_come_to_their_targets_by_half_the_voltage(run):
    rows, _, truth, _ = run
    assert (rows["status"] == 1).mean() >= 0.97
    by_cell = rows.set_index("cell").sort_index()
    cells = truth.cells()["conductance"]
    off = np.abs(cells - by_cell["target"].to_numpy())
    assert np.mean(off <= 6e-6) >= 0.97  # half-selects since then, and what wires take of readings


def test_every_pulse_on_record_is_on_the_truth_log_beside_the_half_selects_that_it_cost(run):
    _, _, truth, record = run
    pulses = truth.pulses()
    meant = pulses[np.abs(pulses["amplitude"]) > 1.3]  # half of the cap is below

    assert len(record) > 1000
    assert abs(len(meant) - len(record)) <= 0.02 * len(record)  # wires take some below 1.3 V
    assert len(pulses) > 5 * len(record)


def test_the_map_of_a_passive_chip_is_its_cells_less_what_the_wire_of_their_row_takes(run):
    """Ten cells of 50 uS on one row draw 0.1 mA at 0.2 V; 20 ohm and the wire take their part."""
    _, read, truth, _ = run
    found = read.set_index("cell").sort_index()["conductance"].to_numpy()
    loss = 1.0 - found / truth.cells()["conductance"]

    assert 0.01 < np.median(loss) < 0.08
    assert np.abs(loss).max() < 0.15
