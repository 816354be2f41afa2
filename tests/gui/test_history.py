"""The list of runs: pages, search, selection, and what can be done with a run."""

import math
import threading

import pytest
from waiting import wait_until

from labcim.db import Archive, Store
from labcim.documents import Result
from labcim.errors import RecordError
from labcim.gui.history.history_model import PAGE, HistoryModel
from labcim.gui.history.history_panel import HistoryPanel
from labcim.gui.history.run_words import (
    COLUMNS,
    SIGNS,
    detail_html,
    duration_text,
    span_text,
    started_text,
)
from labcim.gui.qt import QtCore, QtGui, QtWidgets
from labcim.record import RunDetail, RunSummary

from ..db.told_run import ToldRun

LEFT = QtCore.Qt.MouseButton.LeftButton
KEY = QtCore.Qt.Key


def summary(number=0, **changed):
    values = dict(
        run=f"{number:06x}-run", protocol="form", state="completed", outcome="PASS",
        reason="all units done", chip="chip-7", rows=8, columns=8, bench="sim", mode="SIM",
        operator="Ada", station="left", started=1e9, stopped=1e9 + 2.345, heartbeat=1e9 + 2,
        units=10, units_done=10, pulses=12345, readings=99, resumes="", recipe_hash="c0ffee",
        hash="feed", safe=True, modelled_time=1.5,
    )  # fmt: skip
    return RunSummary(**{**values, **changed})


def many(count, first=0):
    """Return runs, newest first."""
    return [summary(number) for number in range(first + count - 1, first - 1, -1)]


class Gate:
    """Lets readers through: all of them, or so many."""

    def __init__(self):
        self._open, self._some = threading.Event(), threading.Semaphore(0)
        self._open.set()

    def shut(self):
        self._open.clear()

    def open(self):
        self._open.set()
        self._some.release(1000)

    def let_one_through(self):
        self._some.release()

    def pass_through(self):
        if not self._open.is_set():
            assert self._some.acquire(timeout=10.0)


class FakeRecord:
    """A record of made-up runs that counts what is asked of it; it may be slow or broken."""

    def __init__(self, runs):
        self.all = list(runs)
        self.asked, self.opened = [], 0
        self.trouble = self.resume_trouble = ""
        self.gate = Gate()
        self.threads = set()

    def open(self):
        self.opened += 1
        self.threads.add(threading.current_thread())
        if self.trouble:
            raise RecordError(self.trouble)
        return self

    def close(self):
        self.opened -= 1

    def runs(self, *, limit=None, before="", search=""):
        self.asked.append((before, search))
        self.gate.pass_through()
        found = [
            run for run in self.all
            if all(word in f"{run.protocol} {run.chip} {run.state}" for word in search.split())
        ]  # fmt: skip
        if before:
            found = [run for run in found if run.run < before]
        return found[:limit]

    def run(self, run):
        self.asked.append(("run", run))
        self.gate.pass_through()
        (found,) = [one for one in self.all if one.run == run]
        result = Result(
            run=run, bench_time=0, wall_time=0, name="yield <i>", value=0.99, unit="%", low=0.98,
            high=1.0, lower_limit=0.97, outcome="PASS",
        )  # fmt: skip
        return RunDetail(
            summary=found, recipe=f'protocol = "form"  # {run} <b>\n', versions={}, instruments={},
            units=(), results=(result,),
        )  # fmt: skip

    def resume_state(self, run):
        if self.resume_trouble:
            raise RecordError(self.resume_trouble)


class Page:
    """A panel on the screen, with the record that it shows."""

    def __init__(self, qtbot, record):
        self.bot, self.record = qtbot, record
        self.panel = HistoryPanel()
        qtbot.addWidget(self.panel)
        self.panel.resize(1000, 300)
        self.panel.show()
        self.told = []
        for name in ("replay", "resume", "report", "recipe"):
            signal = getattr(self.panel, f"{name}_wanted")
            signal.connect(lambda said, name=name: self.told.append((name, said)))
        self.panel.set_record(record.open)
        self.settle()

    def settle(self):
        def quiet():
            self.panel.poll()
            return not self.panel.busy

        wait_until(quiet)

    def let_one_come(self):
        """Let one of the answers that wait come to the panel."""
        waiting = self.panel._errands._waiting
        self.record.gate.let_one_through()
        wait_until(lambda: self.panel.poll() or self.panel._errands._waiting < waiting)

    def child(self, name):
        return self.panel.findChild(QtWidgets.QWidget, f"history_{name}")

    def text(self, name):
        return self.child(name).text()

    def shown(self):
        model = self.panel.model
        return [model.index(row, 0).data(0x0100) for row in range(model.rowCount())]

    def select(self, row):
        self.panel.table.selectRow(row)
        self.settle()

    def click(self, name):
        self.bot.mouseClick(self.child(name), LEFT)
        self.settle()

    def look_for(self, text):
        self.panel.search.setText(text)
        self.bot.keyClick(self.panel.search, KEY.Key_Return)
        self.settle()


@pytest.fixture
def page(qtbot):
    return lambda runs: Page(qtbot, runs if isinstance(runs, FakeRecord) else FakeRecord(runs))


# The model.


def test_the_model_keeps_the_rules_of_qt_while_pages_come_and_go(qtmodeltester):
    model = HistoryModel()
    qtmodeltester.check(model)
    model.show(many(5, first=10), complete=False)
    qtmodeltester.check(model)
    model.fetchMore(QtCore.QModelIndex())
    model.add_older(many(5, first=5), complete=False)
    assert model.merge_newest(many(8, first=7), complete=False)
    qtmodeltester.check(model)
    model.show([], complete=True)
    qtmodeltester.check(model)


def test_a_page_is_asked_for_once_until_it_has_come(qtbot):
    model = HistoryModel()
    wanted = []
    model.more_wanted.connect(lambda: wanted.append(True))
    model.show(many(5), complete=False)
    nowhere = QtCore.QModelIndex()
    model.fetchMore(nowhere)
    model.fetchMore(nowhere)
    assert (len(wanted), model.canFetchMore(nowhere)) == (1, False)
    model.add_older([], complete=True)
    assert not model.canFetchMore(nowhere)


@pytest.mark.parametrize(
    ("before", "said", "complete", "joined"),
    [
        (many(5), many(7), True, True),  # two are new
        (many(5), many(5), True, True),
        (many(300), many(200, first=101), False, True),  # one is new, the page ends in the midst
        (many(300), many(200, first=400), False, False),  # more are new than a page holds
        (many(5), many(3), True, False),  # another record, or another search
        (many(5), many(3, first=2), True, False),  # the older ones are no more
        (many(5), [summary(9), summary(4), summary(2)], False, False),
        ([], many(3), True, False),
    ],
)
def test_new_runs_join_on_top_or_it_is_said_that_they_do_not(before, said, complete, joined):
    model = HistoryModel()
    model.show(before, complete=complete)
    assert model.merge_newest(said, complete=complete) is joined
    if joined:
        expected = sorted({run.run for run in (*before, *said)}, reverse=True)
        assert [run.run for run in model.runs] == expected
    else:
        assert list(model.runs) == list(before)


def test_a_run_that_has_ended_since_is_shown_as_it_is_now():
    model = HistoryModel()
    model.show([summary(1, state="running"), summary(0)], complete=True)
    assert model.merge_newest([summary(1, state="failed"), summary(0)], complete=True)
    assert model.index(0, 0).data() == "✗ failed"


# The words.


def test_every_state_has_a_word_and_a_sign_of_its_own_that_the_font_can_draw(qtbot):
    assert len(set(SIGNS.values())) == len(SIGNS) == 7
    metrics = QtGui.QFontMetrics(QtGui.QFont("DejaVu Sans", 10))
    assert all(metrics.inFont(sign) for sign in SIGNS.values())


def test_a_row_says_what_the_summary_says():
    row = {column.title: column.text(summary(0x2A)) for column in COLUMNS}
    assert row == {
        "State": "✓ completed", "Verdict": "PASS", "Started (UTC)": "2001-09-09 01:46:40",
        "Protocol": "form", "Chip": "chip-7", "Mode": "SIM", "Units": "10/10", "Pulses": "12,345",
        "Duration": "2.35 s", "Run": "00002a-r",
    }  # fmt: skip


def test_times_that_are_unknown_are_called_so():
    assert started_text(summary(started=math.nan)) == "unknown"
    assert duration_text(summary(started=math.nan)) == "unknown"
    assert duration_text(summary(state="running", stopped=None)) == "2.00 s so far"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0.00 s"), (12.34, "12.3 s"), (245, "4 min 05 s"), (7620, "2 h 07 min")],
)
def test_spans_of_time_are_told_for_people(seconds, text):
    assert span_text(seconds) == text


def test_nothing_that_the_record_says_is_taken_for_markup():
    record = FakeRecord([summary(0, reason="<script>x</script>")])
    html = detail_html(record.run(record.all[0].run), "it <b>is</b> over")
    assert "<script>" not in html and "<i>" not in html and "&lt;b&gt;is" in html


# The panel.


def test_the_newest_runs_are_shown_first_with_their_count(page):
    it = page(many(3))
    assert it.shown() == [run.run for run in many(3)]
    assert it.text("count") == "3 runs"


def test_a_record_of_100_000_runs_shows_one_page_and_reads_on_only_when_scrolled(page):
    it = page(many(100_000))
    assert len(it.shown()) == PAGE
    assert it.record.asked == [("", "")]
    assert it.text("count") == f"{PAGE} runs so far: scroll for more"
    it.panel.table.scrollToBottom()
    it.settle()
    assert it.record.asked[1:] == [(it.shown()[PAGE - 1], "")]
    assert it.shown() == [run.run for run in it.record.all[: 2 * PAGE]]


def test_a_slow_record_holds_up_nobody_and_is_read_in_one_other_thread(qtbot, page):
    record = FakeRecord(many(3))
    record.gate.shut()
    panel = HistoryPanel()
    qtbot.addWidget(panel)
    panel.set_record(record.open)
    panel.refresh()
    panel.poll()
    assert panel.busy and panel.model.rowCount() == 0
    record.gate.open()
    wait_until(lambda: panel.poll() or not panel.busy)
    assert panel.model.rowCount() == 3
    assert len(record.threads) == 1 and threading.current_thread() not in record.threads
    assert record.opened == 0  # every look lets go of the record


def test_of_two_searches_only_the_newer_one_is_shown_whatever_comes_last(page):
    it = page([summary(2, chip="b"), summary(1, chip="a"), summary(0, chip="b")])
    it.record.gate.shut()
    it.panel.search.setText("a")
    it.panel._search_now()
    it.panel.search.setText("b")
    it.panel._search_now()
    it.record.gate.open()
    it.settle()
    assert it.shown() == ["000002-run", "000000-run"]


def test_an_answer_to_an_older_search_is_not_shown_even_for_a_moment(page):
    it = page([summary(2, chip="b"), summary(1, chip="a"), summary(0, chip="b")])
    before = it.shown()
    it.record.gate.shut()
    for text in ("a", "b"):
        it.panel.search.setText(text)
        it.panel._search_now()
    it.let_one_come()
    assert it.shown() == before
    it.record.gate.open()
    it.settle()
    assert len(it.shown()) == 2


def test_older_runs_that_were_asked_for_before_a_search_are_not_put_under_what_it_found(page):
    runs = [summary(number, chip="ab"[number % 2]) for number in range(999, -1, -1)]
    it = page(runs)
    it.record.gate.shut()
    it.panel.search.setText("b")
    it.panel._search_now()
    it.panel.table.scrollToBottom()  # asks for what is older than the last run of no search
    it.record.gate.open()
    it.settle()
    found = [run.run for run in runs if run.chip == "b"]
    assert it.shown() == found[: len(it.shown())]
    assert len(it.shown()) in (PAGE, 2 * PAGE)


def test_a_page_that_was_lost_to_a_refresh_is_asked_for_again(page):
    it = page(many(500))
    it.record.gate.shut()
    it.panel.table.scrollToBottom()
    it.panel.refresh()  # what was asked for before is dropped
    it.record.gate.open()
    it.settle()
    it.panel.table.scrollToTop()
    it.panel.table.scrollToBottom()
    it.settle()
    assert it.shown() == [run.run for run in it.record.all[: len(it.shown())]]
    assert len(it.shown()) >= 2 * PAGE


def test_a_run_that_was_looked_at_before_another_was_selected_is_not_shown(page):
    it = page(many(2))
    it.record.gate.shut()
    it.panel.table.selectRow(0)
    it.panel.table.selectRow(1)
    it.record.gate.let_one_through()
    last = ("run", "000000-run")  # is asked for once the first answer has come
    wait_until(lambda: it.panel.poll() or it.record.asked[-1] == last)
    assert it.child("detail").toPlainText() == ""
    it.record.gate.open()
    it.settle()
    assert "000000-run" in it.child("detail").toPlainText()


def test_typing_searches_by_itself_after_a_moment(page, qtbot):
    it = page([summary(1, chip="a"), summary(0, chip="b")])
    qtbot.keyClicks(it.panel.search, "b")
    qtbot.waitUntil(lambda: it.panel.poll() or it.shown() == ["000000-run"])


def test_a_search_without_a_hit_says_so(page):
    it = page(many(3))
    it.look_for("nothing <b>")
    message = it.child("message")
    assert message.isVisible() and "nothing <b>" in message.text()
    assert message.textFormat() == QtCore.Qt.TextFormat.PlainText
    it.look_for("")
    assert not message.isVisible()


def test_refreshing_keeps_the_selected_run_where_the_new_ones_come_on_top(page):
    it = page(many(300))
    it.select(5)
    chosen = it.panel.selected
    it.record.all = [*many(3, first=300), *it.record.all]
    it.panel.refresh()
    it.settle()
    assert it.panel.selected == chosen
    assert it.panel.table.selectionModel().selectedRows()[0].row() == 8


def test_refreshing_keeps_the_selected_run_when_all_is_shown_anew(page):
    it = page(many(10))
    it.select(4)
    chosen = it.panel.selected
    it.look_for("form")
    it.record.all = [run for run in it.record.all if run.run != "000009-run"]
    it.panel.refresh()
    it.settle()
    assert (it.panel.selected, len(it.shown())) == (chosen, 9)


def test_a_selected_run_that_is_gone_leaves_nothing_to_press(page):
    it = page(many(3))
    it.select(0)
    it.record.all = it.record.all[1:]
    it.panel.refresh()
    it.settle()
    assert it.panel.selected == ""
    assert not it.child("replay").isEnabled()
    assert it.child("replay").toolTip() == "Choose a run in the list first"
    assert it.child("detail").toPlainText() == ""


def test_the_selected_run_is_told_with_results_reason_hash_and_recipe(page):
    it = page(many(2))
    it.select(1)
    text = it.child("detail").toPlainText()
    for words in ("all units done", "feed", "yield <i>", "98 % to 100 %", "≥ 97 %", "PASS",
                  'protocol = "form"  # 000000-run <b>'):  # fmt: skip
        assert words in text, words


def test_going_through_the_list_looks_at_the_first_and_the_last_run_only(page):
    it = page(many(50))
    it.record.gate.shut()
    it.panel.refresh()  # holds the reader up
    for row in range(40):
        it.panel.table.selectRow(row)
    it.record.gate.open()
    it.settle()
    looked = [run for what, run in it.record.asked if what == "run"]
    assert looked == [it.record.all[0].run, it.record.all[39].run]
    assert it.record.all[39].run in it.child("detail").toPlainText()


def test_the_buttons_tell_which_run_is_meant(page):
    it = page([summary(0, state="aborted")])
    it.select(0)
    for name in ("replay", "resume", "report", "use_recipe"):
        it.click(name)
    assert it.told == [
        ("replay", "000000-run"), ("resume", "000000-run"), ("report", "000000-run"),
        ("recipe", 'protocol = "form"  # 000000-run <b>\n'),
    ]  # fmt: skip


def test_enter_and_a_double_click_replay_the_run(page):
    it = page(many(2))
    it.select(1)
    it.bot.keyClick(it.panel.table, KEY.Key_Return)
    assert it.told == [("replay", "000000-run")]


@pytest.mark.parametrize(
    ("state", "why"),
    [("completed", "complete"), ("running", "still going"), ("planned", "has not begun")],
)
def test_what_cannot_be_resumed_says_why(page, state, why):
    it = page([summary(0, state=state)])
    it.select(0)
    assert not it.child("resume").isEnabled()
    assert why in it.child("resume").toolTip()
    it.click("resume")
    assert it.told == []


def test_the_record_has_the_last_word_on_what_can_be_resumed(page):
    record = FakeRecord([summary(0, state="aborted")])
    record.resume_trouble = "run 7 is still going: it cannot be resumed"
    it = page(record)
    it.select(0)
    assert not it.child("resume").isEnabled()
    assert it.child("resume").toolTip() == record.resume_trouble
    assert record.resume_trouble in it.child("detail").toPlainText()


def test_a_record_that_cannot_be_read_is_told_in_its_words_and_what_was_read_stays(page):
    it = page(many(3))
    it.record.trouble = "record r.sqlite is damaged"
    it.panel.refresh()
    it.settle()
    assert it.child("trouble").isVisible()
    assert "record r.sqlite is damaged" in it.text("trouble")
    assert len(it.shown()) == 3
    it.record.trouble = ""
    it.panel.refresh()
    it.settle()
    assert not it.child("trouble").isVisible()


def test_a_page_that_could_not_be_read_can_be_asked_for_again(page):
    it = page(many(500))
    it.record.trouble = "record r.sqlite is locked by another process"
    it.panel.table.scrollToBottom()
    it.settle()
    assert it.child("trouble").isVisible()
    it.record.trouble = ""
    it.panel.table.scrollToTop()
    it.panel.table.scrollToBottom()
    it.settle()
    assert len(it.shown()) == 2 * PAGE


def test_a_reader_with_a_fault_is_told_and_not_fatal(page, caplog):
    record = FakeRecord(many(3))
    record.run = lambda run: 1 / 0
    it = page(record)
    it.select(0)
    assert "ZeroDivisionError" in it.text("trouble")


def test_a_record_that_is_not_there_yet_and_an_empty_one_say_how_to_begin(page, tmp_path, qtbot):
    it = page([])
    assert "press Start (F5)" in it.text("message") and it.child("message").isVisible()
    panel = HistoryPanel()
    qtbot.addWidget(panel)
    panel.set_record(lambda: Archive(tmp_path / "none.sqlite"))
    wait_until(lambda: panel.poll() or not panel.busy)
    message = panel.findChild(QtWidgets.QLabel, "history_message").text()
    assert "press Start (F5)" in message and "no such file" in message


def test_ctrl_f_goes_to_the_search(page, qtbot):
    it = page(many(2))
    with qtbot.waitActive(it.panel):
        it.panel.activateWindow()
    it.panel.table.setFocus()
    qtbot.keyClick(it.panel.table, KEY.Key_F, QtCore.Qt.KeyboardModifier.ControlModifier)
    assert it.panel.search.hasFocus()


def test_every_control_has_a_name_for_people_and_for_tests(page):
    panel = page(many(1)).panel
    names = ("search", "runs", "detail", "replay", "resume", "report", "use_recipe", "count")
    controls = [panel.findChild(QtWidgets.QWidget, f"history_{name}") for name in names]
    assert all(one is not None and one.accessibleName() for one in controls)
    assert panel.objectName() == "history"
    assert all(button.toolTip() for button in panel.findChildren(QtWidgets.QPushButton))


def test_a_real_record_is_listed_looked_at_and_judged(qtbot, tmp_path):
    path = tmp_path / "r.sqlite"
    with Store(path) as store:
        ToldRun(store, "0a-run").stop()
        ToldRun(store, "0b-run").attempt("a")  # dies with the store
    panel = HistoryPanel()
    qtbot.addWidget(panel)
    panel.set_record(lambda: Archive(path))
    wait_until(lambda: panel.poll() or not panel.busy)
    states = [panel.model.index(row, 0).data() for row in range(2)]
    assert states == ["↯ interrupted", "✓ completed"]
    panel.select("0b-run")
    wait_until(lambda: panel.poll() or not panel.busy)
    assert panel.findChild(QtWidgets.QPushButton, "history_resume").isEnabled()
    assert "the record was closed" in panel.view.page.toPlainText()
