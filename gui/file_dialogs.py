"""File dialogs that leave the rest of the window alive: the stop button first of all."""

from collections.abc import Callable
from pathlib import Path

from .qt import QtCore, QtWidgets


def ask_for_file(
    parent: QtWidgets.QWidget,
    title: str,
    kinds: str,
    then: Callable[[Path], None],
    *,
    save_as: str = "",
) -> QtWidgets.QFileDialog:
    """Open a dialog beside the window; ``then`` gets the chosen file.

    kinds: such as ``"Recipe (*.toml)"``.  save_as: the name proposed for a file to be written.
    """
    dialog = QtWidgets.QFileDialog(parent, title, str(Path.cwd()), kinds)
    dialog.setObjectName("file_dialog")
    dialog.setOption(QtWidgets.QFileDialog.Option.DontUseNativeDialog, True)
    dialog.setModal(False)
    dialog.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose, True)
    if save_as:
        dialog.setAcceptMode(QtWidgets.QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(save_as).suffix.removeprefix("."))
        dialog.selectFile(save_as)
    else:
        dialog.setFileMode(QtWidgets.QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda chosen: then(Path(chosen)))
    dialog.show()
    return dialog
