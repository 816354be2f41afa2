"""Messages are shown in the window, one at a time, and never lost unseen."""

import pytest

from labcim.gui import theme
from labcim.gui.banner import PAPERS, Banner
from labcim.gui.levels import LOOKS
from labcim.gui.qt import QtCore, QtWidgets

LEFT = QtCore.Qt.MouseButton.LeftButton


class Window(QtWidgets.QWidget):
    """A window whose messages are not where the pointer happens to be."""

    def __init__(self) -> None:
        super().__init__()
        self.resize(500, 400)
        self.banner = Banner(duration=0.02)
        self.line = QtWidgets.QLineEdit()
        box = QtWidgets.QVBoxLayout(self)
        box.addSpacing(300)
        box.addWidget(self.line)
        box.addWidget(self.banner)
        self.show()
        self.activateWindow()


@pytest.fixture
def window(qtbot):
    made = Window()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def banner(window):
    return window.banner


def wait_for_the_end_of_another_info(qtbot) -> None:
    """Wait for longer than an info lives."""
    other = Window()
    qtbot.addWidget(other)
    other.banner.say("This one came last.")
    qtbot.waitUntil(lambda: other.banner.count == 0)


def shown(banner: Banner, name: str) -> str:
    return banner.findChild(QtWidgets.QLabel, f"banner_{name}").text()


def click(qtbot, banner: Banner, name: str) -> None:
    qtbot.mouseClick(banner.findChild(QtWidgets.QAbstractButton, f"banner_{name}"), LEFT)


def test_an_info_vanishes_by_itself(qtbot, banner):
    banner.say("A host was found.")
    assert banner.isVisible()
    qtbot.waitUntil(lambda: not banner.isVisible())
    assert banner.count == 0


def test_an_error_stays_until_it_is_closed(qtbot, banner):
    banner.say("The host is gone.", "error")
    banner.say("A file was written.")
    wait_for_the_end_of_another_info(qtbot)
    assert shown(banner, "text") == "The host is gone."
    banner.close_message()
    assert shown(banner, "text") == "A file was written."
    qtbot.waitUntil(lambda: not banner.isVisible())


def test_an_error_is_closed_with_its_button(qtbot, banner):
    banner.say("The host is gone.", "error")
    click(qtbot, banner, "close")
    assert not banner.isVisible()


def test_a_new_info_takes_the_place_of_an_old_one(banner):
    banner.say("Reading 1 of 2.")
    banner.say("Reading 2 of 2.")
    assert (banner.text, banner.count) == ("Reading 2 of 2.", 1)


def test_the_level_is_told_in_a_word_and_a_sign(banner):
    banner.say("The host is gone.", "error")
    assert shown(banner, "level") == "✗ ERROR"
    banner.clear()
    banner.say("It is slow.", "warning")
    assert shown(banner, "level") == "▲ WARNING"


def test_the_most_serious_comes_first_and_the_rest_is_counted(banner):
    banner.say("It is slow.", "warning")
    banner.say("The host is gone.", "error")
    banner.say("The disk is full.", "error")
    assert shown(banner, "text") == "The host is gone."
    assert shown(banner, "count") == "2 more"
    banner.close_message()
    assert shown(banner, "text") == "The disk is full."
    banner.close_message()
    assert shown(banner, "text") == "It is slow."
    assert shown(banner, "count") == ""


def test_the_same_message_again_is_counted_and_not_queued(banner):
    for _ in range(3):
        banner.say("The disk is full.", "error")
    assert banner.count == 1
    assert shown(banner, "text") == "The disk is full. (× 3)"


def test_a_flood_of_different_errors_stays_bounded(banner):
    for number in range(500):
        banner.say(f"error {number}", "error")
    assert banner.count == 50
    assert banner.text == "error 0"


def test_an_action_is_done_once_and_closes_its_message(qtbot, banner):
    done = []
    banner.say("The run can be resumed.", "warning", [("Resume it", lambda: done.append(1))])
    click(qtbot, banner, "resume_it")
    assert done == [1]
    assert not banner.isVisible()


def test_an_action_may_say_something_itself(qtbot, banner):
    banner.say("No bench.", "error", [("Try", lambda: banner.say("Still none.", "error"))])
    click(qtbot, banner, "try")
    assert shown(banner, "text") == "Still none."
    assert banner.findChild(QtWidgets.QPushButton, "banner_try") is None


def test_an_action_may_fail_as_before_and_say_so_again(qtbot, banner):
    def try_again() -> None:
        banner.say("No bench.", "error", [("Try", try_again)])

    try_again()
    click(qtbot, banner, "try")
    assert shown(banner, "text") == "No bench."
    click(qtbot, banner, "try")
    assert banner.count == 1


def test_a_message_behind_the_shown_one_leaves_its_buttons_alone(banner):
    banner.say("No bench.", "error", [("Try", lambda: None)])
    button = banner.findChild(QtWidgets.QPushButton, "banner_try")
    banner.say("It is slow.", "warning")
    assert banner.findChild(QtWidgets.QPushButton, "banner_try") is button


def test_an_info_with_the_keyboard_on_it_waits(qtbot, banner):
    done = []
    banner.say("A run can be resumed.", actions=[("Resume", lambda: done.append(1))])
    button = banner.findChild(QtWidgets.QPushButton, "banner_resume")
    button.setFocus()
    qtbot.waitUntil(button.hasFocus)
    with qtbot.waitSignal(banner.kept):
        pass
    qtbot.keyClick(button, QtCore.Qt.Key.Key_Space)
    assert done == [1]


def test_escape_closes_the_message_that_has_the_keyboard(qtbot, banner):
    banner.say("The disk is full.", "error")
    close = banner.findChild(QtWidgets.QToolButton, "banner_close")
    close.setFocus()
    qtbot.waitUntil(close.hasFocus)
    qtbot.keyClick(close, QtCore.Qt.Key.Key_Escape)
    assert banner.count == 0


def test_a_message_never_takes_the_keyboard(qtbot, window):
    window.line.setFocus()
    qtbot.waitUntil(window.line.hasFocus)
    window.banner.say("The disk is full.", "error", [("Look", lambda: None)])
    assert window.line.hasFocus()


@pytest.mark.parametrize("level", LOOKS)
def test_every_ink_can_be_read_on_its_paper(level):
    for paper in (PAPERS[level], theme.BACKGROUND, theme.WINDOW):
        assert theme.contrast(LOOKS[level].ink, paper) >= 4.5
