"""The log in the window: time, level in word, sign and colour, text; the newest 5000 lines."""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime

from .levels import LOOKS, SEVERITY
from .qt import QtCore, QtGui, QtWidgets, Signal
from .run.log_lines import Level, LogLine

LINES = 5000

_HEAD = 36  # characters that hold time, sign and word

_HEAD = 36  # characters that hold time, sign and word

_FILTERS: tuple[tuple[str, Level], ...] = (
    ("Everything", "info"),
    ("Warnings and errors", "warning"),
    ("Errors", "error"),
)


def line_text(line: LogLine) -> str:
    """Return a line of the log as it is shown and copied; its time is local."""
    time = datetime.fromtimestamp(line.wall_time).isoformat(" ", "milliseconds")
    look = LOOKS[line.level]
    return f"{time}  {look.sign} {look.word:<7}  " + " ".join(line.text.split())


class LogPanel(QtWidgets.QWidget):
    """What happened, newest last. It follows the end unless somebody reads further up."""

    unseen_changed = Signal(int)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("log_panel")
        self.setAccessibleName("Log")
        self._lines: deque[LogLine] = deque(maxlen=LINES)
        self._least = SEVERITY["info"]
        self._unseen = 0
        self._shown = 0
        self._build()

    def _build(self) -> None:
        self._filter = QtWidgets.QComboBox()
        self._filter.setObjectName("log_filter")
        self._filter.setAccessibleName("Lines of the log to show")
        self._filter.setToolTip("Which lines of the log are shown")
        for words, level in _FILTERS:
            self._filter.addItem(words, level)
        self._filter.currentIndexChanged[int].connect(self._filter_chosen)
        self._text = QtWidgets.QPlainTextEdit()
        self._text.setReadOnly(True)
        self._bar = QtWidgets.QScrollBar(QtCore.Qt.Orientation.Vertical)
        self._text.setVerticalScrollBar(self._bar)
        self._text.setObjectName("log")
        self._text.setAccessibleName("Log lines")
        self._text.setPlaceholderText("Nothing has happened yet.")
        self._text.setMaximumBlockCount(LINES)
        self._text.setUndoRedoEnabled(False)
        self._text.setTabChangesFocus(True)
        self._text.setLineWrapMode(QtWidgets.QPlainTextEdit.LineWrapMode.NoWrap)
        font = QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(max(self.font().pointSizeF(), 9.0))
        self._text.setFont(font)
        self._text.setTextInteractionFlags(
            QtCore.Qt.TextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
            | QtCore.Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._colours = _Colours(self._text.document())
        label = QtWidgets.QLabel("Sho&w")
        label.setBuddy(self._filter)
        top = QtWidgets.QHBoxLayout()
        top.addWidget(label)
        top.addWidget(self._filter)
        top.addStretch()
        box = QtWidgets.QVBoxLayout(self)
        box.setContentsMargins(4, 4, 4, 4)
        box.addLayout(top)
        box.addWidget(self._text)

    @property
    def unseen(self) -> int:
        """Return how many warnings and errors came while the log was not to be seen."""
        return self._unseen

    def add(self, lines: Sequence[LogLine]) -> None:
        """Add lines at the end, all in one go."""
        self._lines.extend(lines)
        if self.visibleRegion().isEmpty():  # hidden, or behind another tab
            news = sum(SEVERITY[line.level] > 0 for line in lines)
            self._set_unseen(self._unseen + news)
        self._append(line for line in lines if SEVERITY[line.level] >= self._least)

    def clear(self) -> None:
        """Forget all lines, as for another run."""
        self._lines.clear()
        self._empty()
        self._set_unseen(0)

    def seen(self) -> None:
        """Take the warnings and errors so far as seen; being shown does so too."""
        self._set_unseen(0)

    def text(self) -> str:
        """Return the shown lines as text."""
        return str(self._text.toPlainText())

    def showEvent(self, event: QtGui.QShowEvent | None) -> None:  # noqa: N802
        """Whoever opens the log sees what came."""
        if event is not None:
            super().showEvent(event)
        self.seen()

    def _set_unseen(self, count: int) -> None:
        if count != self._unseen:
            self._unseen = count
            self.unseen_changed.emit(count)

    def _append(self, lines: Iterable[LogLine]) -> None:
        texts = [line_text(line) for line in lines][-LINES:]
        if not texts:
            return
        at_end, place = self._bar.value() >= self._bar.maximum(), self._bar.value()
        gone = max(self._shown + len(texts) - LINES, 0)
        self._shown = min(self._shown + len(texts), LINES)
        self._text.appendPlainText("\n".join(texts))
        self._bar.setValue(self._bar.maximum() if at_end else max(place - gone, 0))

    def _empty(self) -> None:
        self._text.clear()
        self._shown = 0

    def _filter_chosen(self) -> None:
        self._least = SEVERITY[self._filter.currentData()]
        self._empty()
        self._append(line for line in self._lines if SEVERITY[line.level] >= self._least)
        self._bar.setValue(self._bar.maximum())


class _Colours(QtGui.QSyntaxHighlighter):
    """Gives each line the ink of its level; the text stays plain, and so does what is copied."""

    def highlightBlock(self, text: str | None) -> None:  # noqa: N802
        """Colour one line by the word for its level."""
        head = (text or "")[:_HEAD]
        for level in ("warning", "error"):
            look = LOOKS[level]
            if f"{look.sign} {look.word}" in head:
                ink = QtGui.QTextCharFormat()
                ink.setForeground(QtGui.QColor(look.ink))
                self.setFormat(0, len(text or ""), ink)
