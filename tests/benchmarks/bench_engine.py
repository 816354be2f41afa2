"""The engine with a durable record: points in batches, and one by one."""

import time
from pathlib import Path

import pytest
from benchmarks import benches
from benchmarks.figures import Figure

import labcim
from labcim import plugins


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize(
    ("what", "count", "batch", "target"),
    [
        ("engine, points in batches of 1000, on record", 500_000, 1000, 50_000),
        ("engine, single-point steps, on record", 20_000, 1, 5_000),
    ],
)
def bench_points(benchmark, figures, tmp_path, what, count, batch, target):
    plugins.add_plugins(Path(__file__).parent / "plugins")
    recipe = labcim.new_recipe("points", count=count, batch=batch)
    bench_file = benches.board(tmp_path, 16)
    with labcim.open_bench(bench_file, record=tmp_path / "record.sqlite") as bench:
        benchmark.pedantic(bench.run, (recipe,), {"check_contacts": False}, rounds=3)
    figures.add(Figure(what, count / benchmark.stats.stats.median, target, rate=True))
