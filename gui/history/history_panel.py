"""The runs on record: search, look at one, replay it, resume it, report it, use its recipe."""

from collections.abc import Callable
from typing import TypeVar

from labcim.errors import LabcimError, RecordError
from labcim.record import RunHistory, RunSummary

from .. import theme
from ..errands import Errands
from ..qt import QtCore, QtGui, QtWidgets, Signal
from .history_model import PAGE, RUN_ROLE, HistoryModel
from .run_view import Looked, RunView
from .run_words import COLUMNS, why_not_resumed

Found = TypeVar("Found")

_TYPING = 200  # ms without a key before a search begins
_NO_RUN = "No run yet: choose a protocol, pick cells and press Start (F5)."
_WIDTHS = {"State": 105, "Verdict": 60, "Started (UTC)": 145, "Protocol": 110, "Chip": 110}


class HistoryPanel(QtWidgets.QWidget):
    """Shows the runs of a record. A thread of its own reads; ``poll`` shows what it has read."""

    replay_wanted = Signal(str)
    resume_wanted = Signal(str)
    report_wanted = Signal(str)
    recipe_wanted = Signal(str)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("history")
        self.setAccessibleName("History of runs")
        self.model = HistoryModel(self)
        self._errands = Errands()
        self.destroyed.connect(self._errands.close)
        self._open: Callable[[], RunHistory] | None = None
        self._asked = 0  # counts up with every list that was asked for; older answers are dropped
        self._looking = ""  # the run that is being looked at
        self._again = False
        self._build()
        self._connect()

    # What the window does.

    def set_record(self, open_record: Callable[[], RunHistory]) -> None:
        """Show another record; it is opened and closed in the panel's thread at every look."""
        self._open = open_record
        self.refresh()

    def refresh(self) -> None:
        """Read the newest runs; what is selected stays selected."""
        self._ask_for_list()

    def poll(self) -> None:
        """Show what was read since the last time."""
        for trouble in self._errands.poll():
            self._complain(trouble)

    @property
    def busy(self) -> bool:
        """Return whether something is being read."""
        return self._errands.busy

    @property
    def selected(self) -> str:
        """Return the run that is selected, or nothing."""
        return str(self._selected_index().data(RUN_ROLE) or "")

    def select(self, run: str) -> None:
        """Select a run, if it is in the list."""
        row = self.model.row_of(run)
        if row >= 0:
            self.table.selectRow(row)

    # How it looks.

    def _build(self) -> None:
        self.search = QtWidgets.QLineEdit()
        _name(self.search, "history_search", "Search the runs")
        self.search.setPlaceholderText("Search protocol, chip, state or run id (Ctrl+F)")
        self.search.setToolTip("Runs in which every word stands (Ctrl+F)")
        self.search.setClearButtonEnabled(True)
        self._typing = QtCore.QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING)
        self._count = QtWidgets.QLabel()
        _name(self._count, "history_count", "How many runs are shown")
        self._trouble = _plain_label("history_trouble", "What is wrong with the record")
        self._trouble.setStyleSheet(f"color: {theme.DANGER}; font-weight: bold")
        self._trouble.hide()
        top = QtWidgets.QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self._count)
        left = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        column.addWidget(self._trouble)
        column.addWidget(self._make_list(), 1)
        split = QtWidgets.QSplitter()
        split.addWidget(left)
        self.view = RunView()
        split.addWidget(self.view)
        split.setSizes([6000, 4000])
        whole = QtWidgets.QVBoxLayout(self)
        whole.setContentsMargins(4, 4, 4, 4)
        whole.addWidget(split)

    def _make_list(self) -> QtWidgets.QWidget:
        self.table = QtWidgets.QTableView()
        _name(self.table, "history_runs", "Runs, newest first")
        self.table.setToolTip("Enter or a double click replays the run")
        self.table.setModel(self.model)
        view = QtWidgets.QAbstractItemView
        self.table.setSelectionBehavior(view.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(view.SelectionMode.SingleSelection)
        self.table.setEditTriggers(view.EditTrigger.NoEditTriggers)
        self.table.setAlternatingRowColors(True)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        rows, columns = self.table.verticalHeader(), self.table.horizontalHeader()
        if rows is not None and columns is not None:
            rows.hide()
            rows.setDefaultSectionSize(rows.fontMetrics().height() + 6)
            columns.setStretchLastSection(True)
        for at, column in enumerate(COLUMNS):
            self.table.setColumnWidth(at, _WIDTHS.get(column.title, 70))
        self._message = _plain_label("history_message", "Why no run is shown")
        self._message.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        self._message.setText("No record is open.")
        self._pages = QtWidgets.QStackedWidget()
        self._pages.addWidget(self._message)
        self._pages.addWidget(self.table)
        return self._pages

    def _connect(self) -> None:
        self.model.more_wanted.connect(self._ask_for_more)
        self.search.textChanged.connect(lambda: self._typing.start())
        self.search.returnPressed.connect(self._search_now)
        self._typing.timeout.connect(self._search_now)
        keys = QtWidgets.QShortcut(QtGui.QKeySequence("Ctrl+F"), self)
        keys.activated.connect(self._go_to_search)
        chosen = self.table.selectionModel()
        if chosen is not None:
            chosen.selectionChanged.connect(lambda now, before: self._chosen())
        self.table.activated.connect(lambda index: self.view.tell("replay"))
        self.view.replay_wanted.connect(self.replay_wanted)
        self.view.resume_wanted.connect(self.resume_wanted)
        self.view.report_wanted.connect(self.report_wanted)
        self.view.recipe_wanted.connect(self.recipe_wanted)

    def _go_to_search(self) -> None:
        dock = self.parent()
        if isinstance(dock, QtWidgets.QDockWidget):
            dock.show()
            dock.raise_()  # it may be behind another tab
        self.search.setFocus()
        self.search.selectAll()

    # The list.

    def _search_now(self) -> None:
        self._typing.stop()
        self._ask_for_list()

    def _ask_for_list(self) -> None:
        self._asked += 1
        asked, search = self._asked, self.search.text()
        self._count.setText("reading…")

        def then(runs: list[RunSummary]) -> None:
            if asked == self._asked:
                self._show_list(runs)

        self._read(lambda record: record.runs(limit=PAGE, search=search), then)

    def _ask_for_more(self) -> None:
        asked, search = self._asked, self.search.text()
        before = self.model.runs[-1].run if self.model.runs else ""

        def then(runs: list[RunSummary]) -> None:
            last = self.model.runs[-1].run if self.model.runs else ""
            if asked == self._asked and last == before:
                self.model.add_older(runs, complete=len(runs) < PAGE)
                self._show_count()

        self._read(lambda record: record.runs(limit=PAGE, before=before, search=search), then)

    def _show_list(self, runs: list[RunSummary]) -> None:
        complete, selected = len(runs) < PAGE, self.selected
        if not self.model.merge_newest(runs, complete=complete):
            self.model.show(runs, complete=complete)
            self.select(selected)
        self.model.forget_request()  # an answer on its way belongs to a list that is no more
        self._trouble.hide()
        self._show_count()
        self._chosen()

    def _show_count(self) -> None:
        count = len(self.model.runs)
        more = "" if self.model.complete else " so far: scroll for more"
        self._count.setText(f"{count:,} run{'s' if count != 1 else ''}{more}")
        if not count:
            searched = self.search.text().strip()
            self._message.setText(f"No run fits “{searched}”." if searched else _NO_RUN)
        self._pages.setCurrentWidget(self.table if count else self._message)

    # The selected run.

    def _chosen(self) -> None:
        """Show what is known of the run that was selected, and ask for the rest."""
        self.view.show_summary(self._summary())
        self._look()

    def _look(self) -> None:
        """Ask for the selected run, unless it is shown as it is; one at a time."""
        summary = self._summary()
        if summary is None or self.view.is_of(summary):
            return
        if self._looking:
            self._again = True
            return
        run = self._looking = summary.run
        self._again = False
        self._read(lambda record: _look_at(record, run), self._show_run)

    def _show_run(self, looked: Looked) -> None:
        again, self._looking = self._again, ""
        if looked.detail.summary.run == self.selected:
            self.view.show_looked(looked)
        if again:
            self._look()

    def _summary(self) -> RunSummary | None:
        """Return what the list knows of the selected run."""
        index = self._selected_index()
        return self.model.runs[index.row()] if index.isValid() else None

    def _selected_index(self) -> QtCore.QModelIndex:
        chosen = self.table.selectionModel()
        rows = chosen.selectedRows() if chosen is not None else []
        return rows[0] if rows else QtCore.QModelIndex()

    # Reading, beside the window.

    def _read(self, work: Callable[[RunHistory], Found], then: Callable[[Found], None]) -> None:
        """Read something in the panel's thread; ``then`` gets it from ``poll``."""
        open_record = self._open
        if open_record is None:
            return

        def read() -> tuple[Found | None, str]:
            try:
                record = open_record()
                try:
                    return work(record), ""
                finally:
                    record.close()
            except LabcimError as trouble:
                return None, str(trouble)

        def take(read: tuple[Found | None, str]) -> None:
            found, trouble = read
            if found is None:
                self._complain(trouble)
            else:
                then(found)

        self._errands.do(read, take)

    def _complain(self, trouble: str) -> None:
        """Show in words what is wrong with the record; what was read before stays."""
        self._looking = ""
        self.model.forget_request()
        if "no such file" in trouble and not self.model.runs:
            self._message.setText(f"{_NO_RUN}\n({trouble}; the first run makes it.)")
            self._count.setText("0 runs")
            return
        self._trouble.setText(f"✗ {trouble}")
        self._trouble.show()
        if self.model.runs:
            self._show_count()
        else:
            self._count.setText("")
            self._message.setText("The record cannot be read.")


def _look_at(record: RunHistory, run: str) -> Looked:
    detail = record.run(run)
    why_not = why_not_resumed(detail.summary)
    if not why_not:
        try:
            record.resume_state(run)
        except RecordError as trouble:
            why_not = str(trouble)
    return Looked(detail, why_not)


def _name(widget: QtWidgets.QWidget, name: str, text: str) -> None:
    widget.setObjectName(name)
    widget.setAccessibleName(text)


def _plain_label(name: str, text: str) -> QtWidgets.QLabel:
    label = QtWidgets.QLabel()
    _name(label, name, text)
    label.setWordWrap(True)
    label.setTextFormat(QtCore.Qt.TextFormat.PlainText)
    return label
