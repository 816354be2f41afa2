"""Trigger events of a Keithley 2636B: detectors, blenders, timers, and time as they see it.

Events have numbers. Whoever waits for one has a detector, which keeps the event until it is taken.
Source: Series 2600B Reference Manual, 2600BS-901-01, section 3 (triggering), 7 (trigger.*).
"""

from collections.abc import Callable, Iterator
from typing import Final, Protocol

from ._keithley2636b_ranges import between

COMMAND_EVENT, DISPLAY_EVENT = 1, 2  # *TRG or a group execute trigger; the TRIG key
BLENDER_EVENTS, TIMER_EVENTS = 16, 32
CHANNEL_EVENTS: Final = {"a": 64, "b": 80}
BLENDERS, BLENDER_INPUTS, TIMERS = range(1, 7), range(1, 5), range(1, 9)


class Detector:
    """Waits for one event, and keeps it. stimulus: its number, 0 for none."""

    def __init__(self) -> None:
        self.stimulus = 0
        self.latched = False
        self.overrun = False

    def set(self) -> None:
        """Note that the event has come."""
        self.overrun = self.overrun or self.latched
        self.latched = True

    def take(self) -> bool:
        """Take the event if it has come; without a stimulus there is nothing to wait for."""
        if self.stimulus == 0 and not self.latched:
            return True
        came, self.latched = self.latched, False
        return came

    def clear(self) -> None:
        """Forget the event."""
        self.latched = self.overrun = False


Wait = Detector | float | None
"""What a running machine waits for: an event, a point in time in s, or its next turn (None)."""


class Machine(Protocol):
    """A trigger model that runs: each step says what it waits for."""

    steps: Iterator[Wait] | None
    waits_for: Wait


class Time(Protocol):
    """The clock as the trigger system moves it."""

    def now(self) -> float:
        """Return the time in s."""

    def wait(self, duration: float) -> None:
        """Let time pass."""

    def labour(self, amount: int = 1) -> None:
        """Count what is done."""


class EventBus:
    """Takes events to their detectors, and lets the machines run as far as they can."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self.machines: list[Machine] = []
        self.blenders = {n: Blender(self, n) for n in BLENDERS}
        self.timers = {n: Timer(self, n) for n in TIMERS}
        self.command = Detector()
        self.command.stimulus = COMMAND_EVENT
        self._detectors: list[tuple[Detector, Callable[[], None]]] = []
        self._routes: dict[int, list[Callable[[], None]]] | None = None
        self._running = False
        self.add(self.command)
        for blender in self.blenders.values():
            for detector in blender.inputs.values():
                self.add(detector, blender.look)
        for timer in self.timers.values():
            self.add(timer.detector, timer.look)

    def add(self, detector: Detector, then: Callable[[], None] = lambda: None) -> None:
        """Let a detector hear of its event; ``then`` is called after it."""
        self._detectors.append((detector, then))

    def stimulate(self, detector: Detector, event: object) -> None:
        """Set what a detector waits for."""
        detector.stimulus = int(between(event, 0, 200))
        self._routes = None

    def emit(self, event: int) -> None:
        """Let an event happen."""
        if self._routes is None:
            self._routes = {}
            for detector, then in self._detectors:
                if detector.stimulus:
                    self._routes.setdefault(detector.stimulus, []).extend((detector.set, then))
        for action in self._routes.get(event, ()):
            action()

    def run(self) -> None:
        """Let all machines go on until each waits for an event that nothing here will bring."""
        if self._running:
            return  # an event of a machine's own, in the middle of a step
        self._running = True
        try:
            while self._step():
                pass
        finally:
            self._running = False

    def _step(self) -> bool:
        now, moved = self.time.now(), False
        for timer in self.timers.values():
            moved |= timer.fire(now)
        for machine in self.machines:
            moved |= self._advance(machine, now)
        if moved:
            return True
        due = [m.waits_for for m in self.machines if isinstance(m.waits_for, float)]
        if any(machine.steps is not None for machine in self.machines):
            due += [timer.due for timer in self.timers.values() if timer.due is not None]
        if not due:
            return False
        self.time.wait(max(min(due) - now, 0.0))
        return True

    def _advance(self, machine: Machine, now: float) -> bool:
        moved = False
        while machine.steps is not None and _is_over(machine.waits_for, now):
            self.time.labour()
            try:
                machine.waits_for = next(machine.steps)
            except StopIteration:
                machine.steps = machine.waits_for = None
            now, moved = self.time.now(), True
            if machine.waits_for is None:
                break
        return moved

    def shares(self, machine: Machine) -> bool:
        """Say whether any other machine runs at the same time."""
        return any(one.steps is not None for one in self.machines if one is not machine)

    def wait_for(self, detector: Detector, seconds: float) -> bool:
        """Wait for an event at most so long; say whether it came."""
        self.run()
        end = self.time.now() + seconds
        while not detector.latched:
            due = [timer.due for timer in self.timers.values() if timer.due is not None]
            if not due or min(due) > end:
                break
            self.time.wait(max(min(due) - self.time.now(), 0.0))
            self.time.labour()
            for timer in self.timers.values():
                timer.fire(self.time.now())
        if not detector.latched:
            self.time.wait(max(end - self.time.now(), 0.0))
            return False
        detector.latched = False
        return True

    def reset(self) -> None:
        """Go to the factory settings."""
        for blender in self.blenders.values():
            blender.reset()
        for timer in self.timers.values():
            timer.reset()
        self.command.clear()


def _is_over(waited: Wait, now: float) -> bool:
    if waited is None:
        return True
    return waited.take() if isinstance(waited, Detector) else waited <= now + 1e-12


class Blender:
    """Makes one event of several: any of them, or all."""

    def __init__(self, bus: EventBus, number_: int) -> None:
        self._bus = bus
        self.event = BLENDER_EVENTS + number_
        self.inputs = {n: Detector() for n in BLENDER_INPUTS}
        self.output = Detector()
        self.any_of_them = False

    def look(self) -> None:
        """Let the blender's event happen if its inputs say so."""
        used = [one for one in self.inputs.values() if one.stimulus]
        came = [one.latched for one in used]
        if any(came) if self.any_of_them else all(came):
            for one in used:
                one.latched = False
            self.output.set()
            self._bus.emit(self.event)

    def reset(self) -> None:
        """Go to the factory settings."""
        for one in (*self.inputs.values(), self.output):
            one.clear()
        for one in self.inputs.values():
            self._bus.stimulate(one, 0)
        self.any_of_them = False


class Timer:
    """Lets events happen after a delay, so many times."""

    def __init__(self, bus: EventBus, number_: int) -> None:
        self._bus = bus
        self.event = TIMER_EVENTS + number_
        self.detector = Detector()
        self.output = Detector()
        self.delays = [10e-6]
        self.count = 1
        self.passthrough = False
        self.due: float | None = None
        self._fired = 0

    def look(self) -> None:
        """Start when the stimulus came."""
        if not self.detector.latched:
            return
        self.detector.latched = False
        if self.due is not None:
            self.detector.overrun = True
            return
        self._fired = 0
        self.due = self._bus.time.now() + self.delays[0]
        if self.passthrough:
            self._happen()

    def fire(self, now: float) -> bool:
        """Let the event happen where its time has come."""
        if self.due is None or self.due > now + 1e-12:
            return False
        self._fired += 1
        at = self.due
        ended = self.count and self._fired >= self.count
        self.due = None if ended else at + self.delays[self._fired % len(self.delays)]
        self._happen()
        return True

    def _happen(self) -> None:
        self.output.set()
        self._bus.emit(self.event)

    def reset(self) -> None:
        """Go to the factory settings."""
        self.detector.clear()
        self.output.clear()
        self._bus.stimulate(self.detector, 0)
        self.delays, self.count, self.passthrough, self.due = [10e-6], 1, False, None


def event_constants() -> dict[str, int]:
    """Return the numbers of the events that belong to no channel, by path."""
    found = {"trigger.EVENT_ID": COMMAND_EVENT, "display.trigger.EVENT_ID": DISPLAY_EVENT}
    found |= {f"trigger.blender.{n}.EVENT_ID": BLENDER_EVENTS + n for n in BLENDERS}
    return found | {f"trigger.timer.{n}.EVENT_ID": TIMER_EVENTS + n for n in TIMERS}
