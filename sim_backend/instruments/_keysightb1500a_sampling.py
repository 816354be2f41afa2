"""Sampling of a B1500A: MT, ML, MSC, MCC, MV, MI; MM 10."""

from collections.abc import Callable

from ..wire.flex import Channel, Real, Whole, command
from ..wire.flex_errors import FlexError
from ._keysightb1500a_data import Datum
from ._keysightb1500a_pulse import PulseCommands
from ._keysightb1500a_settings import HIGH_SPEED, Sampled, Sweep
from ._keysightb1500a_smu import Force, Smu

_CHANNEL = Channel()
_RANGE = Whole(-30_000, 30_000)
_SOURCE = (_CHANNEL, _RANGE, Real(), Real(), Real())
_SLOW = 2e-3  # s; shorter intervals need the high-speed converter
_MOST = 100_001
_PER_DECADE = {2: 10, 3: 25, 4: 50, 5: 100, 6: 250, 7: 5000}
_DECADES = 11
_BAD = 1 | 2 | 4 | 8


class SamplingCommands(PulseCommands):
    """Sources go from base to bias; then every channel of MM is measured again and again."""

    @property
    def measurements(self) -> dict[int, Callable[[], list[Datum]]]:
        """Add MM 10."""
        return {**super().measurements, 10: self.measure_samples}

    @command(
        "MT", Real(-0.09, 655.35), Real(1e-4, 65.535), Whole(1, _MOST), Real(0.0, 655.35),
        optional=1,
    )  # fmt: skip
    def set_sampling(
        self, hold_bias: float, interval: float, number: int, hold_base: float = 0.0
    ) -> None:
        """Set the hold time of the bias, interval in s, number, and hold time of the base."""
        if hold_bias < 0.0 and interval >= _SLOW:
            raise FlexError(120)
        self.settings.sampling = (hold_bias, interval, number, hold_base)

    @command("ML", Whole(1, 7))
    def set_sampling_mode(self, mode: int) -> None:
        """Choose linear (1) or logarithmic sampling."""
        self.settings.sampling_mode = mode

    @command("MSC", Whole(1, 2), Whole(1, 2), optional=1)
    def set_sampling_abort(self, abort: int, post: int = 2) -> None:
        """Choose automatic abort (2), and whether sources end at the base (1) or the bias (2)."""
        self.settings.sampling_abort = abort == 2
        self.settings.sampling_ends_at_base = post == 1

    @command("MCC", rest=_CHANNEL)
    def clear_sampled(self, *channels: int) -> None:
        """Forget the sources of sampling, all without a channel."""
        for smu in self.chosen(channels):
            self.settings.sampled.pop(smu.channel, None)

    @command("MV", *_SOURCE, optional=1)
    def sample_voltage(self, channel: int, number: int, *rest: float) -> None:
        """Let a channel go from a base to a bias voltage."""
        self._set_sampled("VOLT", channel, number, *rest)

    @command("MI", *_SOURCE, optional=1)
    def sample_current(self, channel: int, number: int, *rest: float) -> None:
        """Let a channel go from a base to a bias current."""
        self._set_sampled("CURR", channel, number, *rest)

    def _set_sampled(
        self, kind: str, channel: int, number: int, base: float, bias: float,
        compliance: float | None = None,
    ) -> None:  # fmt: skip
        for level in (base, bias):
            self._check(Sweep(channel, kind, 1, number, level, level, 1, compliance))
        self.settings.sampled[channel] = Sampled(channel, kind, number, base, bias, compliance)

    # -- the measurement ---------------------------------------------------------------------

    def measure_samples(self) -> list[Datum]:
        """MM 10: base, bias, samples; the sources then stay at the bias or go to the base."""
        if not self.settings.channels:
            raise FlexError(122)
        hold_bias, interval, number, hold_base = self.settings.sampling
        self._check_converters(interval, number)
        sources = [
            (self.smu(it.channel), it, self._planned(it)) for it in self.settings.sampled.values()
        ]
        for smu, it, planned in sources:
            smu.put_out(planned)
            smu.step_to(it.base)
        self.wait(hold_base)
        for smu, it, _ in sources:
            smu.step_to(it.bias)
        began = self.circuit.clock.now
        self.wait(max(hold_bias, 0.0))
        for meter in self.measuring:
            meter.is_settled = True
        data = self._sample(began + max(hold_bias, 0.0), interval, number)
        for smu, it, _ in sources:
            if self.settings.sampling_ends_at_base:
                smu.step_to(it.base)
        return data

    def _planned(self, it: Sampled) -> Force:
        largest = max(it.base, it.bias, key=abs)
        return self.plan(it.channel, it.kind, it.range, largest, it.compliance)

    def _check_converters(self, interval: float, number: int) -> None:
        """Raise FlexError where the channels could not sample so fast or so often."""
        channels = len(self.settings.channels)
        linear = self.settings.sampling_mode == 1
        most = (
            _MOST // channels if linear else 1 + _DECADES * _PER_DECADE[self.settings.sampling_mode]
        )
        if number > most:
            raise FlexError(120)
        if interval < _SLOW:
            slow = any(smu.settings.converter != HIGH_SPEED for smu in self.measuring)
            if slow or not linear or interval < 1e-4 + 2e-5 * (channels - 1) - 1e-12:
                raise FlexError(120)

    def _sample(self, began: float, interval: float, number: int) -> list[Datum]:
        """Sample; a point that is due while the one before is still measured is left out."""
        data: list[Datum] = []
        told = self.settings.format_mode != 0
        # Where the interval is short, the averaging gives way to it.
        aperture = interval / 2.0 if interval < _SLOW else None
        for index, time in self._points(interval, number):
            late = self.circuit.clock.now - (began + time)
            if late > 1e-9:
                continue
            self.wait(-late)
            block = [it for smu in self.measuring for it in self._one(smu, aperture)]
            if told:
                block.insert(0, Datum("X", 0, float(index), 1.0))
            data += block
            if self.settings.sampling_abort and any(
                datum.status & _BAD for datum in block if datum.kind in "VI"
            ):
                break
        return data

    def _one(self, smu: Smu, longest: float | None) -> list[Datum]:
        if longest is None:
            return self.take(smu)
        own = self.settings.duration(HIGH_SPEED, 1.0)
        return self.take(smu, min(own, longest / len(self.settings.channels)))

    def _points(self, interval: float, number: int) -> list[tuple[int, float]]:
        """Return (number of the sample, time in s since the first one)."""
        mode = self.settings.sampling_mode
        if mode == 1:
            return [(index + 1, index * interval) for index in range(number)]
        factors = [10.0 ** (step / _PER_DECADE[mode]) for step in range(number)]
        return [(round(factor), (factor - 1.0) * interval) for factor in factors]
