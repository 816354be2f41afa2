"""The emergency stop's button: the biggest there is, a red octagon with words."""

import math

from .. import theme
from ..qt import QtCore, QtGui, QtWidgets

_SIZE = QtCore.QSize(216, 92)
_MARGIN = 10.0
_PRESSED = "#7a0016"
_INK = "#ffffff"


class StopButton(QtWidgets.QAbstractButton):
    """To be heard by ``pressed``, which comes before the finger is lifted."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText("EMERGENCY\nSTOP")
        self.setObjectName("emergency_stop")
        self.setAccessibleName("Emergency stop")
        self.setToolTip(
            "Turn all outputs off now and keep them off until re-armed (Ctrl+. or Shift+Esc).\n"
            "It is no safety interlock: where it is not confirmed, use the hardware switch."
        )
        self.setFixedSize(_SIZE)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.TabFocus)
        self.setCursor(QtCore.Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QtCore.QSize:  # noqa: N802 - Qt's name
        """Return the size, in px."""
        return _SIZE

    def paintEvent(self, event: QtGui.QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the octagon, the words and the keys."""
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        ground = QtGui.QColor(_PRESSED if self.isDown() else theme.DANGER)
        painter.setPen(QtCore.Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(QtCore.QRectF(self.rect()), 6.0, 6.0)
        if self.hasFocus():
            painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
            painter.setPen(QtGui.QPen(QtGui.QColor(_INK), 1.0, QtCore.Qt.PenStyle.DashLine))
            painter.drawRoundedRect(QtCore.QRectF(self.rect()).adjusted(3, 3, -3, -3), 4.0, 4.0)
        side = self.height() - 4.0 * _MARGIN
        self._draw_octagon(painter, side)
        left = int(side + 2.0 * _MARGIN)
        words = self.rect().adjusted(left, 8, -6, -26)
        self._write(painter, words, self.text(), 15, bold=True)
        keys = QtCore.QRect(0, self.height() - 26, self.width(), 20)
        self._write(painter, keys, "Ctrl+.   or   Shift+Esc", 12, bold=False)

    def _draw_octagon(self, painter: QtGui.QPainter, side: float) -> None:
        centre = QtCore.QPointF(_MARGIN + side / 2.0, (self.height() - 20.0) / 2.0)
        painter.setPen(QtGui.QPen(QtGui.QColor(_INK), 3.0))
        painter.setBrush(QtGui.QColor(theme.DANGER))
        painter.drawPolygon(_octagon(centre, side / 2.0))
        painter.setPen(QtCore.Qt.PenStyle.NoPen)
        painter.setBrush(QtGui.QColor(_INK))
        painter.drawRect(QtCore.QRectF(centre.x() - side / 4.0, centre.y() - 4.0, side / 2.0, 8.0))

    def _write(
        self, painter: QtGui.QPainter, where: QtCore.QRect, text: str, size: int, *, bold: bool
    ) -> None:
        font = self.font()
        font.setPixelSize(size)
        font.setBold(bold)
        painter.setFont(font)
        painter.setPen(QtGui.QColor(_INK))
        painter.drawText(where, QtCore.Qt.AlignmentFlag.AlignCenter, text)


def _octagon(centre: QtCore.QPointF, radius: float) -> QtGui.QPolygonF:
    corners = [math.radians(22.5 + 45.0 * number) for number in range(8)]
    return QtGui.QPolygonF(
        QtCore.QPointF(centre.x() + radius * math.cos(a), centre.y() + radius * math.sin(a))
        for a in corners
    )
