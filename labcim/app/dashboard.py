"""Opens the dashboard and hands it what it needs of the other wings."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from labcim.bench_file import BenchFile
from labcim.errors import DisplayError
from labcim.gui.services import Services
from labcim.recipe import Recipe
from labcim.runtime_folder import runtime_folder

if TYPE_CHECKING:
    from labcim.db.archive import Archive

_MOST_SAID = 2000  # bytes of a dead host's last words

_started: "list[subprocess.Popen[bytes]]" = []  # Python complains of children nobody remembers


class StartedHost:
    """A ``labcim host`` in a process and session of its own: it outlives who started it."""

    def __init__(self, bench: Path, record: str, plugins: Path | None) -> None:
        words = [sys.executable, "-m", "labcim", "host", "--bench", str(bench), "--record", record]
        if plugins is not None:
            words += ["--plugins", str(plugins)]
        self._said = runtime_folder() / f"host-of-{os.getpid()}.log"
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _started.append(self._process)

    @property
    def pid(self) -> int:
        """Return its process number."""
        return self._process.pid

    def trouble(self) -> str:
        """Return why it ended, in one sentence; empty while it lives."""
        if self._process.poll() is None:
            return ""
        said = self._said.read_bytes()[-_MOST_SAID:].decode(errors="replace").strip()
        last = said.splitlines()[-1] if said else "it said nothing"
        return f"the host ended with code {self._process.returncode}: {last}"


def open_dashboard(
    bench: Path | None,
    record: str,
    *,
    plugins: Path | None = None,
    replay: str = "",
    speed: float = 1.0,
) -> int:
    """Show the window until it is closed. Raises DisplayError where none can be shown.

    bench: a bench file to hold or to join; without one the window looks for a host and offers a
    simulated bench.  replay: a run on record that is shown instead.
    """
    from labcim.gui.display_check import missing

    if trouble := missing():
        raise DisplayError(trouble)
    from labcim.gui.dashboard import Wish, show_dashboard

    return show_dashboard(services(plugins), Wish(bench, record, replay, speed))


def services(plugins: Path | None = None) -> Services:
    """Return what the dashboard needs of the other wings. plugins: for the hosts it starts."""

    def start_host(path: Path, record: str) -> StartedHost:
        return StartedHost(path, record, plugins)

    return Services(_open_record, start_host, _simulated_bench, _forecast, _write_report)


def _open_record(record: str) -> "Archive":
    from .record import open_record

    return open_record(record)


def _simulated_bench(folder: Path) -> Path:
    from .simulated_bench import simulated_bench

    return simulated_bench(folder)


def _forecast(recipe: Recipe, bench: BenchFile) -> list[tuple[str, str]]:
    from .forecast import forecast, forecast_rows

    return forecast_rows(forecast(recipe, bench))


def _write_report(record: str, run: str, path: Path) -> Path:
    from .record import write_report

    return write_report(record, run, path)
