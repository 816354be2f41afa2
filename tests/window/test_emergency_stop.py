"""Emergency stop: outputs off within 250 ms of the press, whatever else the window does."""

from collections.abc import Callable, Iterator

import pytest
from dashboard import Dashboard, FrameRate
from room import PLUGINS, Room
from screen import Screen
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


@pytest.fixture(scope="module")
def window(shared_room: Room) -> Dashboard:
    """Show a window on a bench with a large chip."""
    shared_room.furnish(256, formed=True)
    shared_room.recipe(SLOW)
    shown = shared_room.open_window("gui", str(shared_room.bench))
    shown.wait_for("start")
    return shown


@pytest.fixture
def programming(shared_room: Room, window: Dashboard, screen: Screen) -> Iterator[Room]:
    """Begin to program a picture on the bench of that window; go when the outputs are on."""
    shared_room.labcim("run", "recipe.toml", "--bench", "bench.toml")
    shared_room.wait_for_state("running")
    shared_room.wait_for_fraction(0.01)
    assert shared_room.live()
    yield shared_room
    screen.key("Escape")
    if shared_room.status()["state"] == "estop":
        window.click("rearm")
        shared_room.wait_for_state("idle")


def assert_off_in_time(room: Room, window: Dashboard, pressed: float) -> None:
    """By the truth log; the host holds the stop, the window says so, the record has the end."""
    wait_until(lambda: not room.live(), what="outputs off")
    room.wait_for_state("estop")
    took = room.off_since() - pressed
    print(f"outputs off {1e3 * took:.0f} ms after the press")
    assert 0.0 < took <= DEADLINE
    window.wait_for_text("stop_state", "safe")
    assert room.runs()[0].state == "aborted"


def test_a_click_ends_a_run_in_the_middle(programming, window):
    assert_off_in_time(programming, window, window.click("emergency_stop"))


@pytest.mark.parametrize("keys", ["ctrl+period", "shift+Escape"])
def test_a_key_does_it_while_a_list_is_open(programming, window, screen, keys):
    window.click("protocol")
    wait_until(window.popup, what="an open list")
    assert_off_in_time(programming, window, screen.key(keys))


def test_a_key_does_it_while_a_dialog_has_the_keyboard(programming, window, screen):
    screen.key("ctrl+o")
    window.wait_for("file_dialog")
    assert_off_in_time(programming, window, screen.key("ctrl+period"))


def test_a_click_does_it_while_a_dialog_is_open(programming, window, screen):
    screen.key("ctrl+o")
    window.wait_for("file_dialog")
    assert_off_in_time(programming, window, window.click("emergency_stop"))


def test_a_click_does_it_while_a_menu_is_open(programming, window, screen):
    screen.key("alt+f")
    wait_until(window.popup, what="an open menu")
    assert_off_in_time(programming, window, window.click("emergency_stop"))


def test_a_click_does_it_while_20_000_readings_arrive_each_second(room, open_window):
    room.furnish(64, formed=True, clock=False)
    window = open_window("gui", str(room.bench), "--plugins", str(PLUGINS))
    window.choose("protocol", "flood")
    window.click("start")
    room.wait_for_state("running")
    rate = FrameRate(window, "plot")
    wait_until(rate, what="a second of frames")
    print(f"{rate.best:.1f} frames each second")
    room.wait_for_fraction(0.1)
    assert_off_in_time(room, window, window.click("emergency_stop"))
    run = room.runs()[0]
    assert run.stopped is not None
    assert run.readings / (run.stopped - run.started) > 15_000  # it was a flood; the ends count
