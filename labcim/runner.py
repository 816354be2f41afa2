"""Runs a recipe on a station: units of work, pause, stop, abort, limits, cleanup, the last word.

The runner owns the exit. Whatever happens inside a protocol, the generator is closed, the bench is
made safe and read back, and RunStop says how it ended and why.
"""

import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bus import Bus
from .documents import (
    Attempt,
    Channels,
    Document,
    Event,
    Pulses,
    Readings,
    Result,
    RunHash,
    RunStart,
    RunStop,
    State,
    UnitDone,
)
from .errors import AbortedError, LabcimError
from .limits import check_demands
from .protocol import Capabilities, Carry, Finding, Progress, ProtocolSpec, Rows, check_rows
from .recipe import Recipe, Unit
from .record import ResumeState
from .recorded import RecordedCells, RecordedLines
from .safety import SafetyReport
from .station import Station
from .steering import Steering

log = logging.getLogger(__name__)

OnProgress = Callable[[str, float, str], None]
"""Called with (unit key, fraction of the run, text)."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """What an earlier run left: its state, and the rows that its finished units yielded."""

    state: ResumeState
    rows: Mapping[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(slots=True)
class _Tally:
    """What was counted while the run went on."""

    units: int = 0
    pulses: int = 0
    readings: int = 0
    batches: list[Mapping[str, NDArray[Any]]] = field(default_factory=list)


class Runner:
    """One run of one recipe; make a new one for each."""

    def __init__(
        self,
        station: Station,
        bus: Bus,
        steering: Steering,
        *,
        on_progress: OnProgress | None = None,
        versions: Mapping[str, str] | None = None,
    ) -> None:
        self.run = str(uuid.uuid4())
        self._station = station
        self._bus = bus
        self._steering = steering
        self._on_progress = on_progress or (lambda unit, fraction, text: None)
        self._versions = dict(versions or {})
        self._hash = RunHash()
        self._tally = _Tally()
        self._place: tuple[str, int] = ("", 0)  # the present unit and attempt
        self._progress = (0, 1)  # units finished, units in all

    def __call__(
        self, spec: ProtocolSpec, recipe: Recipe, resumed: Resumed | None = None
    ) -> RunStop:
        """Run to the end and return how it ended. Raises what is refused before the first document.

        RangeError, RecipeError and AbortedError may be raised before anything is sent. What goes
        wrong later is in the RunStop; only a required sink that fails (no record, no run) and a
        KeyboardInterrupt come out, after the bench is safe.
        """
        check_demands(recipe.demands(), self._station.bench.chip.limits)
        units = recipe.units(self._station.cells.topology)
        self._steering.begin()
        began = self._station.clock.now()
        state, reason, failure = self._guarded(spec, recipe, units, resumed)
        safety = self._station.make_safe()
        if not safety.safe:
            state, reason = "failed", f"{reason}; NOT SAFE: {safety}"
        stop = self._stop(state, reason, safety, began)
        try:
            self._bus.publish(stop)
        except Exception as trouble:
            log.error("the end of the run is not on record: %s", trouble)
            failure = failure or trouble
        if failure is not None:
            raise failure
        return stop

    def _guarded(
        self, spec: ProtocolSpec, recipe: Recipe, units: list[Unit], resumed: Resumed | None
    ) -> tuple[State, str, BaseException | None]:
        """Run all units; turn whatever happens into a state, a reason and what to raise after."""
        try:
            self._begin(spec, recipe, units, resumed)
            return (*self._units(spec, recipe, units, resumed), None)
        except AbortedError as trouble:
            return "aborted", self._steering.reason or str(trouble), None
        except KeyboardInterrupt as trouble:
            return "aborted", "interrupted from the keyboard", trouble
        except LabcimError as trouble:
            self._try_event("error", str(trouble))
            return "failed", f"{type(trouble).__name__}: {trouble}", self._own(trouble)
        except BaseException as trouble:
            log.exception("the run failed")
            self._try_event("error", repr(trouble))
            return "failed", f"{type(trouble).__name__}: {trouble}", self._own(trouble)

    def _own(self, trouble: BaseException) -> BaseException | None:
        """Return what must be raised: only a failing record, which the RunStop cannot tell."""
        return trouble if getattr(trouble, "from_required_sink", False) else None

    def _begin(
        self, spec: ProtocolSpec, recipe: Recipe, units: Sequence[Unit], resumed: Resumed | None
    ) -> None:
        station, bench = self._station, self._station.bench
        self._publish(
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
        self._publish(
            Channels,
            channels=spec.channels,
            settings=station.settings(),
            plots=tuple(asdict(plot) for plot in spec.plots),
        )

    def _units(
        self, spec: ProtocolSpec, recipe: Recipe, units: list[Unit], resumed: Resumed | None
    ) -> tuple[State, str]:
        carry: Carry = {}
        done = resumed.state.done if resumed else {}
        numbers = resumed.state.next_attempt if resumed else {}
        cut_off = {attempt.unit for attempt in resumed.state.indeterminate} if resumed else set()
        for index, unit in enumerate(units):
            self._progress = (index, len(units))
            if unit.key in done:
                carry = done[unit.key]
                continue
            if self._steering.stopping:
                return "stopped", self._steering.reason
            if unit.key in cut_off:
                self._reread(recipe, unit)
            carry = self._unit(spec, recipe, unit, carry, numbers.get(unit.key, 1))
            self._on_progress(unit.key, (index + 1) / len(units), "")
        self._summarise(spec, recipe, resumed)
        return "completed", "all units done"

    def _unit(
        self, spec: ProtocolSpec, recipe: Recipe, unit: Unit, carry: Carry, number: int
    ) -> Carry:
        """Do one unit; its Attempt is on record before its first stimulus."""
        self._place = (unit.key, number)
        self._checkpoint()
        self._publish(Attempt, unit=unit.key, number=number, cells=unit.cells, bound=unit.bound)
        with closing(spec.run(recipe, self._capabilities(), unit, carry)) as steps:
            while True:
                try:
                    step = next(steps)
                except StopIteration as end:
                    carry = end.value or {}
                    break
                self._take(step, spec)
                self._checkpoint()
        ready = {name: np.asarray(array) for name, array in carry.items()}
        self._publish(UnitDone, unit=unit.key, attempt=number, carry=ready)
        self._tally.units += 1
        return ready

    def _take(self, step: object, spec: ProtocolSpec) -> None:
        unit, attempt = self._place
        match step:
            case Rows(columns):
                ready = check_rows(columns, spec.channels)
                self._tally.batches.append(ready)
                self._tally.readings += len(next(iter(ready.values()), ()))
                self._publish(Readings, unit=unit, attempt=attempt, columns=ready)
            case Finding():
                self._finding(step)
            case Progress(fraction, text):
                done, total = self._progress
                self._on_progress(unit, (done + fraction) / total, text)
            case _:
                raise TypeError(f"{spec.name} yielded {type(step).__name__}, which is no step")

    def _finding(self, finding: Finding) -> None:
        self._publish(Result, **asdict(finding), outcome=finding.outcome)

    def _summarise(self, spec: ProtocolSpec, recipe: Recipe, resumed: Resumed | None) -> None:
        batches = [*([resumed.rows] if resumed and resumed.rows else []), *self._tally.batches]
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
        self.event("reread", f"{unit.key}: cells of the cut-off attempt read again", told)

    def _capabilities(self) -> Capabilities:
        station = self._station
        lines = RecordedLines(station.lines, self.event) if station.lines else None
        cells = RecordedCells(station.cells, self._pulses, self.event)
        return Capabilities(clock=station.clock, cells=cells, lines=lines)

    def _pulses(self, train: NDArray[np.void]) -> None:
        unit, attempt = self._place
        self._tally.pulses += int(train["count"].sum())
        self._publish(Pulses, unit=unit, attempt=attempt, train=train)

    def _checkpoint(self) -> None:
        if self._steering.paused:
            self.event("pause", "paused")
        if self._steering.checkpoint():
            self.event("continue", "goes on")

    def event(self, kind: str, message: str, data: Mapping[str, Any] | None = None) -> None:
        """Publish an Event of this run."""
        level = "warning" if kind in ("indeterminate", "estop") else "info"
        self._publish(Event, kind=kind, message=message, level=level, data=data or {})

    def _try_event(self, kind: str, message: str) -> None:
        try:
            self._publish(Event, kind=kind, message=message, level="error")
        except Exception as trouble:  # the failing sink may be the very reason for this event
            log.error("not on record: %s (%s)", message, trouble)

    def _publish(self, document_kind: type[Document], /, **said: Any) -> None:
        document = document_kind(
            run=self.run,
            bench_time=self._station.clock_for_labels(),
            wall_time=time.time(),
            **said,
        )
        self._hash.update(document)
        try:
            self._bus.publish(document)
        except BaseException as trouble:
            trouble.from_required_sink = True  # type: ignore[attr-defined]
            raise

    def _stop(self, state: State, reason: str, safety: SafetyReport, began: float) -> RunStop:
        now = self._station.clock_for_labels()
        return RunStop(
            run=self.run,
            bench_time=now,
            wall_time=time.time(),
            state=state,
            reason=reason,
            hash=self._hash.hexdigest(),
            units_done=self._tally.units,
            pulses=self._tally.pulses,
            readings=self._tally.readings,
            safe=safety.safe,
            modelled_time=now - began,
        )
