"""Keysight (Agilent) B1500A with source-measure units, in FLEX.

Each unit is a source-meter of its own (``smu(1)``, ``source_meter("smu1")``); by their numbers they
are also channels of a pulse source, whose pulses last 0.5 ms and more. Those of a pulse generator
module (501 and 502 in slot 5) are such channels too, and fast.
Source: B1500A Programming Guide (B1500-90010), chapters 2 and 4.
"""

from typing import ClassVar, final

from labcim.errors import LabcimError, RangeError, SafetyError, TransportError
from labcim.instrument import Instrument, SafePhase
from labcim.parameter import Parameter

from ._keysightb1500a_data import data, enabled, integration, is_at_zero
from ._keysightb1500a_generator import CHANNELS, HIGHEST_LEVEL, Generators, check_train
from ._keysightb1500a_limits import (
    HIGHEST_CHANNEL,
    HIGHEST_VOLTAGE,
    check_channel,
    check_limit,
    check_pulse,
    highest_current,
    shortest_period,
)
from ._keysightb1500a_unit import LONGEST_STRETCH, Unit
from ._proof import prove
from ._source_meter_limits import check_voltage

#: A of a channel that is a pulse source, where its terminal allows as much.
LEVEL_LIMIT = 10e-3
_SWITCHES = "*LRN? 0"
_TIMES = {True: "TSC1", False: "TSC0"}
_PARALLEL = {True: "PAD1", False: "PAD0"}


@final
class KeysightB1500A(Instrument):
    """The mainframe, whose terminals are ``smuN`` by slot, and ``spguN01`` and ``spguN02``.

    Whatever could raise the voltage or current on a terminal is checked against its limits before
    a byte leaves; level and compliance go in one command, so that no order leads around that.
    """

    LINE_CYCLE: ClassVar[float] = 0.02  # s, the longer one
    identified_by: ClassVar[str] = "B1500A"
    terminals = (
        *(f"smu{channel}" for channel in range(1, HIGHEST_CHANNEL + 1)),
        *(f"spgu{channel}" for channel in CHANNELS),
    )
    error_query: ClassVar[str] = "ERRX?"
    no_error: ClassVar[tuple[str, ...]] = ("+0,", "0,")

    time_stamp = Parameter[bool](
        doc="Control whether data of triggered measurements come with their time.",
        get="*LRN? 60",
        set="{}",
        choices=_TIMES,
    )
    parallel = Parameter[bool](
        doc="Control whether high-speed converters measure in parallel.",
        get="*LRN? 110",
        set="{}",
        choices=_PARALLEL,
    )
    integration_cycles = Parameter[float](
        doc="Control the number of line cycles of the high-resolution converters, 1 to 100.",
        get="*LRN? 56",
        set="AIT 1,2,{:.0f}",
        limits=(1, 100),
        parse=integration,
        guard="guard_cycles",
    )
    output_switches = Parameter[str](
        doc="Get the output switches that are closed, as the command that closes them.",
        get=_SWITCHES,
        parse=str.strip,
    )

    def begin(self) -> None:
        """Know nothing yet."""
        # What was last told, so that nothing is said twice; what is not known is not in it.
        self._levels: dict[int, tuple[float, float]] = {}
        self._cycles: int | None = None
        self._pulses: tuple[object, ...] | None = None
        self._generators = Generators(self)

    def initialise(self) -> None:
        """Bring it from any state to a known one: all switches off, format 1, one line cycle."""
        self.forget()
        self.say("*RST;FMT 1,0;AIT 1,2,1")
        self._cycles = 1

    def smu(self, channel: int) -> Unit:
        """Return the unit in a slot. Raises RangeError for a number that is no slot."""
        check_channel(channel)
        return Unit(self, channel)

    def source_meter(self, terminal: str) -> Unit:
        """Return the unit behind a terminal: ``smu1``. Raises RangeError for another name."""
        units = [it for it in self.terminals if it.startswith("smu")]
        if terminal not in units:
            raise RangeError(f"terminal = {terminal!r}: accepts {', '.join(units)}")
        return self.smu(int(terminal.removeprefix("smu")))

    # -- words ------------------------------------------------------------------------------

    def say(self, message: str) -> None:
        """Send commands of one line and ask in the same line whether all were taken."""
        self._stop_if_latched()
        if not self.check_errors:
            self.transport.write(message)
            return
        try:
            self._raise_from(self.transport.query(f"{message};{self.error_query}"), message)
        except BaseException:
            self._forget()
            raise

    def raise_if_asked(self, message: str) -> None:
        """Raise what the error queue holds after a line that had its answer already."""
        if self.check_errors:
            self.raise_errors(message)

    def force(self, channel: int, voltage: float, current_limit: float) -> None:
        """Hold a level that has been checked; sends only what changes."""
        known = self._levels.get(channel)
        if known == (voltage, current_limit):
            return
        switch = "" if known else f"CN {channel};AAD {channel},1;"
        self.say(f"{switch}DV {channel},0,{voltage:.7g},{current_limit:.6g}")
        self._levels[channel] = (voltage, current_limit)

    def integrate(self, cycles: int) -> None:
        """Let the high-resolution converters integrate over line cycles.

        Where nothing is known the format is said again too, which empties the data buffer.
        """
        if cycles != self._cycles:
            first = "FMT 1,0;" if self._cycles is None else ""
            self._cycles = None
            self.say(f"{first}AIT 1,2,{cycles}")
            self._cycles = cycles

    def guard_cycles(self, cycles: float) -> None:
        """Refuse a part of a line cycle."""
        self._cycles = None
        if cycles != int(cycles):
            raise RangeError(
                f"KeysightB1500A.integration_cycles = {cycles}: accepts whole numbers; "
                "nothing was sent"
            )

    @property
    def is_stopped(self) -> bool:
        """Say whether the bench is stopped, so that nothing more is sent."""
        return self._latch.is_set()

    def wait_for_stop(self, seconds: float) -> bool:
        """Wait in wall time; say whether the bench was stopped meanwhile."""
        return self._latch.wait(seconds)

    def forget_level(self, channel: int) -> None:
        """Take the level of a channel for unknown."""
        self._levels.pop(channel, None)
        self._pulses = None

    def forget(self) -> None:
        """Take nothing for known, so that the verbs say everything again."""
        super().forget()
        self._forget()

    def _forget(self) -> None:
        self._levels.clear()
        self._cycles = self._pulses = None
        self._generators.forget()

    # -- a pulse source ---------------------------------------------------------------------

    def level(self, channel: int, voltage: float) -> None:
        """Hold a DC level in V on ``channel``, output on."""
        self.check_level(channel, voltage)
        if channel in CHANNELS:
            self._generators.level(channel, voltage)
        else:
            self.force(channel, voltage, self._own_limit(channel, voltage))

    def check_level(self, channel: int, voltage: float) -> None:
        """Raise RangeError where ``level`` would; sends nothing."""
        if channel in CHANNELS:
            terminal = f"spgu{channel}"
            limits = self.terminal_limits(terminal)
            check_voltage(f"{terminal}: level", voltage, HIGHEST_LEVEL, limits)
            return
        check_channel(channel)
        limits = self.terminal_limits(f"smu{channel}")
        check_voltage(f"smu{channel}: level", voltage, HIGHEST_VOLTAGE, limits)
        check_limit(f"smu{channel}: limit", self._own_limit(channel, voltage), voltage, limits)

    def pulse(
        self, channel: int, amplitude: float, *, width: float, period: float, count: int
    ) -> None:
        """Deliver ``count`` pulses from 0 V to ``amplitude`` V on ``channel``.

        Of a unit: width 0.5 ms to 2 s; period in s, 0 for the shortest, which is 5 ms, or the width
        and 2 ms (10 ms from 0.1 s on); a train that lasts longer than a second is delivered in
        parts. Of a generator: width 50 ns to 1 s, with edges of 20 ns; period 0 is two widths.
        """
        self.check_pulse(channel, amplitude, width=width, period=period, count=count)
        if channel in CHANNELS:
            self._generators.pulse(channel, amplitude, width, period, count)
            return
        period = period or shortest_period(width)
        limit = self._own_limit(channel, amplitude)
        self.force(channel, 0.0, limit)
        most = max(1, min(int(LONGEST_STRETCH / period), 10_001))
        while count > 0:
            steps = min(count, most)
            self._pulse(channel, amplitude, width, period, steps, limit)
            count -= steps

    def _pulse(
        self,
        channel: int,
        amplitude: float,
        width: float,
        period: float,
        steps: int,
        limit: float,
    ) -> None:
        """Deliver one part of a train: a pulsed sweep whose peaks are all the same."""
        words = (channel, amplitude, width, period, steps, limit)
        if words != self._pulses:
            self._pulses = None
            self.say(
                f"FMT 1,0;TSC 0;CMM {channel},0;WM 1,1;PT 0,{width:.4f},{period:.4f};"
                f"PWV {channel},1,0,0,{amplitude:.7g},{amplitude:.7g},{steps},{limit:.6g};"
                f"MM 4,{channel}"
            )
            self._pulses = words
        answer = self.ask("XE")  # what is measured at the peaks: one datum for each
        if len(data(answer, channel)) != steps:
            raise TransportError(
                f"{self.transport.address}: {steps} pulses answered {answer[:80]!r}"
            )
        self.raise_if_asked("XE")

    def check_pulse(
        self, channel: int, amplitude: float, *, width: float, period: float, count: int
    ) -> None:
        """Raise RangeError where ``pulse`` would; sends nothing."""
        self.check_level(channel, amplitude)
        self.terminal_limits(_terminal(channel)).check_width("width", width)
        if channel in CHANNELS:
            check_train(width, period, count)
        else:
            check_pulse(width, period, count)

    def off(self, channel: int) -> None:
        """Bring ``channel`` to 0 V and open its output switch."""
        if channel in CHANNELS:
            self._generators.off(channel)
            return
        check_channel(channel)
        self.forget_level(channel)
        self.say(f"CL {channel}")

    def _own_limit(self, channel: int, voltage: float) -> float:
        """Return the current limit in A that a channel has as a pulse source."""
        allowed = self.terminal_limits(f"smu{channel}").current
        return min(LEVEL_LIMIT, allowed, highest_current(voltage) or LEVEL_LIMIT)

    # -- safety -----------------------------------------------------------------------------

    def safe(self, phase: SafePhase) -> None:
        """Units to 0 V (those that reach gates in their own phase), later all switches open.

        Each is proved by what the instrument says of itself.
        """
        self.forget()
        if phase is SafePhase.OUTPUTS:
            self.transport.write("AB")
            self.transport.write("CL")
            prove(self.transport, _SWITCHES, "output switches", lambda said: not enabled(said))
        elif phase in (SafePhase.SOURCES, SafePhase.GATES):
            self.transport.write("AB")
            self._zero(gates=phase is SafePhase.GATES)

    def _zero(self, *, gates: bool) -> None:
        """Force 0 V on the units of one kind that are on, each by itself, and prove it."""
        try:
            channels = enabled(self.transport.query(_SWITCHES))
        except (LabcimError, ValueError) as trouble:
            raise SafetyError(
                f"{self.transport.address}: output switches cannot be read back: {trouble}"
            ) from trouble
        chosen = [it for it in channels if self.terminal_limits(_terminal(it)).gate is gates]
        units = [it for it in chosen if it not in CHANNELS]
        for channel in units:
            self.transport.write(f"DZ {channel}")
        for channel in units:
            prove(self.transport, f"*LRN? {channel}", f"unit {channel}", is_at_zero)
        for channel in chosen:
            if channel in CHANNELS:
                self._generators.zero(channel)


def _terminal(channel: int) -> str:
    return f"spgu{channel}" if channel in CHANNELS else f"smu{channel}"
