"""A query and a 256 x 256 block over each road; servers run in a process of their own.

A round trip is waited for, so that wall time is what counts here.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import pyvisa
from benchmarks.block_server import NAME, SIZE, ArrayBench
from benchmarks.figures import Figure

from labcim.sim_backend.wire.visa_library import LabcimVisaLibrary

ROADS = ("in-process", "socket", "hislip", "vxi11")
BLOCK_TARGETS = {"in-process": 1e-3, "hislip": 3e-3}


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    script = Path(__file__).with_name("block_server.py")
    with subprocess.Popen(
        [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield json.loads(process.stdout.readline())
        process.stdin.close()


@pytest.fixture(params=ROADS)
def session(request, addresses):
    if request.param == "in-process":
        manager = pyvisa.ResourceManager(LabcimVisaLibrary.over(ArrayBench()))
        address = NAME
    else:
        manager = pyvisa.ResourceManager("@py")
        address = addresses[request.param]
    end = "\n" if request.param == "socket" else None
    with manager.open_resource(address, write_termination="\n", read_termination=end) as opened:
        opened.road = request.param
        yield opened


def _median(benchmark, call, repeats):
    def run():
        for _ in range(repeats):
            call()

    benchmark.pedantic(run, rounds=20, warmup_rounds=2)
    return benchmark.stats.stats.median / repeats


@pytest.mark.benchmark(timer=time.perf_counter)
def bench_an_identity_over_a_road(benchmark, figures, session):
    took = _median(benchmark, lambda: session.query("*IDN?"), 200)
    target = 10e-6 if session.road == "in-process" else None
    figures.add(Figure(f"`*IDN?`, a round trip, {session.road}", took, target, remark="wall"))


@pytest.mark.benchmark(timer=time.perf_counter)
def bench_a_block_over_a_road(benchmark, figures, session):
    def read():
        return session.query_binary_values("DATA:ARR?", datatype="f", container=np.array)

    assert len(read()) == SIZE * SIZE
    took = _median(benchmark, read, 5)
    target = BLOCK_TARGETS.get(session.road)
    what = f"a block of 256×256 REAL,32, {session.road}"
    figures.add(Figure(what, took, target, remark="wall"))
