"""A room with a simulated bench: its files, its host, its truth, and nobody left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from dashboard import Dashboard
from screen import Screen
from waiting import wait_until

from labcim.app.record import open_record
from labcim.bench_lock import HostCard, live_cards
from labcim.control import ControlClient
from labcim.errors import LabcimError
from labcim.record import RunSummary
from labcim.sim_backend.chip.truth import Truth

HERE = Path(__file__).parent
PLUGINS = HERE / "plugins"
BOARD = HERE.parents[1] / "examples" / "board"


class Room:
    """A folder in which all files of a test lie; ``leave`` ends every process of the room."""

    def __init__(self, screen: Screen, folder: Path, runtime: Path) -> None:
        self.screen = screen
        self.folder = folder
        self.runtime = runtime
        self.environment = {
            **screen.environment,
            "LABCIM_RUNTIME": str(runtime),
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_DATA_HOME": str(folder / "data"),
        }
        self.bench = folder / "bench.toml"
        self.record = folder / "labcim.sqlite"
        self._windows: list[Dashboard] = []

    def furnish(self, size: int, *, formed: bool, clock: bool = True) -> None:
        """Put a simulated board with a chip of ``size`` x ``size`` cells here.

        clock: simulated time, in which nothing waits; else the time of the wall.
        """
        for name in ("chip.toml", "bench.toml"):
            text = (BOARD / name).read_text(encoding="utf-8")
            text = text.replace("rows = 64", f"rows = {size}")
            text = text.replace("columns = 64", f"columns = {size}")
            if formed and name == "chip.toml":
                text = text.replace("stuck = 0.01", "stuck = 0.0\nformed = true")
            if not clock and name == "bench.toml":
                text = text.replace('clock = "clock" ', "").split("[instruments.clock]")[0]
            (self.folder / name).write_text(text, encoding="utf-8")

    def recipe(self, text: str, name: str = "recipe.toml") -> Path:
        """Write a recipe."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def labcim(self, *words: str) -> str:
        """Run a command to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "labcim", *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=50,
        )
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def open_window(self, *words: str) -> Dashboard:
        """Open a window by a command; it is closed at the latest when the room is left."""
        place = self.runtime / f"window{len(self._windows)}"
        window = Dashboard(self.screen, self.folder, place, self.environment, list(words))
        self._windows.append(window)
        return window

    # ---- the host, asked as any other program may ask it

    def hosts(self) -> list[HostCard]:
        """Return the cards of the hosts of this room."""
        return list(live_cards(self.runtime)) if self.runtime.exists() else []

    def host(self) -> HostCard:
        """Return the card of the only host, once there is one that listens."""
        wait_until(lambda: any(c.endpoint for c in self.hosts()), 20.0, "the start of a host")
        (card,) = self.hosts()
        return card

    def status(self) -> dict[str, Any]:
        """Return what the host says of itself; {} while there is none."""
        with suppress(LabcimError, IndexError):
            return ControlClient(self.hosts()[0]).request("status")
        return {}

    def wait_for_state(self, *states: str, deadline: float = 20.0) -> float:
        """Wait until the host is in one of some states."""
        return wait_until(
            lambda: self.status().get("state") in states, deadline, f"the state {states}"
        )

    def wait_for_fraction(self, fraction: float, deadline: float = 40.0) -> float:
        """Wait until the run is that far."""
        return wait_until(
            lambda: self.status().get("fraction", 0.0) >= fraction, deadline, f"{fraction:.0%}"
        )

    def runs(self) -> list[RunSummary]:
        """Return the runs on record, newest first."""
        with open_record(self.record) as kept:
            return kept.runs()

    # ---- the truth

    def truth(self) -> Truth:
        """Return the truth of the only chip in the room."""
        (state,) = self.folder.glob("**/*.state")
        return Truth(state)

    def outputs(self) -> list[tuple[float, bool]]:
        """Return (wall time in s, on) of every switching of the outputs, by the truth log."""
        actions = self.truth().actions()
        switched = actions[actions["kind"] == b"output"]
        return [(float(one["wall_time"]) / 1e9, bool(one["value"])) for one in switched]

    def live(self) -> bool:
        """Say whether the outputs are on."""
        switched = self.outputs()
        return bool(switched) and switched[-1][1]

    def off_since(self) -> float:
        """Return when the outputs went off for good, in s of Unix time; they must be off."""
        times = np.array([time for time, _ in self.outputs()])
        on = np.array([value for _, value in self.outputs()])
        assert on.any(), "the outputs were never on"
        last_on = int(np.flatnonzero(on)[-1])
        assert last_on + 1 < len(on), "the outputs are on"
        return float(times[last_on + 1])

    def pulses(self) -> int:
        """Return how many pulses the chip has had."""
        return self.truth().counts()[0]

    # ---- the end

    def processes(self) -> list[int]:
        """Return every process of this room: hosts, watchdogs, windows, commands."""
        mark = f"LABCIM_RUNTIME={self.runtime}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if mark in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
        return [number for number in found if number != os.getpid()]

    def leave(self) -> None:
        """End everything that was started here, also what outlives its window by design."""

        for window in self._windows:
            window.kill()

        def nobody_left() -> bool:
            left = self.processes()
            _kill(left)
            return not left

        wait_until(nobody_left, 20.0, "the end of every process of the room")


def _kill(numbers: Sequence[int]) -> None:
    for number in numbers:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
