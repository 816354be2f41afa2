"""Keithley 2636B: two source-measure channels, in its language TSP.

As a source-meter of a bench it is its channel A (terminal ``a_hi``); both channels have the same
verbs as ``a`` and ``b``, so that a script can hold a gate with ``b``. Programs are sent from
templates of this driver only, into which it writes nothing but numbers of its own. Source: Series
2600B Reference Manual, 2600BS-901-01, section 7 (TSP command reference).
"""

from contextlib import suppress
from typing import ClassVar, final

from labcim.capabilities import Flag, Floats, SweepReadings
from labcim.errors import LabcimError, TransportError
from labcim.instrument import SafePhase
from labcim.limits import UNLIMITED
from labcim.parameter import Parameter, parameters_of

from ._keithley2636b_channel import SmuChannel
from ._tsp_talker import TspTalker

#: Digits of numbers that are printed: more than any reading has.
_DIGITS = 10


@final
class Keithley2636B(TspTalker):
    """Two channels, ``a`` and ``b``; the verbs of the whole are those of channel A."""

    identified_by: ClassVar[str] = "MODEL 2636B"
    terminals = ("a_hi", "b_hi")

    model = Parameter[str](doc="Get the model number.", get="print(localnode.model)", parse=str)
    line_frequency = Parameter[float](
        doc="Get the power line frequency in Hz that counts line cycles.",
        unit="Hz",
        get="print(localnode.linefreq)",
    )
    digits = Parameter[int](
        doc="Control how many significant digits numbers are printed with, 1 to 16.",
        get="print(string.format('%d', format.asciiprecision))",
        set="format.asciiprecision = {}",
        choices={count: str(count) for count in range(1, 17)},
    )

    def begin(self) -> None:
        """Make both channels; nothing is known of them yet."""
        a, b = (self.limits.get(name, UNLIMITED) for name in self.terminals)
        self.a = SmuChannel("a", self.transport, a, self._latch, self.check_errors)
        self.b = SmuChannel("b", self.transport, b, self._latch, self.check_errors)

    def initialise(self) -> None:
        """Reset; both channels off at 0 V, their relays open; numbers with ten digits."""
        self.transport.write("errorqueue.clear()")
        self.command("reset()")
        self.digits = _DIGITS
        for channel in (self.a, self.b):
            channel.initialise()

    def settings(self) -> dict[str, object]:
        """Return every readable parameter, those of a channel as ``a.voltage``."""
        found = super().settings()
        for channel in (self.a, self.b):
            for name in parameters_of(SmuChannel):
                found[f"{channel.letter}.{name}"] = getattr(channel, name)
        return found

    def source(self, voltage: float, *, current_limit: float) -> None:
        """Hold ``voltage`` V on channel A; never more than ``current_limit`` A."""
        self.a.source(voltage, current_limit=current_limit)

    def check_source(self, voltage: float, *, current_limit: float) -> None:
        """Raise RangeError where ``source`` would; sends nothing."""
        self.a.check_source(voltage, current_limit=current_limit)

    def measure(self, *, averages: int = 1) -> tuple[float, float, Flag]:
        """Return (voltage in V, current in A, flags) of channel A."""
        return self.a.measure(averages=averages)

    def sweep(self, voltages: Floats, *, dwell: float, current_limit: float) -> SweepReadings:
        """Step channel A through ``voltages`` V, ``dwell`` s each; see `SmuChannel.sweep`."""
        return self.a.sweep(voltages, dwell=dwell, current_limit=current_limit)

    def off(self) -> None:
        """Go to 0 V on channel A and open its output."""
        self.a.off()

    def is_live(self) -> bool:
        """Ask whether any channel is on and away from 0 V."""
        return self.a.is_live() or self.b.is_live()

    def forget(self) -> None:
        """Take nothing for known, so that the verbs say everything again."""
        super().forget()
        self.a.forget()
        self.b.forget()

    def safe(self, phase: SafePhase) -> None:
        """End what runs; both channels to zero and later off, each as far as it can be proved."""
        self.forgotten += 1
        if phase is SafePhase.SOURCES:
            with suppress(TransportError):  # not every line knows a device clear
                self.transport.clear()
        troubles: list[LabcimError] = []
        for channel in (self.a, self.b):
            try:
                channel.safe(phase)
            except LabcimError as trouble:  # the other channel is to be made safe as well
                troubles.append(trouble)
        if troubles:
            raise troubles[0]
