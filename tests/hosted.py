"""What the front door hands to a dashboard, with real hosts of a small simulated bench."""

import os
import shutil
import signal
from pathlib import Path

from waiting import wait_until

from labcim.app import dashboard
from labcim.app.dashboard import StartedHost
from labcim.app.forecast import forecast, forecast_rows
from labcim.app.record import open_record
from labcim.app.report import Report
from labcim.app.simulated_bench import simulated_bench
from labcim.control import find_hosts
from labcim.gui.services import Services
from labcim.gui.session import Session

EXAMPLES = Path(__file__).parent.parent / "examples"


def small_bench(folder: Path) -> Path:
    """Return the bench file of a fresh 16 x 16 chip in ``folder``."""
    ignore = shutil.ignore_patterns("*.state", ".*", "*.html", "*.sqlite")
    shutil.copytree(EXAMPLES / "small", folder / "small", ignore=ignore)
    return folder / "small" / "bench.toml"


def services() -> Services:
    """Return what `labcim gui` hands over."""
    return Services(
        open_record=open_record,
        start_host=lambda path, record: StartedHost(path, record, None),
        simulated_bench=simulated_bench,
        forecast=lambda recipe, bench: forecast_rows(forecast(recipe, bench)),
        write_report=_write_report,
    )


def _write_report(record: str, run: str, path: Path) -> Path:
    with open_record(record) as kept:
        return Report.of(kept.documents(run)).write(path)


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
