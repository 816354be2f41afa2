"""A screen of its own: Xvfb with a window manager, clicks and keys by xdotool, pixels by memory."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from waiting import wait_until

WIDTH, HEIGHT = 1400, 900
TOOLS = ("Xvfb", "openbox", "xdotool")


class Screen:
    """An X server that nobody sees; use it as a context."""

    def __init__(self, folder: Path) -> None:
        lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
        assert not lacking, f"{', '.join(lacking)} not found: `make system` installs it"
        self._folder = folder
        self._processes: list[subprocess.Popen[str]] = []

    def __enter__(self) -> "Screen":
        look = ("-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-dpi", "96")
        rest = ("-nolisten", "tcp", "-noreset", "-fbdir", str(self._folder))
        server = self._start(["Xvfb", "-displayfd", "1", *look, *rest], stdout=subprocess.PIPE)
        assert server.stdout
        number = server.stdout.readline().strip()
        assert number, "Xvfb did not start"
        self.display = f":{number}"
        ready = self._folder / "managed"
        self._start(["openbox", "--sm-disable", "--startup", f"touch {ready}"])
        wait_until(ready.exists, what="the start of the window manager")
        return self

    def __exit__(self, *trouble: object) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.communicate()

    @property
    def environment(self) -> Mapping[str, str]:
        """Return what a program needs to show its windows here, looking the same everywhere."""
        kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
        own = {"QT_QPA_PLATFORM": "xcb", "QT_FONT_DPI": "96"}
        if hasattr(self, "display"):
            own["DISPLAY"] = self.display
        return {**kept, **own, "XDG_CONFIG_HOME": str(self._folder / "config")}

    def click(self, x: int, y: int, *, times: int = 1) -> float:
        """Click at a place; return the wall time, in s, before the button went down."""
        place, now = (str(x), str(y)), time.time()
        # Not --sync: that waits for a move, in vain where the mouse is there already.
        self._do("mousemove", *place, "click", "--repeat", str(times), "--delay", "20", "1")
        return now

    def key(self, *keys: str) -> float:
        """Press keys, as xdotool names them; return the wall time, in s, before the first."""
        now = time.time()
        self._do("key", "--clearmodifiers", *keys)
        return now

    def type(self, text: str) -> None:
        """Type a text into what has the focus."""
        self._do("type", "--delay", "5", text)

    def pixels(self) -> np.ndarray:
        """Return what is on the screen: red, green, blue, shape (HEIGHT, WIDTH, 3), 0 to 255."""
        held = (self._folder / "Xvfb_screen0").read_bytes()
        header = np.frombuffer(held, ">u4", 25)
        start, line = int(header[0] + 12 * header[19]), int(header[12])
        rows = np.frombuffer(held, np.uint8, HEIGHT * line, start).reshape(HEIGHT, line)
        blue_first = rows[:, : 4 * WIDTH].reshape(HEIGHT, WIDTH, 4)
        return np.ascontiguousarray(blue_first[:, :, 2::-1])

    def colour(self, x: int, y: int) -> tuple[int, int, int]:
        """Return red, green and blue of one pixel."""
        red, green, blue = self.pixels()[y, x]
        return int(red), int(green), int(blue)

    def save(self, path: Path) -> None:
        """Write what is on the screen as a picture."""
        from PIL import Image

        Image.fromarray(self.pixels()).save(path)

    def _start(self, words: list[str], stdout: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            words, env=self.environment, stdout=stdout, stderr=subprocess.DEVNULL, text=True
        )
        self._processes.append(process)
        return process

    def _do(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=self.environment, check=True, timeout=20)
