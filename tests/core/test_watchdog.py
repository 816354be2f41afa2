"""What the watchdog makes of the pipe to its host."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest
from waiting import wait_until

from labcim.watchdog import listen


@pytest.fixture
def pipe():
    ends = list(os.pipe())
    yield ends
    for end in ends:
        if end >= 0:
            os.close(end)


def heard(read_end: int, patience: float | None) -> str:
    with open(read_end, "rb", buffering=0, closefd=False) as stream:
        return listen(stream, patience)


def test_a_closed_pipe_is_a_dead_host(pipe):
    os.write(pipe[1], b"...")
    os.close(pipe[1])
    pipe[1] = -1
    assert heard(pipe[0], 10.0) == "the host is gone"


def test_a_goodbye_is_no_alarm(pipe):
    os.write(pipe[1], b"...q")
    assert heard(pipe[0], 10.0) == ""


def test_silence_is_a_dead_host(pipe):
    os.write(pipe[1], b".")
    began = time.monotonic()
    assert "silent" in heard(pipe[0], 0.1)
    assert 0.1 <= time.monotonic() - began < 1.0


def test_heartbeats_keep_it_calm(pipe):
    said: list[str] = []
    listening = threading.Thread(target=lambda: said.append(heard(pipe[0], 0.5)))
    listening.start()
    tick = threading.Event()
    for _ in range(10):
        os.write(pipe[1], b".")
        tick.wait(0.1)
    assert said == []
    os.write(pipe[1], b"q")
    listening.join(5)
    assert said == [""]


def watchdog(order: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-P", "-m", "labcim.watchdog"]
    return subprocess.run(command, input=order, capture_output=True, check=False, timeout=50)


@pytest.mark.parametrize("order", [b"", b"no JSON\n", b"{}\n", b'{"roles": ["a"]}\n'])
def test_an_order_that_makes_no_sense_is_said_to_be_so(order):
    ended = watchdog(order)
    assert ended.returncode == 1
    assert ended.stdout.startswith(b"error: ")


def test_it_ends_with_its_host_where_nothing_outlives_that(tmp_path):
    log = tmp_path / "log"
    order = {"roles": [], "bench": {}, "locks": [], "log": str(log)}
    ended = watchdog(json.dumps(order).encode() + b"\n..")
    assert (ended.returncode, ended.stdout.split()[:1]) == (0, [b"ready"])
    wait_until(log.exists)
    assert json.loads(log.read_text())["why"] == "the host is gone"
