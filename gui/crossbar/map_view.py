"""The crossbar: what each cell is worth, and which cells a person has picked."""

import re

import numpy as np
from numpy.typing import NDArray

from ..qt import QtCore, QtGui, QtWidgets, Signal
from ..theme import QUIET, focus_rim
from .cell_colours import Values
from .cell_picking import CellPicking
from .crossbar_plot import CrossbarPlot

_KEYS = (
    "Click a cell, drag a block; Ctrl adds or takes out, Shift extends. Arrows move, "
    "Ctrl+A all, R whole row, C whole column, Esc none. Wheel or + and - zoom, A shows all."
)
_HINT = (
    "Point at a cell to read it; click or drag to pick, Ctrl adds, Shift extends; "
    "hatched: no value yet"
)
_EMPTY = "No chip yet: open or start a bench, its crossbar then stands here."


class PickingPlot(CrossbarPlot):
    """A crossbar in which cells are picked with mouse and keys."""

    picked = Signal()
    pointed = Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        self.picking = CellPicking(1, 1)
        self.under: tuple[int, int] | None = None  # the cell under the mouse, or the cursor's
        self._picks = False
        super().__init__(parent)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)

    def set_shape(self, rows: int, columns: int) -> None:
        """Say how many cells there are; none of them is picked."""
        self.picking = CellPicking(rows, columns)
        self.under = None
        super().set_shape(rows, columns)

    def redraw_picked(self) -> None:
        """Show what is picked."""
        self.mark(self.picking.mask)

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:  # noqa: N802
        """Begin to pick with the left button."""
        cell = self.cell_at(event.localPos())
        if event.button() != QtCore.Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
        elif cell is not None:
            held = event.modifiers()
            toggle = bool(held & QtCore.Qt.KeyboardModifier.ControlModifier)
            extend = bool(held & QtCore.Qt.KeyboardModifier.ShiftModifier)
            self.picking.press(*cell, toggle=toggle, extend=extend)
            self._picks = True
            self._tell(cell)
        event.accept()

    def mouseDoubleClickEvent(self, event: QtGui.QMouseEvent) -> None:  # noqa: N802
        """Take a quick second click for what it is: another click."""
        self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:  # noqa: N802
        """Let the block reach the mouse while the button is held; say what is below it."""
        super().mouseMoveEvent(event)
        if self._picks:
            self.picking.reach(*self.nearest_cell(event.localPos()))
            if self.picking.cursor != self.under:
                self._tell(self.picking.cursor)
        else:
            self._point(self.cell_at(event.localPos()))

    def mouseReleaseEvent(self, event: QtGui.QMouseEvent) -> None:  # noqa: N802
        """End the block."""
        self._picks = False
        super().mouseReleaseEvent(event)

    def leaveEvent(self, event: QtCore.QEvent | None) -> None:  # noqa: N802
        """Point at nothing."""
        self._point(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:  # noqa: N802
        """Pick and zoom with keys; those that mean nothing here go to the window."""
        if self._zoom_key(event) or self._pick_key(event):
            event.accept()
        else:
            event.ignore()

    def _zoom_key(self, event: QtGui.QKeyEvent) -> bool:
        key = QtCore.Qt.Key
        if event.modifiers() & QtCore.Qt.KeyboardModifier.ControlModifier:
            return False
        if event.key() in (key.Key_Plus, key.Key_Equal, key.Key_Minus):
            self.zoom(1 / 1.5 if event.key() == key.Key_Minus else 1.5)
        elif event.key() == key.Key_A:
            self.show_all()
        else:
            return False
        return True

    def _pick_key(self, event: QtGui.QKeyEvent) -> bool:
        key, held = QtCore.Qt.Key, QtCore.Qt.KeyboardModifier
        modifiers = event.modifiers() & ~held.KeypadModifier
        steps = {
            int(key.Key_Up): (-1, 0),
            int(key.Key_Down): (1, 0),
            int(key.Key_Left): (0, -1),
            int(key.Key_Right): (0, 1),
        }
        plain = modifiers == held.NoModifier
        if event.key() in steps and (plain or modifiers == held.ShiftModifier):
            self.picking.move(*steps[event.key()], extend=not plain)
        elif event.key() == key.Key_A and modifiers == held.ControlModifier:
            self.picking.pick_all()
        elif event.key() == key.Key_R and plain:
            self.picking.pick_rows()
        elif event.key() == key.Key_C and plain:
            self.picking.pick_columns()
        elif event.key() == key.Key_Escape and plain:  # with Shift it is the emergency stop
            self.picking.clear()
        else:
            return False
        if event.key() in steps and self.picking.cursor is not None:
            self.show_cell(*self.picking.cursor)
        self._tell(self.picking.cursor)
        return True

    def _tell(self, cell: tuple[int, int] | None) -> None:
        self.redraw_picked()
        self.under = cell
        self.picked.emit()
        self.pointed.emit()

    def _point(self, cell: tuple[int, int] | None) -> None:
        if cell != self.under:
            self.under = cell
            self.pointed.emit()


class MapView(QtWidgets.QWidget):
    """The map of a chip with a choice of quantities; a line below reads the cell pointed at."""

    quantity_changed = Signal(str)
    picked = Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("map_view")
        self.setAccessibleName("Crossbar map")
        self.plot = PickingPlot()
        self.plot.setObjectName("map")
        self.plot.setAccessibleName("Crossbar, pick cells")
        self.plot.setStyleSheet(focus_rim("map"))
        self.plot.setAccessibleDescription(_KEYS)
        self._choice = QtWidgets.QComboBox()
        self._message = _line("map_message", "What the map waits for")
        self._note = _line("map_note", "State of the map")
        self._read_out = _line("map_read_out", "Cell pointed at")
        self._pages = QtWidgets.QStackedWidget()
        self._has_chip = False
        self._build()
        self._choice.currentTextChanged.connect(self.quantity_changed)
        self.plot.picked.connect(self.picked)
        self.plot.pointed.connect(self._read)
        self.clear(_EMPTY)

    @property
    def quantity(self) -> str:
        """Which of the quantities is to be shown; empty when there is none."""
        return str(self._choice.currentText())

    @property
    def picked_cells(self) -> NDArray[np.uint32]:
        """The picked cells, row * columns + column, sorted."""
        return self.plot.picking.cells if self._has_chip else np.zeros(0, np.uint32)

    def set_shape(self, rows: int, columns: int) -> None:
        """Show an array of this size; another size than before forgets values and picks."""
        if self._has_chip and (rows, columns) == self.plot.shape:
            return
        had_picks = self.picked_cells.size > 0
        self.plot.set_shape(rows, columns)
        self._has_chip = True
        self._pages.setCurrentWidget(self.plot)
        self._read()
        if had_picks:
            self.picked.emit()

    def set_quantities(self, names: tuple[str, ...]) -> None:
        """Offer these; the one that is shown stays, if it is among them."""
        shown = [self._choice.itemText(k) for k in range(self._choice.count())]
        if list(names) == shown:
            return
        before = self.quantity
        blocked = self._choice.blockSignals(True)
        self._choice.clear()
        self._choice.addItems(list(names))
        self._choice.setCurrentIndex(max(0, self._choice.findText(before)) if names else -1)
        self._choice.blockSignals(blocked)
        self._choice.setEnabled(bool(names))
        self._choice.setToolTip(
            "What the map shows" if names else "Nothing to show: no run has told its quantities"
        )
        if self.quantity != before:
            self.quantity_changed.emit(self.quantity)

    def show_map(
        self, values: Values, label: str, levels: tuple[float, float], signed: bool = False
    ) -> None:
        """Show values of shape (rows, columns), NaN where nothing is known.

        label: what they are, with its unit in brackets.  levels: of the two ends of the colours.
        """
        self.set_shape(*values.shape)
        self.plot.show_values(values, label, levels, signed)
        self._read()

    def show_pulsed(self, cells: NDArray[np.uint32]) -> None:
        """Put a diamond on the cells that were just pulsed, and on no others."""
        self.plot.mark_pulsed(cells)

    def select(self, cells: NDArray[np.uint32]) -> None:
        """Pick these cells, those that the array has. Emits nothing: only people pick."""
        if self._has_chip:
            self.plot.picking.pick(cells)
            self.plot.redraw_picked()
            self._read()

    def remark(self, text: str) -> None:
        """Say something about the map above it, such as how old it is; empty for nothing."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def clear(self, text: str) -> None:
        """Show no chip, but why there is none and what to do."""
        had_picks = self.picked_cells.size > 0
        self._has_chip = False
        self.plot.set_shape(1, 1)
        self._message.setText(text)
        self._pages.setCurrentWidget(self._message)
        self.remark("")
        self._read()
        if had_picks:
            self.picked.emit()

    def _build(self) -> None:
        self._choice.setObjectName("map_quantity")
        self._choice.setAccessibleName("Quantity that the map shows")
        self._choice.setSizeAdjustPolicy(QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._choice.setEnabled(False)
        self._choice.setToolTip("Nothing to show: no run has told its quantities")
        # A tooltip on the map itself would lie over the cells that a person looks at.
        self._read_out.setToolTip(_KEYS)
        self._message.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        self._message.setWordWrap(True)
        name = QtWidgets.QLabel("&Show")
        name.setBuddy(self._choice)
        top = QtWidgets.QHBoxLayout()
        top.addWidget(name)
        top.addWidget(self._choice)
        top.addWidget(self._note, 1)
        top.addStretch()
        self._pages.addWidget(self._message)
        self._pages.addWidget(self.plot)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addLayout(top)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self._read_out)
        self._note.hide()

    def _read(self) -> None:
        """Say what the cell pointed at is worth, and how many are picked."""
        said = []
        if self._has_chip and self.plot.under is not None:
            said.append(self._said_of(*self.plot.under))
        count = int(np.count_nonzero(self.plot.picking.mask)) if self._has_chip else 0
        if count:
            said.append("1 cell picked" if count == 1 else f"{count:,} cells picked")
        elif self._has_chip and not said:
            said.append(_HINT)
        text = "   ·   ".join(said)
        if text != self._read_out.text():
            self._read_out.setText(text)

    def _said_of(self, row: int, column: int) -> str:
        value = float(self.plot.values[row, column])
        unit = re.search(r"\(([^()]*)\)\s*$", self.plot.label)
        worth = f"{value:.4g} {unit.group(1) if unit else ''}".rstrip()
        return f"row {row}, column {column}: {'no value yet' if np.isnan(value) else worth}"


def _line(name: str, accessible: str) -> QtWidgets.QLabel:
    label = QtWidgets.QLabel()
    label.setObjectName(name)
    label.setAccessibleName(accessible)
    label.setStyleSheet(f"color: {QUIET}")
    return label
