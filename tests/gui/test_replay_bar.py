"""The controls of a replay, with real clicks and keys: what the replayer then does."""

import math

import pytest
from waiting import wait_until

from labcim.gui.qt import QtCore, QtGui, QtWidgets
from labcim.gui.replay.replay_bar import SPEEDS, ReplayBar, clock
from labcim.gui.replay.replayer import Replayer, ReplayState
from labcim.gui.replay.scrubber import SIGNS, STEPS
from labcim.gui.replay.timeline import Mark
from labcim.gui.theme import BACKGROUND, contrast

from .test_replayer import FakeClock, Screen, broken_after, event, run_of, start, stop

LEFT = QtCore.Qt.MouseButton.LeftButton
KEY = QtCore.Qt.Key


class Stage:
    """A bar that steers a replayer, and the screen on which that plays."""

    def __init__(self, qtbot, documents):
        self.bot, self.screen = qtbot, Screen()
        source = documents if callable(documents) else lambda: iter(documents)
        self.replayer = Replayer(source, self.screen, self.screen.reset, clock=FakeClock())
        self.bar = ReplayBar()
        qtbot.addWidget(self.bar)
        self.bar.resize(900, 60)
        self.bar.show()
        self.bar.attach(self.replayer)
        self.settle()

    def settle(self):
        wait_until(lambda: self.replayer.settled and self.replayer.duration is not None)
        self.bar.poll()

    def child(self, name):
        return self.bar.findChild(QtWidgets.QWidget, name)

    def click(self, name):
        self.bot.mouseClick(self.child(name), LEFT)
        self.settle()

    def press(self, key):
        self.bot.keyClick(self.bar.scrubber, key)
        self.settle()


@pytest.fixture
def stage(qtbot):
    made = []

    def make(documents=None):
        made.append(Stage(qtbot, documents or run_of(0.0, 1.0, 2.0, 3.0, 4.0)))
        return made[-1]

    yield make
    for one in made:
        one.replayer.close()


def test_play_plays_to_the_end_and_the_bar_shows_it(stage):
    it = stage()
    it.click("replay_play")
    assert len(it.screen.shown) == 8
    assert it.bar.scrubber.value() == STEPS
    assert "the end" in it.child("replay_time").text()


def test_the_space_key_plays_and_pauses(stage):
    it = stage()
    asked = []
    it.bar.play_wanted.connect(lambda: asked.append("play"))
    it.bar.pause_wanted.connect(lambda: asked.append("pause"))
    it.bar.show_state(state(kind="playing"))
    it.bot.keyClick(it.bar.scrubber, KEY.Key_Space)
    it.settle()
    it.bot.keyClick(it.bar.scrubber, KEY.Key_Space)
    it.settle()
    assert asked == ["pause", "play"]


def test_arrow_keys_step_and_home_and_end_go_there(stage):
    it = stage()
    for key, shown in (
        (KEY.Key_Right, 3), (KEY.Key_Right, 4), (KEY.Key_Left, 3), (KEY.Key_End, 8),
        (KEY.Key_Home, 2),
    ):  # fmt: skip
        it.press(key)
        assert len(it.screen.shown) == shown


def test_the_buttons_do_what_their_keys_do(stage):
    it = stage()
    for name, shown in (
        ("replay_forward", 3), ("replay_forward", 4), ("replay_back", 3), ("replay_end", 8),
        ("replay_home", 2),
    ):  # fmt: skip
        it.click(name)
        assert len(it.screen.shown) == shown


def test_a_click_on_the_slider_shows_the_run_as_it_was_there(stage):
    it = stage()
    scrubber = it.bar.scrubber
    place = QtCore.QPoint(scrubber.pixel(0.5), scrubber.height() // 2)
    it.bot.mouseClick(scrubber, LEFT, pos=place)
    it.settle()
    assert len(it.screen.shown) == 5  # notes at 0, 1 and 2 s of 4 s


def test_dragging_seeks_on_the_way_and_the_handle_stays_under_the_pointer(stage):
    it = stage()
    scrubber, sought = it.bar.scrubber, []
    scrubber.sought.connect(sought.append)
    at = [QtCore.QPoint(scrubber.pixel(x), scrubber.height() // 2) for x in (0.0, 0.3, 0.8)]
    it.bot.mousePress(scrubber, LEFT, pos=at[0])
    for place in at[1:]:
        drag(scrubber, place)
        it.bar.show_state(state(position=0.1))  # what the replay shows lags behind
        assert scrubber.value() > 0.25 * STEPS
    it.settle()
    assert scrubber.isSliderDown()
    assert sought[-1] == pytest.approx(0.8, abs=0.01)
    assert scrubber.value() == pytest.approx(0.8 * STEPS, abs=0.01 * STEPS)
    it.bot.mouseRelease(scrubber, LEFT, pos=at[-1])
    assert len(it.screen.shown) == 6


def drag(widget, place):
    """Move the pointer with its left button down."""
    none = QtCore.Qt.KeyboardModifier.NoModifier
    kind = QtCore.QEvent.Type.MouseMove
    moved = QtGui.QMouseEvent(kind, QtCore.QPointF(place), LEFT, LEFT, none)
    QtWidgets.QApplication.sendEvent(widget, moved)


def test_the_speed_that_is_chosen_is_the_speed_of_the_replay(stage):
    it = stage()
    box = it.child("replay_speed")
    for speed in (10.0, math.inf, 0.1):
        box.setCurrentIndex(SPEEDS.index(speed))
        box.activated.emit(SPEEDS.index(speed))
        assert it.replayer.state.speed == speed
        assert box.currentIndex() == SPEEDS.index(speed)


def test_a_speed_that_is_in_no_list_is_shown_all_the_same(stage):
    it = stage()
    it.replayer.set_speed(3.5)
    it.bar.poll()
    box = it.child("replay_speed")
    assert (box.currentIndex(), box.placeholderText()) == (-1, "3.5×")


def test_ticks_stand_where_things_happened_and_tell_what(stage):
    it = stage([
        start(0.0), event(1.0, "wiring", "warning", "row 3 is open"), event(2.0, "pause"),
        event(3.0, "error", "error", "no answer"), stop(4.0, "aborted"),
    ])  # fmt: skip
    scrubber = it.bar.scrubber
    assert [mark.kind for mark in scrubber.marks] == ["warning", "pause", "error", "abort"]
    (near,) = scrubber.marks_near(scrubber.pixel(0.25) + 2)
    assert near.text == "row 3 is open"
    assert scrubber.marks_near(scrubber.pixel(0.4)) == []


def test_a_tick_is_seen_at_its_place_and_its_ink_is_readable(stage):
    it = stage()
    scrubber = it.bar.scrubber
    bare = scrubber.grab().toImage()
    it.bar.show_marks([Mark(0.5, "error", "no answer")])
    marked = scrubber.grab().toImage()
    changed = [
        x
        for x in range(bare.width())
        for y in range(bare.height())
        if bare.pixel(x, y) != marked.pixel(x, y)
    ]
    assert changed and all(abs(x - scrubber.pixel(0.5)) <= 9 for x in changed)
    assert all(contrast(ink, BACKGROUND) >= 4.5 for _, ink in SIGNS.values())
    assert len({sign for sign, _ in SIGNS.values()}) == len(SIGNS)


def test_what_is_wrong_with_the_record_is_told_in_the_bar(stage, qtbot):
    it = stage(broken_after(run_of(0.0, 1.0, 2.0), 4, "batch 3 <b>of run</b> is damaged"))
    trouble = it.child("replay_trouble")
    assert not trouble.isVisible()
    qtbot.mouseClick(it.child("replay_play"), LEFT)
    wait_until(lambda: it.replayer.state.kind == "broken")
    it.bar.poll()
    assert trouble.isVisible()
    assert "batch 3 <b>of run</b> is damaged" in trouble.text()
    assert trouble.textFormat() == QtCore.Qt.TextFormat.PlainText
    it.click("replay_home")
    assert not trouble.isVisible()


def test_leaving_is_told_and_nothing_else_is_done(stage):
    it = stage()
    left = []
    it.bar.leave_wanted.connect(lambda: left.append(True))
    it.click("leave_replay")
    assert left == [True]
    assert len(it.screen.shown) == 2


def test_a_button_that_can_do_nothing_says_why(stage):
    it = stage()
    assert "forward" in it.child("replay_forward").toolTip()
    it.click("replay_end")
    assert not it.child("replay_forward").isEnabled()
    assert it.child("replay_forward").toolTip() == "The replay is at its end"
    it.click("replay_back")
    assert it.child("replay_forward").isEnabled()


def test_every_control_has_a_name_for_people_and_for_tests(stage):
    bar = stage().bar
    kinds = (QtWidgets.QPushButton, QtWidgets.QComboBox, QtWidgets.QSlider)
    controls = [one for kind in kinds for one in bar.findChildren(kind)]
    assert len(controls) == 8
    assert all(one.objectName() and one.accessibleName() and one.toolTip() for one in controls)


def test_the_keys_go_to_the_scrubber_once_a_replay_is_attached(stage):
    it = stage()
    with it.bot.waitActive(it.bar):
        it.bar.activateWindow()
    it.child("leave_replay").setFocus()
    it.bar.attach(it.replayer)
    assert it.bar.scrubber.hasFocus()


def state(**changed):
    values = dict(
        kind="paused", text="", position=0.25, elapsed=61.0, duration=244.0, at=5, documents=1234,
        speed=1.0,
    )  # fmt: skip
    return ReplayState(**{**values, **changed})


def test_without_a_replayer_it_shows_and_tells_plain_values(qtbot):
    bar = ReplayBar()
    qtbot.addWidget(bar)
    bar.poll()
    bar.show_state(state())
    time = bar.findChild(QtWidgets.QLabel, "replay_time")
    assert time.text() == "1:01 / 4:04\ndocument 5 of 1,234"
    bar.show_state(state(position=None, duration=None, documents=0))
    assert time.text() == "1:01 / reading…\ndocument 5"
    with qtbot.waitSignal(bar.step_wanted) as told:
        qtbot.keyClick(bar.scrubber, KEY.Key_Right)
    assert told.args == [1]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0:00.00"), (7.369, "0:07.36"), (17.36, "0:17.3"), (59.99, "0:59.9"),
     (60.0, "1:00"), (725.9, "12:05"), (3723.0, "1:02:03"), (360_000.0, "100:00:00")],
)  # fmt: skip
def test_times_are_told_as_a_clock_does(seconds, text):
    assert clock(seconds) == text
