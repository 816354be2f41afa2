"""``python -m labcim.watchdog``: a small process that makes a bench safe when its host dies.

The host writes one line of JSON to its stdin, then a byte every quarter of a second, and ``q`` to
let it go. When the pipe closes without that, or falls silent, the watchdog opens the instruments
itself, turns everything off, writes down what it did, and ends.
"""

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from io import RawIOBase
from pathlib import Path
from typing import Any

SILENCE = 3.0
"""A host that says nothing for so long (s) is taken for dead.

A killed host is noticed at once, by its pipe; this is for one that hangs. Loading a large library
on a busy machine can hold up all of Python for more than a second.
"""

HANDOVER = 5.0
"""How long the watchdog of an earlier host may take to leave the instruments, in s."""

GOODBYE = b"q"
_LONGEST_ORDER = 64 << 20
_ATTEMPTS = 3


def main() -> None:
    """Stand guard over one host, then end."""
    # Unbuffered: a thread that waits in a buffered reader would hold its lock at the exit.
    stdin = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    try:
        order = json.loads(stdin.readline(_LONGEST_ORDER))
        make_safe = _prepare(order)
    except Exception as trouble:  # the host must hear of it, whatever it is
        print(f"error: {trouble}", flush=True)
        sys.exit(1)
    _say("ready")
    # A bench inside the host's own process dies with it; silence there endangers nothing.
    why = listen(stdin, SILENCE if order["roles"] else None)
    if why:
        _say(why)
        _act(why, make_safe, Path(order["log"]))
    os._exit(0)  # the host waits for this end, and the libraries take their time to tidy up


def _say(text: str) -> None:
    with suppress(BrokenPipeError):  # the host is dead; its closed pipe tells that too
        print(text, flush=True)


def listen(stream: RawIOBase, patience: float | None) -> str:
    """Hear heartbeats until they end; return why the bench must be made safe, or nothing."""
    heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(stream, heard), daemon=True).start()
    while True:
        began = time.monotonic()
        try:
            said = heard.get(timeout=patience)
        except queue.Empty:
            if patience and time.monotonic() - began > 2 * patience:
                continue  # it was this process that slept
            return f"the host was silent for {patience:g} s"
        if GOODBYE in said:
            return ""
        if not said:
            return "the host is gone"


def _hear(stream: RawIOBase, heard: "queue.SimpleQueue[bytes]") -> None:
    said = b"."
    while said:
        said = stream.read(4096) or b""
        heard.put(said)


def _prepare(order: dict[str, Any]) -> Callable[[], tuple[bool, str]]:
    """Load all that will be needed, so that nothing is left to be found when it matters."""
    roles: list[str] = order["roles"]
    if not roles:
        return lambda: (True, "nothing outlives the host")
    from . import plugins
    from .bench_file import BenchFile
    from .station import make_safe_anew
    from .transport import load_library

    bench = BenchFile.model_validate(order["bench"])
    kept = [load_library(visa) for visa in sorted({bench.visa_of(role) for role in roles})]
    kept += [plugins.driver(bench.instruments[role].driver) for role in roles]
    kept += _take_over([Path(lock) for lock in order["locks"]])

    def make_safe() -> tuple[bool, str]:
        report = make_safe_anew(bench, roles)
        return report.safe and bool(kept), str(report)

    return make_safe


def _take_over(paths: list[Path]) -> list[object]:
    """Wait until no watchdog of an earlier host is at these instruments; keep later ones off."""
    from filelock import FileLock, Timeout

    until = time.monotonic() + HANDOVER
    locks: list[object] = []
    for path in paths:
        lock = FileLock(path)
        try:
            lock.acquire(timeout=max(until - time.monotonic(), 0.0), poll_interval=0.02)
        except Timeout:
            raise RuntimeError("the watchdog of an earlier host is still at the bench") from None
        locks.append(lock)
    return locks


def _act(why: str, make_safe: Callable[[], tuple[bool, str]], log: Path) -> None:
    """Make the bench safe, again if it did not work, and write down what happened."""
    began = time.time()
    for attempt in range(1, _ATTEMPTS + 1):
        safe, told = make_safe()
        entry = {"time": time.time(), "began": began, "why": why, "safe": safe, "told": told}
        with suppress(OSError), log.open("a", encoding="utf-8") as file:  # a full disk, say
            file.write(json.dumps({**entry, "attempt": attempt}) + "\n")
        if safe:
            return


if __name__ == "__main__":
    main()
