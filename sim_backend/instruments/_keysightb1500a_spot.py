"""Spot measurements of a B1500A: at once (TI and its kin), or by MM and a trigger."""

from collections.abc import Callable

from ..wire.flex import Channel, Whole, command
from ..wire.flex_errors import FlexError
from ._keysightb1500a_base import B1500Base
from ._keysightb1500a_data import Datum
from ._keysightb1500a_smu import Smu

_CHANNEL = Channel()
_RANGE = Whole(-30_000, 30_000)
_MOST = 10


class SpotCommands(B1500Base):
    """High-speed spot measurements, MM, XE and the table of what a trigger starts."""

    @property
    def measurements(self) -> dict[int, Callable[[], list[Datum]]]:
        """Return what a trigger starts, by the mode of MM; other groups add theirs."""
        return {1: self.measure_spot}

    @command("TI", _CHANNEL, _RANGE, optional=1)
    def current(self, channel: int, number: int | None = None) -> None:
        """Measure a current; without a range, on the one that covers the compliance."""
        self._spot(channel, ("CURR",), (number,))

    @command("TV", _CHANNEL, _RANGE, optional=1)
    def voltage(self, channel: int, number: int | None = None) -> None:
        """Measure a voltage, likewise."""
        self._spot(channel, ("VOLT",), (number,))

    @command("TIV", _CHANNEL, _RANGE, _RANGE, optional=2)
    def both(self, channel: int, current: int | None = None, voltage: int | None = None) -> None:
        """Measure current and voltage, likewise."""
        self._spot(channel, ("CURR", "VOLT"), (current, voltage))

    @command("TTI", _CHANNEL, _RANGE, optional=1)
    def timed_current(self, channel: int, number: int | None = None) -> None:
        """Measure a current, after its time."""
        self._spot(channel, ("CURR",), (number,), timed=True)

    @command("TTV", _CHANNEL, _RANGE, optional=1)
    def timed_voltage(self, channel: int, number: int | None = None) -> None:
        """Measure a voltage, after its time."""
        self._spot(channel, ("VOLT",), (number,), timed=True)

    @command("TTIV", _CHANNEL, _RANGE, _RANGE, optional=2)
    def timed_both(
        self, channel: int, current: int | None = None, voltage: int | None = None
    ) -> None:
        """Measure current and voltage, after their time."""
        self._spot(channel, ("CURR", "VOLT"), (current, voltage), timed=True)

    def _spot(
        self,
        channel: int,
        functions: tuple[str, ...],
        numbers: tuple[int | None, ...],
        timed: bool = False,
    ) -> None:
        smu = self.smu(channel)
        for function, number in zip(functions, numbers, strict=True):
            smu.module.named(function, number or 0)
        time = self.time(channel)
        # The time stamp of TSC is not for high-speed spot measurements.
        stamped, self.settings.time_stamp = self.settings.time_stamp, False
        try:
            data = self.read(smu, functions, numbers)
        finally:
            self.settings.time_stamp = stamped
        self.emit([time, *data] if timed else data)

    # -- measurements by trigger -------------------------------------------------------------

    @command("MM", Whole(1, 28), rest=_CHANNEL)
    def set_mode(self, mode: int, *channels: int) -> None:
        """Choose the measurement and its channels, in the order in which their data come."""
        if mode not in self.measurements:
            raise FlexError(120)
        if len(channels) > _MOST:
            raise FlexError(122)
        self.chosen(channels)
        self.settings.mode, self.settings.channels = mode, tuple(channels)

    @command("TM", Whole(1, 4))
    def set_trigger_mode(self, mode: int) -> None:
        """Choose what starts a measurement: XE and GET, XE, external and XE, MM itself."""
        self.settings.trigger_mode = mode

    @command("XE")
    def execute_measurement(self) -> None:
        """Start the measurement; 214 where MM has not said which."""
        if self.settings.mode == 0:
            raise FlexError(214)
        if not all(smu.on for smu in self.measuring):
            raise FlexError(200)
        self.emit(self.measurements[self.settings.mode]())

    def trigger(self) -> None:
        """Act on a group execute trigger as on XE, where TM allows it."""
        try:
            if self.settings.trigger_mode != 1:
                raise FlexError(211)
            self.execute_measurement()
        except FlexError as refusal:
            self.report(refusal)

    @command("AB")
    def abort(self) -> None:
        """End what is going on; by then it has ended."""

    @property
    def measuring(self) -> list[Smu]:
        """Return the units that MM has named."""
        return [self.smu(channel) for channel in self.settings.channels]

    def measure_spot(self) -> list[Datum]:
        """MM 1: measure at every channel in turn."""
        if not self.settings.channels:
            raise FlexError(122)
        return [datum for smu in self.measuring for datum in self.take(smu)]
