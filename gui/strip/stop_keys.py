"""The emergency stop's keys, heard wherever they are pressed: also with a dialog or a menu open.

A shortcut is dead while a modal dialog is open, and a menu or an open list eats the first click
outside of it. What an application filter sees comes before all that.
"""

from collections.abc import Callable

from ..qt import QtCore, QtGui, QtWidgets

_KEY = QtCore.Qt.Key
_HELD = QtCore.Qt.KeyboardModifier
_TYPE = QtCore.QEvent.Type

# Were the Python half collected with its window while Qt still asks the other half, the next event
# of any widget would end the process.
_listening: "set[StopKeys]" = set()


class StopKeys(QtCore.QObject):
    """Calls ``stop`` once for each Ctrl+. and Shift+Esc, and swallows these keys.

    button: the emergency stop's; a click on it counts even when it is meant to close a popup.
    """

    def __init__(self, button: QtWidgets.QWidget, stop: Callable[[], None]) -> None:
        super().__init__()
        self._button = button
        self._stop = stop
        application = QtWidgets.QApplication.instance()
        assert application is not None
        application.installEventFilter(self)
        _listening.add(self)
        button.destroyed.connect(self.close)

    def close(self) -> None:
        """Hear nothing more; idempotent."""
        application = QtWidgets.QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        _listening.discard(self)

    def eventFilter(  # noqa: N802 - Qt's name
        self, seen: QtCore.QObject | None, event: QtCore.QEvent | None
    ) -> bool:
        """Say whether an event was the emergency stop."""
        if isinstance(event, QtGui.QKeyEvent):
            return self._is_stop_key(event)
        if isinstance(event, QtGui.QMouseEvent) and event.type() == _TYPE.MouseButtonPress:
            return self._is_click_beside_popup(event)
        return False

    def _is_stop_key(self, event: QtGui.QKeyEvent) -> bool:
        if not is_stop_key(event.key(), event.modifiers()):
            return False
        event.accept()  # no shortcut may have it
        if event.type() == _TYPE.KeyPress and not event.isAutoRepeat():
            self._stop()
        return True

    def _is_click_beside_popup(self, event: QtGui.QMouseEvent) -> bool:
        popup = QtWidgets.QApplication.activePopupWidget()
        if popup is None or event.button() != QtCore.Qt.MouseButton.LeftButton:
            return False
        button = self._button
        place = button.mapFromGlobal(event.globalPos())
        over = popup.frameGeometry().contains(event.globalPos())
        if over or not button.isVisible() or not button.rect().contains(place):
            return False
        self._stop()
        popup.close()
        return True


def is_stop_key(key: int, modifiers: QtCore.Qt.KeyboardModifiers) -> bool:
    """Say whether a key is one of the emergency stop's: Ctrl+. or Shift+Esc.

    On some keyboards the dot itself needs Shift.
    """
    held = modifiers & ~_HELD.KeypadModifier
    if key == _KEY.Key_Period:
        return held in (_HELD.ControlModifier, _HELD.ControlModifier | _HELD.ShiftModifier)
    return key == _KEY.Key_Escape and held == _HELD.ShiftModifier
