"""A second command programs the same chip file with another picture, in another process."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import labcim
from labcim.sim_backend.chip.truth import Truth

from .conftest import EXAMPLES, small_bench
from .judging import last_of_each_cell, usable

RECIPES = EXAMPLES / "recipes"


def command(path: Path, name: str) -> dict:
    """Run a recipe by ``labcim run`` in a process of its own; return what it says."""
    words = ["run", str(RECIPES / f"{name}.toml"), "--bench", str(path), "--json"]
    words += ["--record", str(path.parent / "record.sqlite")]
    done = subprocess.run(
        [sys.executable, "-m", "labcim", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr  # 1: a verdict, such as too many pulses a cell
    said: dict = json.loads(done.stdout)
    assert said["state"] == "completed", said["reason"]
    return said


class TwoPictures:
    def __init__(self, folder: Path) -> None:
        path = small_bench("board", folder, 16)
        with labcim.open_bench(path, record=folder / "record.sqlite") as bench:
            for name in ("form", "face"):
                bench.run(labcim.load_recipe(RECIPES / f"{name}.toml"))
        self.truth = Truth(folder / "chip.state")
        self.between = self.truth.cells()
        self.pulses_before = self.truth.pulses()
        self.reads_before = len(self.truth.reads())
        self.clock = float(self.truth.header()["clock"])
        self.second = command(path, "rings")
        self.record = folder / "record.sqlite"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return TwoPictures(tmp_path_factory.mktemp("pictures"))


def test_the_second_run_starts_from_the_cells_that_the_first_one_left(pictures):
    later = pictures.truth.reads()[pictures.reads_before :]
    _, first = np.unique(later["cell"], return_index=True)
    start = later["conductance"][first]
    left = pictures.between["conductance"]
    good = usable(pictures.truth)
    # What may have changed is relaxation, of which the preset's is below 3 uS (one sigma).
    moved = (start - left)[good]
    assert np.median(np.abs(moved)) < 2e-6
    assert np.corrcoef(start[good], left[good])[0, 1] > 0.95


def test_the_truth_of_the_first_run_is_still_there(pictures):
    pulses = pictures.truth.pulses()
    assert len(pulses) > len(pictures.pulses_before) > 0
    assert np.array_equal(pulses[: len(pictures.pulses_before)], pictures.pulses_before)


def test_the_time_of_the_chip_goes_on(pictures):
    assert pulses_after(pictures)["time"].min() >= pictures.clock


def test_no_cell_is_formed_again(pictures):
    assert np.array_equal(pictures.truth.cells()["formed"], pictures.between["formed"])


def test_the_second_picture_is_there_as_truly_as_the_first(pictures):
    with labcim.open_record(pictures.record) as record:
        rows = record.readings("last").set_index("cell").sort_index()
    last = last_of_each_cell(pictures.truth.reads())
    error = np.abs(last["conductance"] - rows["target"].to_numpy())
    assert np.mean(error[usable(pictures.truth)] <= 1e-6) >= 0.99


def test_the_record_has_all_three_runs(pictures):
    with labcim.open_record(pictures.record) as record:
        protocols = [run.protocol for run in record.runs()]
    assert protocols == ["program_image", "program_image", "form"]


def pulses_after(pictures):
    return pictures.truth.pulses()[len(pictures.pulses_before) :]
