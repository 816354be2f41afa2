"""The one door to Qt. PyQt5 comes first: pyqtgraph then takes it, whatever else is installed."""

import os

os.environ.setdefault("PYQTGRAPH_QT_LIB", "PyQt5")

import pyqtgraph as pg
from PyQt5 import QtCore, QtGui, QtWidgets

Signal = QtCore.pyqtSignal
Slot = QtCore.pyqtSlot

pg.setConfigOptions(imageAxisOrder="row-major", antialias=False, useOpenGL=False)

__all__ = ["QtCore", "QtGui", "QtWidgets", "Signal", "Slot", "pg"]
