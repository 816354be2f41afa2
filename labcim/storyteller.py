"""Turns what happens in a run into documents: stamped, hashed, counted and published."""

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bus import Bus
from .documents import Document, Event, Pulses, Readings, RunHash, RunStop, State
from .safety import SafetyReport

log = logging.getLogger(__name__)

_WARNINGS = ("indeterminate", "estop", "wiring")


class Storyteller:
    """Tells one run. ``bench_time``: returns the time that stands on each document, in s."""

    def __init__(self, bus: Bus, bench_time: Callable[[], float]) -> None:
        self.run = str(uuid.uuid4())
        self.unit, self.attempt = "", 0  # what is being done at present
        self.units_done = self.pulses = self.readings = 0
        #: The error of a required sink: no record, no run.
        self.record_failed: BaseException | None = None
        self._bus = bus
        self._bench_time = bench_time
        self._began: float | None = None  # a run that is refused asks no instrument for the time
        self._hash = RunHash()
        self._remarks: list[tuple[str, str, Mapping[str, Any]]] = []

    def remark(self, kind: str, message: str, data: Mapping[str, Any] | None = None) -> None:
        """Keep an event for the next document. Nothing is asked or written now.

        For what goes wrong with a stimulus: first the bench must be made safe.
        """
        self._remarks.append((kind, message, data or {}))

    def tell(self, document_kind: type[Document], /, **said: Any) -> None:
        """Publish a document. Raises whatever a required sink raises."""
        while self._remarks:
            self.event(*self._remarks.pop(0))
        now = self._bench_time()
        if self._began is None:
            self._began = now
        document = document_kind(run=self.run, bench_time=now, wall_time=time.time(), **said)
        self._hash.update(document)
        try:
            self._bus.publish(document)
        except BaseException as trouble:
            self.record_failed = trouble
            raise

    def pulsed(self, train: NDArray[np.void]) -> None:
        """Put a delivered train on record."""
        self.pulses += int(train["count"].sum())
        self.tell(Pulses, unit=self.unit, attempt=self.attempt, train=train)

    def read(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Put a batch of rows on record."""
        self.readings += len(next(iter(columns.values()), ()))
        self.tell(Readings, unit=self.unit, attempt=self.attempt, columns=columns)

    def event(self, kind: str, message: str, data: Mapping[str, Any] | None = None) -> None:
        """Put an event on record."""
        level = "warning" if kind in _WARNINGS else "info"
        self.tell(Event, kind=kind, message=message, level=level, data=data or {})

    def complain(self, message: str) -> None:
        """Put an error on record if that is possible; it may be the record that failed."""
        if self.record_failed is not None:
            log.error("not on record: %s", message)
            return
        try:
            self.tell(Event, kind="error", message=message, level="error")
        except Exception as trouble:
            log.error("not on record: %s (%s)", message, trouble)

    def end(self, state: State, reason: str, safety: SafetyReport) -> RunStop:
        """Say how the run ended; a record that fails here is kept in ``record_failed``."""
        for kind, message, _ in self._remarks:
            self.complain(f"{kind}: {message}")
        now = self._bench_time()
        stop = RunStop(
            run=self.run,
            bench_time=now,
            wall_time=time.time(),
            state=state,
            reason=reason,
            hash=self._hash.hexdigest(),
            units_done=self.units_done,
            pulses=self.pulses,
            readings=self.readings,
            safe=safety.safe,
            modelled_time=now - (now if self._began is None else self._began),
        )
        try:
            self._bus.publish(stop)
        except Exception as trouble:
            log.error("the end of the run is not on record: %s", trouble)
            self.record_failed = self.record_failed or trouble
        return stop
