"""What the window is about: a bench that a host holds, or a run that is played again. No Qt.

The window calls ``tick`` at every frame and shows what it finds here; nothing here waits.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from labcim.documents import Document, RunStop
from labcim.recipe import Recipe
from labcim.units import show

from .errands import Errands
from .hosting import Held, hold, hosts
from .link.host_states import Answer
from .link.link import Link
from .replay.replayer import Replayer
from .run.eta import Eta
from .run.hub import Hub
from .services import Services

SIMULATED = Path("simulated-bench")

Level = Literal["info", "warning", "error"]
_BEGINS = 5.0  # s in which a run that was asked for begins
_LOOK = 2.0  # s between looks at which hosts there are
_RUNNING = ("running", "paused")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should read. offer: what may be done about it: names of actions."""

    text: str
    level: Level = "info"
    offer: tuple[str, ...] = ()
    run: str = ""


class Session:
    """One window's bench, replay and errands. record: where new runs are kept."""

    def __init__(self, services: Services, record: str) -> None:
        self.services = services
        self.own_record = record
        self.live = Hub()
        self.replayed = Hub()
        self.link = Link(self.live, services.open_record)
        self.errands = Errands()
        self.eta = Eta()
        self.held: Held | None = None
        self.others: list[Held] = []
        self.replayer: Replayer | None = None
        self.replayed_run = ""
        self.notices: deque[Notice] = deque()
        self.runs_ended = 0
        """Counts up when a run has ended: the history has something new."""
        self._opening = ""
        self._host_was = "none"
        self._timed_run = self._cut_off = ""
        self._asked = -math.inf
        self._look_again = time.monotonic() + _LOOK
        self._refusals: int | None = None
        self._told_stop: RunStop | None = None

    @property
    def hub(self) -> Hub:
        """Return what is shown: the replay, or the bench."""
        return self.replayed if self.replayer else self.live

    @property
    def status(self) -> Mapping[str, Any]:
        """Return what the host said last; empty without one."""
        return self.link.state.status

    @property
    def record(self) -> str:
        """Return the record of the host that is joined, else that of this window."""
        return str(self.status.get("record") or self.own_record)

    @property
    def running(self) -> bool:
        """Say whether a run is on."""
        if self.status.get("state") not in _RUNNING or self.link.state.kind != "joined":
            return False
        # The end of a run is told sooner than the next status.
        return self.live.stop is None or self.live.stop.run != self.status.get("run")

    @property
    def fraction(self) -> float | None:
        """Return how much of the run that is on is done; None where that is not known."""
        said = self.status.get("fraction")
        if isinstance(said, int | float) and math.isfinite(said):
            return float(said)
        return None

    @property
    def starting(self) -> bool:
        """Say whether a run was asked for that has neither begun nor been refused."""
        return not self.running and time.monotonic() - self._asked < _BEGINS

    def look_for_hosts(self) -> None:
        """Find the hosts that run; the only one is joined."""
        self.errands.do(hosts, self._found_hosts)

    def _keep_looking(self) -> None:
        """See who else holds a bench, while this window holds none."""
        now = time.monotonic()
        if self.held is None and not self.errands.busy and now >= self._look_again:
            self._look_again = now + _LOOK
            self.errands.do(hosts, self._know_hosts)

    def open_bench(self, path: Path) -> None:
        """Hold a bench through a host, which is started where there is none."""
        self._opening = f"opening {path}"
        self.errands.do(lambda: hold(path, self.own_record, self.services), self.join)

    def open_simulated(self) -> None:
        """Hold the simulated bench of this folder; it is made where there is none."""
        self._opening = f"making a simulated bench in {SIMULATED}"
        make = self.services.simulated_bench
        self.errands.do(lambda: hold(make(SIMULATED), self.own_record, self.services), self.join)

    def join(self, held: Held) -> None:
        """Watch and steer a host."""
        self._opening = ""
        self.held, self._refusals = held, None
        self.link.join(held.card)
        verb = "started" if held.started else "joined"
        self.notices.append(
            Notice(f"{verb} the host of bench {held.card.bench} (process {held.card.pid})")
        )
        if self._cut_off:
            text = "the run that was on when the host was lost can be resumed"
            self.notices.append(Notice(text, "warning", ("resume",), self._cut_off))
            self._cut_off = ""

    @property
    def opening(self) -> str:
        """Return what is being opened; empty where nothing is."""
        return self._opening if self.errands.busy else ""

    def start(self, recipe: Recipe) -> None:
        """Let the host run a recipe."""
        self.leave_replay()
        self._asked = time.monotonic()
        self.link.ask("run", recipe=recipe.to_toml())

    def resume(self, run: str) -> None:
        """Let the host go on with a run."""
        self.leave_replay()
        self._asked = time.monotonic()
        self.link.ask("resume", run=run)

    def replay(self, run: str, speed: float = 1.0) -> None:
        """Play a run on record again, in place of the bench; the bench goes on beside it."""
        self.leave_replay()
        self.replayed.reset()
        record, self.replayed_run = self.record, run

        def documents() -> Iterator[Document]:
            kept = self.services.open_record(record)
            try:
                yield from kept.documents(run)
            finally:
                kept.close()

        self.replayer = Replayer(documents, self.replayed, self.replayed.reset, speed=speed)
        self.replayer.play()

    def leave_replay(self) -> None:
        """Show the bench again."""
        if self.replayer is not None:
            self.replayer.close()
            self.replayer = None

    def forecast(self, recipe: Recipe, then: Callable[[list[str]], None]) -> None:
        """Say what a recipe would do on the bench that is held: one line for each quantity."""
        held = self.held
        if held is None:
            return

        def lines() -> list[str]:
            rows = self.services.forecast(recipe, held.bench)
            return [f"{name}: {value}" for name, value in rows]

        self.errands.do(lines, then)

    def write_report(self, run: str, path: Path) -> None:
        """Write the report of a run on record."""
        record = self.record

        def told(written: Path) -> None:
            self.notices.append(Notice(f"report {written} is written"))

        self.errands.do(lambda: self.services.write_report(record, run, path), told)

    def make_safe(self, why: str) -> None:
        """End the run, outputs off: something is wrong with the window itself."""
        if self.link.state.kind in ("joined", "silent"):
            self.link.ask("abort", reason=why)

    def tick(self) -> None:
        """Look at what has come in since the last frame."""
        for trouble in self.errands.poll():
            self._opening = ""
            self.notices.append(Notice(trouble, "error"))
        for answer in self.link.answers():
            self._take_answer(answer)
        self._keep_looking()
        self._look_at_host()
        self._look_at_refusals()
        self._look_at_end()
        if self.status.get("run", "") != self._timed_run:
            self._timed_run = str(self.status.get("run", ""))
            self.eta.begin()
        if (fraction := self.fraction) is not None:
            going = self.status.get("state") == "running"
            self.eta.take(fraction, time.monotonic(), going)

    def close(self) -> None:
        """Let go of everything but the host, which goes on."""
        self.leave_replay()
        self.link.close()
        self.errands.close()

    def _know_hosts(self, found: list[Held]) -> None:
        self.others = found

    def _found_hosts(self, found: list[Held]) -> None:
        self._know_hosts(found)
        if len(found) == 1 and self.held is None:
            self.join(found[0])

    def _take_answer(self, answer: Answer) -> None:
        if not answer.ok:
            self._asked = -math.inf
            self.notices.append(Notice(f"{answer.verb}: {answer.text}", "error"))
        elif answer.verb == "end":
            self.notices.append(Notice("the bench is let go when the present run has ended"))

    def _look_at_host(self) -> None:
        state = self.link.state
        if state.kind == self._host_was:
            return
        self._host_was = state.kind
        if state.kind == "ended":
            self.link.leave()
            self.held = None
            self.notices.append(Notice(state.text, "info", ("another bench",)))
        elif state.kind == "lost":
            self._cut_off = str(state.status.get("run", ""))
            self.notices.append(Notice(state.text, "error", ("start the host again",)))
        elif state.kind == "silent":
            self.notices.append(Notice(state.text, "warning"))

    def _look_at_refusals(self) -> None:
        number = self.status.get("trouble_number")
        if number is None:
            return
        if self._refusals is not None and number > self._refusals:
            self._asked = -math.inf
            self.notices.append(Notice(str(self.status.get("trouble", "")), "error"))
        self._refusals = number

    def _look_at_end(self) -> None:
        stop = self.live.stop
        if stop is None or stop is self._told_stop:
            return
        self._told_stop = stop
        self._asked = -math.inf
        self.runs_ended += 1
        start = self.live.start
        what = start.protocol if start else "the run"
        took = show(stop.modelled_time, "s")
        told = f"{what} {stop.state}: {stop.reason}; modelled bench time {took}"
        ended_well = stop.state == "completed" and stop.safe
        offer = ("report",) if ended_well else ("resume", "report")
        level: Level = "info" if ended_well else "warning" if stop.safe else "error"
        self.notices.append(Notice(told, level, offer, stop.run))
