"""The dashboard in a process of its own, measured from within; called by bench_dashboard.py.

It prints what it found as one line of JSON, and closes itself.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import labcim
from labcim.gui import dashboard
from labcim.gui.qt import QtCore
from labcim.gui.window import Window
from labcim.plugins import add_plugins

PLUGINS = Path(__file__).parent / "plugins"
RATE = 20_000  # rows in each s
WARM, MEASURED = 2.0, 6.0  # s


def say(**found: float) -> None:
    print(json.dumps(found), flush=True)


def open_with(watch: Callable[[Window], object], bench: Path | None, folder: Path) -> None:
    """Open the dashboard as ``labcim gui`` does; ``watch`` gets the window before it is shown."""
    from labcim.app.dashboard import open_dashboard

    make, kept = dashboard.make_window, []

    def made(services, wish):
        window = make(services, wish)
        kept.append(watch(window))
        return window

    dashboard.make_window = made
    open_dashboard(bench, str(folder / "record.sqlite"), plugins=PLUGINS)


class Paints(QtCore.QObject):
    """Notes when a widget was painted."""

    def __init__(self, widget, painted: Callable[[], object]) -> None:
        super().__init__()
        self._painted = painted
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):  # noqa: N802
        if event.type() == QtCore.QEvent.Type.Paint:
            self._painted()
        return False


def first_window(folder: Path) -> None:
    """Say when the first window was on the screen (Unix time) and the CPU time until then, s."""

    def watch(window):
        def painted():
            say(at=time.time(), cpu=time.process_time())
            window.close()

        # What is painted is painted in one go; the timer's turn comes after that.
        return Paints(window, lambda: QtCore.QTimer.singleShot(0, painted))

    open_with(watch, None, folder)


class Flooded:
    """Lets the host say RATE rows in each s, and counts what the window makes of it."""

    def __init__(self, window: Window, batch: int) -> None:
        self.window = window
        self.frames: list[float] = []
        self.paints = 0
        self._recipe = labcim.new_recipe("flood", rate=RATE, batch=batch, duration=60.0)
        self._steps = self._go()
        self._paints = Paints(window.bench.map.plot.viewport(), self._painted)
        take = window.bench.take
        window.bench.take = lambda changed: (self.frames.append(time.monotonic()), take(changed))
        self._timer = QtCore.QTimer()
        self._timer.timeout.connect(lambda: next(self._steps, None))
        self._timer.start(20)

    def _painted(self) -> None:
        self.paints += 1

    def _go(self):
        session = self.window.session
        while session.link.state.kind != "joined" or session.status.get("state") != "idle":
            yield
        session.start(self._recipe)
        while session.hub.counts.readings < WARM * RATE:
            yield
        self.frames.clear()
        self.paints, rows = 0, session.hub.counts.readings
        began, cpu, drawing = time.monotonic(), time.process_time(), time.thread_time()
        while time.monotonic() < began + MEASURED:
            yield
        took, cpu = time.monotonic() - began, time.process_time() - cpu
        drawing = time.thread_time() - drawing
        gaps = [late - early for early, late in zip(self.frames, self.frames[1:], strict=False)]
        say(
            frames=len(self.frames) / took,
            paints=self.paints / took,
            rows=(session.hub.counts.readings - rows) / took,
            cpu=cpu / len(self.frames),
            gui=drawing / len(self.frames),
            longest=max(gaps),
        )
        session.link.ask("abort", reason="measured")
        session.link.ask("end")
        while session.running:
            yield
        self.window.close()


def main() -> None:
    what, folder = sys.argv[1], Path(sys.argv[2])
    if what == "first":
        first_window(folder)
        return
    add_plugins(PLUGINS)
    open_with(lambda window: Flooded(window, int(sys.argv[4])), Path(sys.argv[3]), folder)


main()
