"""The host's end of the watchdog: starts it, keeps it calm, and notices when it dies."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from .bench_file import BenchFile
from .bench_lock import instrument_keys
from .errors import LabcimError
from .heart import Heart
from .replay_transport import is_replayed
from .runtime_folder import runtime_folder
from .transport import is_simulated
from .watchdog import GOODBYE

_BEAT = 0.25  # s
_START = 30.0  # s; a cold disk can take long to load the libraries


class WatchdogLink:
    """A running watchdog. ``on_death`` is called from a thread, with a sentence."""

    def __init__(self, bench: BenchFile, on_death: Callable[[str], None]) -> None:
        self._on_death = on_death
        self._closing = threading.Event()
        self._ready = threading.Event()
        self._answer = ""
        self._heart: Heart | None = None
        self._roles = [role for role in bench.instruments if _outlives(bench.visa_of(role))]
        self._process = self._start()
        try:
            self._instruct(bench)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Return the watchdog's process number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Say whether it stands guard."""
        return self._process.poll() is None

    def close(self) -> None:
        """Let it go quietly; idempotent."""
        if self._closing.is_set():
            return
        self._closing.set()
        if self._heart:
            self._heart.close()
        assert self._process.stdin and self._process.stdout
        with suppress(OSError):
            self._process.stdin.write(GOODBYE)
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._watcher.join(2.0)
        self._process.stdout.close()

    def _start(self) -> subprocess.Popen[bytes]:
        # A session of its own: a Ctrl-C in the terminal must not take the watchdog too.
        apart = (
            {"start_new_session": True}
            if os.name == "posix"
            else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        )
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "labcim.watchdog"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            **apart,
        )

    def _instruct(self, bench: BenchFile) -> None:
        folder, keys = runtime_folder(), instrument_keys(bench)
        locks = sorted({str(folder / f"{keys[role]}.guard") for role in self._roles})
        order = {
            "bench": bench.model_dump(mode="json"),
            "roles": self._roles,
            "locks": locks,
            "log": str(folder / "watchdog.log"),
        }
        self._watcher = threading.Thread(target=self._watch, daemon=True, name="watchdog-watcher")
        self._watcher.start()
        assert self._process.stdin
        with suppress(BrokenPipeError):  # its death is told by the watcher
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._heart = Heart(self._beat, _BEAT, "watchdog-heart")

    def wait_until_ready(self) -> None:
        """Return when it stands guard. Raises LabcimError where it cannot.

        Where nothing outlives this process, there is nothing to wait for.
        """
        if self._roles and not self._ready.wait(_START):
            raise LabcimError(f"the watchdog did not get ready in {_START:g} s")
        if self._answer.startswith("error") or not self.alive:
            told = self._answer.removeprefix("error: ") or "it ended at once"
            raise LabcimError(f"there is no watchdog: {told}")

    def _beat(self) -> bool:
        assert self._process.stdin
        try:
            self._process.stdin.write(b".")
        except (OSError, ValueError):
            return False  # the watcher tells
        return True

    def _watch(self) -> None:
        assert self._process.stdout
        self._answer = self._process.stdout.readline().decode("utf-8", "replace").strip()
        self._ready.set()
        last_words = self._process.stdout.read().decode("utf-8", "replace").strip()
        self._process.wait()
        if not self._closing.is_set():
            why = f": {last_words}" if last_words else ""
            self._on_death(f"the watchdog (process {self.pid}) died{why}")


def _outlives(visa: str) -> bool:
    """Say whether what a VISA library reaches is still there when this process is not."""
    return not (is_simulated(visa) or is_replayed(visa))
