"""Emergency stop: outputs off within 250 ms of the press, whatever else the window does."""

from collections.abc import Callable

import pytest
from dashboard import Dashboard, FrameRate
from room import PLUGINS, Room
from waiting import wait_until

OpenWindow = Callable[..., Dashboard]

DEADLINE = 0.25  # s from the press to outputs off
SLOW = """
protocol = "program_image"
image = "face"
low = "2 uS"
high = "38 uS"
tolerance = "0.5 uS"
block = 256
"""


@pytest.fixture
def programming(room: Room, open_window: OpenWindow) -> Dashboard:
    """Show a window on whose bench a large picture is being programmed."""
    room.furnish(256, formed=True)
    window = open_window("gui", str(room.bench))
    window.wait_for("start")
    room.labcim("run", str(room.recipe(SLOW)), "--bench", str(room.bench))
    room.wait_for_fraction(0.01)
    return window


def assert_off_in_time(room: Room, window: Dashboard, pressed: float) -> None:
    """By the truth log; the host holds the stop, the window says so, the record has the end."""
    wait_until(lambda: not room.live(), what="outputs off")
    room.wait_for_state("estop")
    took = room.off_since() - pressed
    print(f"outputs off {1e3 * took:.0f} ms after the press")
    assert took <= DEADLINE
    window.wait_for_text("stop_state", "safe")
    assert room.runs()[0].state == "aborted"


def test_a_click_ends_a_run_in_the_middle(room, programming):
    assert room.live()
    assert_off_in_time(room, programming, programming.click("emergency_stop"))


@pytest.mark.parametrize("keys", ["ctrl+period", "shift+Escape"])
def test_a_key_does_it_while_a_list_is_open(room, programming, screen, keys):
    programming.click("protocol")
    wait_until(programming.popup, what="an open list")
    assert room.live()
    assert_off_in_time(room, programming, screen.key(keys))


def test_a_key_does_it_while_a_dialog_has_the_keyboard(room, programming, screen):
    screen.key("ctrl+o")
    programming.wait_for("file_dialog")
    assert room.live()
    assert_off_in_time(room, programming, screen.key("ctrl+period"))


def test_a_click_does_it_while_a_dialog_is_open(room, programming, screen):
    screen.key("ctrl+o")
    programming.wait_for("file_dialog")
    assert room.live()
    assert_off_in_time(room, programming, programming.click("emergency_stop"))


def test_a_click_does_it_while_20_000_readings_arrive_each_second(room, open_window):
    room.furnish(64, formed=True, clock=False)
    window = open_window("gui", str(room.bench), "--plugins", str(PLUGINS))
    window.choose("protocol", "flood")
    window.click("start")
    room.wait_for_state("running")
    rate = FrameRate(window, "plot")
    wait_until(rate, what="a second of frames")
    print(f"{rate.best:.1f} frames each second")
    assert room.live()
    assert_off_in_time(room, window, window.click("emergency_stop"))
    run = room.runs()[0]
    assert run.stopped is not None
    assert run.readings / (run.stopped - run.started) > 15_000  # it was a flood; the ends count
