"""Kill -9 of the host, and of the watchdog: the outputs go off all the same."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from victims import Victim
from waiting import wait_until

from labcim.bench_lock import is_alive, live_cards
from labcim.control import ControlClient
from labcim.errors import BenchHeldError
from labcim.host import Host
from labcim.watchdog import SILENCE

WITHIN = 2.0
PROGRAM = str(Path(__file__).with_name("host_process.py"))


@contextmanager
def host_process(bench: Victim, what: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start a host whose outputs are on; yield the process and its watchdog's number."""
    process = subprocess.Popen(
        [sys.executable, PROGRAM, str(bench.path), what],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    watchdog = 0
    try:
        assert process.stdout
        watchdog = int(process.stdout.readline())
        assert bench.enabled()
        yield process, watchdog
    finally:
        process.kill()
        process.communicate()
        wait_until(lambda: not is_alive(watchdog), what="the end of the watchdog")


@pytest.mark.parametrize("what", ["read", "run"])
def test_outputs_are_off_two_seconds_after_the_host_was_killed(what, served, runtime):
    with host_process(served, what) as (host, _):
        host.kill()
        killed = time.time()
        wait_until(lambda: not served.enabled(), WITHIN, "outputs off")
    assert served.off_since() - killed < WITHIN
    entry = json.loads((runtime / "watchdog.log").read_text().splitlines()[-1])
    assert entry["safe"] and entry["why"] == "the host is gone"
    assert served.shut_down()[:4] == ["source", "source", "gate", "output"]


def test_a_host_that_hangs_is_taken_for_dead(served, runtime):
    with host_process(served, "read") as (host, _):
        host.send_signal(signal.SIGSTOP)
        wait_until(lambda: not served.enabled(), SILENCE + WITHIN, "outputs off")
    assert "silent" in (runtime / "watchdog.log").read_text()


def test_a_run_whose_watchdog_is_killed_ends_safely_and_says_why(served):
    with host_process(served, "run") as (host, watchdog):
        os.kill(watchdog, signal.SIGKILL)
        killed = time.time()
        assert host.stdout
        state, safe, reason = host.stdout.readline().split(maxsplit=2)
    assert (state, safe) == ("aborted", "True")
    assert reason.strip() == f"the watchdog (process {watchdog}) died"
    assert served.off_since() - killed < WITHIN


def test_an_idle_host_whose_watchdog_is_killed_is_safe_and_runs_no_more(board):
    from ways_to_wait import CELLS, Wait, failing

    from labcim.errors import SafetyError

    with Host(board.bench, board.path) as host:
        host.station.cells.read(CELLS, 0.2, gate=3.0)
        assert host.watchdog is not None and board.enabled()
        os.kill(host.watchdog.pid, signal.SIGKILL)
        wait_until(lambda: not board.enabled(), WITHIN, "outputs off")
        with pytest.raises(SafetyError, match="no watchdog"):
            host.run(failing(), Wait())


def test_the_watchdog_leaves_a_bench_that_was_closed_alone(served, runtime):
    with host_process(served, "read") as (host, watchdog):
        host.communicate("", timeout=20)
        assert host.returncode == 0
        wait_until(lambda: not is_alive(watchdog), 5.0)
    assert not (runtime / "watchdog.log").exists()
    assert not served.enabled()


def test_a_ctrl_c_in_the_terminal_does_not_reach_the_watchdog(served):
    with host_process(served, "read") as (host, watchdog):
        assert os.getpgid(watchdog) != os.getpgid(host.pid)
        assert os.getsid(watchdog) != os.getsid(host.pid)


def test_the_next_host_waits_until_the_watchdog_of_a_killed_one_has_finished(served, runtime):
    with host_process(served, "read") as (host, watchdog):
        os.kill(watchdog, signal.SIGSTOP)  # a slow one
        host.kill()
        host.wait()
        assert not list(live_cards())
        os.kill(watchdog, signal.SIGCONT)
        with Host(served.bench, served.path) as mine:
            assert "the host is gone" in (runtime / "watchdog.log").read_text()
            mine.station.cells.read(mine.station.cells.topology.all_cells(), 0.2, gate=3.0)
            assert served.enabled()


def test_a_bench_that_is_held_is_refused_with_the_holder(served):
    with host_process(served, "run") as (host, _):
        began = time.monotonic()
        with pytest.raises(BenchHeldError) as refused, Host(served.bench, served.path):
            pass
        assert time.monotonic() - began < 1.0
        for said in ("doomed", str(host.pid), "victim", "wait"):
            assert said in str(refused.value)
        assert ControlClient(served.path).request("status")["state"] == "running"
