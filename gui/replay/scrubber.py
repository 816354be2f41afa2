"""The slider of a replay: where it is, with a tick for everything that happened on the way."""

from collections.abc import Sequence

from .. import theme
from ..qt import QtCore, QtGui, QtWidgets, Signal
from .timeline import Mark, MarkKind

STEPS = 10_000
_TICK = 7  # pixels above the groove
_NEAR = 4  # pixels from a tick within which its text is told

SIGNS: dict[MarkKind, tuple[str, str]] = {
    "warning": ("▲", theme.WARNING),
    "error": ("✗", theme.DANGER),
    "pause": ("‖", theme.ACCENT),
    "abort": ("■", theme.DANGER),
}
"""Sign and ink of each kind: never by colour alone."""

_KEYS = {
    QtCore.Qt.Key.Key_Space: "play",
    QtCore.Qt.Key.Key_Left: "back",
    QtCore.Qt.Key.Key_Right: "forward",
    QtCore.Qt.Key.Key_Home: "home",
    QtCore.Qt.Key.Key_End: "end",
}


class Scrubber(QtWidgets.QSlider):
    """A slider from 0 to 1 that jumps to where it is clicked.

    The keys of a player work on it: Space, Left, Right, Home and End are told, not obeyed.
    """

    sought = Signal(float)
    key_pressed = Signal(str)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(QtCore.Qt.Orientation.Horizontal, parent)
        self.setRange(0, STEPS)
        self.setPageStep(STEPS // 20)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(34)
        self._marks: tuple[Mark, ...] = ()
        self.actionTriggered.connect(self._tell)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Return the ticks that are shown."""
        return self._marks

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Show ticks."""
        self._marks = tuple(marks)
        self.update()

    def show_position(self, position: float) -> None:
        """Show a position from 0 to 1, unless the handle is being dragged."""
        value = round(position * STEPS)
        if not self.isSliderDown() and value != self.value():
            self.setValue(value)

    def pixel(self, position: float) -> int:
        """Return where a position from 0 to 1 is, in pixels from the left."""
        groove, handle = self._places()
        span = groove.width() - handle.width()
        where = QtWidgets.QStyle.sliderPositionFromValue(0, STEPS, round(position * STEPS), span)
        return groove.x() + handle.width() // 2 + where

    def marks_near(self, pixel: int) -> list[Mark]:
        """Return the ticks at a place."""
        return [mark for mark in self._marks if abs(self.pixel(mark.position) - pixel) <= _NEAR]

    def _places(self) -> tuple[QtCore.QRect, QtCore.QRect]:
        """Return where groove and handle are."""
        option = QtWidgets.QStyleOptionSlider()
        self.initStyleOption(option)
        style, control = self.style(), QtWidgets.QStyle.ComplexControl.CC_Slider
        assert style is not None
        groove, handle = (
            style.subControlRect(control, option, part, self)
            for part in (
                QtWidgets.QStyle.SubControl.SC_SliderGroove,
                QtWidgets.QStyle.SubControl.SC_SliderHandle,
            )
        )
        return groove, handle

    def _tell(self, action: int) -> None:
        """Tell where a drag or a page key went; Qt has moved the slider already."""
        self.sought.emit(self.sliderPosition() / STEPS)

    def mousePressEvent(self, event: QtGui.QMouseEvent | None) -> None:  # noqa: N802
        """Jump to where it is clicked; from there the handle can be dragged."""
        if event is not None and event.button() == QtCore.Qt.MouseButton.LeftButton:
            groove, handle = self._places()
            if not handle.contains(event.pos()):
                span = groove.width() - handle.width()
                at = event.pos().x() - groove.x() - handle.width() // 2
                value = QtWidgets.QStyle.sliderValueFromPosition(0, STEPS, at, span)
                self.setValue(value)
                self.sought.emit(value / STEPS)
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QtGui.QKeyEvent | None) -> None:  # noqa: N802
        """Tell the keys of a player; the others move the slider."""
        if event is None:
            return
        told = _KEYS.get(QtCore.Qt.Key(event.key()))
        if told is not None and not event.modifiers() & ~QtCore.Qt.KeyboardModifier.KeypadModifier:
            self.key_pressed.emit(told)
            event.accept()
        else:
            super().keyPressEvent(event)

    def event(self, event: QtCore.QEvent | None) -> bool:
        """Say what the ticks under the pointer are."""
        if isinstance(event, QtGui.QHelpEvent):
            near = self.marks_near(event.pos().x())
            if near:
                text = "\n".join(f"{SIGNS[mark.kind][0]} {mark.text}" for mark in near[:8])
                QtWidgets.QToolTip.showText(event.globalPos(), text, self)
                return True
        return super().event(event)

    def paintEvent(self, event: QtGui.QPaintEvent | None) -> None:  # noqa: N802
        """Draw the slider, then the ticks."""
        super().paintEvent(event)
        painter = QtGui.QPainter(self)
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        middle = self.height() // 2
        for mark in self._marks:
            sign, ink = SIGNS[mark.kind]
            x = self.pixel(mark.position)
            painter.setPen(QtGui.QPen(QtGui.QColor(ink), 1))
            painter.drawLine(x, middle - _TICK, x, middle + _TICK)
            centre = QtCore.Qt.AlignmentFlag.AlignCenter
            painter.drawText(QtCore.QRect(x - 8, 0, 16, middle - _TICK), centre, sign)
        painter.end()
