"""Cycles and waits on the board, and an endurance run with everything on record."""

import time

import numpy as np
from benchmarks.benches import board
from benchmarks.figures import Figure

import labcim
from labcim.app.recipes import new_recipe
from labcim.capabilities import Train

SET, RESET = Train(2.3, 1e-6, gate=2.0), Train(-2.7, 1e-6, gate=4.0)


def bench_a_million_cycles_of_100_cells(benchmark, figures, tmp_path):
    cells = np.arange(100, dtype=np.uint32)
    with labcim.open_bench(board(tmp_path, 64, formed=True), record=tmp_path / "r") as bench:
        bench.cells.cycle(cells, SET, RESET, 1)
        began = time.process_time()
        benchmark.pedantic(lambda: bench.cells.cycle(cells, SET, RESET, 1_000_000), rounds=1)
        used = time.process_time() - began
    what = "1,000,000 cycles of SET and RESET on 100 cells, unread, through the board"
    figures.add(Figure(what, benchmark.stats.stats.median, 60.0, cpu=used))


def bench_250_waits_of_4096_cells(benchmark, figures, tmp_path):
    cells = np.arange(4096, dtype=np.uint32)
    wait = Train(1.3, 1e-3, gate=2.0)

    def rounds(count):
        for _ in range(count):
            bench.cells.time_to_threshold(cells, wait, 15e-6, clock=20e-9)
            bench.cells.pulse(cells, RESET)

    with labcim.open_bench(board(tmp_path, 64, formed=True), record=tmp_path / "r") as bench:
        rounds(1)
        began = time.process_time()
        benchmark.pedantic(lambda: rounds(250), rounds=1)
        used = time.process_time() - began
    what = "250 waits for a current and RESETs of 4,096 cells, through the board"
    figures.add(Figure(what, benchmark.stats.stats.median, 10.0, cpu=used))


def bench_endurance_of_100_cells_to_a_million_cycles(benchmark, figures, tmp_path):
    recipe = new_recipe("endurance", most_cells=100)
    with labcim.open_bench(board(tmp_path, 16, formed=True), record=tmp_path / "r") as bench:
        bench.cells.cycle(np.arange(4, dtype=np.uint32), SET, RESET, 1, voltage=0.2, gate=2.5)
        began = time.process_time()
        benchmark.pedantic(lambda: bench.run(recipe), rounds=1)
        used = time.process_time() - began
    what = "endurance: 1,000,000 cycles of 100 cells, 11,000 of them read, on record"
    figures.add(Figure(what, benchmark.stats.stats.median, 60.0, cpu=used))
