"""Windows and hosts come and go, also by kill -9: neither takes the other with it."""

import os
import signal
from collections.abc import Callable

import pytest
from dashboard import Dashboard
from room import PLUGINS, Room
from waiting import wait_until

OpenWindow = Callable[..., Dashboard]

FLOOD = """
protocol = "flood"
rate = 2000
batch = 100
lasts = "20 s"
"""


@pytest.fixture
def running(room: Room, open_window: OpenWindow) -> Dashboard:
    """Show a window on whose bench a run of 20 s has begun."""
    room.furnish(16, formed=True, clock=False)
    window = open_window("gui", str(room.bench), "--plugins", str(PLUGINS))
    window.wait_for("start")
    words = ("--bench", str(room.bench), "--plugins", str(PLUGINS))
    room.labcim("run", str(room.recipe(FLOOD)), *words)
    room.wait_for_state("running")
    wait_until(lambda: (window.picture() != -1.0).any(), what="the first rows in the window")
    return window


def test_a_killed_window_leaves_the_run_going_and_a_second_one_joins_it(
    room: Room, running: Dashboard, open_window: OpenWindow
):
    host, before = room.host(), room.status()
    running.kill()
    second = open_window("gui", str(room.bench))
    wait_until(lambda: (second.picture() != -1.0).all(), what="all rows in the second window")
    after = room.status()
    assert room.host().pid == host.pid
    assert after["state"] == "running" and after["run"] == before["run"]
    assert after["fraction"] > before["fraction"]
    assert room.live()
    second.wait_for_text("run_title", "flood")


def test_a_killed_host_is_told_in_words_within_2_s(room: Room, running: Dashboard):
    host = room.host()
    os.kill(host.pid, signal.SIGKILL)
    took = running.wait_for_text("link_state", "lost", "gone", "ended", deadline=5.0)
    assert took < 2.0
    running.wait_for_text("banner", "error")
    said = running.text("banner")
    assert str(host.pid) in said and "watchdog" in said
    # The simulator died with the host; that a watchdog turns real outputs off: tests/faults.
    assert running.find("start")["enabled"] is False


def test_a_host_that_hangs_is_called_silent_within_2_s_and_joined_again(
    room: Room, running: Dashboard
):
    host = room.host()
    os.kill(host.pid, signal.SIGSTOP)
    took = running.wait_for_text("link_state", "has not answered", deadline=5.0)
    os.kill(host.pid, signal.SIGCONT)
    assert took < 2.0
    running.wait_for_text("link_state", "joined")


def test_a_window_that_is_closed_leaves_the_host_holding_the_bench(room: Room, running: Dashboard):
    host = room.host()
    assert running.close() == 0
    assert room.host().pid == host.pid
    assert room.status()["state"] == "running"
