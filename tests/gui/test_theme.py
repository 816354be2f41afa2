"""Colours that can be read by everybody."""

import itertools

import numpy as np
import pytest

from labcim.gui import theme
from labcim.gui.qt import QtGui, QtWidgets

Group, Role = QtGui.QPalette.ColorGroup, QtGui.QPalette.ColorRole


def test_contrast_is_that_of_wcag():
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#ffffff", "#777777") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("paper", [theme.BACKGROUND, theme.WINDOW])
@pytest.mark.parametrize(
    "ink",
    [theme.FOREGROUND, theme.QUIET, theme.ACCENT, theme.DANGER, theme.WARNING, theme.SAFE],
)
def test_every_ink_can_be_read_on_every_paper(ink, paper):
    assert theme.contrast(ink, paper) >= 4.5


@pytest.mark.parametrize(
    ("group", "ink", "paper"),
    [
        (group, ink, paper)
        for group in (Group.Active, Group.Disabled)
        for ink, paper in (
            (Role.WindowText, Role.Window),
            (Role.Text, Role.Base),
            (Role.Text, Role.AlternateBase),
            (Role.ButtonText, Role.Button),
        )
    ]
    + [
        (Group.Active, Role.HighlightedText, Role.Highlight),
        (Group.Active, Role.ToolTipText, Role.ToolTipBase),
        (Group.Active, Role.PlaceholderText, Role.Base),
        (Group.Active, Role.Link, Role.Window),
    ],
)
def test_the_palette_can_be_read_disabled_text_as_well(qtbot, group, ink, paper):
    palette = theme.palette()
    shown = (palette.color(group, ink).name(), palette.color(group, paper).name())
    assert theme.contrast(*shown) >= 4.5, shown


def test_applying_it_gives_fusion_light_colours_and_text_of_at_least_11_pixels(qtbot, qapp):
    before = qapp.palette(), qapp.font(), qapp.style().objectName()
    try:
        theme.apply(qapp)
        label = QtWidgets.QLabel("12.3 µS")
        qtbot.addWidget(label)
        assert qapp.style().objectName() == "fusion"
        assert qapp.palette().color(Role.Window).name() == theme.WINDOW
        assert QtGui.QFontInfo(label.font()).pixelSize() >= 11
    finally:
        qapp.setPalette(before[0])
        qapp.setFont(before[1])
        qapp.setStyle(before[2])


def test_two_dozen_traces_differ_in_colour_or_dashes_and_are_one_pixel_wide(qtbot):
    pens = [theme.trace_pen(number) for number in range(24)]
    looks = {(pen.color().name(), int(pen.style())) for pen in pens}
    assert len(looks) == 24
    assert {pen.widthF() for pen in pens} == {1.0} and all(pen.isCosmetic() for pen in pens)


@pytest.mark.parametrize("signed", [False, True])
def test_maps_grow_lighter_steadily_so_that_they_can_be_read_without_colour(signed):
    red, green, blue = (theme.colour_table(signed)[:, part] / 255 for part in range(3))
    light = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    rising = np.diff(light[:128] if signed else light)
    assert (rising > -0.002).all()
    if signed:
        assert (np.diff(light[128:]) < 0.002).all()


def test_the_mark_of_a_pulse_is_in_no_map(qtbot):
    pulsed = np.array(QtGui.QColor(theme.PULSED).getRgb()[:3], float)
    for signed, colour in itertools.product((False, True), range(256)):
        assert np.abs(theme.colour_table(signed)[colour] - pulsed).max() > 40
