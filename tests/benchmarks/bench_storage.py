"""Documents to SQLite: packed pulses, and readings beside QCoDeS."""

import os
import time

import numpy as np
import pytest
from benchmarks.figures import Figure

from labcim.db.store import Store
from labcim.documents import PULSE, Attempt, Channel, Channels, Pulses, Readings, RunStart, RunStop

PULSES = int(float(os.environ.get("LABCIM_BENCH_PULSES", "1e7")))
TRAIN = 65536
CHANNELS = (
    Channel(name="cell", dtype="<u4"),
    Channel(name="conductance", dtype="<f8", unit="S"),
)
AT = {"run": "bench", "bench_time": 0.0, "wall_time": 0.0}
ONE = {"unit": "all", "attempt": 1}


def _record(path, documents):
    """Store a run of one unit that says ``documents``; all of it is on the disk at the end."""
    with Store(path) as store:
        store(
            RunStart(
                protocol="bench", recipe="", recipe_hash="", chip="bench", rows=256, columns=256,
                bench="bench", mode="SIM", operator="", station="", versions={}, units=("all",),
                **AT,
            )
        )  # fmt: skip
        store(Channels(channels=CHANNELS, settings={}, **AT))
        cells = np.arange(TRAIN, dtype=np.uint32)
        store(Attempt(unit="all", number=1, cells=cells, bound=1000, **AT))
        for document in documents:
            store(document)
        store(
            RunStop(
                state="completed", reason="", hash="", units_done=1, pulses=0, readings=0,
                safe=True, modelled_time=0.0, **AT,
            )
        )  # fmt: skip


def _train():
    """Return a train as a write-verify makes it: every cell its own amplitude and time."""
    rng = np.random.default_rng(1)
    train = np.zeros(TRAIN, PULSE)
    train["cell"] = np.arange(TRAIN)
    train["time"] = np.arange(TRAIN) * 2e-6
    train["amplitude"] = np.round(rng.uniform(0.8, 2.5, TRAIN), 2)
    train["gate"], train["width"], train["count"] = 1.6, 1e-6, 1
    train["peak_current"] = rng.uniform(1e-5, 1e-4, TRAIN)
    return train


def bench_packed_pulses(benchmark, figures, tmp_path):
    pulses = Pulses(train=_train(), **ONE, **AT)
    trains = -(-PULSES // TRAIN)
    begin = time.process_time()
    benchmark.pedantic(
        _record, (tmp_path / "pulses.sqlite", (pulses for _ in range(trains))), rounds=1
    )
    cpu, took = time.process_time() - begin, benchmark.stats.stats.median
    what = f"packed pulses to SQLite, {PULSES:.0e} of them"
    remark = f"{took:.1f} s wall; CPU {cpu:.1f} s"
    figures.add(Figure(what, trains * TRAIN / took, 5e6, rate=True, remark=remark))


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize(
    ("what", "kinds", "documents", "length"),
    [
        ("readings to SQLite, one by one", ["single"], 20_000, 1),
        ("readings to SQLite, 1000 in a batch", ["rows", "arrays"], 300, 1000),
    ],
)
def bench_readings(benchmark, figures, peer, tmp_path, what, kinds, documents, length):
    columns = {"cell": np.zeros(length, np.uint32), "conductance": np.full(length, 1e-6)}
    readings = Readings(columns=columns, **ONE, **AT)

    def fresh():
        path = tmp_path / f"{time.monotonic_ns()}.sqlite"
        return (path, [readings] * documents), {}

    benchmark.pedantic(_record, setup=fresh, rounds=3)
    rate = documents * length / benchmark.stats.stats.median
    theirs = peer("storage")
    for kind in kinds:
        beside = (f"QCoDeS, {kind}", 1.0 / theirs[kind]) if theirs else None
        figures.add(Figure(f"{what}, beside {kind}", rate, rate=True, peer=beside))
