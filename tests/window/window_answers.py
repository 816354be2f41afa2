"""What a window answers about itself, in its own thread: places, texts, rows, pictures, frames."""

import time
from typing import Any

import numpy as np
from PyQt5 import QtCore, QtWidgets

Said = dict[str, Any]


def answer(question: Said) -> Said:
    """Answer one question. Raises LookupError for a widget that is not there."""
    kind, name = question["what"], question.get("name", "")
    if kind == "names":
        everything = QtWidgets.QApplication.allWidgets()
        return {"names": sorted({w.objectName() for w in everything if w.objectName()})}
    if kind == "popup":
        return {"open": QtWidgets.QApplication.activePopupWidget() is not None}
    widget = _widget(name)
    if kind == "widget":
        return _described(widget)
    if kind == "rows":
        return {"rows": _rows(_view(widget))}
    if kind == "row":
        return _row(_view(widget), int(question["row"]), int(question.get("column", 0)))
    if kind == "cell":
        at = widget.point_of(int(question["row"]), int(question["column"]))
        return _place(widget, QtCore.QRect(at, QtCore.QSize(1, 1)))
    if kind == "picture":
        values = widget.values
        return {"picture": np.where(np.isfinite(values), values, -1.0).tolist()}
    if kind == "frames":
        return _frames(widget)
    if kind == "reveal":
        _reveal(widget)
        return _described(widget)
    raise LookupError(f"{kind} is no question")


def _widget(name: str) -> Any:
    found = [w for w in QtWidgets.QApplication.allWidgets() if w.objectName() == name]
    if not found:
        raise LookupError(f"no widget is called {name}")
    return max(found, key=lambda widget: (widget.isVisible(), widget.isActiveWindow()))


def _described(widget: Any) -> Said:
    texts = ("text", "plainText", "currentText", "title", "windowTitle")
    said = (widget.property(name) for name in texts)
    shown = widget.visibleRegion().boundingRect()
    return {
        **_place(widget, shown if not shown.isEmpty() else widget.rect()),
        "visible": widget.isVisible() and not shown.isEmpty(),
        "enabled": widget.isEnabled(),
        "active": QtWidgets.QApplication.activeWindow() is not None,
        "focus": widget.hasFocus(),
        "kind": type(widget).__name__,
        "text": next((text for text in said if isinstance(text, str) and text), ""),
        "texts": _texts(widget),
        "value": _plain(widget.property("value")),
        "checked": widget.property("checked"),
        "tool_tip": widget.toolTip(),
        "accessible": widget.accessibleName(),
    }


def _texts(widget: Any) -> list[str]:
    """Return what all labels and buttons in a widget say, that can be seen."""
    kinds = (QtWidgets.QLabel, QtWidgets.QAbstractButton, QtWidgets.QPlainTextEdit)
    inner = [w for kind in kinds for w in widget.findChildren(kind) if w.isVisible()]
    said = [w.toPlainText() if hasattr(w, "toPlainText") else w.text() for w in inner]
    return [text for text in said if text]


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str | bool | None) else str(value)


def _place(widget: Any, part: Any) -> Said:
    """Return the middle and the size of a part of a widget, in pixels of the screen."""
    scale = widget.devicePixelRatioF()
    middle = widget.mapToGlobal(part.center())
    return {
        "x": round(middle.x() * scale),
        "y": round(middle.y() * scale),
        "width": round(part.width() * scale),
        "height": round(part.height() * scale),
    }


def _reveal(widget: Any) -> None:
    """Bring a widget into sight: its tab to the front, the area around it scrolled."""
    inner, outer = widget, widget.parentWidget()
    while outer is not None:
        if isinstance(outer, QtWidgets.QStackedWidget):
            tabs = outer.parentWidget()
            if isinstance(tabs, QtWidgets.QTabWidget) and outer.indexOf(inner) >= 0:
                tabs.setCurrentIndex(outer.indexOf(inner))
        if isinstance(outer, QtWidgets.QScrollArea):
            outer.ensureWidgetVisible(widget)
        if isinstance(outer, QtWidgets.QDockWidget):
            outer.raise_()
        inner, outer = outer, outer.parentWidget()


def _view(widget: Any) -> Any:
    kind = QtWidgets.QAbstractItemView
    found = widget if isinstance(widget, kind) else widget.findChild(kind)
    if found is None:
        raise LookupError(f"{widget.objectName()} shows no rows")
    return found


def _rows(view: Any) -> list[list[str]]:
    model = view.model()
    if model is None:
        return []
    columns = range(model.columnCount())
    return [
        [str(model.index(row, column).data() or "") for column in columns]
        for row in range(model.rowCount())
    ]


def _row(view: Any, row: int, column: int) -> Said:
    index = view.model().index(row, column)
    view.scrollTo(index)
    return _place(view.viewport(), view.visualRect(index))


def _graphics(widget: Any) -> Any:
    kind = QtWidgets.QGraphicsView
    found = widget if isinstance(widget, kind) else widget.findChild(kind)
    if found is None:
        raise LookupError(f"{widget.objectName()} draws nothing")
    return found


class _PaintCounter(QtCore.QObject):
    """Counts how often one widget is painted."""

    def __init__(self, widget: Any) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802
        self.count += event.type() == QtCore.QEvent.Type.Paint
        return False


_counters: dict[str, _PaintCounter] = {}


def _frames(widget: Any) -> Said:
    """Return how often the drawing in a widget was painted since it was first asked, and when."""
    name = widget.objectName()
    if name not in _counters:
        _counters[name] = _PaintCounter(_graphics(widget).viewport())
    return {"count": _counters[name].count, "at": time.monotonic()}
