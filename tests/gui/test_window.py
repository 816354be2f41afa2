"""The window with a real host behind it: what people press, and what comes of it."""

import sys
import threading
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hosted import end_hosts, is_joined, small_bench
from pytestqt.exceptions import capture_exceptions

from labcim.app.dashboard import services
from labcim.app.recipes import new_recipe
from labcim.control import find_hosts
from labcim.documents import Channel, Channels, Event, Readings, RunStart
from labcim.gui.dashboard import Wish, make_window
from labcim.gui.qt import QtCore, QtWidgets
from labcim.gui.window import Window


@pytest.fixture(autouse=True)
def runtime(tmp_path_factory, monkeypatch, tmp_path):
    folder = tmp_path_factory.mktemp("r")
    folder.chmod(0o700)
    monkeypatch.setenv("LABCIM_RUNTIME", str(folder))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.chdir(tmp_path)
    yield
    end_hosts()


@pytest.fixture
def opened(qtbot, tmp_path):
    """Return a call that opens a window; all are closed at the end."""
    windows: list[Window] = []

    def open_one(bench: Path | None = None, **wish) -> Window:
        window = make_window(services(), Wish(bench, str(tmp_path / "r.sqlite"), **wish))
        windows.append(window)
        window.show()
        return window

    yield open_one
    for window in windows:
        window.close()
        window.deleteLater()


@pytest.fixture
def window(qtbot, opened, tmp_path) -> Window:
    """Return a window that holds the small bench, its form ready."""
    made = opened(small_bench(tmp_path))
    qtbot.waitUntil(lambda: is_joined(made.session))
    qtbot.waitUntil(lambda: made.form.protocol != "")
    return made


def ready(qtbot, window: Window) -> None:
    qtbot.waitUntil(window.strip.start.isEnabled)


def run(qtbot, window: Window, protocol: str, **values) -> None:
    ready(qtbot, window)
    before = window.session.live.stop
    window.form.set_recipe(new_recipe(protocol, **values))
    qtbot.mouseClick(window.strip.start, QtCore.Qt.MouseButton.LeftButton)
    live = window.session.live
    qtbot.waitUntil(lambda: live.stop is not None and live.stop is not before)


def test_without_a_bench_a_simulated_one_is_offered_and_started(qtbot, opened, tmp_path):
    window = opened()
    assert window.offer.isVisible()
    qtbot.mouseClick(window.offer.simulated, QtCore.Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: is_joined(window.session))
    assert (tmp_path / "simulated-bench" / "bench.toml").is_file()
    qtbot.waitUntil(lambda: not window.offer.isVisible())
    assert window.strip.mode.text().endswith("SIM")


def test_a_run_shows_on_map_plot_strip_and_history(qtbot, window):
    run(qtbot, window, "form")
    qtbot.waitUntil(lambda: np.isfinite(window.bench.map.plot.values).all())
    assert window.bench.map.plot.values.shape == (16, 16)
    assert window.bench.plot.chosen is not None
    qtbot.waitUntil(lambda: "form completed" in window.banner.text)
    assert window.history.selected == ""
    done = window.session.live.stop.run
    qtbot.waitUntil(lambda: window.history.model.row_of(done) >= 0)
    window.history.select(done)
    assert window.history.selected == done


def test_the_picked_cells_go_into_the_recipe(qtbot, window):
    run(qtbot, window, "read_map")
    qtbot.waitUntil(lambda: window.bench.map.plot.values.shape == (16, 16))
    window.form.choose_protocol("write_verify")
    window.bench.map.select(np.array([16 * 2 + 3, 16 * 2 + 4, 16 * 3 + 3, 16 * 3 + 4], np.uint32))
    window.form.cells_wanted.emit()
    assert window.form.recipe().cells == "2:4, 3:5"


def test_a_fault_in_a_slot_is_shown_aborts_the_run_and_the_window_goes_on(qtbot, window):
    ready(qtbot, window)
    window.form.set_recipe(
        new_recipe("write_verify", target="10 uS", tolerance="0.05 uS", block=4, fresh_below=0)
    )
    qtbot.mouseClick(window.strip.start, QtCore.Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.running)
    hook = sys.excepthook
    with capture_exceptions() as seen:
        sys.excepthook = hook  # pytest-qt's own would fail the test instead

        def fails():
            raise KeyError("a bug in a slot")

        QtCore.QTimer.singleShot(0, fails)
        qtbot.waitUntil(lambda: window.session.live.stop is not None)
    assert seen == []
    stop = window.session.live.stop
    assert (stop.state, stop.safe) == ("aborted", True)
    assert "KeyError" in stop.reason
    assert "a bug in a slot" in window.banner.text
    qtbot.waitUntil(lambda: "a bug in a slot" in window.log.text())
    run(qtbot, window, "read_map")
    assert window.session.live.stop.state == "completed"


def test_closing_the_window_leaves_the_host_and_its_run_alone(qtbot, window, opened, tmp_path):
    ready(qtbot, window)
    window.form.set_recipe(
        new_recipe("write_verify", target="10 uS", tolerance="0.1 uS", block=16, fresh_below=0)
    )
    qtbot.mouseClick(window.strip.start, QtCore.Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.running)
    window.close()
    assert len(find_hosts()) == 1
    other = opened()
    qtbot.waitUntil(lambda: other.session.live.stop is not None, timeout=60_000)
    assert other.session.live.stop.state == "completed"
    qtbot.waitUntil(lambda: np.isfinite(other.bench.map.plot.values).all())


def test_what_is_refused_says_why(qtbot, window):
    ready(qtbot, window)
    window.session.link.emergency_stop("a test")
    qtbot.waitUntil(lambda: window.session.link.stop.latched)
    qtbot.waitUntil(lambda: not window.strip.start.isEnabled())
    assert "re-arm" in window.strip.start.toolTip()
    window.steering.start()
    assert "re-arm" in window.banner.text
    qtbot.mouseClick(window.strip.rearm, QtCore.Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.strip.start.isEnabled())


def test_a_recipe_is_saved_and_opened_without_a_modal_dialog(qtbot, window, tmp_path):
    window.form.set_recipe(new_recipe("form", block=77))
    window.ask_where_to_save()
    (dialog,) = window.findChildren(QtWidgets.QFileDialog)
    assert not dialog.isModal()
    dialog.selectFile(str(tmp_path / "mine.toml"))
    dialog.accept()
    saved = tmp_path / "mine.toml"
    qtbot.waitUntil(saved.exists)
    assert tomllib.loads(saved.read_text())["block"] == 77
    window.form.set_recipe(new_recipe("form"))
    window._open_recipe(saved)
    assert window.form.recipe().block == 77


def test_a_run_is_replayed_in_place_of_the_bench_and_left_again(qtbot, window):
    run(qtbot, window, "form")
    qtbot.waitUntil(lambda: window.session.status.get("state") == "idle")
    live = window.session.live
    window.history.replay_wanted.emit(live.stop.run)
    qtbot.waitUntil(lambda: window.strip.mode.text().endswith("REPLAY"))
    window.session.replayer.end()
    qtbot.waitUntil(lambda: window.session.replayed.stop is not None)
    assert window.session.replayed.stop == live.stop
    qtbot.waitUntil(lambda: not window.strip.start.isEnabled())
    window.replay_bar.leave_wanted.emit()
    qtbot.waitUntil(lambda: window.strip.mode.text().endswith("SIM"))
    assert not window.replay_bar.isVisible()


def test_a_recipe_that_was_there_before_the_bench_is_forecast_when_the_bench_comes(qtbot, opened):
    window = opened()
    qtbot.waitUntil(lambda: window.form.protocol != "")
    preview = window.findChild(QtWidgets.QPlainTextEdit, "recipe_preview")
    assert preview.toPlainText() == ""
    qtbot.mouseClick(window.offer.simulated, QtCore.Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "units: " in preview.toPlainText())


def test_a_window_that_joins_a_host_shows_the_runs_of_the_hosts_record(qtbot, window, opened):
    run(qtbot, window, "read_map")
    second = make_window(services(), Wish(None, "another.sqlite"))
    qtbot.addWidget(second)
    second.show()
    qtbot.waitUntil(lambda: len(second.history.model.runs) == 1)


def test_of_several_hosts_each_is_offered(qtbot, opened, tmp_path, window):
    other = small_bench(tmp_path / "other")
    other.write_text(other.read_text().replace("small simulated board", "the other board"))
    second = opened(other)
    qtbot.waitUntil(lambda: is_joined(second.session))
    third = opened()
    names = ("offer_host_0", "offer_host_1")
    qtbot.waitUntil(lambda: all(third.findChild(QtWidgets.QPushButton, name) for name in names))
    buttons = [third.findChild(QtWidgets.QPushButton, name) for name in names]
    wanted = next(button for button in buttons if "the other board" in button.text())
    qtbot.mouseClick(wanted, QtCore.Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: is_joined(third.session))
    assert third.session.held.card.bench == "the other board"


def test_a_host_that_lets_the_bench_go_is_no_disaster(qtbot, window):
    run(qtbot, window, "read_map")
    window.steering.let_go()
    qtbot.waitUntil(lambda: window.session.held is None)
    assert window.banner.level == "info"
    qtbot.waitUntil(lambda: "no bench" in window.strip.mode.text())
    assert window.bench.isVisible()
    window.session.live.reset()
    qtbot.waitUntil(window.offer.isVisible)


def test_the_strip_tells_the_last_pulse_only_where_there_was_one(qtbot, window):
    from labcim.gui.steering import _last_pulse

    assert _last_pulse(None) == "no pulse yet in this run"
    run(qtbot, window, "form")
    assert isinstance(window.session.live.start, RunStart)
    told = _last_pulse(window.session.live.last_stimulus)
    assert told.startswith("last pulse +") and told.endswith("A")


def test_warnings_that_come_while_the_log_is_behind_another_tab_are_counted(qtbot, window):
    window.session.live(
        Event(run="r", bench_time=0.0, wall_time=0.0, kind="x", message="look", level="warning")
    )
    qtbot.waitUntil(lambda: window.log_dock.windowTitle() == "Log (1 new)")
    window.log_dock.raise_()
    qtbot.waitUntil(lambda: window.log_dock.windowTitle() == "Log")


def test_the_end_of_a_replay_says_whether_its_hash_agrees(qtbot, window):
    run(qtbot, window, "form")
    window.history.replay_wanted.emit(window.session.live.stop.run)
    window.session.replayer.end()
    qtbot.waitUntil(lambda: "hash agrees" in window.strip.run_state.text())


def test_a_message_about_a_run_is_withdrawn_when_that_run_is_resumed(qtbot, window):
    ready(qtbot, window)
    window.form.set_recipe(
        new_recipe("write_verify", target="10 uS", tolerance="0.1 uS", block=2, fresh_below=0)
    )
    qtbot.mouseClick(window.strip.start, QtCore.Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.live.counts.units_done > 1)
    qtbot.waitUntil(window.strip.abort.isEnabled)
    qtbot.mouseClick(window.strip.abort, QtCore.Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "aborted" in window.banner.text)
    first = window.session.live.stop.run
    qtbot.waitUntil(window.strip.start.isEnabled)
    window.steering.resume(first)
    qtbot.waitUntil(
        lambda: window.session.live.stop is not None and window.session.live.stop.run != first,
        timeout=60_000,
    )
    assert window.session.live.stop.state == "completed"
    assert "aborted" not in window.banner.text


def test_an_open_menu_covers_no_part_of_the_emergency_stop(qtbot, window):
    (menu,) = [one for one in window.bar.findChildren(QtWidgets.QMenu) if "File" in one.title()]
    menu.popup(window.bar.mapToGlobal(window.bar.rect().bottomLeft()))
    button = window.strip.emergency
    place = QtCore.QRect(button.mapToGlobal(QtCore.QPoint(0, 0)), button.size())
    assert not menu.frameGeometry().intersects(place)
    menu.close()


def test_a_recipe_that_cannot_be_written_is_no_fault_of_the_window(qtbot, window, tmp_path):
    run(qtbot, window, "form")
    window._write(tmp_path / "no such folder" / "x.toml", "text")
    assert "cannot be written" in window.banner.text
    assert window.session.live.stop.state == "completed"


@pytest.mark.parametrize("key", ["F5", "F6", "F7"])
def test_a_key_that_cannot_be_obeyed_says_why(qtbot, opened, key):
    window = opened()
    window.activateWindow()
    qtbot.keyClick(window, getattr(QtCore.Qt.Key, f"Key_{key}"))
    qtbot.waitUntil(lambda: "no bench is held" in window.banner.text)


def test_a_run_begins_with_its_key(qtbot, window):
    ready(qtbot, window)
    window.form.set_recipe(new_recipe("read_map"))
    qtbot.keyClick(window, QtCore.Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: window.session.live.stop is not None)


def test_the_space_key_does_not_stop_a_bench_that_was_just_opened(qtbot, window):
    assert QtWidgets.QApplication.focusWidget() is window.findChild(QtWidgets.QComboBox, "protocol")


def told(window: Window, kind: type, **said) -> None:
    window.session.live(kind(run="r", bench_time=0.0, wall_time=0.0, **said))


def test_a_plot_that_cannot_be_drawn_says_so_and_the_window_goes_on(qtbot, window):
    started = {"recipe": "", "recipe_hash": "", "bench": "b", "operator": "", "station": ""}
    told(window, RunStart, protocol="odd", chip="c", rows=2, columns=2, mode="SIM",
         versions={}, units=("u",), **started)  # fmt: skip
    channels = tuple(Channel(name=name, dtype="<i4") for name in ("row", "column", "y"))
    plots = ({"title": "odd", "kind": "line", "y": "y"}, {"title": "m", "kind": "map", "y": "y"})
    told(window, Channels, channels=channels, plots=plots)
    columns = {name: np.array([-7, 0, 9], "<i4") for name in ("row", "column", "y")}
    told(window, Readings, unit="u", attempt=1, columns=columns)
    qtbot.waitUntil(lambda: window.bench.plot.chosen is not None)
    assert window.bench.plot.chosen.title == "odd"
    qtbot.waitUntil(lambda: "needs channels" in shown_texts(window.bench.plot))
    box = window.bench.plot.findChild(QtWidgets.QComboBox)
    box.setCurrentIndex(1)  # the map, of cells that the array does not have
    qtbot.waitUntil(lambda: "needs channels" not in shown_texts(window.bench.plot))
    assert window.banner.level != "error"


def shown_texts(widget: QtWidgets.QWidget) -> str:
    labels = widget.findChildren(QtWidgets.QLabel)
    return " ".join(label.text() for label in labels if label.isVisible())


def test_a_picture_that_lags_says_how_old_it_is(qtbot, window):
    run(qtbot, window, "read_map")
    note = window.findChild(QtWidgets.QLabel, "map_note")
    window._timer.stop()  # else the next frame tells the true lag
    window.bench.show_lag(12.3)
    qtbot.waitUntil(lambda: (window.bench.take(()), "12 s old" in note.text())[1])
    window.bench.show_lag(0.4)
    qtbot.waitUntil(lambda: (window.bench.take(()), "old" not in note.text())[1])
