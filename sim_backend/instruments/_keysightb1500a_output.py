"""Output switches, constant levels and measurement settings of a B1500A's channels."""

from ..wire.flex import Channel, Real, Whole, command
from ..wire.flex_errors import FlexError
from ._keysightb1500a_base import B1500Base
from ._keysightb1500a_generator import Generator
from ._keysightb1500a_smu import Smu

_RANGE = Whole(-30_000, 30_000)
_CHANNEL = Channel()
_LEVEL = (_CHANNEL, _RANGE, Real(), Real(), Whole(0, 1), _RANGE)


class OutputCommands(B1500Base):
    """CN, CL, DZ, RZ, IN, DV, DI and what a channel remembers."""

    @command("CN", rest=_CHANNEL)
    @command("CNX", rest=_CHANNEL)
    def enable(self, *channels: int) -> None:
        """Close output switches, all without a channel; they begin at 0 V."""
        smus, generators = self._switched(channels)
        for smu in smus:
            if not smu.on:
                smu.enable()
        for generator in generators:
            if not generator.on:
                generator.on = True
                generator.terminal.hold(0.0)

    @command("CL", rest=_CHANNEL)
    def disable(self, *channels: int) -> None:
        """Open output switches, all without a channel."""
        smus, generators = self._switched(channels)
        for smu in smus:
            smu.disable()
        for generator in generators:
            generator.on = False
            generator.rest()

    def _switched(self, channels: tuple[int, ...]) -> tuple[list[Smu], list[Generator]]:
        """Return the units and generators of channels, all where none is named."""
        if not channels:
            return list(self.smus.values()), list(self.generators.values())
        if len(set(channels)) < len(channels):
            raise FlexError(122)
        own = [it for it in channels if it in self.smus]
        others = [it for it in channels if it not in self.smus]
        return [self.smu(it) for it in own], [self.generator(it) for it in others]

    @command("IN", rest=_CHANNEL)
    def initialise(self, *channels: int) -> None:
        """Bring channels back to 0 V as after CN; a switch that is off stays so."""
        for smu in self.chosen(channels):
            if smu.on:
                smu.enable()

    @command("DZ", rest=_CHANNEL)
    def zero(self, *channels: int) -> None:
        """Force 0 V and remember the settings; 200 for a named channel that is off."""
        smus = self.chosen(channels)
        if channels and not all(smu.on for smu in smus):
            raise FlexError(200)
        for smu in smus:
            if smu.on:
                smu.to_zero()

    @command("RZ", rest=_CHANNEL)
    def recall(self, *channels: int) -> None:
        """Go back to what DZ has remembered; 205 where it has not."""
        smus = [smu for smu in self.chosen(channels) if channels or smu.stored is not None]
        if not smus or any(smu.stored is None for smu in smus):
            raise FlexError(206 if channels and any(smu.on for smu in smus) else 205)
        for smu in smus:
            smu.recall()

    @command("DV", *_LEVEL, optional=3)
    def force_voltage(self, channel: int, number: int, level: float, *compliance: float) -> None:
        """Force a voltage: range, level, and compliance, its polarity and range."""
        self._force("VOLT", channel, number, level, *compliance)

    @command("DI", *_LEVEL, optional=3)
    def force_current(self, channel: int, number: int, level: float, *compliance: float) -> None:
        """Force a current, likewise."""
        self._force("CURR", channel, number, level, *compliance)

    @command("TDV", *_LEVEL, optional=3)
    def force_voltage_timed(
        self, channel: int, number: int, level: float, *compliance: float
    ) -> None:
        """Force a voltage and leave the time of it in the output buffer."""
        self._force("VOLT", channel, number, level, *compliance)
        self.emit([self.time(channel)])

    @command("TDI", *_LEVEL, optional=3)
    def force_current_timed(
        self, channel: int, number: int, level: float, *compliance: float
    ) -> None:
        """Force a current, likewise."""
        self._force("CURR", channel, number, level, *compliance)
        self.emit([self.time(channel)])

    def _force(
        self,
        kind: str,
        channel: int,
        number: int,
        level: float,
        compliance: float | None = None,
        polarity: float = 0,
        compliance_number: float = 0,
    ) -> None:
        planned = self.plan(
            channel, kind, number, level, compliance, int(polarity), int(compliance_number)
        )
        smu = self.smu(channel)
        smu.stored = None
        self.settings.sampled.pop(channel, None)
        self.settle(1)
        smu.put_out(planned)

    # -- what a channel remembers ------------------------------------------------------------

    @command("FL", Whole(0, 1), rest=_CHANNEL)
    def set_filter(self, on: int, *channels: int) -> None:
        """Connect the output filter of channels, or take it away."""
        for smu in self.chosen(channels):
            smu.settings.filter = bool(on)

    @command("SSR", _CHANNEL, Whole(0, 1))
    def set_series_resistor(self, channel: int, on: int) -> None:
        """Put 1 Mohm in series with a channel, or take it out."""
        self.smu(channel).set_series_resistor(bool(on))

    @command("AAD", _CHANNEL, Whole(0, 2))
    def set_converter(self, channel: int, kind: int) -> None:
        """Choose the converter of a channel: high speed, high resolution, pulsed."""
        self.smu(channel).settings.converter = kind

    @command("CMM", _CHANNEL, Whole(0, 4))
    def set_operation(self, channel: int, mode: int) -> None:
        """Choose what a channel measures: compliance side, current, voltage, force side, both."""
        self.smu(channel).settings.operation = mode

    @command("RI", _CHANNEL, _RANGE)
    def set_current_range(self, channel: int, number: int) -> None:
        """Choose the current range of measurements; 124 for one that the channel has not."""
        smu = self.smu(channel)
        smu.module.named("CURR", number)
        smu.settings.current_range = number

    @command("RV", _CHANNEL, _RANGE)
    def set_voltage_range(self, channel: int, number: int) -> None:
        """Choose the voltage range of measurements; 124 for one that the channel has not."""
        smu = self.smu(channel)
        smu.module.named("VOLT", number)
        smu.settings.voltage_range = number

    @command("RM", _CHANNEL, Whole(1, 3), Whole(11, 100), optional=1)
    def set_ranging(self, channel: int, mode: int, rate: int = 50) -> None:
        """Choose when automatic ranging changes the range; here it always finds the right one."""
        self.smu(channel).settings.ranging = (mode, rate)
