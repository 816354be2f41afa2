"""The list of runs as a table: it holds the pages that were read, and asks for more."""

from collections.abc import Sequence
from typing import Any

from labcim.record import RunSummary

from .. import theme
from ..qt import QtCore, QtGui, Signal
from .run_words import COLUMNS

PAGE = 200
"""Runs that are read at a time."""

RUN_ROLE = int(QtCore.Qt.ItemDataRole.UserRole)
_NOWHERE = QtCore.QModelIndex()
_INKS = {
    "completed": theme.SAFE,
    "running": theme.ACCENT,
    "stopped": theme.WARNING,
    "aborted": theme.WARNING,
    "failed": theme.DANGER,
    "interrupted": theme.DANGER,
    "PASS": theme.SAFE,
    "FAIL": theme.DANGER,
    "ERROR": theme.DANGER,
}


class HistoryModel(QtCore.QAbstractTableModel):
    """Runs, newest first. It reads nothing itself: ``more_wanted`` asks for the next page."""

    more_wanted = Signal()

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: list[RunSummary] = []
        self._complete = True
        self._asked = False

    @property
    def runs(self) -> Sequence[RunSummary]:
        """Return the runs that were read so far."""
        return self._runs

    @property
    def complete(self) -> bool:
        """Return whether there are no older ones."""
        return self._complete

    def row_of(self, run: str) -> int:
        """Return the row of a run, or -1."""
        return next((row for row, one in enumerate(self._runs) if one.run == run), -1)

    def show(self, runs: Sequence[RunSummary], *, complete: bool) -> None:
        """Show these runs and no others."""
        self.beginResetModel()
        self._runs, self._complete, self._asked = list(runs), complete, False
        self.endResetModel()

    def add_older(self, runs: Sequence[RunSummary], *, complete: bool) -> None:
        """Add the page that was asked for."""
        self._complete, self._asked = complete, False
        if runs:
            first = len(self._runs)
            self.beginInsertRows(QtCore.QModelIndex(), first, first + len(runs) - 1)
            self._runs.extend(runs)
            self.endInsertRows()

    def merge_newest(self, runs: Sequence[RunSummary], *, complete: bool) -> bool:
        """Bring the newest runs up to date; the rows below stay, and so does what is selected.

        Returns False where the two do not join: then all must be shown anew.
        """
        said = [run.run for run in runs]
        known = [run.run for run in self._runs[: len(said)]]
        fresh = said.index(known[0]) if known and known[0] in said else len(said)
        old = len(said) - fresh
        if not old or said[fresh:] != known[:old] or (complete and old != len(self._runs)):
            return False
        if fresh:
            self.beginInsertRows(QtCore.QModelIndex(), 0, fresh - 1)
            self._runs[:0] = runs[:fresh]
            self.endInsertRows()
        for row in range(fresh, len(runs)):
            if self._runs[row] != runs[row]:
                self._runs[row] = runs[row]
                last = self.index(row, len(COLUMNS) - 1)
                self.dataChanged.emit(self.index(row, 0), last)
        return True

    def forget_request(self) -> None:
        """Let the next page be asked for again: the last request failed."""
        self._asked = False

    def rowCount(self, parent: QtCore.QModelIndex = _NOWHERE) -> int:  # noqa: N802
        """Return how many runs were read."""
        return 0 if parent.isValid() else len(self._runs)

    def columnCount(self, parent: QtCore.QModelIndex = _NOWHERE) -> int:  # noqa: N802
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(COLUMNS)

    def canFetchMore(self, parent: QtCore.QModelIndex) -> bool:  # noqa: N802
        """Return whether there are older runs, and none are on their way."""
        return not (parent.isValid() or self._complete or self._asked)

    def fetchMore(self, parent: QtCore.QModelIndex) -> None:  # noqa: N802
        """Ask for the next page; it comes when it has been read."""
        if self.canFetchMore(parent):
            self._asked = True
            self.more_wanted.emit()

    def data(self, index: QtCore.QModelIndex, role: int = 0) -> Any:
        """Return what a cell shows."""
        if not index.isValid() or index.row() >= len(self._runs):
            return None
        run, column = self._runs[index.row()], COLUMNS[index.column()]
        which = QtCore.Qt.ItemDataRole
        if role in (which.DisplayRole, which.AccessibleTextRole):
            return column.text(run)
        if role == which.ToolTipRole:
            return f"{column.text(run)}: {run.reason}" if index.column() == 0 else column.text(run)
        if role == which.TextAlignmentRole and column.number:
            flags = QtCore.Qt.AlignmentFlag
            return QtCore.QVariant(flags.AlignRight | flags.AlignVCenter)
        if role == which.ForegroundRole and index.column() in (0, 1):
            ink = _INKS.get(run.outcome if index.column() else run.state, theme.FOREGROUND)
            return QtGui.QBrush(QtGui.QColor(ink))
        return run.run if role == RUN_ROLE else None

    def headerData(  # noqa: N802
        self, section: int, orientation: QtCore.Qt.Orientation, role: int = 0
    ) -> Any:
        """Return the title of a column, or what it means."""
        which = QtCore.Qt.ItemDataRole
        if orientation != QtCore.Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        if role == which.DisplayRole:
            return COLUMNS[section].title
        return COLUMNS[section].tip if role == which.ToolTipRole else None
