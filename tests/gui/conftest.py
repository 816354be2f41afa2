"""Widgets are tested offscreen, at a scale that is the same everywhere."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QT_FONT_DPI"] = "96"
