"""Run ``labcim`` in this process as its command line does, and answer where its widgets lie.

python window_process.py SOCKET WORD...

The product knows nothing of this. When its loop of events begins, an object is put beside the
window that answers one JSON question a line, between two events like any other.
"""

import json
import queue
import socket
import sys
import threading
from contextlib import suppress
from typing import Any

from PyQt5 import QtCore, QtWidgets
from window_answers import answer

Said = dict[str, Any]


class Porter(QtCore.QObject):
    """Lives in the thread of the window; ``ask`` is for another one."""

    asked = QtCore.pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._questions: queue.SimpleQueue[Said] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Said] = queue.SimpleQueue()
        self.asked.connect(self._answer)

    def ask(self, question: Said) -> Said:
        """Put a question to the window and wait for the answer."""
        self._questions.put(question)
        self.asked.emit()
        return self._answers.get()

    @QtCore.pyqtSlot()
    def _answer(self) -> None:
        try:
            self._answers.put(answer(self._questions.get()))
        except Exception as trouble:
            self._answers.put({"trouble": f"{type(trouble).__name__}: {trouble}"})


def serve(path: str, porter: Porter) -> None:
    """Answer questions for as long as the process lives."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen()
    while True:
        line, _ = listening.accept()
        with line, line.makefile("rw") as stream, suppress(OSError):
            for question in stream:
                stream.write(json.dumps(porter.ask(json.loads(question))) + "\n")
                stream.flush()


def main() -> None:
    from labcim.cli.main import run_command

    begin = QtWidgets.QApplication.exec

    def begin_with_porter() -> int:
        porter = Porter()
        threading.Thread(target=serve, args=(sys.argv[1], porter), daemon=True).start()
        return int(begin())

    QtWidgets.QApplication.exec = staticmethod(begin_with_porter)
    sys.exit(run_command(sys.argv[2:]))


if __name__ == "__main__":
    main()
