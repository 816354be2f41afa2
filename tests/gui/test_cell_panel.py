"""The picked cell in words."""

import pytest

from labcim.gui.crossbar.cell_panel import CellPanel
from labcim.gui.qt import QtWidgets


@pytest.fixture
def panel(qtbot):
    made = CellPanel()
    qtbot.addWidget(made)
    made.show()
    return made


def told(panel: CellPanel) -> list[tuple[str, str]]:
    table = panel.findChild(QtWidgets.QTableWidget, "cell_table")
    if not table.isVisible():
        return []
    return [(table.item(k, 0).text(), table.item(k, 1).text()) for k in range(table.rowCount())]


def title(panel: CellPanel) -> str:
    return panel.findChild(QtWidgets.QLabel, "cell_title").text()


def test_a_cell_is_told_with_its_place_and_everything_known(panel):
    lines = [("conductance", "12.3 µS"), ("pulses", "17")]
    panel.show_cell(5, 8, lines)
    assert title(panel) == "Row 5, column 8"
    assert told(panel) == lines


def test_a_shorter_list_leaves_nothing_of_a_longer_one(panel):
    panel.show_cell(5, 8, [("conductance", "12.3 µS"), ("pulses", "17")])
    panel.show_cell(0, 0, [("pulses", "1")])
    assert told(panel) == [("pulses", "1")]


def test_several_cells_are_counted(panel):
    panel.show_cells([("conductance", "median 12.3 µS, 4 to 80 µS")], 1_200)
    assert title(panel) == "1,200 cells picked"
    assert told(panel) == [("conductance", "median 12.3 µS, 4 to 80 µS")]


def test_with_no_cell_and_with_nothing_known_the_panel_says_so(panel):
    message = panel.findChild(QtWidgets.QLabel, "cell_message")
    assert message.isVisible() and "No cell picked" in message.text()
    panel.show_cell(1, 2, [])
    assert title(panel) == "Row 1, column 2"
    assert message.isVisible() and "Nothing measured" in message.text()
    panel.clear("The chip is gone.")
    assert (title(panel), message.text(), told(panel)) == ("", "The chip is gone.", [])


def test_updates_reuse_what_stands_there(panel):
    table = panel.findChild(QtWidgets.QTableWidget, "cell_table")
    panel.show_cell(0, 0, [("pulses", "1")])
    item = table.item(0, 1)
    panel.show_cell(0, 0, [("pulses", "2")])
    assert table.item(0, 1) is item and item.text() == "2"


def test_values_cannot_be_edited(panel):
    panel.show_cell(0, 0, [("pulses", "1")])
    table = panel.findChild(QtWidgets.QTableWidget, "cell_table")
    assert table.editTriggers() == QtWidgets.QAbstractItemView.EditTrigger.NoEditTriggers
