"""One run on record: how it ended, its results and recipe, and what can be done with it."""

from dataclasses import dataclass

from labcim.record import RunDetail, RunSummary

from ..allow import allow
from ..qt import QtWidgets, Signal
from .run_words import detail_html, why_not_replayed, why_not_resumed

_NO_CHOICE = "Choose a run in the list first"


@dataclass(frozen=True, slots=True)
class Looked:
    """A run as it was found on record. why_not: why it cannot be resumed, or nothing."""

    detail: RunDetail
    why_not: str


class RunView(QtWidgets.QWidget):
    """Shows a run, at first what the list knows of it, then all. Tells what is wanted of it."""

    replay_wanted = Signal(str)
    resume_wanted = Signal(str)
    report_wanted = Signal(str)
    recipe_wanted = Signal(str)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._summary: RunSummary | None = None
        self._looked: Looked | None = None
        self.page = QtWidgets.QTextBrowser()
        self.page.setObjectName("history_detail")
        self.page.setAccessibleName("The selected run")
        self.page.setOpenLinks(False)
        self.page.setPlaceholderText("Select a run to see how it ended, its results and recipe.")
        self._buttons = {
            name: _button(f"history_{name}", text, meaning)
            for name, text, meaning in (
                ("replay", "▶ Replay", "Show the run again, as it was (Enter in the list)"),
                ("resume", "Resume", "Go on with the run; no unit is done twice"),
                ("report", "Report…", "Write the report (HTML) to a file"),
                ("use_recipe", "Use recipe", "Put the recipe of the run into the form"),
            )
        }
        row = QtWidgets.QHBoxLayout()
        for name, button in self._buttons.items():
            row.addWidget(button)
            button.clicked.connect(lambda checked=False, name=name: self.tell(name))
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.page, 1)
        column.addLayout(row)
        self._show_buttons()

    def is_of(self, summary: RunSummary) -> bool:
        """Return whether all of a run is shown, as the list knows it."""
        return self._looked is not None and self._looked.detail.summary == summary

    def show_summary(self, summary: RunSummary | None) -> None:
        """Show what the list knows of a run, or nothing; the rest is on its way."""
        if (
            summary is None
            or self._looked is None
            or self._looked.detail.summary.run != summary.run
        ):
            self._looked = None
            self.page.clear()
        self._summary = summary
        self._show_buttons()

    def show_looked(self, looked: Looked) -> None:
        """Show all of the run, where it was scrolled to before."""
        self._looked = looked
        bar = self.page.verticalScrollBar()
        place = bar.value() if bar is not None else 0
        self.page.setHtml(detail_html(looked.detail, looked.why_not))
        if bar is not None:
            bar.setValue(place)
        self._show_buttons()

    def tell(self, what: str) -> None:
        """Tell that something is wanted of the run: replay, resume, report or use_recipe."""
        if self._summary is None or not self._buttons[what].isEnabled():
            return
        if what == "use_recipe" and self._looked is not None:
            self.recipe_wanted.emit(self._looked.detail.recipe)
        elif what == "replay":
            self.replay_wanted.emit(self._summary.run)
        elif what == "resume":
            self.resume_wanted.emit(self._summary.run)
        elif what == "report":
            self.report_wanted.emit(self._summary.run)

    def _show_buttons(self) -> None:
        """Enable what can be done with the run; else say why it cannot."""
        for name, button in self._buttons.items():
            why_not = self._why_not(name)
            allow(button, str(button.property("tip")), why_not)

    def _why_not(self, what: str) -> str:
        summary, looked = self._summary, self._looked
        if summary is None:
            return _NO_CHOICE
        match what:
            case "resume":
                known = looked.why_not if looked else "It is being looked whether that is possible"
                return why_not_resumed(summary) or known
            case "use_recipe":
                return "" if looked else "The run is being read"
            case _:
                return why_not_replayed(summary)


def _button(name: str, text: str, tip: str) -> QtWidgets.QPushButton:
    button = QtWidgets.QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(tip)
    button.setProperty("tip", tip)
    return button
