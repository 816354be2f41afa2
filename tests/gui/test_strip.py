"""The strip shows what it is told, in words that fit, and its emergency stop is never dead."""

import gc

import pytest
from pytestqt.qt_compat import qt_api

from labcim.gui import theme
from labcim.gui.link.host_states import LinkState, StopState
from labcim.gui.qt import QtCore, QtGui, QtWidgets
from labcim.gui.strip.short_label import ShortLabel
from labcim.gui.strip.stop_keys import StopKeys, is_stop_key
from labcim.gui.strip.strip import Strip

QTest = qt_api.QtTest.QTest
LEFT = QtCore.Qt.MouseButton.LeftButton
CTRL = QtCore.Qt.KeyboardModifier.ControlModifier
SHIFT = QtCore.Qt.KeyboardModifier.ShiftModifier
NONE = QtCore.Qt.KeyboardModifier.NoModifier
PERIOD, ESCAPE = QtCore.Qt.Key.Key_Period, QtCore.Qt.Key.Key_Escape

STOPS = [
    StopState("armed", "emergency stop is ready"),
    StopState("stopping", "STOPPING: 1250 ms", 1.25),
    StopState(
        "safe", "SAFE: all outputs off, read back, in 135 ms; 1138 ms after the press", 1, True
    ),
    StopState(
        "not confirmed",
        "NOT CONFIRMED: use the hardware switch (the host has not answered for 11.5 s)",
    ),
    StopState("nothing held", "nothing held: no bench is joined, so nothing was stopped"),
]


@pytest.fixture
def type_size(qapp):
    """Use the dashboard's type."""
    before = qapp.font()
    font = QtGui.QFont(before)
    font.setPointSizeF(theme._POINT_SIZE)
    qapp.setFont(font)
    yield
    qapp.setFont(before)


@pytest.fixture
def strip(type_size, qtbot) -> Strip:
    made = Strip()
    qtbot.addWidget(made)
    made.resize(1100, made.sizeHint().height())
    with qtbot.waitExposed(made):
        made.show()
    return made


def fill(strip: Strip, stop: StopState) -> None:
    strip.show_stop(stop)
    strip.show_run(
        "write_verify on chip-7", "running: unit 3 of 12", 0.42, "about 40 s to 1 min left"
    )
    strip.show_outputs("not confirmed", "read back 23:14:05; last 1.25 V, 35.2 µA")
    strip.set_mode("HARDWARE")
    text = "the host has not answered for 3.4 s: bench small"
    strip.show_link(LinkState("silent", text))
    strip.allow("", "", "", resume_label=True)


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.kind)
def test_no_text_is_cut_at_1100_px(strip, stop, qtbot):
    fill(strip, stop)
    qtbot.waitUntil(lambda: strip.layout().activate() or True)
    for label in strip.findChildren(QtWidgets.QLabel):
        room = label.contentsRect()
        for line in label.text().splitlines():
            assert label.fontMetrics().horizontalAdvance(line) <= room.width(), label.objectName()
        tall = len(label.text().splitlines()) * label.fontMetrics().lineSpacing()
        assert tall <= room.height() + 2, label.objectName()
    for label in strip.findChildren(ShortLabel):
        assert label.text().split() == label.whole.split(), label.objectName()
    for button in strip.findChildren(QtWidgets.QPushButton):
        text = button.fontMetrics().horizontalAdvance(button.text())
        assert text + 12 <= button.width(), button.objectName()
    assert strip.width() == 1100


def test_a_text_that_is_too_long_ends_in_an_ellipsis_and_stands_in_the_tooltip(strip):
    text = (
        "NOT CONFIRMED: use the hardware switch (" + "board: did not come back in time; " * 8 + ")"
    )
    strip.show_stop(StopState("not confirmed", text))
    assert strip.stop_text.text().startswith("NOT CONFIRMED: use the hardware switch")
    assert strip.stop_text.text().endswith("…")
    assert strip.stop_text.toolTip() == text
    assert strip.emergency.accessibleDescription() == text


def test_the_emergency_stop_is_heard_when_it_is_pressed_not_when_it_is_let_go(strip, qtbot):
    with qtbot.waitSignal(strip.emergency_pressed, timeout=500):
        QTest.mousePress(strip.emergency, LEFT)
    QTest.mouseRelease(strip.emergency, LEFT)


def test_the_emergency_stop_is_the_biggest_button_and_stays_enabled(strip):
    for stop in STOPS:
        fill(strip, stop)
        strip.allow("no", "no", "no", resume_label=False)
        assert strip.emergency.isEnabled() and strip.emergency.isVisible()
    area = strip.emergency.width() * strip.emergency.height()
    for button in strip.findChildren(QtWidgets.QPushButton):
        assert button.width() * button.height() < area / 3
    tooltip = strip.emergency.toolTip()
    assert "Ctrl+." in tooltip and "Shift+Esc" in tooltip


def test_the_octagon_is_red_and_its_words_are_white(strip):
    picture = strip.emergency.grab().toImage()
    colours = [
        picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())
    ]
    red = [one for one in colours if one.red() > 150 and one.green() < 40]
    white = [one for one in colours if min(one.red(), one.green(), one.blue()) > 240]
    assert len(red) > len(colours) / 2
    assert len(white) > len(colours) / 40


def test_re_arm_is_there_only_while_the_stop_is_latched(strip, qtbot):
    strip.show_stop(STOPS[0])
    assert not strip.rearm.isVisible()
    strip.show_stop(STOPS[2])
    assert strip.rearm.isVisible()
    with qtbot.waitSignal(strip.rearm_pressed, timeout=500):
        QTest.mouseClick(strip.rearm, LEFT)
    strip.show_stop(STOPS[0])
    assert not strip.rearm.isVisible()


def test_the_buttons_of_a_run_say_why_they_cannot_be_used(strip, qtbot):
    strip.allow("no bench is joined", "nothing runs", "", resume_label=False)
    assert not strip.start.isEnabled() and "no bench is joined" in strip.start.toolTip()
    assert not strip.pause.isEnabled() and "nothing runs" in strip.pause.toolTip()
    assert strip.abort.isEnabled() and "F7" in strip.abort.toolTip()
    for name in ("start", "pause", "abort"):
        strip.allow("", "", "", resume_label=False)
        with qtbot.waitSignal(getattr(strip, f"{name}_pressed"), timeout=500):
            QTest.mouseClick(getattr(strip, name), LEFT)


def test_pause_becomes_continue(strip):
    strip.allow("", "", "", resume_label=True)
    assert "Continue" in strip.pause.text()
    strip.allow("", "", "", resume_label=False)
    assert "Pause" in strip.pause.text()


def test_progress_that_is_not_known_is_empty(strip):
    strip.show_run("characterise", "running", 0.5, "unknown")
    assert strip.progress.value() == strip.progress.maximum() // 2
    assert strip.progress.text() == "50 %"
    strip.show_run("characterise", "running", None, "unknown")
    assert strip.progress.value() == 0 and not strip.progress.isTextVisible()


def test_states_differ_by_words_and_colours_that_can_be_read(strip):
    def looks(label, show, kinds):
        seen = []
        for kind in kinds:
            show(kind)
            style = dict(
                part.strip().split(": ") for part in label.styleSheet().split(";") if part.strip()
            )
            paper = style["background"].replace("transparent", theme.WINDOW)
            assert theme.contrast(style["color"], paper) >= 4.5, kind
            seen.append((label.text(), paper))
        assert len({text for text, _ in seen}) == len({paper for _, paper in seen}) == len(seen)

    looks(strip.stop_text, strip.show_stop, STOPS)
    looks(
        strip.outputs, lambda kind: strip.show_outputs(kind, ""), ["off", "live", "not confirmed"]
    )
    looks(strip.mode, strip.set_mode, ["SIM", "HARDWARE", "REPLAY", ""])


def test_every_control_has_a_name_for_people_and_for_tests(strip):
    parts = [
        part
        for part in strip.findChildren(QtWidgets.QWidget)
        if isinstance(part, QtWidgets.QLabel | QtWidgets.QAbstractButton | QtWidgets.QProgressBar)
    ]
    assert len(parts) > 12
    for part in parts:
        assert part.objectName() and part.accessibleName()
    assert len({part.objectName() for part in parts}) == len(parts)


@pytest.fixture
def keyed(qtbot):
    """Show a window with a button and a list, and count the stops."""
    window = QtWidgets.QWidget()
    window.resize(400, 300)
    window.button = QtWidgets.QPushButton("stop", window)
    window.button.setGeometry(0, 200, 100, 50)
    window.list = QtWidgets.QComboBox(window)
    window.list.setGeometry(0, 0, 200, 30)
    window.list.addItems(["a", "b", "c"])
    window.stops = []
    window.button.pressed.connect(lambda: window.stops.append("button"))
    window.keys = StopKeys(window.button, lambda: window.stops.append("keys"))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    return window


def type_key(widget: QtWidgets.QWidget, key: QtCore.Qt.Key, held=NONE) -> None:
    """Type as the window system does: what is modal or a popup counts."""
    QTest.keyClick(widget.window().windowHandle(), key, held)


KEYS = [(PERIOD, CTRL), (ESCAPE, SHIFT)]


def test_the_stop_keys_outlive_the_last_python_word_of_them_and_end_with_their_button(qtbot):
    stops = []
    button = QtWidgets.QPushButton()
    StopKeys(button, lambda: stops.append("keys"))
    gc.collect()
    field = QtWidgets.QLineEdit()
    qtbot.addWidget(field)
    field.show()
    QTest.keyClick(field, QtCore.Qt.Key.Key_Escape, QtCore.Qt.KeyboardModifier.ShiftModifier)
    assert stops == ["keys"]
    with qtbot.waitSignal(button.destroyed):
        button.deleteLater()
    QTest.keyClick(field, QtCore.Qt.Key.Key_Escape, QtCore.Qt.KeyboardModifier.ShiftModifier)
    assert stops == ["keys"]


@pytest.mark.parametrize(("key", "held"), KEYS)
def test_the_stop_keys_are_heard_once(keyed, key, held):
    type_key(keyed, key, held)
    assert keyed.stops == ["keys"]


@pytest.mark.parametrize(("key", "held"), KEYS)
@pytest.mark.parametrize("modality", ["ApplicationModal", "WindowModal"])
def test_the_stop_keys_are_heard_with_a_modal_dialog_open(keyed, key, held, modality, qtbot):
    dialog = QtWidgets.QDialog(keyed)
    dialog.setWindowModality(getattr(QtCore.Qt.WindowModality, modality))
    with qtbot.waitExposed(dialog):
        dialog.show()
    assert QtWidgets.QApplication.activeModalWidget() is dialog
    type_key(dialog, key, held)
    assert keyed.stops == ["keys"]
    assert dialog.isVisible()  # Shift+Esc did not reach it
    type_key(dialog, ESCAPE)
    assert not dialog.isVisible() and keyed.stops == ["keys"]


@pytest.mark.parametrize(("key", "held"), KEYS)
def test_the_stop_keys_are_heard_with_a_list_open(keyed, key, held, qtbot):
    popup = open_list(keyed, qtbot)
    type_key(popup, key, held)
    assert keyed.stops == ["keys"]


@pytest.mark.parametrize(("key", "held"), KEYS)
def test_the_stop_keys_are_heard_with_a_menu_open(keyed, key, held, qtbot):
    menu = QtWidgets.QMenu(keyed)
    menu.addAction("copy")
    with qtbot.waitExposed(menu):
        menu.popup(keyed.mapToGlobal(QtCore.QPoint(0, 0)))
    type_key(menu, key, held)
    assert keyed.stops == ["keys"]
    menu.close()


@pytest.mark.parametrize(("key", "held"), KEYS)
def test_the_stop_keys_do_not_reach_a_field_or_a_shortcut(keyed, key, held):
    field = QtWidgets.QLineEdit(keyed)
    field.show()
    field.setFocus()
    used = []
    shortcut = QtWidgets.QShortcut(QtGui.QKeySequence(int(held) | int(key)), keyed)
    shortcut.activated.connect(lambda: used.append(1))
    type_key(keyed, key, held)
    assert keyed.stops == ["keys"] and used == [] and field.text() == ""


def test_a_key_that_is_held_down_stops_once(keyed):
    for repeated in (False, True, True):
        event = QtGui.QKeyEvent(QtCore.QEvent.Type.KeyPress, PERIOD, CTRL, "", repeated)
        QtWidgets.QApplication.sendEvent(keyed, event)
    assert keyed.stops == ["keys"]


@pytest.mark.parametrize(
    ("key", "held"),
    [(ESCAPE, NONE), (PERIOD, NONE), (ESCAPE, CTRL), (QtCore.Qt.Key.Key_Space, NONE)],
)
def test_no_other_key_stops(keyed, key, held):
    assert not is_stop_key(key, held)
    keyed.list.setFocus()
    type_key(keyed, key, held)
    assert keyed.stops == []


def test_the_first_click_on_the_button_stops_even_when_a_list_is_open(keyed, qtbot):
    popup = open_list(keyed, qtbot)
    click_on_screen(popup, keyed.button.mapToGlobal(QtCore.QPoint(50, 25)))
    assert keyed.stops == ["keys"]
    assert not popup.isVisible()


def test_a_click_elsewhere_with_a_list_open_stops_nothing(keyed, qtbot):
    popup = open_list(keyed, qtbot)
    click_on_screen(popup, keyed.mapToGlobal(QtCore.QPoint(350, 280)))
    assert keyed.stops == []


def test_a_click_on_the_button_without_a_popup_is_heard_once(keyed):
    QTest.mouseClick(keyed.windowHandle(), LEFT, NONE, QtCore.QPoint(50, 225))
    assert keyed.stops == ["button"]


def open_list(window, qtbot) -> QtWidgets.QWidget:
    window.list.showPopup()
    qtbot.waitUntil(lambda: QtWidgets.QApplication.activePopupWidget() is not None)
    return QtWidgets.QApplication.activePopupWidget()


def click_on_screen(popup: QtWidgets.QWidget, place: QtCore.QPoint) -> None:
    """Press as the window system does while a popup has grabbed the mouse."""
    window = popup.windowHandle()
    QTest.mouseClick(window, LEFT, NONE, popup.mapFromGlobal(place))
