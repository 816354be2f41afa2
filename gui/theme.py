"""Colours and type of the dashboard: one light theme, readable in a bright laboratory."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .qt import QtCore, QtGui, QtWidgets, pg

BACKGROUND = "#ffffff"  # of plots, tables and fields
FOREGROUND = "#1b1f24"  # text, axes
WINDOW = "#f2f3f5"
QUIET = "#5a616b"  # second-rank text, disabled text
GRID = "#d5d8dd"
ACCENT = "#1f4e8c"
DANGER = "#b00020"
WARNING = "#8a4b00"
SAFE = "#1a6b2f"
HATCH_PAPER = "#eceef1"
HATCH_INK = "#a3a9b3"
PULSED = "#ff2fb3"  # in no colour map used here

_POINT_SIZE = 10.0

# Paul Tol's "bright" scheme: told apart by colour-blind eyes; a second round has dashes.
TRACES = ("#4477AA", "#EE6677", "#228833", "#AA3377", "#CCBB44", "#66CCEE")
_DASHES = (
    QtCore.Qt.PenStyle.SolidLine,
    QtCore.Qt.PenStyle.DashLine,
    QtCore.Qt.PenStyle.DotLine,
    QtCore.Qt.PenStyle.DashDotLine,
)


def apply(app: QtWidgets.QApplication) -> None:
    """Give the application the Fusion style, this palette and a text size that can be read."""
    app.setStyle("Fusion")
    app.setPalette(palette())
    font = app.font()
    font.setPointSizeF(_POINT_SIZE)
    app.setFont(font)
    pg.setConfigOptions(background=BACKGROUND, foreground=FOREGROUND)


def palette() -> QtGui.QPalette:
    """Return the palette of the light theme."""
    role = QtGui.QPalette.ColorRole
    shown = {
        role.Window: WINDOW,
        role.WindowText: FOREGROUND,
        role.Base: BACKGROUND,
        role.AlternateBase: "#f6f7f9",
        role.Text: FOREGROUND,
        role.Button: "#e6e8ec",
        role.ButtonText: FOREGROUND,
        role.BrightText: BACKGROUND,
        role.Highlight: ACCENT,
        role.HighlightedText: BACKGROUND,
        role.ToolTipBase: "#fffbe6",
        role.ToolTipText: FOREGROUND,
        role.PlaceholderText: QUIET,
        role.Link: ACCENT,
    }
    made = QtGui.QPalette()
    for which, colour in shown.items():
        made.setColor(which, QtGui.QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QtGui.QPalette.ColorGroup.Disabled, which, QtGui.QColor(QUIET))
    return made


def focus_rim(name: str) -> str:
    """Return the style sheet of a view called ``name`` that shows where the keys go."""
    line = "border: 2px solid"
    return f"#{name} {{{line} transparent}} #{name}:focus {{{line} {ACCENT}}}"


@cache
def colour_map(signed: bool) -> Any:
    """Return pyqtgraph's map for values (viridis), or for deviations from zero (CET-D1)."""
    return pg.colormap.get("CET-D1" if signed else "viridis")


@cache
def colour_table(signed: bool) -> NDArray[np.uint8]:
    """Return the 256 colours of a map, from low to high: red, green, blue, shape (256, 3)."""
    table: NDArray[np.uint8] = colour_map(signed).getLookupTable(nPts=256, alpha=False)
    return table


def trace_pen(number: int) -> QtGui.QPen:
    """Return the pen of the trace with this number: colours first, then dashes.

    It is one pixel wide: Qt draws wider pens some ten times slower.
    """
    colour = QtGui.QColor(TRACES[number % len(TRACES)])
    dash = _DASHES[number // len(TRACES) % len(_DASHES)]
    pen = QtGui.QPen(colour, 1.0, dash)
    pen.setCosmetic(True)
    return pen


def is_dashed(number: int) -> bool:
    """Say whether the pen of this trace draws dashes, which takes long."""
    return number // len(TRACES) % len(_DASHES) > 0


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, from 1 to 21, as WCAG 2 defines it."""
    bright, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue, _ = QtGui.QColor(colour).getRgbF()
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (red or 0.0, green or 0.0, blue or 0.0)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
