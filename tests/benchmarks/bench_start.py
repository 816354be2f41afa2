"""How long a fresh process takes: CPU time, so that a busy machine does not spoil the figure."""

import resource
import statistics
import subprocess
import sys

import pytest
from benchmarks.conftest import PEERS
from benchmarks.figures import Figure

ROUNDS = 7


def _cpu(python, *words):
    """Return the median CPU time of a fresh process, s; the first one warms the disk."""
    found = []
    for _ in range(ROUNDS + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([python, *words], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(found[1:])


@pytest.mark.parametrize(
    ("what", "words", "target", "theirs"),
    [
        ("`import labcim`", ("-c", "import labcim"), 0.25, "import qcodes"),
        (
            "import the 2450's driver",
            ("-c", "import labcim.instruments.keithley2450"),
            None,
            "import pymeasure.instruments.keithley",
        ),
        ("import what opens a bench", ("-c", "import labcim; labcim.open_bench"), None, None),
        ("`labcim --help`", ("-m", "labcim", "--help"), 0.6, None),
    ],
)
def bench_a_fresh_process(benchmark, figures, what, words, target, theirs):
    took = benchmark.pedantic(_cpu, (sys.executable, *words), rounds=1)
    beside = None
    if theirs and PEERS.exists():
        beside = (f"`{theirs}`", _cpu(PEERS, "-c", theirs))
    figures.add(Figure(f"{what}, CPU", took, target, peer=beside))
