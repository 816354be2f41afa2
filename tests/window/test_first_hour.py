"""The first hour, with mouse and keyboard: form, program, stop, resume, find, replay."""

from collections.abc import Callable

import numpy as np
import pytest
from dashboard import Dashboard
from room import Room
from screen import Screen
from waiting import wait_until

OpenWindow = Callable[..., Dashboard]

UNKNOWN = -1.0


def known(window: Dashboard) -> float:
    """Return the share of cells of which the map shows a value."""
    return float(np.mean(window.picture() != UNKNOWN))


def form_the_chip(room: Room, window: Dashboard) -> None:
    """Make a simulated bench, and form its chip."""
    window.click("offer_simulated")
    window.choose("protocol", "form")
    window.click("start")
    wait_until(lambda: known(window) == 1.0, 30.0, "a map of formed cells")
    room.wait_for_state("idle")


def program_slowly(room: Room, window: Dashboard, screen: Screen) -> None:
    """Start to program a picture, in many small units."""
    window.choose("protocol", "program image")
    window.fill("recipe_block", "64")
    window.fill("recipe_tolerance", "500 nS")
    screen.key("F5")
    room.wait_for_fraction(0.2)


@pytest.mark.timeout(150)
def test_form_a_chip_program_a_picture_stop_resume_and_replay_it(
    room: Room, open_window: OpenWindow, screen: Screen
):
    window = open_window("gui")
    form_the_chip(room, window)
    formed, shown = window.picture(), screen.pixels()
    program_slowly(room, window, screen)

    pressed = window.click("emergency_stop")
    room.wait_for_state("estop")
    assert room.off_since() - pressed <= 0.25
    assert 0.05 < np.mean(window.picture() != formed) < 0.95
    assert (screen.pixels() != shown).any()

    window.click("rearm")
    room.wait_for_state("idle")
    window.click("banner_resume")
    room.wait_for_state("running")
    room.wait_for_state("idle", deadline=40.0)
    assert np.mean(window.picture() != formed) > 0.95

    assert [run.state for run in room.runs()] == ["completed", "aborted", "completed"]

    programmed = window.picture()
    wait_until(lambda: len(window.rows("history_runs")) == 3, what="three runs in the history")
    assert ["aborted" in row[0] for row in window.rows("history_runs")] == [False, True, False]
    window.click_row("history_runs", 0)
    window.click("history_replay")
    window.wait_for_text("mode", "replay")
    window.choose("replay_speed", "100")
    window.wait_for_text("run_state", "at the end", deadline=30.0)
    replayed = window.picture()
    assert 0.05 < np.mean(replayed != UNKNOWN) < 0.95
    assert (replayed == programmed)[replayed != UNKNOWN].all()
    window.click("leave_replay")
    window.wait_for_text("mode", "sim")
    wait_until(lambda: (window.picture() == programmed).all(), what="the bench again")
