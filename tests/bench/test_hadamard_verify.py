"""Hadamard-pattern verify, where it pays and where it does not (correction 10), on the board."""

import shutil

import numpy as np
import pytest

import labcim
from labcim.capabilities import Coding
from labcim.programming.pattern_reading import read_by_patterns
from labcim.sim_backend.chip.truth import Truth

from .conftest import small_bench

SIZE = 16
LOUD = 1e-9  # A/sqrt(Hz) of the sense channels: over 10 us three times the noise of the cells
QUIET = 1e-12
SEEDS = (21, 22, 23, 24, 25)
T_95 = 2.776  # Student's t, 4 degrees of freedom


def bench_with(folder, noise, seed):
    """Return a bench whose sense channels have this noise in A/sqrt(Hz)."""
    path = small_bench("board", folder, SIZE, seed=str(seed), stuck="0.0")
    chip = folder / "chip.toml"
    text = chip.read_text("utf-8").replace(
        "port = 5025", f"port = 5025\noptions = {{ noise = {noise} }}", 1
    )
    chip.write_text(text, "utf-8")
    return path


class Readings:
    """RMS errors in S of readings by both patterns of the same cells at rest; of the lowest too."""

    def __init__(self, folder, noise, seed, signs="phases", bits=12):
        path = bench_with(folder / f"{noise}-{seed}-{signs}-{bits}", noise, seed)
        with labcim.open_bench(path, record=path.parent / "record.sqlite") as bench:
            bench.run(labcim.new_recipe("form"))
            bench.run(labcim.new_recipe("write_verify", targets="rows"))
            bench.clock.sleep(1e4)  # what relaxes has relaxed
            cells = bench.cells.topology.all_cells()
            truth = bench.cells.read(cells, 0.2, gate=2.5, averages=10_000).corrected
            coding = Coding(signs=signs, pulse=10e-6, gate=2.5, output_bits=bits)
            self.error, self.lowest = {}, {}
            for pattern in ("lines", "hadamard"):
                each = [
                    read_by_patterns(bench.vectors, bench.cells.topology, cells, coding, pattern)
                    for _ in range(4)
                ]
                error = np.array([read.corrected - truth for read in each])
                self.error[pattern] = np.sqrt(np.mean(error**2))
                self.lowest[pattern] = np.sqrt(np.mean(error[:, truth < 6e-6] ** 2))

    @property
    def fewer(self):
        """Return how many times more vectors of single rows give the same RMS error."""
        return (self.error["lines"] / self.error["hadamard"]) ** 2


def interval(values):
    half = T_95 * np.std(values, ddof=1) / np.sqrt(len(values))
    return np.mean(values) - half, np.mean(values) + half


@pytest.mark.parametrize("signs", ["phases", "shift"])
def test_it_pays_at_least_3_times_fewer_reads_where_the_read_out_is_3_times_louder(tmp_path, signs):
    found = [Readings(tmp_path, LOUD, seed, signs) for seed in SEEDS]
    quiet = Readings(tmp_path, QUIET, SEEDS[0], signs)
    read_out = np.sqrt(found[0].error["lines"] ** 2 - quiet.error["lines"] ** 2)
    assert read_out >= 3.0 * quiet.error["lines"]
    assert interval([one.fewer for one in found])[0] >= 3.0


def test_with_the_noise_of_cells_alone_it_gains_nothing_and_hurts_the_lowest(tmp_path):
    found = [Readings(tmp_path, QUIET, seed) for seed in SEEDS]
    low, high = interval([one.fewer for one in found])
    assert 0.8 < low and high < 1.2
    assert interval([one.lowest["hadamard"] / one.lowest["lines"] for one in found])[0] > 1.5


def test_sums_take_a_larger_range_of_the_converters_so_that_few_bits_hurt(tmp_path):
    """With 6 bits over its own range each, a row alone is the finer one: range over bits."""
    found = Readings(tmp_path, QUIET, SEEDS[0], bits=6)
    assert found.error["hadamard"] > 1.3 * found.error["lines"]


def test_a_write_verify_with_it_is_as_true_with_fewer_pulses_than_with_single_rows(tmp_path):
    """One average each; a loud read-out makes single rows look off target, and accepted too."""
    formed = bench_with(tmp_path / "formed", LOUD, 31)
    with labcim.open_bench(formed, record=formed.parent / "record.sqlite") as bench:
        bench.run(labcim.new_recipe("form"))
    pulses, true = {}, {}
    for verify in ("lines", "hadamard"):
        copy = tmp_path / verify
        shutil.copytree(formed.parent, copy)
        with labcim.open_bench(copy / "bench.toml", record=copy / "record.sqlite") as bench:
            recipe = labcim.new_recipe("write_verify", targets="rows", verify=verify, averages=1)
            run = bench.run(recipe)
        truth, rows = Truth(copy / "chip.state"), run.readings()
        pulses[verify] = rows["pulses"].mean()
        last = truth.cells()["conductance"]
        error = last[rows["cell"]] - rows["target"]
        true[verify] = np.mean(np.abs(error[rows["accepted"]]) <= 1e-6)
    assert pulses["hadamard"] < 0.7 * pulses["lines"]
    assert true["hadamard"] >= 0.95
    assert true["hadamard"] > true["lines"]
