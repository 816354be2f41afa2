"""Run ``labcim`` in this process as its command line does, and answer where its widgets lie.

python window_process.py SOCKET WORD...

The product knows nothing of this. A thread takes one JSON question a line; an object that lives in
the thread of the window answers it there, between two events like any other.
"""

import json
import queue
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Said = dict[str, Any]


def serve(path: str) -> None:
    """Answer questions for as long as the process lives."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen()
    ask = _asker()
    while True:
        line, _ = listening.accept()
        with line, line.makefile("rw") as stream, suppress(OSError):
            for question in stream:
                stream.write(json.dumps(ask(json.loads(question))) + "\n")
                stream.flush()


def _asker() -> Callable[[Said], Said]:
    """Wait for the application; return what asks its thread and waits for the answer."""
    waiting = threading.Event()
    while not (widgets := sys.modules.get("PyQt5.QtWidgets")) or not _application(widgets):
        waiting.wait(0.01)
    from PyQt5 import QtCore
    from window_answers import answer

    class Porter(QtCore.QObject):
        asked = QtCore.pyqtSignal()

        def __init__(self) -> None:
            super().__init__()
            self.questions: queue.SimpleQueue[Said] = queue.SimpleQueue()
            self.answers: queue.SimpleQueue[Said] = queue.SimpleQueue()
            self.asked.connect(self.answer)

        @QtCore.pyqtSlot()
        def answer(self) -> None:
            try:
                self.answers.put(answer(self.questions.get()))
            except Exception as trouble:
                self.answers.put({"trouble": f"{type(trouble).__name__}: {trouble}"})

    porter = Porter()
    porter.moveToThread(_application(widgets).thread())

    def ask(question: Said) -> Said:
        porter.questions.put(question)
        porter.asked.emit()
        return porter.answers.get()

    return ask


def _application(widgets: Any) -> Any:
    kind = getattr(widgets, "QApplication", None)
    return kind.instance() if kind else None


def main() -> None:
    from labcim.cli.main import run_command

    threading.Thread(target=serve, args=(sys.argv[1],), daemon=True, name="porter").start()
    sys.exit(run_command(sys.argv[2:]))


if __name__ == "__main__":
    main()
