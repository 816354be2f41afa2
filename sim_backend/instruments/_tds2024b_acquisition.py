"""How a simulated TDS2024B acquires: armed, ready, triggered, and the record that comes of it.

Whatever happens on the bench is kept by its probes; when somebody asks, this looks for triggers in
what has happened since it looked last. It lets time pass only as the time base commands it: before
it is ready, until what lies left of the trigger is there; after a trigger, until the rest is.
"""

import math
from collections.abc import Callable
from typing import Final, Protocol

import numpy as np

from ..chip.clock import SimClock
from ..chip.probing import Waveforms
from ..chip.waveforms import Floats, Probe, Running
from ._tds2024b_front_end import FrontEnd, Record, capacitance, words_of_mode
from ._tds2024b_sampler import Sampler
from ._tds2024b_settings import CHANNELS, DIVISIONS, POINTS, Settings
from ._tds2024b_trigger import LINE, NOISE_REJECTED, SENSITIVITY, first_trigger

MOST_AT_ONCE: Final = 4  # acquisitions of a long past that are taken; of the rest the last ones
PULSES_AT_ONCE: Final = 32  # of a train in which one looks for a trigger
EXT: Final = {"EXT": 0.4, "EXT5": 2.0}  # V that stand for a division


class Circuit(Protocol):
    """What a scope needs of a bench."""

    clock: SimClock
    waveforms: Waveforms

    def advance(self, duration: float) -> None:
        """Let time pass."""


class Acquisition:
    """Probes, trigger and records of one instrument. count: acquisitions since the start."""

    def __init__(self, circuit: Circuit, name: str, front: FrontEnd, settings: Settings) -> None:
        self._circuit, self._name, self._front = circuit, name, front
        self.settings = settings
        self.records: dict[str, Record] = {}
        self.running = False
        self.count = 0
        self._probes: dict[str, Probe] = {}
        self._ready = self._looked = self._origin = 0.0
        self._trigger: float | None = None
        self._sums: dict[str, Floats] = {}
        #: Called when a single sequence is complete.
        self.on_complete: Callable[[], None] = lambda: None

    # -- start and stop ----------------------------------------------------------------------

    def start(self) -> None:
        """Begin anew."""
        self.stop()
        self.running = True
        self._origin = self._circuit.clock.now
        for name in self._watched():
            factor = self._front.probes.get(name, 1.0)
            probe = self._circuit.waveforms.watch(
                f"{self._name}.{name.lower()}", capacitance(factor), self._origin
            )
            probe.on_full = self.look
            self._probes[name] = probe
        self.count, self._sums = 0, {}
        self._arm(self._now)

    def stop(self) -> None:
        """Stop; records stay."""
        self.running, self._trigger = False, None
        for probe in self._probes.values():
            self._circuit.waveforms.leave(probe)
        self._probes = {}

    def changed(self) -> None:
        """Begin anew after a setting that the record depends on, if it runs."""
        if self.running:
            self.start()

    def _watched(self) -> list[str]:
        source = self.settings.trigger.from_source
        shown = [name for name in CHANNELS if self.settings.shown[name]]
        if source.startswith("EXT"):
            return [*shown, "EXT"]
        return sorted({*shown, source} & set(CHANNELS))

    def _arm(self, since: float) -> None:
        self._ready = since + max(0.0, -self.settings.horizontal.first)
        self._looked = self._ready
        self._trigger = None

    @property
    def _now(self) -> float:
        """Return s since it was started, which is when its own time begins."""
        return self._circuit.clock.now - self._origin

    @property
    def _is_full(self) -> bool:
        """Say whether the record that was triggered is full, as exactly as the bench's clock is."""
        return self._end <= self._now + 2.0 * math.ulp(self._circuit.clock.now)

    def _get_ready(self) -> None:
        """Let pass what lies left of the trigger."""
        if self._now < self._ready:
            self._circuit.advance(self._ready - self._now)
            self._ready = self._looked = min(self._ready, self._now)

    # -- what has happened -------------------------------------------------------------------

    @property
    def waits(self) -> bool:
        """Say whether a single sequence is not complete."""
        return self.running and self.settings.stop_after == "SEQuence"

    @property
    def state(self) -> str:
        """Return the state of the trigger system; lets pass what it needs to be ready."""
        self.look()
        if self.running and self._trigger is None:
            self._get_ready()
        self.finish()
        if not self.running:
            return "SAVE"
        if self._trigger is not None:
            return "TRIGGER"
        return "AUTO" if self.settings.trigger.mode == "AUTO" else "READY"

    def force(self) -> None:
        """Trigger now, if it is ready."""
        self.look()
        if self.running and self._trigger is None:
            self._get_ready()
            self._trigger = self._now
            self.look()

    def look(self) -> None:
        """Take in what has happened until now."""
        needs_all = self.waits or self.settings.mode == "AVErage"
        for _ in range(self.settings.averages if needs_all else MOST_AT_ONCE):
            if not self.running:
                return
            if self._trigger is None:
                self._trigger = self._find(self._now)
            if self._trigger is None or not self._is_full:
                break
            self._complete(self._trigger)
        else:
            self._arm(max(self._ready, self._now - 3.0 * self._span))
        if self.running:
            self._forget()

    def finish(self) -> None:
        """Complete what was triggered, and what a signal that runs freely will trigger."""
        self.look()
        for _ in range(128):  # as many as an average may need
            if not self.running or (self.count and not self.waits):
                return
            if self._trigger is None:
                self._trigger = self._expected()
            if self._trigger is None:
                return
            self._circuit.advance(max(self._end - self._now, 0.0))
            self.look()

    @property
    def _span(self) -> float:
        return DIVISIONS * self.settings.horizontal.used[0]

    @property
    def _end(self) -> float:
        """Return when the record that was triggered is full, in s."""
        assert self._trigger is not None
        return self._trigger + max(self.settings.horizontal.first + self._span, 0.0)

    def _expected(self) -> float | None:
        """Return when it will trigger: by a free wave, by the line, or by itself in AUTO."""
        trigger = self.settings.trigger
        if trigger.kind == "EDGE" and trigger.source == "LINE":
            earliest = max(self._ready, self._now) + self._origin
            return math.ceil(earliest * LINE) / LINE - self._origin
        probe = self._probes.get("EXT" if trigger.from_source.startswith("EXT") else
                                 trigger.from_source)  # fmt: skip
        last = probe.parts[-1] if probe else None
        if isinstance(last, Running):
            found = self._find(max(self._now, self._ready) + 2.0 * last.period)
            if found is not None:
                return found
        if trigger.mode == "AUTO":
            after = self.settings.horizontal.first + self._span
            return max(self._now, self._ready) if self.waits else self._now - after
        return None

    def _find(self, until: float) -> float | None:
        """Return the first trigger between where was looked last and ``until`` s."""
        trigger, begin = self.settings.trigger, self._looked
        source = trigger.from_source
        if source == "LINE" or until <= begin:
            return None
        probe = self._probes["EXT" if source.startswith("EXT") else source]
        rejects = trigger.coupling == "NOISErej"
        division = EXT.get(source) or self.settings.channels[source].scale
        hysteresis = SENSITIVITY * division * (NOISE_REJECTED if rejects else 1.0)
        while begin < until:
            stop = probe.horizon(begin, until, PULSES_AT_ONCE)
            times, volts = self._seen(probe, source, begin, stop)
            found = first_trigger(trigger, times, volts, hysteresis)
            if found is not None:
                return found
            turned = self._turned(times, volts, hysteresis)
            if stop >= until:
                self._looked = turned if until <= self._now else self._looked
                return None
            begin = turned if turned > begin else stop
        return None

    def _seen(self, probe: Probe, source: str, begin: float, end: float) -> tuple[Floats, Floats]:
        """Return times in s and V as the trigger sees them."""
        vertical = self.settings.channels.get(source)
        segments = probe.segments(begin, end, self._trigger_tau(source) if vertical else 0.0)
        times = segments.instants(begin, end)
        if vertical is None:
            return times, segments.volts(times)
        return times, self._front.signal(source, vertical, segments, times)

    def _trigger_tau(self, source: str) -> float:
        tau = self._front.tau(source, self.settings.channels[source])
        return max(tau, 1.0 / (2.0 * math.pi * 80e3)) if self._rejects_high else tau

    @property
    def _rejects_high(self) -> bool:
        return self.settings.trigger.coupling == "HFRej"

    def _turned(self, times: Floats, volts: Floats, hysteresis: float) -> float:
        """Return from when on to look the next time: where it last could be armed."""
        trigger = self.settings.trigger
        up = trigger.polarity == "POSITIVe" if trigger.kind == "PULse" else trigger.slope == "RISe"
        height = volts - trigger.level if up else trigger.level - volts
        below = np.flatnonzero(height <= -hysteresis)
        return float(times[below[-1]] if below.size else times[-1])

    # -- records -----------------------------------------------------------------------------

    def _complete(self, trigger: float) -> None:
        """Take the record of a trigger, and arm again unless that was the last."""
        settings = self.settings
        self.count += 1
        averaged = settings.mode == "AVErage"
        for name in CHANNELS:
            if settings.shown[name]:
                self._take(name, trigger, averaged)
        wanted = settings.averages if averaged else 1
        if self.waits and self.count >= wanted:
            self.stop()
            self.on_complete()
            return
        holdoff = trigger + settings.trigger.holdoff
        self._arm(max(self._end, holdoff))
        self._looked = max(self._looked, holdoff)

    def _take(self, name: str, trigger: float, averaged: bool) -> None:
        settings, vertical = self.settings, self.settings.channels[name]
        across = settings.horizontal
        paired = settings.mode == "PEAKdetect"
        sampler = Sampler(self._front, settings, name, self._probes[name])
        codes = sampler.peaks(trigger) if paired else sampler.samples(trigger)
        if averaged:
            total = self._sums.get(name, np.zeros(POINTS)) + codes
            self._sums[name] = total
            codes = np.rint(total / min(self.count, settings.averages))
            if self.count >= settings.averages:
                self._sums[name] = total * (1.0 - 1.0 / settings.averages)
        self.records[name] = Record(
            codes, vertical.scale, vertical.position, across.step, across.first,
            vertical.coupling, words_of_mode(settings.mode), paired,
        )  # fmt: skip

    def _forget(self) -> None:
        keep = min(self._looked, self._ready, self._now) - 2.0 * self._span
        if self._trigger is not None:
            keep = min(keep, self._trigger - 2.0 * self._span)
        for probe in self._probes.values():
            probe.forget_before(keep)
