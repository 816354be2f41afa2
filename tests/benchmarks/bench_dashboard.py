"""The dashboard, offscreen: its first window, and its frames while rows pour in from a host."""

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from benchmarks import benches
from benchmarks.figures import Figure

from labcim.control import find_hosts

SCRIPT = Path(__file__).parent / "dashboard_process.py"
ROUNDS = 5
FRAME = 1 / 30  # s


@pytest.fixture(autouse=True)
def runtime(tmp_path_factory, monkeypatch):
    """Give these processes a place of their own, so that no host of this machine is joined."""
    folder = tmp_path_factory.mktemp("r")
    folder.chmod(0o700)
    monkeypatch.setenv("LABCIM_RUNTIME", str(folder))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("QT_FONT_DPI", "96")
    yield
    for card in find_hosts():  # a host outlives its window, also one that failed
        os.kill(card.pid, signal.SIGKILL)


def _measured(*words):
    """Return what a dashboard in a fresh process found."""
    command = [sys.executable, SCRIPT, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout.splitlines()[-1])


def _first_window(folder):
    """Return (wall, CPU) of a fresh process until its window is painted, s; the first warms."""
    found = []
    for _ in range(ROUNDS + 1):
        began = time.time()
        told = _measured("first", folder)
        found.append((told["at"] - began, told["cpu"]))
    return [statistics.median(each) for each in zip(*found[1:], strict=True)]


def bench_the_first_window(benchmark, figures, tmp_path):
    wall, cpu = benchmark.pedantic(_first_window, (tmp_path,), rounds=1)
    said = f"wall; CPU {cpu:.2f} s"
    figures.add(Figure("`labcim gui`: first window", wall, 2.0, remark=said, cpu=cpu))


@pytest.mark.parametrize("batch", [1000, 20])
def bench_frames_while_rows_pour_in(benchmark, figures, tmp_path, batch):
    bench = benches.board(tmp_path, 64)
    found = benchmark.pedantic(_measured, ("frames", tmp_path, bench, batch), rounds=1)
    what = f"dashboard, a frame while a host says 20,000 rows/s, {batch} at a time"
    said = (
        f"CPU of the window's process, {found['gui'] * 1e3:.1f} ms of it for drawing; "
        f"{found['frames']:.1f} frames/s, "
        f"longest gap {found['longest'] * 1e3:.0f} ms, {found['rows']:,.0f} rows/s came"
    )
    figures.add(Figure(what, found["cpu"], FRAME, remark=said))
