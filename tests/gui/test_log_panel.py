"""The log shows what happened, in words, and lets people read in peace."""

from datetime import datetime
from time import perf_counter

import pytest

from labcim.gui.log_panel import LINES, LogPanel
from labcim.gui.qt import QtGui, QtWidgets
from labcim.gui.run.log_lines import LogLine

NOON = datetime(2026, 3, 4, 12, 0, 0, 250_000).timestamp()


@pytest.fixture
def panel(qtbot):
    made = LogPanel()
    qtbot.addWidget(made)
    made.resize(500, 240)
    return made


def lines(count: int, level: str = "info", first: int = 1) -> list[LogLine]:
    return [LogLine(n, NOON, level, f"line {n}") for n in range(first, first + count)]


def edit(panel: LogPanel) -> QtWidgets.QPlainTextEdit:
    return panel.findChild(QtWidgets.QPlainTextEdit, "log")


def choose(panel: LogPanel, words: str) -> None:
    box = panel.findChild(QtWidgets.QComboBox, "log_filter")
    box.setCurrentIndex(box.findText(words))


def top_line(panel: LogPanel) -> str:
    return edit(panel).firstVisibleBlock().text()


def test_a_line_has_its_time_its_level_in_words_and_its_text(panel):
    panel.add([LogLine(1, NOON, "warning", "slow answer"), LogLine(2, NOON, "error", "no answer")])
    assert panel.text().splitlines() == [
        "2026-03-04 12:00:00.250  ▲ WARNING  slow answer",
        "2026-03-04 12:00:00.250  ✗ ERROR    no answer",
    ]


def test_the_newest_five_thousand_lines_are_kept(panel):
    panel.add(lines(LINES))
    panel.add(lines(10, first=LINES + 1))
    shown = panel.text().splitlines()
    assert len(shown) == LINES
    assert shown[0].endswith("line 11")
    assert shown[-1].endswith(f"line {LINES + 10}")


def test_it_follows_the_end(panel):
    panel.show()
    for first in range(1, 200, 20):
        panel.add(lines(20, first=first))
    bar = edit(panel).verticalScrollBar()
    assert bar.value() == bar.maximum() > 0


def test_who_reads_further_up_is_left_there(panel):
    panel.show()
    panel.add(lines(200))
    edit(panel).verticalScrollBar().setValue(50)
    reading = top_line(panel)
    panel.add(lines(300, first=201))
    assert top_line(panel) == reading


def test_who_reads_further_up_is_left_there_also_when_old_lines_go(panel):
    panel.show()
    panel.add(lines(LINES))
    edit(panel).verticalScrollBar().setValue(2500)
    reading = top_line(panel)
    panel.add(lines(300, first=LINES + 1))
    assert top_line(panel) == reading


def test_only_warnings_and_errors_are_shown_when_asked_for(panel):
    panel.add([*lines(3), *lines(2, "warning", 4), *lines(1, "error", 6)])
    choose(panel, "Warnings and errors")
    assert [line[-6:] for line in panel.text().splitlines()] == ["line 4", "line 5", "line 6"]
    panel.add([*lines(1, first=7), *lines(1, "error", 8)])
    choose(panel, "Errors")
    assert [line[-6:] for line in panel.text().splitlines()] == ["line 6", "line 8"]
    choose(panel, "Everything")
    assert len(panel.text().splitlines()) == 8


def test_warnings_that_nobody_saw_are_counted_until_the_log_is_opened(qtbot, panel):
    counts = []
    panel.unseen_changed.connect(counts.append)
    panel.add([*lines(3), *lines(2, "warning", 4), *lines(1, "error", 6)])
    assert panel.unseen == 3
    panel.show()
    qtbot.waitUntil(lambda: panel.unseen == 0)
    panel.add(lines(1, "error", 7))
    assert panel.unseen == 0
    assert counts == [3, 0]


def test_an_error_is_coloured_and_still_copied_as_text(qtbot, panel):
    panel.show()
    panel.add([LogLine(1, NOON, "error", "<b>no</b> & never")])
    layout = edit(panel).document().firstBlock().layout()
    inks = [part.format.foreground().color().name() for part in layout.formats()]
    assert inks == ["#b00020"]
    edit(panel).selectAll()
    edit(panel).copy()
    copied = QtGui.QGuiApplication.clipboard().text()
    assert copied == "2026-03-04 12:00:00.250  ✗ ERROR    <b>no</b> & never"


def test_a_text_about_an_error_is_not_coloured_as_one(panel):
    panel.add([LogLine(1, NOON, "info", "✗ ERROR was the last word")])
    assert not edit(panel).document().firstBlock().layout().formats()


def test_two_thousand_lines_at_once_hold_up_no_frame(panel):
    panel.show()
    panel.add(lines(2000))
    began = perf_counter()
    panel.add(lines(2000, first=2001))
    assert perf_counter() - began < 0.5


def test_a_cleared_log_is_empty_and_counts_nothing(panel):
    panel.add(lines(3, "error"))
    panel.clear()
    assert (panel.text(), panel.unseen) == ("", 0)
