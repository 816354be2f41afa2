"""The one door to Qt. PyQt5 comes first: pyqtgraph then takes it, whatever else is installed."""

import os

os.environ.setdefault("PYQTGRAPH_QT_LIB", "PyQt5")

import pyqtgraph as pg
from PyQt5 import QtCore, QtGui, QtWidgets, sip

Signal = QtCore.pyqtSignal
Slot = QtCore.pyqtSlot

pg.setConfigOptions(imageAxisOrder="row-major", antialias=False, useOpenGL=False)

__all__ = ["QtCore", "QtGui", "QtWidgets", "Signal", "Slot", "leave_standing", "pg"]


def leave_standing(*objects: QtCore.QObject) -> None:
    """Leave these to the end of the process, which takes all at once.

    Python would take window, plots and application apart in an order of its own, and Qt does not
    survive every order: one window in twenty ended with a segmentation fault.
    """
    for each in objects:
        sip.transferto(each, None)  # type: ignore[arg-type]  # None is C++; its stub forgot it
