"""Widgets are tested offscreen, at a scale that is the same everywhere."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QT_FONT_DPI"] = "96"

import pytest
from pytestqt.qtbot import QtBot

PATIENCE = 30_000  # ms: what is waited for comes at once, unless other work keeps the machine busy


class PatientBot(QtBot):
    """Waits as long as a busy machine needs; a test that must be quick says so itself."""

    def waitUntil(self, callback, *, timeout=PATIENCE):  # noqa: N802 - Qt's style
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal, *, timeout=PATIENCE, **rest):  # noqa: N802
        return super().waitSignal(signal, timeout=timeout, **rest)


@pytest.fixture
def qtbot(qapp, request):
    return PatientBot(request)
