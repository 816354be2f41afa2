"""A label that shows as much of a text as there is room for; all of it stands in the tooltip."""

from ..qt import QtCore, QtGui, QtWidgets


class ShortLabel(QtWidgets.QLabel):
    """Up to ``lines`` lines, wrapped at words; what does not fit ends in an ellipsis.

    padding: px that a style sheet takes off the width.
    """

    def __init__(self, name: str, accessible: str, lines: int = 1, padding: int = 0) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        policy = QtWidgets.QSizePolicy.Policy
        self.setSizePolicy(policy.Ignored, policy.Fixed)
        self._lines = lines
        self._padding = padding
        self._whole = ""

    @property
    def whole(self) -> str:
        """Return the whole text."""
        return self._whole

    def say(self, text: str) -> None:
        """Show a text."""
        if text == self._whole:
            return
        self._whole = text
        self.setToolTip(text)
        self.setAccessibleDescription(text)
        self._fit()

    def sizeHint(self) -> QtCore.QSize:  # noqa: N802 - Qt's name
        """Return the room for all lines, in px."""
        return QtCore.QSize(10, self._lines * self.fontMetrics().lineSpacing() + 2)

    def minimumSizeHint(self) -> QtCore.QSize:  # noqa: N802 - Qt's name
        """Return the least room, in px."""
        return self.sizeHint()

    def resizeEvent(self, event: QtGui.QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Wrap anew."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QtCore.QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Wrap anew when the font changes."""
        super().changeEvent(event)
        if event is not None and event.type() == QtCore.QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        metrics, width = self.fontMetrics(), self.contentsRect().width() - self._padding
        words = self._whole.split()
        shown: list[str] = []
        while words and len(shown) < self._lines - 1:
            count = len(words)
            while count > 1 and metrics.horizontalAdvance(" ".join(words[:count])) > width:
                count -= 1
            shown.append(" ".join(words[:count]))
            words = words[count:]
        mode = QtCore.Qt.TextElideMode.ElideRight
        shown += [metrics.elidedText(" ".join(words), mode, width)] if words else []
        self.setText("\n".join(shown))
