"""The keys of a run, in a real window: F6 pauses it and lets it go on, F7 ends it."""

from collections.abc import Callable

from dashboard import Dashboard
from room import PLUGINS, Room
from screen import Screen
from waiting import wait_until

OpenWindow = Callable[..., Dashboard]


def test_f5_starts_f6_pauses_and_continues_f7_aborts(
    room: Room, open_window: OpenWindow, screen: Screen
):
    room.furnish(16, formed=True, clock=False)
    window = open_window("gui", str(room.bench), "--plugins", str(PLUGINS))
    window.choose("protocol", "flood")
    window.wait_for("start")
    screen.key("F5")
    room.wait_for_state("running")
    window.wait_for("pause")
    screen.key("F6")
    room.wait_for_state("paused")
    window.wait_for_text("pause", "continue")
    before = room.status()["fraction"]
    screen.key("F6")
    room.wait_for_state("running")
    room.wait_for_fraction(before + 0.02)
    screen.key("F7")
    wait_until(lambda: not room.live(), what="outputs off")
    room.wait_for_state("idle")
    assert room.runs()[0].state == "aborted"
    window.wait_for_text("banner", "aborted")
