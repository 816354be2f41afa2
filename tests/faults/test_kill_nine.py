"""kill -9 of the host at any moment, with the simulator living on in a process of its own.

The outputs go off, nothing that was acknowledged is lost, nothing that the chip felt is unknown to
the record, and the run can be finished.
"""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from victims import Served
from waiting import wait_until

from labcim.app.bench import open_bench
from labcim.app.record import open_record, open_store
from labcim.bench_lock import is_alive
from labcim.documents import Pulses, UnitDone
from labcim.record import ResumeState

WITHIN = 2.0
PROGRAM = str(Path(__file__).with_name("host_nursery.py"))
PULSE_FIELDS = ("cell", "amplitude", "width", "gate")


class Nursery:
    """Gives birth to hosts."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def host(self, order: dict[str, Any]) -> int:
        """Return the process number of a new host."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=20)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@dataclass
class Killed:
    """What was left when the host was killed."""

    bench: Served
    record: Path
    told: list[tuple[str, str, int, float]]  # kind, unit, pulses so far, Unix time in s
    before: int  # pulses in the truth log before the run
    killed: float  # Unix time in s; 0 if the run was over before

    def truth(self) -> np.ndarray:
        """Return the pulses that the chip felt since the run began."""
        return self.bench.truth.pulses()[self.before :]


def begin(seed: int, bench: Served, nursery: Nursery, folder: Path) -> tuple[int, Path, Path]:
    """Start a run in a host of its own; return its process, the record, and what it tells."""
    told, record = folder / "told", folder / "record.sqlite"
    recipe = {
        "protocol": "write_verify", "targets": "one", "tolerance": 2e-6, "block": 16,
        "target": random.Random(seed).uniform(4e-6, 30e-6),
    }  # fmt: skip
    order = {"bench": str(bench.path), "record": str(record), "told": str(told), "recipe": recipe}
    return nursery.host(order), record, told


def lines_of(told: Path) -> list[Any]:
    return [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []


@dataclass
class Usual:
    """How long it takes to open the bench, and to run the recipe, in s."""

    opening: float
    running: float


@pytest.fixture(scope="module")
def usual(served, nursery, tmp_path_factory) -> Usual:
    """Measure a run that nobody kills."""
    born = time.time()
    pid, _, told = begin(-1, served, nursery, tmp_path_factory.mktemp("whole"))
    wait_until(lambda: not is_alive(pid), 60.0, "the end of a whole run")
    lines = lines_of(told)
    assert lines[-1][0] == "end"
    return Usual(lines[0][-1] - born, lines[-1][-1] - lines[0][-1])


def kill_one(seed: int, bench: Served, nursery: Nursery, folder: Path, usual: Usual) -> Killed:
    """Start a run and kill its host at a random moment."""
    draw = random.Random(seed)
    before = len(bench.truth.pulses())
    pid, record, told = begin(seed, bench, nursery, folder)
    longest = usual.running
    if seed % 5:
        wait_until(lambda: lines_of(told), 30.0, "a host that holds the bench")
    else:  # every fifth may die while it opens the bench
        longest += usual.opening
    moment = time.monotonic() + draw.uniform(0.0, longest)
    wait_until(lambda: time.monotonic() >= moment or not is_alive(pid), longest + 5.0)
    killed = 0.0
    if is_alive(pid):
        os.kill(pid, signal.SIGKILL)
        killed = time.time()
    wait_until(lambda: not is_alive(pid))
    lines = lines_of(told)
    assert killed or lines[-1][0] == "end", "the host failed by itself"
    return Killed(bench, record, [tuple(line) for line in lines], before, killed)


def features(train: np.ndarray) -> Counter[tuple[float, ...]]:
    """Return how often each (cell, amplitude, width, gate) occurs, in single precision."""
    count = train["count"] if "count" in train.dtype.names else np.ones(len(train), int)
    columns = [train[name].astype(np.float32).tolist() for name in PULSE_FIELDS]
    found: Counter[tuple[float, ...]] = Counter()
    for *key, times in zip(*columns, count.tolist(), strict=True):
        found[tuple(key)] += times
    return found


def recorded(record: Path, run: str) -> np.ndarray:
    with open_record(record) as kept:
        trains = [said.train for said in kept.documents(run) if isinstance(said, Pulses)]
    return np.concatenate(trains) if trains else np.zeros(0, [(n, "f4") for n in PULSE_FIELDS])


def check_the_record(left: Killed, run: str, state: ResumeState | None) -> None:
    """Nothing acknowledged is missing; nothing that the chip felt is unknown."""
    on_record = recorded(left.record, run)
    acknowledged = [line[:3] for line in left.told if line[0] in ("Attempt", "UnitDone")]
    total = sum(features(on_record).values())
    assert total >= max((n for *_, n in acknowledged), default=0)
    units_done = {unit for kind, unit, _ in acknowledged if kind == "UnitDone"}
    if state is not None:
        assert units_done <= set(state.done)
    felt, told = features(left.truth()), features(on_record)
    assert not told - felt, "the record tells of pulses that never were"
    missing: Counter[int] = Counter()
    for (cell, *_), times in (felt - told).items():
        missing[int(cell)] += times
    allowed: Counter[int] = Counter()
    for attempt in state.indeterminate if state else ():
        allowed.update({int(cell): attempt.bound for cell in attempt.cells})
    assert all(times <= allowed[cell] for cell, times in missing.items()), missing


def check_the_ledger(left: Killed, runs: list[str]) -> None:
    trains = [recorded(left.record, run) for run in runs]
    with open_record(left.record) as kept:
        ledger = kept.ledger("victim-8x8")["pulses"].to_numpy()
    total = np.zeros(64)
    for train in trains:
        if len(train):
            np.add.at(total, train["cell"].astype(int), train["count"])
    assert ledger.tolist() == total.tolist()


def check_that_it_opens(record: Path) -> None:
    """Check the file as SQLite does, then let a writer mark the dead run."""
    with closing(sqlite3.connect(record)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    open_store(record).close()


def what_is_left(left: Killed) -> ResumeState | None:
    """Return what there is to resume: nothing if the run had not begun, or was complete."""
    with open_record(left.record) as kept:
        runs = kept.runs()
        if not runs:
            assert not len(left.truth())
            return None
        if runs[0].state == "completed":
            check_the_record(left, runs[0].run, None)
            return None
        assert runs[0].state == "interrupted"
        return kept.resume_state("last")


def check_the_units(record: Path, runs: list[str]) -> None:
    """Every unit is done, and done once."""
    with open_record(record) as kept:
        said = [document for run in runs for document in kept.documents(run)]
        units = [unit.key for unit in kept.run(runs[0]).units]
    done = [document.unit for document in said if isinstance(document, UnitDone)]
    assert sorted(done) == sorted(units)


def survives(seed: int, bench: Served, nursery: Nursery, folder: Path, usual: Usual) -> None:
    """Kill one host, and see that nothing is on, lost, unknown or done twice."""
    left = kill_one(seed, bench, nursery, folder, usual)
    wait_until(lambda: not bench.enabled(), WITHIN, "outputs off")
    if left.killed and len(left.truth()):
        assert bench.off_since() - left.killed < WITHIN
    if not left.record.exists():  # it died before it opened its record
        assert not len(left.truth())
        return
    check_that_it_opens(left.record)
    state = what_is_left(left)
    if state is None:
        return
    check_the_record(left, state.run, state)
    with open_bench(bench.path, record=left.record) as held:
        view = held.resume("last")
    assert (view.stop.state, view.stop.safe) == ("completed", True)
    assert not bench.enabled()
    check_the_units(left.record, [state.run, view.run])
    check_the_ledger(left, [state.run, view.run])


@pytest.mark.parametrize("seed", range(20))
def test_a_host_killed_at_any_moment_leaves_nothing_on_and_nothing_out(
    seed, served, nursery, tmp_path, usual
):
    survives(seed, served, nursery, tmp_path, usual)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1500))
def test_it_does_so_five_hundred_times(seed, served, nursery, tmp_path, usual):
    survives(seed, served, nursery, tmp_path, usual)
