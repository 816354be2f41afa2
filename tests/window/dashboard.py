"""The real window in a process of its own, as a person meets it: look, click, press keys."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from screen import Screen
from waiting import wait_until

HERE = Path(__file__).parent


class Dashboard:
    """One window. words: what follows ``labcim`` on the command line. place: of a socket."""

    def __init__(
        self,
        screen: Screen,
        folder: Path,
        place: Path,
        environment: Mapping[str, str],
        words: list[str],
    ) -> None:
        self.screen = screen
        self.said = place.with_suffix(".said")
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, str(HERE / "window_process.py"), str(place), *words],
                cwd=folder,
                env={**environment, "PYTHONFAULTHANDLER": "1"},
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        self._place = place
        self._line: socket.socket | None = None

    # ---- look

    def ask(self, what: str, name: str = "", **more: Any) -> dict[str, Any]:
        """Ask the window. Raises LookupError where it has no such thing."""
        stream = self._stream()
        answer = ""
        with suppress(OSError):
            stream.write(json.dumps({"what": what, "name": name, **more}) + "\n")
            stream.flush()
            answer = stream.readline()
        assert answer, self._last_words()
        said: dict[str, Any] = json.loads(answer)
        if "trouble" in said:
            raise LookupError(said["trouble"])
        return said

    def find(self, name: str) -> dict[str, Any] | None:
        """Return a widget's place, text, value and state, or None where there is none."""
        with suppress(LookupError):
            return self.ask("widget", name)
        return None

    def wait_for(self, name: str, deadline: float = 20.0) -> dict[str, Any]:
        """Wait until a widget can be clicked and stays where it is; return what ``find`` does."""
        seen: dict[str, Any] = {}

        def at_rest() -> bool:
            nonlocal seen
            before, seen = seen, self.find(name) or {}
            usable = all(seen.get(word) for word in ("visible", "enabled", "active"))
            return usable and [before.get(k) for k in "xy"] == [seen.get(k) for k in "xy"]

        wait_until(at_rest, deadline, f"a {name} to click")
        return seen

    def text(self, name: str) -> str:
        """Return all that a widget says, in one line; what is cut short stands in its tool tip."""
        found = self.find(name) or {"text": "", "texts": [], "tool_tip": ""}
        return " | ".join([found["text"], *found["texts"], found["tool_tip"]])

    def wait_for_text(self, name: str, *parts: str, deadline: float = 10.0) -> float:
        """Wait until a widget says one of ``parts``, in small or large letters."""

        def says() -> bool:
            text = self.text(name).lower()
            return any(part.lower() in text for part in parts)

        return wait_until(says, deadline, f"{name} says {' or '.join(parts)}")

    def popup(self) -> bool:
        """Say whether a list or a menu is open."""
        return bool(self.ask("popup")["open"])

    def rows(self, name: str) -> list[list[str]]:
        """Return the texts of a table."""
        rows: list[list[str]] = self.ask("rows", name)["rows"]
        return rows

    def picture(self, name: str = "map") -> np.ndarray:
        """Return what a map shows, shape (rows, columns); -1 where nothing is known."""
        try:
            return np.array(self.ask("picture", name)["picture"])
        except LookupError:
            return np.full((1, 1), -1.0)

    # ---- do

    def click(self, name: str, *, times: int = 1) -> float:
        """Click a widget, once it can be; return the wall time in s before the click."""
        self.ask("reveal", name)
        place = self.wait_for(name)
        return self.screen.click(place["x"], place["y"], times=times)

    def click_row(self, name: str, row: int, column: int = 0, *, times: int = 1) -> None:
        """Click a row of a table."""
        self.ask("reveal", name)
        place = self.ask("row", name, row=row, column=column)
        self.screen.click(place["x"], place["y"], times=times)

    def cell(self, row: int, column: int, name: str = "map") -> tuple[int, int]:
        """Return where the middle of a cell is on the screen."""
        place = self.ask("cell", name, row=row, column=column)
        return place["x"], place["y"]

    def fill(self, name: str, text: str) -> None:
        """Type a text into a field instead of what it holds."""
        self.click(name, times=3)
        self.screen.key("ctrl+a")
        self.screen.type(text)
        self.screen.key("Tab")

    def choose(self, name: str, text: str) -> None:
        """Choose the entry of a combo box that begins so, with the mouse and by its letters."""

        def shown() -> str:
            return str((self.find(name) or {}).get("text", ""))

        wait_until(shown, what=f"something to choose from in {name}")
        self.click(name)
        wait_until(self.popup, what=f"the list of {name}")
        self.screen.type(text)
        self.screen.key("Return")
        wait_until(lambda: shown().startswith(text), what=f"{name} = {text}")

    def close(self) -> int:
        """Close the window as a person does; return the exit code."""
        self.screen.key("alt+F4")
        return self.process.wait(20)

    def kill(self) -> None:
        """End the process at once, as kill -9 does, and what it left in its session."""
        self._hang_up()
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def _stream(self) -> Any:
        if self._line is None:
            wait_until(self._answers, 30.0, "the start of the window")
        return self._file

    def _answers(self) -> bool:
        assert self.process.poll() is None, self._last_words()
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(20)
        try:
            line.connect(str(self._place))
        except OSError:
            line.close()
            return False
        self._line, self._file = line, line.makefile("rw")
        return True

    def _last_words(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        return f"the window ended ({self.process.poll()}): {self.said.read_text()[-2000:]}"

    def _hang_up(self) -> None:
        if self._line is not None:
            self._file.close()
            self._line.close()
            self._line = None


class FrameRate:
    """How often the drawing in a widget is painted: the best of the seconds that were watched."""

    def __init__(self, window: Dashboard, name: str) -> None:
        self._window, self._name = window, name
        self._last = window.ask("frames", name)
        self.best = 0.0

    def __call__(self) -> float:
        """Return the frames each s in the best second so far."""
        now = self._window.ask("frames", self._name)
        passed = now["at"] - self._last["at"]
        if passed >= 1.0:
            self.best = max(self.best, (now["count"] - self._last["count"]) / passed)
            self._last = now
        return self.best
