"""Pulses on simulated chips: a whole 1T1R array at once, and one cell of a passive one by V/2."""

import time

import numpy as np
import pytest
from benchmarks.figures import Figure
from benchmarks.peers.timing import cpu_of_a_call

from labcim.sim_backend.chip import whole_pulses
from labcim.sim_backend.chip.chip_file import ChipFile
from labcim.sim_backend.chip.crossbar import CrossbarChip
from labcim.sim_backend.chip.state import create
from labcim.sim_backend.circuit import bias

WIRES = "[chip.wires]\nrow = 1.0\ncolumn = 1.0\ndriver = 10.0\nsense = 10.0\n"


@pytest.fixture
def make_chip(tmp_path):
    """Make and open a formed chip that logs pulses only."""

    def make(preset, kind, size, rest=""):
        path = tmp_path / "chip.toml"
        path.write_text(
            f'[chip]\npreset = "{preset}"\nkind = "{kind}"\nrows = {size}\ncolumns = {size}\n'
            f'formed = true\nstuck = 0.0\n{rest}\n[state]\ntruth = "pulses"\n'
        )
        chip_file = ChipFile.load(path)
        create(chip_file)
        return CrossbarChip(chip_file)

    return make


def bench_pulse_on_an_array(benchmark, figures, make_chip, monkeypatch):
    chip = make_chip("neurram-130nm", "1T1R", 256)
    cells = chip.topology.all_cells()

    def call():
        chip.pulse_cells(cells, 1.5, 1e-6, 2.5)

    seconds = []
    for _ in range(20):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    monkeypatch.setattr(whole_pulses, "default_threads", lambda: 1)
    alone = cpu_of_a_call(call, 1, 15)
    benchmark.pedantic(call, rounds=1)
    what = "one pulse on all cells of a 256×256 1T1R array, with noise, every pulse logged"
    remark = f"{alone * 1e3:.1f} ms of CPU on one thread"
    figures.add(Figure(what, min(seconds), 2e-3, cpu=alone, remark=remark))


def bench_write_pulse_by_half(benchmark, figures, make_chip):
    """A cell of the middle at 1.5 V, 254 others at half of it; solved, moved, and solved again."""
    chip = make_chip("taox-passive", "passive", 128, WIRES)
    chip.state.cells["conductance"] = np.random.default_rng(0).uniform(10e-6, 95e-6, chip.size)
    rows, columns = bias.half((128, 128), [40], [90], 1.5)

    def call():
        chip.apply(rows, columns, np.zeros(0), 1e-6)

    seconds = cpu_of_a_call(call, 1, 15)
    benchmark.pedantic(call, rounds=1)
    what = "nonlinear passive 128×128, one write pulse with V/2 through the chip"
    figures.add(Figure(what, seconds, 10e-3, remark="CPU"))
