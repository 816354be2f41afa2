"""Whole runs: wall time as a person waits for it; the CPU time stands beside it.

The write-verify runs leave the contact check out, which the first hour has in it.
"""

import os
import subprocess
import sys

import pytest
from benchmarks import benches
from benchmarks.figures import Figure

import labcim
from labcim.app.fingerprint import compare

FIRST_HOUR = benches.EXAMPLES / "first_hour.py"


def _cpu():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _run(benchmark, call, setup=None, rounds=3):
    """Time a call; return the median wall time and the mean CPU time, both in s."""
    spent = []

    def timed(*given, **named):
        begin = _cpu()
        call(*given, **named)
        spent.append(_cpu() - begin)

    benchmark.pedantic(timed, setup=setup, rounds=rounds)
    return benchmark.stats.stats.median, sum(spent) / len(spent)


def _add(figures, what, took, target, remark=""):
    wall, cpu = took
    said = f"wall; CPU {cpu:.2f} s" + (f"; {remark}" if remark else "")
    figures.add(Figure(what, wall, target, remark=said, cpu=cpu))


@pytest.mark.timeout(600)
def bench_the_first_hour(benchmark, figures, tmp_path):
    def hour():
        subprocess.run(
            [sys.executable, FIRST_HOUR], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL
        )

    hour()  # numba keeps what it compiled
    _add(
        figures, "64×64 formed, programmed and verified, record and reports, a fresh process",
        _run(benchmark, hour), 3.0,
    )  # fmt: skip


@pytest.mark.timeout(600)
def bench_forming_64_by_64_on_the_board(benchmark, figures, tmp_path):
    recipe = labcim.new_recipe("form", block=4096)
    numbers = iter(range(10))

    def fresh():
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        return (benches.board(folder, 64), folder / "record.sqlite"), {}

    def run(path, record):
        with labcim.open_bench(path, record=record) as bench:
            bench.run(recipe, check_contacts=False)

    run(*fresh()[0])  # loads what is compiled
    took = _run(benchmark, run, fresh)
    _add(figures, "forming 64×64 on the board, bench opened and made safe", took, 1.0)


@pytest.mark.timeout(600)
def bench_write_verify_64_by_64_on_the_board(benchmark, figures, tmp_path):
    path = benches.board(tmp_path, 64, formed=True)
    pictures = iter(["face", "rings"] * 10)
    with labcim.open_bench(path, record=tmp_path / "record.sqlite") as bench:
        bench.run(labcim.new_recipe("program_image", image="gradient"))  # loads what is compiled

        def next_picture():
            recipe = labcim.new_recipe("program_image", image=next(pictures))
            return (recipe,), {"check_contacts": False}

        took = _run(benchmark, bench.run, next_picture)
    _add(figures, "write-verify 64×64 on the board", took, 1.0)


@pytest.mark.timeout(900)
def bench_write_verify_a_million_cells_on_the_board(benchmark, figures, tmp_path):
    path = benches.board(tmp_path, 1024, formed=True, truth="pulses")
    recipe = labcim.new_recipe("program_image", image="rings", block=1 << 17)
    runs = []
    with labcim.open_bench(path, record=tmp_path / "record.sqlite") as bench:
        took = _run(
            benchmark, lambda: runs.append(bench.run(recipe, check_contacts=False)), rounds=1
        )
    pulses = runs[0].stop.pulses
    assert len(runs[0].readings()) == 1024 * 1024
    what = "write-verify 1024×1024 on the board, every pulse on record"
    _add(figures, what, took, 20.0, f"{pulses / 1e6:.1f} M pulses; goal 8 s")


@pytest.mark.timeout(900)
def bench_write_verify_32_by_32_on_the_probed_chip(benchmark, figures, tmp_path):
    path = benches.probed(tmp_path, 32)
    recipe = labcim.new_recipe("program_image")
    runs = []
    with labcim.open_bench(path, record=tmp_path / "record.sqlite") as bench:
        took = _run(
            benchmark, lambda: runs.append(bench.run(recipe, check_contacts=False)), rounds=1
        )
    remark = f"{runs[0].stop.pulses} pulses"
    _add(figures, "write-verify 32×32 on the probed chip", took, 5.0, remark)


@pytest.mark.timeout(600)
def bench_the_fingerprints_of_twenty_chips(benchmark, figures, tmp_path):
    """Each chip on a bench of its own: opened, put at random, enrolled with five re-reads."""
    paths = [benches.board(tmp_path / f"chip-{n}", 64, formed=True) for n in range(20)]
    for number, path in enumerate(paths):
        for name in ("bench.toml", "chip.toml"):
            file = path.with_name(name)
            text = file.read_text("utf-8").replace("seed = 2026", f"seed = {number}")
            file.write_text(text.replace('identity = "', f'identity = "{number}-'), "utf-8")
    record = tmp_path / "record.sqlite"

    def enrol():
        for path in paths:
            with labcim.open_bench(path, record=record) as bench:
                bench.run(labcim.new_recipe("puf_enrol"), check_contacts=False)
        compare(record)

    with labcim.open_bench(paths[0], record=tmp_path / "other.sqlite") as bench:
        bench.run(labcim.new_recipe("puf_enrol"), check_contacts=False)  # loads what is compiled
    took = _run(benchmark, enrol, rounds=1)
    _add(figures, "fingerprints of twenty 64×64 chips, enrolled and compared", took, 30.0)
