"""Make the pictures of the window from a real one: ``python docs/make_screenshots.py``.

A simulated bench in a temporary folder, a host that holds it, and the dashboard as ``labcim gui``
opens it, on a screen that nobody sees. A robot does what a person would, waits for what a person
would wait for, and takes a picture of the window now and then. Takes half a minute.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Before Qt is imported: no display needed, and the same size of text wherever this runs.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QT_FONT_DPI"] = "96"

import numpy as np
from PIL import Image

from labcim.app.dashboard import open_dashboard
from labcim.control import ControlClient, find_hosts
from labcim.gui.dashboard import SIZE, application
from labcim.gui.qt import QtCore, QtGui, QtWidgets

DOCS = Path(__file__).resolve().parent
RECIPES = DOCS.parent / "examples" / "recipes"
IMAGES = DOCS / "images"

LOOK = 10  # ms between looks at whether a wish has come true
PATIENCE = 60.0  # s for any one wish
PICKED = 64 * 40 + 20  # a cell in the cheek
LARGEST = 90_000  # bytes of one picture

Wish = Callable[[], object]


def main() -> None:
    """Tell the story in folders of its own."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="labcim-") as folder:
        os.environ["LABCIM_RUNTIME"] = f"{folder}/runtime"
        os.environ["XDG_CONFIG_HOME"] = f"{folder}/config"
        os.environ["XDG_RUNTIME_DIR"] = folder
        os.chdir(folder)
        app = application()
        robot = Robot()
        try:
            open_dashboard(None, "labcim.sqlite")
        finally:
            end_hosts()
        app.processEvents()
    if robot.trouble is not None:
        raise robot.trouble


class Robot(QtCore.QObject):
    """Goes through a story, a step whenever its last wish has come true; then closes the window."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble: Exception | None = None
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(LOOK)
        self._steps: Iterator[Wish] | None = None
        self._wish: Wish = lambda: True
        self._since = time.monotonic()

    def _look(self) -> None:
        window = dashboard()
        if window is None:
            return
        if self._steps is None:
            self._steps = self._story(window)
        try:
            if self._wish():
                self._wish, self._since = next(self._steps), time.monotonic()
            elif time.monotonic() - self._since > PATIENCE:
                raise TimeoutError(f"in vain for {PATIENCE:g} s; the window: {window.banner.text}")
        except StopIteration:
            self._end(window)
        except Exception as trouble:
            self.trouble = trouble
            self._end(window)

    def _end(self, window: Any) -> None:
        self._timer.stop()
        window.close()

    def _story(self, window: Any) -> Iterator[Wish]:
        """Form a chip, program a picture, replay it; yield what to wait for before going on."""
        yield lambda: window.form.protocol
        named(window, "offer_simulated").click()
        yield lambda: state(window) == "idle"

        start = named(window, "start")
        window.use_recipe(recipe("form"))
        yield start.isEnabled
        start.click()
        yield lambda: state(window) == "running"
        yield lambda: state(window) == "idle" and len(window.history.model.runs) == 1

        window.use_recipe(recipe("face") + "block = 64\n")
        yield lambda: start.isEnabled() and named(window, "recipe_preview").toPlainText()
        picture(window.form, "recipe-form.png")
        window.history.select(window.history.model.runs[0].run)
        window.bench.map.select(np.array([PICKED], np.uint32))
        window.banner.clear()
        start.click()
        yield lambda: window.session.status.get("fraction", 0.0) > 0.6
        yield after(0.1)
        picture(window, "dashboard.png")
        yield lambda: state(window) == "idle" and len(window.history.model.runs) == 2

        newest = window.history.model.runs[0].run
        window.history.select(newest)
        window.steering.replay(newest, 1.0)
        yield lambda: (window.session.replayer.state.position or 0.0) > 0.6
        named(window, "replay_play").click()
        window.banner.clear()
        yield after(1.0)
        picture(window, "replay.png")


def dashboard() -> Any:
    """Return the window, or None while there is none."""
    shown = QtWidgets.QApplication.topLevelWidgets()
    return next((w for w in shown if w.objectName() == "dashboard" and w.isVisible()), None)


def named(window: Any, name: str) -> Any:
    """Return a widget of the window by its name."""
    found = window.findChild(QtWidgets.QWidget, name)
    if found is None:
        raise LookupError(f"the window has no {name}")
    return found


def state(window: Any) -> str:
    """Return what the host says it does."""
    return str(window.session.status.get("state", ""))


def recipe(name: str) -> str:
    """Return the text of an example."""
    return (RECIPES / f"{name}.toml").read_text(encoding="utf-8")


def after(duration: float) -> Wish:
    """Wish for the time after ``duration`` s from now."""
    until = time.monotonic() + duration
    return lambda: time.monotonic() > until


def picture(widget: Any, name: str) -> None:
    """Write what a widget shows, in 256 colours; it must not be blank, nor large."""
    grabbed = widget.grab().toImage().convertToFormat(QtGui.QImage.Format.Format_RGB888)
    width, height = grabbed.width(), grabbed.height()
    held = grabbed.constBits().asstring(grabbed.byteCount())
    lines = np.frombuffer(held, np.uint8).reshape(height, grabbed.bytesPerLine())
    pixels = lines[:, : 3 * width].reshape(height, width, 3)
    assert widget.objectName() != "dashboard" or (width, height) == SIZE, "another size of text"
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 100, f"{name} would be blank"
    path = IMAGES / name
    in_few_colours(pixels).save(path, optimize=True)
    assert path.stat().st_size < LARGEST, f"{name} is too large"
    print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")


def in_few_colours(pixels: np.ndarray) -> Image.Image:
    """Return a picture in 256 colours: the 64 commonest as they are, the others as near as can be.

    The map's many colours cover few pixels each: by the root of their number they get their share.
    """
    colours, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_counts=True)
    order = np.argsort(-counts)
    kept, others = order[:64], order[64:]
    weighed = np.repeat(colours[others], np.ceil(np.sqrt(counts[others])).astype(int), axis=0)
    rest = Image.fromarray(weighed[np.newaxis]).quantize(256 - len(kept), kmeans=10)
    palette = Image.new("P", (1, 1))
    palette.putpalette([*colours[kept].flatten().tolist(), *(rest.getpalette() or [])][: 3 * 256])
    return Image.fromarray(pixels).quantize(palette=palette, dither=Image.Dither.NONE)


def end_hosts() -> None:
    """Let the hosts go that were started here: they outlive every window."""
    for card in find_hosts():
        ControlClient(card).request("end")
    while find_hosts():
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
