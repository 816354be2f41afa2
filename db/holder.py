"""Who writes a run: a process, told apart from a later one that got the same number."""

import json
import os
import socket
import sys
import time
from pathlib import Path

STALE = 60.0
"""A heartbeat of another machine that is older than this, in s, is taken for dead."""


def identity() -> str:
    """Return this process as JSON: host, process number, and when the process began."""
    me = os.getpid()
    return json.dumps({"host": socket.gethostname(), "pid": me, "began": _began(me)})


def is_alive(holder: str, heartbeat: float) -> bool:
    """Return whether the process that writes a run still lives. heartbeat: Unix time in s.

    On this machine the process itself is looked for; elsewhere only the heartbeat can tell.
    """
    try:
        said = json.loads(holder)
        host, pid, began = str(said["host"]), int(said["pid"]), str(said["began"])
    except (ValueError, KeyError, TypeError):
        return False
    if host != socket.gethostname() or sys.platform == "win32":
        return time.time() - heartbeat < STALE
    return _exists(pid) and _began(pid) == began


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it lives, and is someone else's
    return True


def _began(pid: int) -> str:
    """Return boot and start tick of a process where the system tells them (Linux), else nothing."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The name in parentheses may hold blanks; state is the first field after it, start the 20th.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else f"{boot}:{fields[19]}"
