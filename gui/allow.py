"""A button that can be used, or that says why it cannot."""

from .qt import QtWidgets


def allow(button: QtWidgets.QPushButton, does: str, why_not: str) -> None:
    """Enable a button and let its tooltip say what it does; or disable it and say why."""
    told = why_not or does
    if button.isEnabled() == bool(why_not):
        button.setEnabled(not why_not)
    if button.toolTip() != told:
        button.setToolTip(told)
