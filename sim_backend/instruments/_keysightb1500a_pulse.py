"""Pulsed measurements of a B1500A: PT, PV, PI, PWV, PWI; MM 3, MM 4 and MM 5."""

from collections.abc import Callable
from dataclasses import replace

from ..wire.flex import Channel, Real, Whole, command
from ..wire.flex_errors import FlexError
from ._keysightb1500a_data import Datum
from ._keysightb1500a_settings import PULSED, Pulse, Sweep
from ._keysightb1500a_smu import Smu
from ._keysightb1500a_sweep import Stair, SweepCommands

_CHANNEL = Channel()
_RANGE = Whole(-30_000, 30_000)
_PULSE = (_CHANNEL, _RANGE, Real(), Real(), Real())
_SWEEP = (_CHANNEL, Whole(1, 4), _RANGE, Real(), Real(), Real(), Whole(1, 10_001), Real())
_SHORT, _MARGIN, _LONG_MARGIN = 0.1, 2e-3, 10e-3  # s: up to which width which rest is needed


class PulseCommands(SweepCommands):
    """One source pulses from its base to its peak; one channel is measured at the peak's end."""

    @property
    def measurements(self) -> dict[int, Callable[[], list[Datum]]]:
        """Add MM 3, MM 4 and MM 5."""
        return {
            **super().measurements,
            3: self.measure_pulse,
            4: self.measure_pulsed_sweep,
            5: self.measure_pulsed_bias,
        }

    @command("PT", Real(0.0, 655.35), Real(5e-4, 2.0), Real(-1.0, 5.0), Real(), optional=2)
    def set_pulse_timing(
        self, hold: float, width: float, period: float = 0.0, trigger: float = 0.0
    ) -> None:
        """Set hold, width, period (0 or -1: the shortest) and trigger delay of pulses, in s."""
        shortest = _shortest_period(width)
        if period in (0.0, -1.0):
            period = shortest
        if period < shortest * (1.0 - 1e-9) or not 0.0 <= trigger <= width:
            raise FlexError(120)
        self.settings.pulse_timing = (hold, width, period, trigger)

    @command("PV", *_PULSE, optional=1)
    def pulse_voltage(self, channel: int, number: int, *rest: float) -> None:
        """Let a channel pulse its voltage from base to peak."""
        self._set_pulse("VOLT", channel, number, *rest)

    @command("PI", *_PULSE, optional=1)
    def pulse_current(self, channel: int, number: int, *rest: float) -> None:
        """Let a channel pulse its current; base and peak of one polarity, 126."""
        self._set_pulse("CURR", channel, number, *rest)

    def _set_pulse(
        self, kind: str, channel: int, number: int, base: float, peak: float,
        compliance: float | None = None,
    ) -> None:  # fmt: skip
        self._check_pulse(kind, channel, number, (base, peak), compliance)
        self.settings.pulse = Pulse(channel, kind, number, base, peak, compliance)

    @command("PWV", *_SWEEP, optional=1)
    def sweep_pulse_voltage(self, channel: int, mode: int, number: int, *rest: float) -> None:
        """Let the peak of voltage pulses sweep."""
        self._set_pulse_sweep("VOLT", channel, mode, number, *rest)

    @command("PWI", *_SWEEP, optional=1)
    def sweep_pulse_current(self, channel: int, mode: int, number: int, *rest: float) -> None:
        """Let the peak of current pulses sweep."""
        self._set_pulse_sweep("CURR", channel, mode, number, *rest)

    def _set_pulse_sweep(
        self, kind: str, channel: int, mode: int, number: int, base: float, start: float,
        stop: float, steps: float, compliance: float | None = None,
    ) -> None:  # fmt: skip
        self._check_pulse(kind, channel, number, (base, start, stop), compliance)
        self._check(Sweep(channel, kind, mode, number, start, stop, int(steps), compliance))
        self.settings.pulse_sweep = Pulse(
            channel, kind, number, base, start, compliance, stop, int(steps), mode
        )

    def _check_pulse(
        self, kind: str, channel: int, number: int, levels: tuple[float, ...],
        compliance: float | None,
    ) -> None:  # fmt: skip
        if kind == "CURR" and min(levels) < 0.0 < max(levels):
            raise FlexError(126)
        for level in levels:
            self._check(Sweep(channel, kind, 1, number, level, level, 1, compliance))

    # -- measurements ------------------------------------------------------------------------

    def measure_pulse(self) -> list[Datum]:
        """MM 3: one pulse and one measurement."""
        pulse = self.settings.pulse
        if pulse is None:
            raise FlexError(222)
        source = self._pulsed(pulse, (pulse.peak,))
        meter = self._meter()
        source.smu.step_to(pulse.base)
        self.wait(self.settings.pulse_timing[0])
        return self._one_pulse(source, pulse.base, 0, meter)

    def measure_pulsed_sweep(self) -> list[Datum]:
        """MM 4: a pulse and a measurement at every peak."""
        pulse = self.settings.pulse_sweep
        if pulse is None:
            raise FlexError(221)
        sweep = Sweep(
            pulse.channel, pulse.kind, pulse.mode, pulse.range, pulse.peak, pulse.stop,
            pulse.steps, pulse.compliance,
        )  # fmt: skip
        source = self._pulsed(pulse, self.stair(sweep).levels)
        meter = self._meter()
        source.smu.step_to(pulse.base)
        self.wait(self.settings.pulse_timing[0])
        data, _ = self.run_steps(
            len(source.levels),
            source if self.settings.format_mode == 1 else None,
            lambda step: self._one_pulse(source, pulse.base, step, meter),
        )
        return data

    def measure_pulsed_bias(self) -> list[Datum]:
        """MM 5: a staircase on one channel, a pulse of another at every step."""
        pulse, primary = self.settings.pulse, self.settings.primary
        if primary is None:
            raise FlexError(220)
        if pulse is None:
            raise FlexError(222)
        if pulse.channel == primary.channel:
            raise FlexError(224)
        stair, source, meter = (
            self.stair(primary),
            self._pulsed(pulse, (pulse.peak,)),
            self._meter(),
        )
        source.smu.step_to(pulse.base)
        return self.run_stairs(
            [stair],
            stair if self.settings.format_mode == 1 else None,
            lambda _: self._one_pulse(source, pulse.base, 0, meter),
        )

    def _meter(self) -> Smu:
        """Return the one channel that is measured; 122 for none or several."""
        if len(self.settings.channels) != 1:
            raise FlexError(122)
        return self.measuring[0]

    def _pulsed(self, pulse: Pulse, peaks: tuple[float, ...]) -> Stair:
        """Return the pulse source, ready at its base."""
        largest = max((pulse.base, *peaks), key=abs)
        planned = self.plan(pulse.channel, pulse.kind, pulse.range, largest, pulse.compliance)
        smu = self.smu(pulse.channel)
        smu.force = replace(planned, level=pulse.base)
        return Stair(smu, planned, peaks, 0.0, follows=False)

    def _one_pulse(self, source: Stair, base: float, step: int, meter: Smu) -> list[Datum]:
        """Go to the peak, measure at its end, go back, and let the period end."""
        _, width, period, _ = self.settings.pulse_timing
        aperture = min(self.settings.aperture(PULSED, 1.0), width)
        source.go(step)
        self.wait(width - aperture)
        meter.is_settled = True
        data = self.take(meter, aperture)
        source.smu.step_to(base)
        self.wait(period - width)
        return data


def _shortest_period(width: float) -> float:
    """Return the shortest period in s for a width in s (PT, parameter ``period``)."""
    return max(5e-3, width + (_MARGIN if width <= _SHORT else _LONG_MARGIN))
