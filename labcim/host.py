"""Holds a bench: one host per bench, whatever runs on it, with everything that keeps it safe.

With the host come the bench's lock, a watchdog process for the case that this one is killed, a
guardian thread that turns the outputs off the moment an abort is asked for, and an endpoint through
which others can watch and steer.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from .bench_file import BenchFile
from .bench_lock import BenchLock
from .bus import Bus
from .control_server import ControlServer
from .documents import RunStop, Sink
from .errors import BenchHeldError, LabcimError, SafetyError
from .guardian import Guardian
from .heart import Heart
from .job_desk import Job, JobDesk
from .protocol import ProtocolSpec
from .recipe import Recipe
from .runner import OnProgress, Preflight, Resumed, Runner
from .safety import SafetyReport
from .station import Station
from .steering import Steering
from .stop_signals import StopSignals
from .traffic import TrafficFile
from .transport import Traffic
from .watchdog_link import WatchdogLink
from .watchers import Watchers

log = logging.getLogger(__name__)

_RECORD_BEAT = 0.5  # s between signs of life on the record


class Host:
    """An open, held bench; use it as a context.

    name: who holds it, as others are told.  record: where its runs are kept, for others to read.
    """

    station: Station

    def __init__(
        self,
        bench: BenchFile,
        path: Path,
        *,
        name: str = "labcim",
        record: str = "",
        traffic: Traffic | None = None,
        recording: TrafficFile | None = None,
    ) -> None:
        self.bench = bench
        self.path = path
        self.name = name
        self.record = record
        self.steering = Steering()
        self.watchdog: WatchdogLink | None = None
        self._kept = (traffic, recording)
        self._open = ExitStack()
        self._lock = BenchLock(bench, path, name)
        self._watchers = Watchers()
        self._turn = threading.Lock()
        self._ended = threading.Event()
        self._ended.set()
        self._doing: dict[str, Any] = {}
        self._desk = JobDesk()

    def __enter__(self) -> "Host":
        """Take the bench. After BenchHeldError, TransportError or RecipeError nothing is held."""
        with ExitStack() as opening:
            self._lock.acquire()
            opening.callback(self._lock.release)
            # It gets ready while the instruments are opened, which turns no output on.
            self.watchdog = WatchdogLink(self.bench, self._watchdog_died)
            opening.callback(self.watchdog.close)
            traffic, recording = self._kept
            self.station = Station(
                self.bench, latch=self.steering.latch, traffic=traffic, recording=recording
            )
            opening.callback(self.station.close)
            opening.callback(self._last_safety)
            self.watchdog.wait_until_ready()
            self.station.make_safe()  # whatever was done to the bench before: it starts from off
            self._guardian = Guardian(
                self.steering, self._safe_from_aside, lambda: not self._ended.is_set()
            )
            opening.callback(self._guardian.close)
            self._control = ControlServer(self._obey, self._watchers)
            opening.callback(self._control.close)
            self._lock.describe(endpoint=self._control.endpoint, token=self._control.token)
            self._open = opening.pop_all()
        return self

    def __exit__(self, *trouble: object) -> None:
        self.close()

    def close(self) -> None:
        """Make the bench safe and let it go; idempotent. A Ctrl-C meanwhile changes nothing."""
        self._desk.end()
        with StopSignals(self.steering):
            self._open.close()

    def run(
        self,
        spec: ProtocolSpec,
        recipe: Recipe,
        *,
        resumed: Resumed | None = None,
        required_sinks: Sequence[Sink] = (),
        listeners: Sequence[Sink] = (),
        on_progress: OnProgress | None = None,
        versions: Mapping[str, str] | None = None,
        preflight: Preflight | None = None,
    ) -> RunStop:
        """Run a recipe to its end; what ``Runner`` raises is raised, with the bench safe.

        Raises BenchHeldError while another run is on, SafetyError without a watchdog.
        """
        if not self._turn.acquire(blocking=False):
            raise BenchHeldError(f"{self._lock.card}; one run at a time")
        try:
            with StopSignals(self.steering):
                if self.watchdog is None or not self.watchdog.alive:
                    raise SafetyError("there is no watchdog: close the bench and open it again")
                self._guardian.settle()
                bus = Bus(required_sinks, [*listeners, self._watchers])
                runner = Runner(
                    self.station,
                    bus,
                    self.steering,
                    preflight=preflight,
                    on_progress=self._following(on_progress),
                    versions=versions,
                )
                heart = Heart(lambda: self._say_alive(required_sinks), _RECORD_BEAT, "record-heart")
                try:
                    self._begin(runner.run, spec.name)
                    return runner(spec, recipe, resumed)
                finally:
                    heart.close()
                    self._end()
                    bus.close()
        finally:
            self._turn.release()

    def chip_is(self, identity: str) -> None:
        """Say which chip is on the bench from now on; one of the same kind."""
        self.bench = self.station.bench = self.bench.for_chip(identity)

    def serve(self, do: Callable[[Job], object]) -> None:
        """Hand what others want run to ``do``, one job after the other, until the end."""
        self._desk.serve(do)

    def end_serving(self) -> None:
        """Take no more jobs: ``serve`` returns when the present one has ended."""
        self._desk.end()

    def status(self) -> dict[str, Any]:
        """Return what the host does at present, as plain values."""
        running = not self._ended.is_set()
        state = "paused" if self.steering.paused else "running"
        idle = "estop" if self.steering.emergency else "idle"
        return {
            "name": self.name,
            "pid": self._lock.card.pid,
            "bench": self.bench.bench.name,
            "path": self._lock.card.path,
            "mode": self.bench.mode,
            "record": self.record,
            "state": state if running else idle,
            "reason": self.steering.reason,
            "outputs": self._outputs(running),
            "outputs_text": str(self.station.safety),
            "takes_runs": self._desk.serving,
            "trouble": self._desk.trouble,
            "trouble_number": self._desk.troubles,
            **(self._doing if running else {}),
        }

    def _outputs(self, running: bool) -> str:
        """Return what is known of the outputs: off (read back), live, or not confirmed."""
        if running and not self.steering.latch.is_set():
            return "live"
        return "off" if self.station.safety.safe else "not confirmed"

    def _begin(self, run: str, protocol: str) -> None:
        self._doing = {"run": run, "protocol": protocol, "unit": "", "fraction": 0.0, "text": ""}
        self._ended.clear()
        self._tell_others(f"{protocol} ({run})")

    def _end(self) -> None:
        self._ended.set()
        self._guardian.settle()
        # However late the run heard of an abort: the next one starts without it.
        self.steering.finish()
        self._tell_others("")

    def _tell_others(self, run: str) -> None:
        try:
            self._lock.describe(run=run)
        except OSError as trouble:  # others will know less; the run does not depend on it
            log.warning("the card of this host cannot be written: %s", trouble)

    def _following(self, on_progress: OnProgress | None) -> OnProgress:
        def follow(unit: str, fraction: float, text: str) -> None:
            self._doing |= {"unit": unit, "fraction": fraction, "text": text}
            if on_progress:
                on_progress(unit, fraction, text)

        return follow

    def _say_alive(self, sinks: Sequence[Sink]) -> bool:
        for sink in sinks:
            try:
                getattr(sink, "heartbeat", lambda: None)()
            except Exception as trouble:  # whatever ails the record: no record, no run
                self.steering.request("abort", f"the record failed: {trouble}")
                return False
        return True

    def _watchdog_died(self, why: str) -> None:
        log.error("%s; the bench is made safe", why)
        self.steering.request("abort", why)

    def _safe_from_aside(self) -> SafetyReport:
        report = self.station.make_safe_from_aside()
        if self._ended.is_set():
            # With no run to do it, the drivers must learn here that their settings are gone.
            self.station.make_safe()
        return report

    def _last_safety(self) -> SafetyReport:
        return self.station.make_safe()

    def _obey(self, request: Mapping[str, Any]) -> dict[str, Any]:
        verb, reason = request["verb"], str(request.get("reason", ""))[:1000]
        running = not self._ended.is_set()
        if verb == "status":
            return {"ok": True, **self.status()}
        if verb in ("abort", "estop", "release"):
            self.steering.request(verb, reason)
            answered = self._guardian.settle()
            report = self._guardian.report
            return {"ok": answered, "safe": bool(report and report.safe), "report": str(report)}
        if verb in ("pause", "continue", "stop"):
            if not running:
                raise LabcimError(f"nothing runs on bench {self.bench.bench.name}")
            self.steering.request(verb, reason)
            return {"ok": True}
        if verb in ("run", "resume"):
            self._desk.submit(request, self._lock.card)
            return {"ok": True}
        if verb == "end":
            self._desk.end_for(self._lock.card)
            return {"ok": True}
        raise LabcimError(f"{verb!r:.40} is no verb")
