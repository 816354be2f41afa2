"""Dashboards with real hosts of a small simulated bench."""

import os
import shutil
import signal
from pathlib import Path

from waiting import wait_until

from labcim.app import dashboard
from labcim.control import find_hosts
from labcim.gui.session import Session

EXAMPLES = Path(__file__).parent.parent / "examples"


def small_bench(folder: Path) -> Path:
    """Return the bench file of a fresh 16 x 16 chip in ``folder``."""
    ignore = shutil.ignore_patterns("*.state", ".*", "*.html", "*.sqlite")
    shutil.copytree(EXAMPLES / "small", folder / "small", ignore=ignore)
    return folder / "small" / "bench.toml"


def end_hosts() -> None:
    """Kill every host of the present runtime folder; they outlive windows by design."""
    for card in find_hosts():
        os.kill(card.pid, signal.SIGKILL)
    while dashboard._started:  # also those that were ended otherwise
        process = dashboard._started.pop()
        process.kill()
        process.wait()


def tick_until(session: Session, true, deadline: float = 30.0) -> None:
    """Let the session look at what has come in until ``true()``."""

    def look():
        session.tick()
        return true()

    wait_until(look, deadline)


def is_joined(session: Session) -> bool:
    """Say whether the session holds a bench and has heard of it."""
    joined = session.link.state.kind == "joined"
    ready = bool(session.status.get("takes_runs"))
    return joined and not session.errands.busy and ready
