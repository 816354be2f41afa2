"""Shows the dashboard: the application, its one window, and what happens when things go wrong."""

import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from labcim import plugins
from labcim.protocol import ProtocolSpec

from . import theme
from .faults import watch_for_faults
from .qt import QtCore, QtWidgets, leave_standing
from .services import Services
from .session import Session
from .window import Window

SIZE = (1400, 900)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the window shall begin with."""

    bench: Path | None
    record: str
    replay: str = ""
    speed: float = 1.0


def show_dashboard(services: Services, wish: Wish) -> int:
    """Show the window until it is closed; return the exit code."""
    app = application()
    window = make_window(services, wish)
    _end_on_signals(window)
    window.show()
    code = int(app.exec())
    leave_standing(window, app)
    return code


def application() -> QtWidgets.QApplication:
    """Return the one application of this process."""
    found = QtWidgets.QApplication.instance()
    if isinstance(found, QtWidgets.QApplication):
        return found
    app = QtWidgets.QApplication(sys.argv[:1])
    app.setApplicationName("labcim")
    theme.apply(app)
    return app


def make_window(services: Services, wish: Wish) -> Window:
    """Return the window, with everything on its way that the wish needs."""
    session = Session(services, wish.record)
    window = Window(session)
    window.resize(*SIZE)

    def on_fault(text: str) -> None:
        session.make_safe(f"a fault in the dashboard: {text}")
        window.banner.say(f"{text}. The bench is made safe; the log says more.", "error")

    watch_for_faults(on_fault)
    # The window comes first: what takes longer follows once it is on the screen.
    QtCore.QTimer.singleShot(0, lambda: _begin(window, wish))
    return window


def _begin(window: Window, wish: Wish) -> None:
    session = window.session
    session.errands.do(_protocols, window.form.set_protocols)
    window.history.set_record(lambda: session.services.open_record(session.record))
    if wish.replay:
        window.steering.replay(wish.replay, wish.speed)
    elif wish.bench is not None:
        session.open_bench(wish.bench)
    else:
        session.look_for_hosts()


def _protocols() -> dict[str, ProtocolSpec]:
    """Return every protocol by name; it takes a while to import them."""
    return {name: plugins.protocol(name) for name in plugins.protocol_names()}


def _end_on_signals(window: Window) -> None:
    """Let Ctrl-C and SIGTERM close the window; its timer lets Python see them."""

    def close() -> None:
        window.close()

    def soon(number: int, frame: FrameType | None) -> None:
        QtCore.QTimer.singleShot(0, close)  # not in the middle of whatever goes on

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, soon)
