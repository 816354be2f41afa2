"""Form and program a picture on the probed chip, judged by the truth log of its chip."""

from pathlib import Path

import numpy as np
import pytest

import labcim
from labcim.app.record import RunView
from labcim.sim_backend.chip.truth import Truth

from .conftest import EXAMPLES, small_bench
from .judging import (
    assert_same_pulses,
    left_on,
    moved_under_voltage,
    order_of_the_end,
    true_errors,
    usable,
)

TOLERANCE = 1e-6
pytestmark = pytest.mark.timeout(300)


class Station:
    """A probe station after its first hour: the recipes of the board, on another bench file."""

    def __init__(self, folder: Path, size: int) -> None:
        path = small_bench("probed", folder, size)
        self.runs: dict[str, RunView] = {}
        with labcim.open_bench(path, record=folder / "record.sqlite") as bench:
            for name in ("form", "face"):
                recipe = labcim.load_recipe(EXAMPLES / "recipes" / f"{name}.toml")
                self.runs[name] = bench.run(recipe)
        self.truth = Truth(folder / "chip.state")


@pytest.fixture(
    scope="module", params=[8, pytest.param(16, marks=pytest.mark.slow)], ids=["8x8", "16x16"]
)
def station(request, tmp_path_factory):
    """Return the station with a part of the example's chip, or (slow) all of it."""
    return Station(tmp_path_factory.mktemp("probed"), request.param)


def test_both_recipes_run_to_their_end(station):
    assert [view.stop.state for view in station.runs.values()] == ["completed", "completed"]
    assert all(view.stop.safe for view in station.runs.values())


def test_at_least_99_percent_of_the_truly_good_cells_are_formed(station):
    cells = station.truth.cells()
    assert (cells["formed"] != 0)[cells["stuck"] == 0].mean() >= 0.99


def test_99_percent_are_truly_within_1_microsiemens_at_their_own_acceptance(station):
    error = true_errors(station.truth, station.runs["face"])
    assert len(error) == usable(station.truth).sum()
    assert np.mean(error <= TOLERANCE) >= 0.99


@pytest.mark.parametrize("name", ["form", "face"])
def test_every_pulse_is_on_record_with_its_cell_amplitude_width_and_gate(station, name):
    assert_same_pulses(station.truth, station.runs[name])


def test_no_relay_ever_moves_while_a_source_or_gate_is_not_at_zero(station):
    assert (station.truth.actions()["kind"] == b"relay").sum() > 1000
    assert moved_under_voltage(station.truth) == []


def test_at_the_end_everything_is_off(station):
    assert left_on(station.truth) == []


def test_the_end_comes_in_the_order_sources_gates_outputs_relays(station):
    order = order_of_the_end(station.truth)
    places = [order.index(kind) for kind in ("output", "relay")]
    assert places == sorted(places)
    assert order[-1] == "relay"
    assert not {"source", "gate"} & set(order[order.index("output") :])
