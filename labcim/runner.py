"""Runs a recipe on a station: units of work, pause, stop, abort, limits, cleanup, the last word.

The runner owns the exit. Whatever happens inside a protocol, the generator is closed, the bench is
made safe and read back, and RunStop says how it ended and why.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bus import Bus
from .documents import Attempt, Channels, Result, RunStart, RunStop, State, UnitDone
from .errors import AbortedError, InstrumentError
from .limits import check_demands
from .on_record import on_record
from .probed_checks import check_wait
from .protocol import Capabilities, Carry, Finding, Progress, ProtocolSpec, Rows, check_rows
from .recipe import Recipe, Unit
from .record import ResumeState
from .recorded import ReadTally
from .station import Station
from .steering import Steering
from .storyteller import Storyteller

log = logging.getLogger(__name__)

OnProgress = Callable[[str, float, str], None]
"""Called with (unit key, fraction of the run, text)."""

Preflight = Callable[[Capabilities], list[str]]
"""Looks at the bench before the first unit; returns what is wrong, one sentence each."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """What an earlier run left: its state, the rows of its finished units, names of its results."""

    state: ResumeState
    rows: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    results: frozenset[str] = frozenset()


class Runner:
    """One run of one recipe; make a new one for each."""

    def __init__(
        self,
        station: Station,
        bus: Bus,
        steering: Steering,
        *,
        preflight: Preflight | None = None,
        on_progress: OnProgress | None = None,
        versions: Mapping[str, str] | None = None,
    ) -> None:
        self._station = station
        self._steering = steering
        self._preflight = preflight
        self._on_progress = on_progress or (lambda unit, fraction, text: None)
        self._versions = dict(versions or {})
        self._story = Storyteller(bus, station.clock_for_labels)
        self._reads = ReadTally()
        self._batches: list[Mapping[str, NDArray[Any]]] = []

    @property
    def run(self) -> str:
        """Return the run's identifier."""
        return self._story.run

    def __call__(
        self, spec: ProtocolSpec, recipe: Recipe, resumed: Resumed | None = None
    ) -> RunStop:
        """Run to the end and return how it ended.

        Raises RangeError, RecipeError or AbortedError before the first document for what is
        refused outright. What goes wrong later is told by the RunStop; only the error of a required
        sink (no record, no run) and a KeyboardInterrupt come out, after the bench is safe.
        """
        chip = self._station.bench.chip
        check_demands(recipe.demands(), chip.limits, chip.set_terminal, gated=chip.kind == "1T1R")
        check_wait(recipe, self._station.bench.cells)
        units = recipe.units(self._station.cells.topology)
        self._steering.begin()
        state, reason, raised = self._guarded(spec, recipe, units, resumed)
        safety = self._station.make_safe()  # first of all: the record can wait
        if state == "failed":
            self._story.complain(reason)
        if not safety.safe:
            state, reason = "failed", f"{reason}; NOT SAFE: {safety}"
        stop = self._story.end(state, reason, safety)
        raised = raised or self._story.record_failed
        if raised is not None:
            raise raised
        return stop

    def _guarded(
        self, spec: ProtocolSpec, recipe: Recipe, units: list[Unit], resumed: Resumed | None
    ) -> tuple[State, str, BaseException | None]:
        """Run all units; turn whatever happens into a state, a reason, and what to raise after."""
        try:
            self._begin(spec, recipe, units, resumed)
            return (*self._units(spec, recipe, units, resumed), None)
        except BaseException as trouble:
            return self._ended_by(trouble)

    def _ended_by(self, trouble: BaseException) -> tuple[State, str, BaseException | None]:
        """Say how the run ended. What goes wrong once it was told to end is no failure of it."""
        if isinstance(trouble, KeyboardInterrupt):
            return "aborted", "interrupted from the keyboard", trouble
        reason = f"{type(trouble).__name__}: {trouble}"
        if not isinstance(trouble, AbortedError):
            log.debug("the run failed", exc_info=trouble)
        ended = isinstance(trouble, AbortedError) or self._steering.latch.is_set()
        if ended and self._story.record_failed is None:
            return "aborted", self._steering.reason or str(trouble), None
        return "failed", reason, None

    def _begin(
        self, spec: ProtocolSpec, recipe: Recipe, units: list[Unit], resumed: Resumed | None
    ) -> None:
        """Say what will be done on what, then look at the bench before anything is driven."""
        station, bench = self._station, self._station.bench
        self._story.tell(
            RunStart,
            protocol=spec.name,
            recipe=recipe.to_toml(),
            recipe_hash=recipe.digest(),
            chip=bench.chip.identity,
            rows=bench.chip.rows,
            columns=bench.chip.columns,
            bench=bench.bench.name,
            mode=bench.mode,
            operator=bench.bench.operator,
            station=bench.bench.station,
            versions=self._versions,
            units=tuple(unit.key for unit in units),
            instruments=station.identities,
            resumes=resumed.state.run if resumed else "",
        )
        self._story.tell(
            Channels,
            channels=spec.channels,
            settings=station.settings(),
            plots=tuple(asdict(plot) for plot in spec.plots),
        )
        # The contact check stays at or below 50 mV: a reading, and no stimulus to be recorded.
        faults = self._preflight(station.capabilities) if self._preflight else []
        for fault in faults:
            self._story.event("wiring", fault)
        if faults:
            raise InstrumentError(f"the wiring is not as the bench file says: {'; '.join(faults)}")

    def _units(
        self, spec: ProtocolSpec, recipe: Recipe, units: list[Unit], resumed: Resumed | None
    ) -> tuple[State, str]:
        carry: Carry = {}
        done = resumed.state.done if resumed else {}
        numbers = resumed.state.next_attempt if resumed else {}
        cut_off = {attempt.unit for attempt in resumed.state.indeterminate} if resumed else set()
        for index, planned in enumerate(units):
            unit = planned
            if unit.key in done:
                carry = done[unit.key]
                continue
            if self._steering.stopping:
                self._tell_reads()
                return "stopped", self._steering.reason
            if unit.key in cut_off:
                self._reread(recipe, unit)

            def progress(fraction: float, text: str, at: int = index, key: str = unit.key) -> None:
                self._on_progress(key, (at + fraction) / len(units), text)

            if resumed and (given := resumed.state.given.get(unit.key, 0)):
                unit = replace(unit, given=given)
            self._story.unit, self._story.attempt = unit.key, numbers.get(unit.key, 1)
            carry = self._unit(spec, recipe, unit, carry, progress)
            progress(1.0, "")
        self._summarise(spec, recipe, resumed)
        self._tell_reads()
        return "completed", "all units done"

    def _unit(
        self,
        spec: ProtocolSpec,
        recipe: Recipe,
        unit: Unit,
        carry: Carry,
        progress: Callable[[float, str], None],
    ) -> Carry:
        """Do one unit; its Attempt is on record before its first stimulus."""
        self._checkpoint()
        number = self._story.attempt
        self._story.tell(Attempt, unit=unit.key, number=number, cells=unit.cells, bound=unit.bound)
        with closing(spec.run(recipe, self._capabilities(), unit, carry)) as steps:
            while True:
                try:
                    step = next(steps)
                except StopIteration as end:
                    carry = end.value or {}
                    break
                self._take(step, spec, progress)
                self._checkpoint()
        ready = {name: np.asarray(array) for name, array in carry.items()}
        self._story.tell(UnitDone, unit=unit.key, attempt=number, carry=ready)
        self._story.units_done += 1
        return ready

    def _take(
        self, step: object, spec: ProtocolSpec, progress: Callable[[float, str], None]
    ) -> None:
        match step:
            case Rows(columns):
                ready = check_rows(columns, spec.channels)
                self._batches.append(ready)
                self._story.read(ready)
            case Finding():
                self._finding(step)
            case Progress(fraction, text):
                progress(fraction, text)
            case _:
                raise TypeError(f"{spec.name} yielded {type(step).__name__}, which is no step")

    def _finding(self, finding: Finding) -> None:
        self._story.tell(Result, **asdict(finding), outcome=finding.outcome)

    def _summarise(self, spec: ProtocolSpec, recipe: Recipe, resumed: Resumed | None) -> None:
        batches = [*([resumed.rows] if resumed and resumed.rows else []), *self._batches]
        if not batches:
            return
        rows = {
            channel.name: np.concatenate([batch[channel.name] for batch in batches])
            for channel in spec.channels
        }
        for finding in spec.summarise(recipe, rows):
            self._finding(finding)

    def _reread(self, recipe: Recipe, unit: Unit) -> None:
        """Read the cells of a cut-off attempt before anything else is done to them."""
        voltage, gate = getattr(recipe, "read_voltage", None), getattr(recipe, "read_gate", 0.0)
        if voltage is None or not len(unit.cells):
            return
        readings = self._station.cells.read(unit.cells, voltage, gate=gate)
        good = readings.conductance[readings.good]
        told: dict[str, float] = {"cells": len(unit.cells), "good": len(good)}
        if len(good):
            told |= {"median": float(np.median(good)), "low": float(good.min())}
        self._story.event("reread", f"{unit.key}: cells of the cut-off attempt read again", told)

    def _capabilities(self) -> Capabilities:
        story = self._story
        return on_record(
            self._station.capabilities, story.pulsed, story.event, story.remark, self._reads
        )

    def _tell_reads(self) -> None:
        """Say how much was read: of readings nothing else is on record."""
        told = {"readings": self._reads.readings, "power": self._reads.power}
        if self._reads.readings:
            self._story.event("reads", f"{self._reads.readings:,} single readings of cells", told)

    def _checkpoint(self) -> None:
        """Wait here while paused; end here when aborted."""
        if self._steering.paused:
            self._story.event("pause", "paused")
        if self._steering.checkpoint():
            self._story.event("continue", "goes on")
