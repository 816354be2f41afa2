"""The menus and their keys: everything that can be done, in one place to look it up."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from .qt import QtCore, QtGui, QtWidgets

if TYPE_CHECKING:
    from .window import Window

_Entry = tuple[str, str, str, Callable[[], object]]
"""Object name, text, keys, what it does."""


def make_menus(window: "Window") -> None:
    """Give the window its menus."""
    hands = window.steering
    _menu(
        window,
        "&File",
        [
            ("open_bench", "Open a &bench…", "Ctrl+O", hands.ask_for_bench),
            ("open_recipe", "Open a &recipe…", "Ctrl+R", window.ask_for_recipe),
            ("save_recipe", "&Save the recipe…", "Ctrl+S", window.ask_where_to_save),
            ("quit", "&Close the window (the host goes on)", "Ctrl+Q", window.close),
        ],
    )
    _menu(
        window,
        "&Run",
        [
            ("run_start", "&Start", "F5", hands.start),
            ("run_pause", "&Pause or continue", "F6", hands.pause_or_continue),
            ("run_abort", "&Abort", "F7", hands.abort),
            ("run_stop", "Stop after this &unit", "Ctrl+F7", hands.stop_after_unit),
            ("let_go", "&Let the bench go", "", hands.let_go),
        ],
    )
    view = window.bar.addMenu("&View")
    assert view is not None
    for dock in (window.protocol_dock, window.history_dock, window.log_dock):
        view.addAction(dock.toggleViewAction())


def _menu(window: "Window", title: str, entries: list[_Entry]) -> None:
    menu = window.bar.addMenu(title)
    assert menu is not None
    for name, text, keys, do in entries:
        action = QtWidgets.QAction(text, window)
        action.setObjectName(name)
        if keys:
            action.setShortcut(QtGui.QKeySequence(keys))
            # Also while a dialog has the focus, and in a dock that was pulled out.
            action.setShortcutContext(QtCore.Qt.ShortcutContext.ApplicationShortcut)
        action.triggered.connect(lambda checked=False, do=do: do())
        menu.addAction(action)
