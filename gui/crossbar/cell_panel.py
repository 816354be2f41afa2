"""What is known about the picked cell, or in short about several."""

from collections.abc import Sequence

from ..qt import QtCore, QtWidgets
from ..theme import QUIET

_EMPTY = "No cell picked: click one in the map to read everything known about it."


class CellPanel(QtWidgets.QWidget):
    """A title with the cell's place above a table of names and values."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cell_panel")
        self.setAccessibleName("Picked cells")
        self._title = QtWidgets.QLabel()
        self._title.setObjectName("cell_title")
        self._title.setAccessibleName("Place of the picked cell")
        self._title.setStyleSheet("font-weight: bold")
        self._message = QtWidgets.QLabel()
        self._message.setObjectName("cell_message")
        self._message.setAccessibleName("What the panel waits for")
        self._message.setStyleSheet(f"color: {QUIET}")
        self._message.setWordWrap(True)
        self._message.setAlignment(QtCore.Qt.AlignmentFlag.AlignTop)
        self._table = _table()
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self._title)
        layout.addWidget(self._table, 1)
        layout.addWidget(self._message, 1)
        self.clear(_EMPTY)

    def show_cell(self, row: int, column: int, lines: Sequence[tuple[str, str]]) -> None:
        """Show name and value, with its unit, of everything known about one cell."""
        self._show(f"Row {row}, column {column}", lines, "Nothing measured in this run yet.")

    def show_cells(self, lines: Sequence[tuple[str, str]], count: int) -> None:
        """Show what is known of ``count`` cells: name, and median with range as text."""
        self._show(f"{count:,} cells picked", lines, "Nothing measured on them in this run yet.")

    def clear(self, text: str = _EMPTY) -> None:
        """Show no cell, but what to do to see one."""
        self._show("", (), text)

    def _show(self, title: str, lines: Sequence[tuple[str, str]], empty: str) -> None:
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._message.setText(empty)
        self._message.setVisible(not lines)
        self._table.setVisible(bool(lines))
        self._table.setRowCount(len(lines))
        for row, line in enumerate(lines):
            for column, text in enumerate(line):
                self._write(row, column, text)

    def _write(self, row: int, column: int, text: str) -> None:
        item = self._table.item(row, column)
        if item is None:
            item = QtWidgets.QTableWidgetItem()
            self._table.setItem(row, column, item)
        if item.text() != text:
            item.setText(text)
            item.setToolTip(text)


def _table() -> QtWidgets.QTableWidget:
    table = QtWidgets.QTableWidget(0, 2)
    table.setObjectName("cell_table")
    table.setAccessibleName("What is known about the picked cells")
    table.setHorizontalHeaderLabels(["Quantity", "Value"])
    table.setEditTriggers(QtWidgets.QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QtWidgets.QAbstractItemView.SelectionMode.NoSelection)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    beside, above = table.verticalHeader(), table.horizontalHeader()
    if beside is not None and above is not None:
        beside.hide()
        above.setSectionResizeMode(0, QtWidgets.QHeaderView.ResizeMode.ResizeToContents)
        above.setStretchLastSection(True)
    return table
