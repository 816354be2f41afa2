"""What goes wrong in the window itself."""

import subprocess
import sys

import pytest

ABORTS = """
import sys
from labcim.gui.qt import QtCore, QtWidgets
from labcim.gui.faults import watch_for_faults
app = QtWidgets.QApplication([])
told = []
watch_for_faults(told.append)
def slot():
    raise KeyError("a bug")
QtCore.QTimer.singleShot(0, slot)
QtCore.QTimer.singleShot(50, app.quit)
app.exec()
print("lived on", told)
"""

IN_THREAD = """
import threading
from labcim.gui.faults import watch_for_faults
told = []
watch_for_faults(told.append)
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
print(told)
"""


def ran(code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)


def test_an_exception_in_a_slot_is_told_and_logged_and_the_process_goes_on():
    done = ran(ABORTS)
    assert done.returncode == 0, done.stderr
    assert "lived on [\"KeyError: 'a bug' in slot" in done.stdout
    assert "Traceback" in done.stderr


def test_without_the_hook_the_process_would_have_ended():
    done = ran(
        ABORTS.replace("watch_for_faults(told.append)", "sys.excepthook = sys.__excepthook__")
    )
    assert "lived on" not in done.stdout
    assert done.returncode != 0


def test_an_exception_in_a_thread_is_told():
    done = ran(IN_THREAD)
    assert "ZeroDivisionError" in done.stdout


@pytest.fixture
def hooks(monkeypatch):
    import threading

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)


def test_the_sentence_names_kind_text_function_and_line(hooks):
    from labcim.gui.faults import watch_for_faults

    told: list[str] = []
    watch_for_faults(told.append)
    try:
        raise ValueError("voltage = 9 V")
    except ValueError as trouble:
        sys.excepthook(type(trouble), trouble, trouble.__traceback__)
    (sentence,) = told
    assert sentence.startswith("ValueError: voltage = 9 V in test_the_sentence")
    assert "test_faults.py:" in sentence
