"""Staircase and multi channel sweeps of a B1500A: WV, WI, WSV, WSI, WNX, WT, WM; MM 2 and MM 16."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..wire.flex import Channel, Real, Whole, command
from ..wire.flex_errors import FlexError
from ._keysightb1500a_data import DUMMY, INVALID, OVERFLOW, Datum
from ._keysightb1500a_settings import Sweep
from ._keysightb1500a_smu import Force, Smu
from ._keysightb1500a_spot import SpotCommands

_CHANNEL = Channel()
_RANGE = Whole(-30_000, 30_000)
_MODE = Whole(1, 4)
_STEPS = Whole(1, 10_001)
_LOGARITHMIC = (2, 4)
_DOUBLE = (3, 4)
_STAIR = (_CHANNEL, _MODE, _RANGE, Real(), Real(), _STEPS, Real(), Real(0.001, 80.0))
_KINDS = {1: "VOLT", 2: "CURR"}
_BAD = OVERFLOW | 2 | 4 | 8


@dataclass(frozen=True, slots=True)
class Stair:
    """A sweep source that is ready: its unit, what it begins with, and its levels in V or A."""

    smu: Smu
    first: Force
    levels: tuple[float, ...]
    power: float
    follows: bool  # the range follows the level: logarithmic sweeps of a current

    def go(self, step: int) -> None:
        """Put out one level, under the power compliance where there is one."""
        level = self.levels[step]
        force = replace(self.first, level=level)
        if self.power and level:
            most = min(abs(force.compliance), self.power / abs(level))
            force = replace(force, compliance=most if force.compliance >= 0.0 else -most)
        self.smu.force = force
        self.smu.step_to(level, covering=self.follows)


class SweepCommands(SpotCommands):
    """Sweeps: all sources step together, then every channel of MM is measured."""

    @property
    def measurements(self) -> dict[int, Callable[[], list[Datum]]]:
        """Add MM 2 and MM 16."""
        return {**super().measurements, 2: self.measure_staircase, 16: self.measure_multi_channel}

    @command("WT", Real(0.0, 655.35), Real(0.0, 65.535), Real(0.0, 1.0), Real(), Real(), optional=3)
    def set_timing(
        self, hold: float, delay: float, step: float = 0.0, trigger: float = 0.0,
        measure: float = 0.0,
    ) -> None:  # fmt: skip
        """Set hold, delay, step delay and the delays of triggers, in s."""
        if not (0.0 <= trigger <= delay and 0.0 <= measure <= 65.535):
            raise FlexError(120)
        self.settings.timing = (hold, delay, step, trigger, measure)

    @command("WM", Whole(1, 2), Whole(1, 2), optional=1)
    def set_abort(self, abort: int, post: int = 1) -> None:
        """Choose automatic abort (2), and whether sources end at the stop value (2)."""
        self.settings.auto_abort, self.settings.ends_at_stop = abort == 2, post == 2

    @command("WV", *_STAIR, optional=2)
    def sweep_voltage(self, channel: int, mode: int, number: int, *rest: float) -> None:
        """Let a channel sweep its voltage; what WSV, WSI and WNX have set goes."""
        self._set_primary("VOLT", channel, mode, number, *rest)

    @command("WI", *_STAIR, optional=2)
    def sweep_current(self, channel: int, mode: int, number: int, *rest: float) -> None:
        """Let a channel sweep its current, likewise."""
        self._set_primary("CURR", channel, mode, number, *rest)

    def _set_primary(
        self, kind: str, channel: int, mode: int, number: int,
        start: float, stop: float, steps: float, compliance: float | None = None,
        power: float = 0.0,
    ) -> None:  # fmt: skip
        sweep = Sweep(channel, kind, mode, number, start, stop, int(steps), compliance, power)
        self._check(sweep)
        self.settings.primary, self.settings.synchronous = sweep, None
        self.settings.sources = {}

    @command("WSV", _CHANNEL, _RANGE, Real(), Real(), Real(), Real(0.001, 80.0), optional=2)
    def follow_voltage(self, channel: int, number: int, *rest: float) -> None:
        """Let a second channel step its voltage together with the first; 220 without one."""
        self._set_synchronous("VOLT", channel, number, *rest)

    @command("WSI", _CHANNEL, _RANGE, Real(), Real(), Real(), Real(0.001, 80.0), optional=2)
    def follow_current(self, channel: int, number: int, *rest: float) -> None:
        """Let a second channel step its current, likewise."""
        self._set_synchronous("CURR", channel, number, *rest)

    def _set_synchronous(
        self, kind: str, channel: int, number: int, start: float, stop: float,
        compliance: float | None = None, power: float = 0.0,
    ) -> None:  # fmt: skip
        self.settings.synchronous = self._follower(
            kind, channel, number, start, stop, compliance, power
        )

    @command(
        "WNX", Whole(2, 10), _CHANNEL, Whole(1, 2), _RANGE, Real(), Real(), Real(),
        Real(0.001, 80.0), optional=2,
    )  # fmt: skip
    def add_source(
        self, place: int, channel: int, kind: int, number: int, start: float, stop: float,
        compliance: float | None = None, power: float = 0.0,
    ) -> None:  # fmt: skip
        """Let a further channel of a multi channel sweep step together with the first."""
        follower = self._follower(_KINDS[kind], channel, number, start, stop, compliance, power)
        others = self.settings.sources.items()
        self.settings.sources = {
            key: it for key, it in others if key != place and it.channel != channel
        } | {place: follower}

    @command("WNU?")
    def steps(self) -> int:
        """Tell how many steps the sweep has."""
        primary = self.settings.primary
        if primary is None:
            raise FlexError(220)
        return primary.steps * (2 if primary.mode in _DOUBLE else 1)

    def _follower(
        self, kind: str, channel: int, number: int, start: float, stop: float,
        compliance: float | None, power: float,
    ) -> Sweep:  # fmt: skip
        primary = self.settings.primary
        if primary is None:
            raise FlexError(220)
        sweep = Sweep(
            channel, kind, primary.mode, number, start, stop, primary.steps, compliance, power
        )
        if channel == primary.channel:
            raise FlexError(122)
        self._check(sweep)
        return sweep

    def _check(self, sweep: Sweep) -> None:
        """Raise FlexError for a sweep that its channel could not do."""
        smu = self.smu(sweep.channel)
        smu.module.named(sweep.kind, sweep.range)
        if sweep.mode in _LOGARITHMIC and sweep.start * sweep.stop < 0.0:
            raise FlexError(130)
        for level in (sweep.start, sweep.stop):
            smu.module.output(sweep.kind, level, sweep.range)
            if sweep.kind == "VOLT":
                highest = smu.module.highest_current(level)
            else:
                highest = smu.module.highest_voltage(level)
            given = sweep.compliance
            if given is not None and abs(given) > highest * (1.0 + 1e-9):
                raise FlexError(123)

    # -- measurements ------------------------------------------------------------------------

    def measure_staircase(self) -> list[Datum]:
        """MM 2: the primary source, and the synchronous one if there is one."""
        settings = self.settings
        if settings.primary is None:
            raise FlexError(220)
        sweeps = {1: settings.primary}
        if settings.synchronous is not None:
            sweeps[2] = settings.synchronous
        return self._sweep(sweeps)

    def measure_multi_channel(self) -> list[Datum]:
        """MM 16: the primary source and those of WNX, all at once."""
        if self.settings.primary is None:
            raise FlexError(220)
        return self._sweep({1: self.settings.primary} | dict(sorted(self.settings.sources.items())))

    def stair(self, sweep: Sweep) -> Stair:
        """Return a sweep source that is ready. Raises FlexError, and changes nothing."""
        levels = levels_of(sweep)
        largest = max(levels, key=abs)
        number = sweep.range
        planned = self.plan(sweep.channel, sweep.kind, number, largest, sweep.compliance)
        follows = sweep.mode in _LOGARITHMIC and sweep.kind == "CURR"
        return Stair(self.smu(sweep.channel), planned, levels, sweep.power, follows)

    def _sweep(self, sweeps: dict[int, Sweep]) -> list[Datum]:
        if not self.settings.channels:
            raise FlexError(122)
        stairs = {place: self.stair(sweep) for place, sweep in sweeps.items()}
        told = stairs.get(self.settings.format_mode)
        return self.run_stairs(list(stairs.values()), told, lambda _: self._measure_all())

    def _measure_all(self) -> list[Datum]:
        """Measure at every channel of MM after the delay; then the step delay."""
        _, delay, step, _, _ = self.settings.timing
        self.settle(1)
        self.wait(delay)
        began = self.circuit.clock.now
        data = [datum for smu in self.measuring for datum in self.take(smu)]
        self.wait(step - (self.circuit.clock.now - began))
        return data

    def run_stairs(
        self, stairs: Sequence[Stair], told: Stair | None, measure: Callable[[int], list[Datum]]
    ) -> list[Datum]:
        """Step all sources together and measure; leave them where WM says.

        told: the source whose level goes with the data of every step.
        """

        def one(step: int) -> list[Datum]:
            for stair in stairs:
                stair.go(step)
            if step == 0:
                self.wait(self.settings.timing[0])
            return measure(step)

        steps = len(stairs[0].levels)
        data, aborted = self.run_steps(steps, told, one, any(stair.power for stair in stairs))
        ends_at_stop = self.settings.ends_at_stop and not aborted
        for stair in stairs:
            stair.go(_last(stair) if ends_at_stop else 0)
        return data

    def run_steps(
        self,
        steps: int,
        told: Stair | None,
        one: Callable[[int], list[Datum]],
        aborts: bool = False,
    ) -> tuple[list[Datum], bool]:
        """Run all steps; after an abort the rest of the data is none. Also tell whether it was."""
        aborts = aborts or self.settings.auto_abort
        data: list[Datum] = []
        for step in range(steps):
            block = one(step)
            if told is not None:
                block.append(_told(told, step, step == steps - 1))
            data += block
            if aborts and any(datum.status & _BAD for datum in block if datum.kind in "VI"):
                data += [_none(it, n == steps - 1) for n in range(step + 1, steps) for it in block]
                return data, True
        return data, False


def levels_of(sweep: Sweep) -> tuple[float, ...]:
    """Return the levels of a sweep in order, those of a double one there and back."""
    if sweep.steps == 1:
        levels = [sweep.start]
    elif sweep.mode in _LOGARITHMIC:
        if not sweep.start * sweep.stop > 0.0:
            raise FlexError(130)
        levels = np.geomspace(sweep.start, sweep.stop, sweep.steps).tolist()
    else:
        levels = np.linspace(sweep.start, sweep.stop, sweep.steps).tolist()
    return tuple(levels + levels[::-1] if sweep.mode in _DOUBLE else levels)


def _last(stair: Stair) -> int:
    """Return the step at which the stop value stands: half way of a double sweep."""
    levels = stair.levels
    is_double = len(levels) > 1 and levels[0] == levels[-1] and len(levels) % 2 == 0
    return len(levels) // 2 if is_double else len(levels) - 1


def _told(stair: Stair, step: int, is_last: bool) -> Datum:
    force = stair.first
    kind = "v" if force.kind == "VOLT" else "i"
    level = stair.levels[step]
    return Datum(kind, stair.smu.channel, level, stair.smu.force.range, last=is_last)


def _none(datum: Datum, is_last: bool) -> Datum:
    """Return what stands for a datum after an abort."""
    if datum.kind in "VI":
        return replace(datum, value=DUMMY, status=OVERFLOW | INVALID)
    return replace(datum, value=DUMMY, last=is_last) if datum.kind in "vi" else datum
