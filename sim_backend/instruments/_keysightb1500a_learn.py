"""*LRN? of a B1500A: its settings as the commands that would make them.

Source: B1500A Programming Guide, chapter 4, *LRN?; the answers of type 55 stand in groups with an
empty unit between, as the instrument's firmware has them.
"""

from collections.abc import Callable

from ..wire.flex import Whole, command
from ..wire.flex_errors import FlexError
from ._keysightb1500a_base import SLOTS
from ._keysightb1500a_data import digits
from ._keysightb1500a_modules import NAMES
from ._keysightb1500a_sampling import SamplingCommands
from ._keysightb1500a_settings import CYCLES, HIGH_SPEED, MANUAL, TIME, Pulse, Sweep

_OTHER = {"VOLT": "CURR", "CURR": "VOLT"}
_LETTER = {"VOLT": "V", "CURR": "I"}


class LearnCommands(SamplingCommands):
    """One answer for each type."""

    @command("*LRN?", Whole(0, 110))
    def learn(self, kind: int) -> str:
        """Tell settings; 120 for a type that is none here."""
        if 1 <= kind <= SLOTS:
            return self._channel(kind)
        answer = self._answers.get(kind)
        if answer is None:
            raise FlexError(120)
        return answer()

    @property
    def _answers(self) -> dict[int, Callable[[], str]]:
        settings = self.settings
        return {
            0: self._switches,
            30: self._filters,
            31: self._measurement,
            32: lambda: self._each("RI{0},{1.current_range};RV{0},{1.voltage_range}"),
            33: self._staircase,
            34: self._pulses,
            46: lambda: self._each("CMM{0},{1.operation}"),
            47: self._sampling,
            53: lambda: self._each("SSR{0},{1.series_resistor:d}"),
            54: lambda: self._each("RM{0},{1.ranging[0]},{1.ranging[1]}"),
            55: lambda: self._each("AAD{0},{1.converter};AAD{0},2;"),
            56: self._converters,
            57: self._waits,
            59: self._sources,
            60: lambda: f"TSC{settings.time_stamp:d}",
            110: lambda: f"PAD{settings.parallel:d}",
        }

    def _each(self, form: str) -> str:
        return ";".join(form.format(channel, smu.settings) for channel, smu in self.smus.items())

    def _switches(self) -> str:
        closed = [smu.channel for smu in self.enabled]
        closed += [channel for channel, it in self.generators.items() if it.on]
        return f"CN{','.join(map(str, closed))}" if closed else "CL"

    def _channel(self, channel: int) -> str:
        smu = self.smu(channel)
        if not smu.on:
            return f"CL{channel}"
        force = smu.force
        other = _OTHER[force.kind]
        return (
            f"D{_LETTER[force.kind]}{channel},{NAMES[force.kind][force.range]},"
            f"{digits(force.level, force.range, 12)},"
            f"{digits(force.compliance, force.compliance_range, 12)},"
            f"{force.manual:d},{NAMES[other][force.compliance_range]}"
        )

    def _filters(self) -> str:
        on = [str(channel) for channel, smu in self.smus.items() if smu.settings.filter]
        off = [str(channel) for channel, smu in self.smus.items() if not smu.settings.filter]
        if not on or not off:
            return "FL0" if off else "FL1"
        return f"FL0,{','.join(off)};FL1,{','.join(on)}"

    def _measurement(self) -> str:
        settings = self.settings
        converter = settings.converters[HIGH_SPEED]
        average = {
            CYCLES: f"{-int(converter.number)}",
            TIME: "1,1",
            MANUAL: f"{converter.number},1",
        }
        parts = [
            f"TM{settings.trigger_mode}",
            f"AV{average.get(converter.mode, f'{converter.number},0')}",
            f"CM{settings.auto_calibration:d}",
            f"FMT{settings.format},{settings.format_mode}",
        ]
        if settings.mode:
            parts.append(",".join([f"MM{settings.mode}", *map(str, settings.channels)]))
        return ";".join(parts)

    def _staircase(self) -> str:
        settings = self.settings
        hold, *delays = settings.timing
        parts = [
            f"WM{1 + settings.auto_abort},{1 + settings.ends_at_stop}",
            ",".join([f"WT{hold:.2f}", *(f"{delay:.4f}" for delay in delays)]),
        ]
        primary, second = settings.primary, settings.synchronous
        if primary is not None:
            name = f"W{_LETTER[primary.kind]}{primary.channel},{primary.mode}"
            parts.append(f"{name},{self._levels(primary, steps=True)}")
        if second is not None:
            parts.append(f"WS{_LETTER[second.kind]}{second.channel},{self._levels(second)}")
        return ";".join(parts)

    def _sources(self) -> str:
        parts = [self._staircase()]
        for place, sweep in sorted(self.settings.sources.items()):
            kind = 1 if sweep.kind == "VOLT" else 2
            parts.append(f"WNX{place},{sweep.channel},{kind},{self._levels(sweep)}")
        return ";".join(parts)

    def _levels(self, sweep: Sweep, *, steps: bool = False) -> str:
        """Return range, start, stop, perhaps steps, and the compliances as far as they are set."""
        smu = self.smu(sweep.channel)
        largest = max(abs(sweep.start), abs(sweep.stop))
        scale = smu.module.output(sweep.kind, largest, sweep.range)
        parts = [
            str(NAMES[sweep.kind][scale]),
            digits(sweep.start, scale, 12),
            digits(sweep.stop, scale, 12),
        ]
        if steps:
            parts.append(str(sweep.steps))
        if sweep.compliance is not None:
            parts.append(self._compliance(sweep.channel, sweep.kind, sweep.compliance))
            if sweep.power:
                parts.append(digits(sweep.power, 100.0 if sweep.power >= 10.0 else 1.0, 12))
        return ",".join(parts)

    def _compliance(self, channel: int, kind: str, compliance: float) -> str:
        other = _OTHER[kind]
        scale = self.smu(channel).module.covering(other, compliance, None, 1.0)
        return digits(compliance, scale, 12)

    def _pulses(self) -> str:
        hold, width, period, trigger = self.settings.pulse_timing
        parts = [f"PT{hold:.2f},{width:.4f},{period:.4f},{trigger:.4f}"]
        pulse, sweep = self.settings.pulse, self.settings.pulse_sweep
        if pulse is not None:
            parts.append(f"P{_LETTER[pulse.kind]}{self._pulse(pulse, (pulse.peak,))}")
        if sweep is not None:
            head = f"PW{_LETTER[sweep.kind]}"
            parts.append(head + self._pulse(sweep, (sweep.peak, sweep.stop), sweeps=True))
        return ";".join(parts)

    def _pulse(self, pulse: Pulse, peaks: tuple[float, ...], *, sweeps: bool = False) -> str:
        smu = self.smu(pulse.channel)
        largest = max(map(abs, (pulse.base, *peaks)))
        scale = smu.module.output(pulse.kind, largest, pulse.range)
        parts = [str(pulse.channel)]
        if sweeps:
            parts.append(str(pulse.mode))
        parts.append(str(NAMES[pulse.kind][scale]))
        parts += [digits(level, scale, 12) for level in (pulse.base, *peaks)]
        if sweeps:
            parts.append(str(pulse.steps))
        if pulse.compliance is not None:
            parts.append(self._compliance(pulse.channel, pulse.kind, pulse.compliance))
        return ",".join(parts)

    def _sampling(self) -> str:
        settings = self.settings
        hold_bias, interval, number, hold_base = settings.sampling
        abort, post = 1 + settings.sampling_abort, 2 - settings.sampling_ends_at_base
        parts = [
            f"ML{settings.sampling_mode}",
            f"MT{hold_bias:.4f},{interval:.5f},{number},{hold_base:.2f}",
            f"MSC{abort},{post}",
        ]
        for it in settings.sampled.values():
            largest = max(abs(it.base), abs(it.bias))
            scale = self.smu(it.channel).module.output(it.kind, largest, it.range)
            words = [f"M{_LETTER[it.kind]}{it.channel}", str(NAMES[it.kind][scale])]
            words += [digits(level, scale, 12) for level in (it.base, it.bias)]
            if it.compliance is not None:
                words.append(self._compliance(it.channel, it.kind, it.compliance))
            parts.append(",".join(words))
        return ";".join(parts)

    def _converters(self) -> str:
        parts = [
            f"AIT{kind},{it.mode},{it.number:.6f}"
            if it.mode == TIME
            else f"AIT{kind},{it.mode},{int(it.number)}"
            for kind, it in self.settings.converters.items()
        ]
        return ";".join([*parts, f"AZ{self.settings.auto_zero:d}"])

    def _waits(self) -> str:
        waits = self.settings.waits.items()
        return ";".join(f"WAT{kind},{number:.1f},{offset:.4f}" for kind, (number, offset) in waits)
