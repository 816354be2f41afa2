"""The open bench: instruments by role, the chip and its limits, the clock, the way to safety."""

import logging
import threading
import time
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from . import plugins
from .bench_file import BenchFile
from .bit_capabilities import BulkLogic, ChargeSums
from .capabilities import Cells, Feedback, Lines, Offering, ParallelUpdate, Vectors
from .clock import Clock, ReplayClock, WallClock
from .errors import AbortedError, LabcimError, RangeError, RecipeError
from .instrument import Instrument
from .instrument_capabilities import Digitizer, LiveSource, Mover, Prober, ThermalStage
from .pad_probe import PadProbe
from .protocol import Capabilities
from .recorded_calls import recorded_driver
from .replay_transport import is_replayed, open_replay
from .safety import DEADLINE, LOST, SafetyReport, make_safe, side_by_side
from .traffic import TrafficFile
from .transport import Traffic, Transport, VisaTransport

log = logging.getLogger(__name__)

_URGENT = 0.35  # longest wait for an answer on the way to safety, in s


def open_instrument(
    bench: BenchFile,
    role: str,
    *,
    latch: threading.Event | None = None,
    traffic: Traffic | None = None,
    urgent: bool = False,
    recording: TrafficFile | None = None,
) -> Instrument:
    """Open one instrument of a bench with the limits that its wiring gives it.

    urgent: for the way to safety; no answer is waited for long.  recording: keeps what is said.
    """
    entry = bench.instruments[role]
    kind, limits = plugins.driver(entry.driver), bench.terminal_limits(role)
    timeout = min(entry.timeout, _URGENT) if urgent else entry.timeout
    visa = bench.visa_of(role)
    line: Transport
    if is_replayed(visa):
        line = open_replay(entry.address, visa)
    else:
        line = VisaTransport(entry.address, visa, timeout=timeout, traffic=traffic, urgent=urgent)
    if recording is None:
        return kind(line, limits, latch=latch)
    return recorded_driver(recording, role, entry.driver, line, limits, latch=latch)


def make_safe_anew(
    bench: BenchFile,
    roles: Iterable[str],
    deadline: float = DEADLINE,
    spare: Mapping[str, Instrument] | None = None,
) -> SafetyReport:
    """Open instruments side by side and make them safe; never raises.

    spare: open instruments, used for those that take no second session. Recordings drive nothing.
    """
    began = time.monotonic()
    roles = [role for role in roles if not is_replayed(bench.visa_of(role))]
    opened: dict[str, Instrument] = {}

    def open_one(role: str) -> None:
        opened[role] = open_instrument(bench, role, urgent=True)

    shut = side_by_side({role: partial(open_one, role) for role in roles}, deadline / 2)
    own = dict(opened)  # one that opens too late must not slip in
    others = {role: spare[role] for role in shut if spare and role in spare}
    report = make_safe({**own, **others}, began + deadline - time.monotonic())
    for role, instrument in own.items():
        if report.troubles.get(role) != LOST:  # a late one may still get through
            instrument.close()
    closed = {role: f"cannot be opened: {why}" for role, why in shut.items() if role not in others}
    return SafetyReport(time.monotonic() - began, {**closed, **report.troubles})


class Station:
    """Everything a run needs, opened from a bench file; use it as a context."""

    def __init__(
        self,
        bench: BenchFile,
        *,
        latch: threading.Event,
        traffic: Traffic | None = None,
        recording: TrafficFile | None = None,
    ) -> None:
        self.bench = bench
        self.instruments: dict[str, Instrument] = {}
        self.identities: dict[str, str] = {}
        #: What the latest way to safety has shown.
        self.safety = SafetyReport(0.0, {"the bench": "was not made safe yet"})
        self._latch = latch
        self._safety_lock = threading.Lock()
        self._clock_lost = False
        try:
            self._open(traffic, recording)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Station":
        return self

    def __exit__(self, *trouble: object) -> None:
        self.make_safe()
        self.close()

    def make_safe(self, deadline: float = DEADLINE) -> SafetyReport:
        """Bring the whole bench to safety, in phases, and prove it; never raises.

        Instruments that do not answer on the run's sessions are tried on new ones.
        """
        with self._safety_lock:
            report = make_safe(self.instruments, deadline / 2)
            if not report.safe:
                again = make_safe_anew(self.bench, report.troubles, deadline / 2)
                report = SafetyReport(report.took + again.took, again.troubles)
            self.safety = report
        if not report.safe:
            log.error("the bench is NOT SAFE: %s", report)
        return report

    def make_safe_from_aside(self, deadline: float = DEADLINE) -> SafetyReport:
        """Bring the bench to safety through sessions of its own.

        For other threads: the run's sessions may be waiting for an answer that never comes.
        """
        with self._safety_lock:
            report = make_safe_anew(self.bench, self.instruments, deadline, self.instruments)
            self.safety = report
        for instrument in self.instruments.values():
            instrument.forget()
        return report

    def settings(self) -> dict[str, dict[str, Any]]:
        """Return every readable setting of every instrument."""
        return {role: dict(tool.settings()) for role, tool in self.instruments.items()}

    def clock_for_labels(self) -> float:
        """Return the bench time, or the last known one where the clock no longer answers."""
        if not self._clock_lost:
            try:
                self._last_time = self.clock.now()
            except LabcimError as trouble:
                # A latched clock answers again; a lost one would let each question wait in vain.
                self._clock_lost = not isinstance(trouble, AbortedError)
        return self._last_time

    def close(self) -> None:
        """End every session; idempotent."""
        for instrument in self.instruments.values():
            instrument.close()

    def _open(self, traffic: Traffic | None, recording: TrafficFile | None) -> None:
        for role in self.bench.instruments:
            self.instruments[role] = open_instrument(
                self.bench, role, latch=self._latch, traffic=traffic, recording=recording
            )
        for role, instrument in self.instruments.items():
            self.identities[role] = instrument.identify()
            instrument.initialise()
        for instrument in self.instruments.values():
            if isinstance(instrument, Mover):
                instrument.before_moving = self.refuse_while_live
        self.clock: Clock = self._find_clock()
        self._last_time = self.clock.now()
        self.cells: Cells = self._find_cells()
        self._check_topology()
        self.prober = self._find_prober()
        self.capabilities = self._find_capabilities()

    def refuse_while_live(self) -> None:
        """Raise RangeError while a source that can say so is live: nothing moves under voltage."""
        sources = self.instruments.items()
        live = [role for role, it in sources if isinstance(it, LiveSource) and it.is_live()]
        if live:
            raise RangeError(
                f"{' and '.join(live)} is live: relays and wafer stay where they are until it is "
                "at 0 V; nothing was sent"
            )

    def _find_prober(self) -> Prober | None:
        if not self.bench.prober:
            return None
        prober = self.instruments[self.bench.prober]
        if not isinstance(prober, Prober):
            raise RecipeError(f"prober = {self.bench.prober!r}: that instrument moves no wafer")
        return prober

    def _find_clock(self) -> Clock:
        if not self.bench.clock:
            return ReplayClock() if self.bench.mode == "REPLAYED" else WallClock(self._latch)
        clock = self.instruments[self.bench.clock]
        if not isinstance(clock, Clock):
            raise RecipeError(f"clock = {self.bench.clock!r}: that instrument keeps no time")
        return clock

    def _find_cells(self) -> Cells:
        if self.bench.cells == "probed_chip":
            from .probed_bench import probed_chip_from_bench

            probed: Cells = probed_chip_from_bench(self.bench, self.instruments, self.clock)
            return probed
        cells = self.instruments[self.bench.cells]
        if not isinstance(cells, Cells):
            raise RecipeError(f"cells = {self.bench.cells!r}: that instrument reaches no cells")
        return cells

    def _find_capabilities(self) -> Capabilities:
        """Return what the bench can do with this chip; an instrument may have more verbs."""
        chip = self.cells
        offers = chip.offers if isinstance(chip, Offering) else frozenset[str]()
        return Capabilities(
            clock=self.clock,
            cells=chip,
            lines=chip if isinstance(chip, Lines) else None,
            vectors=chip if "vectors" in offers and isinstance(chip, Vectors) else None,
            updates=chip if "updates" in offers and isinstance(chip, ParallelUpdate) else None,
            feedback=chip if "feedback" in offers and isinstance(chip, Feedback) else None,
            bits=chip if "bits" in offers and isinstance(chip, BulkLogic) else None,
            sums=chip if "sums" in offers and isinstance(chip, ChargeSums) else None,
            stage=self._find_stage(),
            digitizer=self._find_digitizer(),
        )

    def _find_stage(self) -> ThermalStage | None:
        if not self.bench.stage:
            return None
        stage = self.instruments[self.bench.stage]
        if not isinstance(stage, ThermalStage):
            raise RecipeError(f"stage = {self.bench.stage!r}: that instrument holds no temperature")
        return stage

    def _find_digitizer(self) -> PadProbe | None:
        entry = self.bench.digitizer
        if entry is None:
            return None
        digitizer = self.instruments[entry.instrument]
        if not isinstance(digitizer, Digitizer):
            raise RecipeError(
                f"digitizer.instrument = {entry.instrument!r}: that records no waveform"
            )
        return PadProbe(digitizer, entry.channel, entry.probe)

    def _check_topology(self) -> None:
        """Refuse a bench whose file believes another chip than the instrument reports."""
        believed, found = self.bench.chip.topology(), self.cells.topology
        if believed != found:
            raise RecipeError(
                f"bench file: the chip is {believed.describe()}, "
                f"but {self.bench.cells} reports {found.describe()}"
            )
