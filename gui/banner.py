"""Messages in the window, one at a time. Never a dialog: that would hold up the stop button."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .levels import LOOKS, SEVERITY
from .qt import QtCore, QtGui, QtWidgets, Signal
from .run.log_lines import Level

Action = tuple[str, Callable[[], object]]

_MOST = 50
PAPERS: dict[Level, str] = {"info": "#e8eef7", "warning": "#fff4dc", "error": "#fdeaec"}


@dataclass(slots=True)
class _Message:
    text: str
    level: Level
    actions: tuple[Action, ...]
    about: str = ""
    times: int = 1

    def same(self, other: "_Message") -> bool:
        labels = [label for label, _ in self.actions]
        return (self.text, self.level, labels) == (
            other.text,
            other.level,
            [label for label, _ in other.actions],
        )


class Banner(QtWidgets.QFrame):
    """A bar with the most serious message; the others wait behind it, and are counted.

    Infos vanish after ``duration`` seconds, unless the pointer or the keyboard is on them; warnings
    and errors stay until they are closed. The bar never takes the keyboard's focus.
    """

    kept = Signal()  # an info would have vanished, but somebody is at it

    def __init__(
        self, parent: QtWidgets.QWidget | None = None, *, duration: float = 6.0, most: int = _MOST
    ) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setAccessibleName("Messages")
        self.setFrameShape(QtWidgets.QFrame.Shape.StyledPanel)
        self._messages: list[_Message] = []
        self._shown: _Message | None = None
        self._most = most
        self._buttons: list[QtWidgets.QPushButton] = []
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(round(duration * 1000))
        self._timer.timeout.connect(self._time_is_up)
        self._build()
        self.setAutoFillBackground(True)
        self.hide()

    def _build(self) -> None:
        self._sign = QtWidgets.QLabel()
        self._sign.setObjectName("banner_level")
        self._sign.setAccessibleName("Kind of message")
        self._text = QtWidgets.QLabel()
        self._text.setObjectName("banner_text")
        self._text.setAccessibleName("Message")
        self._text.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more = QtWidgets.QLabel()
        self._more.setObjectName("banner_count")
        self._more.setAccessibleName("Messages that wait")
        self._close = QtWidgets.QToolButton()
        self._close.setText("✕")
        self._close.setObjectName("banner_close")
        self._close.setAccessibleName("Close message")
        self._close.setToolTip("Close this message (Esc while the keyboard is on it)")
        self._close.setFocusPolicy(QtCore.Qt.FocusPolicy.TabFocus)
        self._close.clicked.connect(self.close_message)
        self._row = QtWidgets.QHBoxLayout(self)
        self._row.setContentsMargins(8, 4, 8, 4)
        for widget, stretch in (
            (self._sign, 0),
            (self._text, 1),
            (self._more, 0),
            (self._close, 0),
        ):
            self._row.addWidget(widget, stretch)
        escape = QtWidgets.QShortcut("Esc", self)
        escape.setContext(QtCore.Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self.close_message)

    def say(
        self, text: str, level: Level = "info", actions: Sequence[Action] = (), about: str = ""
    ) -> None:
        """Show a message, or count it if it is there already.

        actions: labels with what they do.  about: what ``withdraw`` closes it with, if anything.
        An info takes the place of an info without actions.
        """
        message = _Message(text, level, tuple(actions), about)
        held = next((one for one in self._messages if one.same(message)), None)
        if held is not None:
            held.times += 1
        else:
            if level == "info":
                self._messages = [m for m in self._messages if m.level != "info" or m.actions]
            # Among equals the first stays in front: nothing changes under a hand about to click.
            behind = sum(SEVERITY[one.level] >= SEVERITY[level] for one in self._messages)
            self._messages.insert(behind, message)
            del self._messages[self._most :]
        self._show()

    @property
    def count(self) -> int:
        """Return how many messages there are, the shown one included."""
        return len(self._messages)

    @property
    def text(self) -> str:
        """Return the text that is shown, or an empty string."""
        return self._messages[0].text if self._messages else ""

    @property
    def level(self) -> Level | None:
        """Return the level of the message that is shown."""
        return self._messages[0].level if self._messages else None

    def close_message(self) -> None:
        """Close the shown message; the next one takes its place."""
        del self._messages[:1]
        self._show()

    def withdraw(self) -> None:
        """Close the messages about something, which is no longer so."""
        self._messages = [one for one in self._messages if not one.about]
        self._show()

    def clear(self) -> None:
        """Close all messages."""
        self._messages.clear()
        self._show()

    def _show(self) -> None:
        if not self._messages:
            self._shown = None
            self._timer.stop()
            self.hide()
            return
        message = self._messages[0]
        if message is not self._shown:
            self._shown = message
            self._dress(message)
        self._text.setText(message.text + (f" (× {message.times})" if message.times > 1 else ""))
        waiting = len(self._messages) - 1
        self._more.setText(f"{waiting} more" if waiting else "")
        self._more.setVisible(waiting > 0)
        self.show()

    def _dress(self, message: _Message) -> None:
        """Give the bar the look and the buttons of a message that comes to the front."""
        look = LOOKS[message.level]
        self._sign.setText(f"{look.sign} {look.word}")
        self._sign.setStyleSheet(f"color: {look.ink}; font-weight: bold")
        paper = QtGui.QPalette(self.palette())
        paper.setColor(QtGui.QPalette.ColorRole.Window, QtGui.QColor(PAPERS[message.level]))
        self.setPalette(paper)
        for button in self._buttons:
            self._row.removeWidget(button)
            button.setParent(None)
            button.deleteLater()
        self._buttons = []
        for label, call in message.actions:
            self._add_button(label, call)
        if message.level == "info":
            self._timer.start()
        else:
            self._timer.stop()

    def _add_button(self, label: str, call: Callable[[], object]) -> None:
        button = QtWidgets.QPushButton(label)
        button.setObjectName("banner_" + "_".join(label.lower().split()))
        button.setAccessibleName(label)
        button.setToolTip(f"{label} (closes this message)")
        button.setFocusPolicy(QtCore.Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self._act(call))
        self._buttons.append(button)
        self._row.insertWidget(self._row.indexOf(self._close), button)

    def _act(self, call: Callable[[], object]) -> None:
        self.close_message()  # first: the action may say something itself
        call()

    def _time_is_up(self) -> None:
        focus = QtWidgets.QApplication.focusWidget()
        if self.underMouse() or (focus is not None and self.isAncestorOf(focus)):
            self._timer.start()
            self.kept.emit()
        else:
            self.close_message()
