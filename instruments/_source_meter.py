"""What the drivers of SCPI source-meters share: their verbs, and parameters with the same words."""

from abc import abstractmethod
from typing import ClassVar, Literal

from labcim.capabilities import Floats, SweepReadings
from labcim.errors import InstrumentError
from labcim.instrument import SafePhase
from labcim.parameter import Parameter

from ._guarded_source import GuardedSource, Reading, mean_reading
from ._proof import prove

HIGHEST_VOLTAGE = 210.0
HIGHEST_CURRENT = 1.05
LOWEST_CURRENT_LIMIT = 1e-9
SWITCH = {True: "1", False: "0"}

Panel = Literal["front", "rear"]
OffState = Literal["normal", "high impedance", "zero", "guard"]
OFF_STATES: dict[OffState, str] = {
    "normal": "NORM",
    "high impedance": "HIMP",
    "zero": "ZERO",
    "guard": "GUAR",
}
_LONGEST_FILTER = 100


class SourceMeterDriver(GuardedSource):
    """Base of source-meters between their terminal ``hi`` and ground.

    limit_word: sets the current limit.  settings_query: asks for source function, voltage, current
    limit, current and voltage limit.  single: makes one reading.  zero_words: bring every level to
    0, whatever is loaded.
    """

    terminal = "hi"
    terminals = ("hi",)
    highest_voltage = HIGHEST_VOLTAGE
    most_points = 100_000
    no_error: ClassVar[tuple[str, ...]] = ("0,", "+0,")
    limit_word: ClassVar[str]
    settings_query: ClassVar[str]
    single: ClassVar[str]
    zero_words: ClassVar[str]

    current_limit: ClassVar[Parameter[float]]

    voltage = Parameter[float](
        doc="Control the sourced voltage in V, -210 V to 210 V.",
        unit="V",
        get=":SOUR:VOLT?",
        set=":SOUR:VOLT {:.7g}",
        limits=(-HIGHEST_VOLTAGE, HIGHEST_VOLTAGE),
        guard="guard_voltage",
    )
    current = Parameter[float](
        doc="Control the sourced current in A, -1.05 A to 1.05 A.",
        unit="A",
        get=":SOUR:CURR?",
        set=":SOUR:CURR {:.7g}",
        limits=(-HIGHEST_CURRENT, HIGHEST_CURRENT),
        guard="guard_current",
    )
    autorange = Parameter[bool](
        doc="Control whether the current measure range follows the signal.",
        get=":SENS:CURR:RANG:AUTO?",
        set=":SENS:CURR:RANG:AUTO {}",
        choices=SWITCH,
    )
    panel = Parameter[Panel](
        doc="Control which terminals are used: 'front' or 'rear'; changing it turns them off.",
        get=":ROUT:TERM?",
        set=":ROUT:TERM {}",
        choices={"front": "FRON", "rear": "REAR"},
    )
    output = Parameter[bool](
        doc="Control whether the output is on.",
        get=":OUTP?",
        set=":OUTP {}",
        choices=SWITCH,
        guard="guard_output",
    )
    line_frequency = Parameter[float](
        doc="Get the power line frequency in Hz that counts line cycles.",
        unit="Hz",
        get=":SYST:LFR?",
    )

    @abstractmethod
    def parse_reading(self, answer: str) -> Reading:
        """Return (voltage in V, current in A, flags) of the answer to ``single``."""

    @abstractmethod
    def filter_words(self, count: int) -> str:
        """Return the words that have ``count`` readings averaged by the instrument."""

    @abstractmethod
    def run_sweep(self, levels: list[float], dwell: float, current_limit: float) -> SweepReadings:
        """Have the instrument step through levels that have been checked."""

    def source(self, voltage: float, *, current_limit: float) -> None:
        """Hold ``voltage`` V with the output on; never more than ``current_limit`` A.

        Sends only what changes. Raises RangeError before anything is sent.
        """
        self.check_source(voltage, current_limit=current_limit)
        words = []
        if current_limit != self._limit:
            words.append(f"{self.limit_word} {current_limit:.6g}")
        if voltage != self._level:
            words.append(f":SOUR:VOLT {voltage:.7g}")
        if not self._on:
            words.append(":OUTP 1")
        if words:
            self._tell_or_forget(";".join(words))
            self._level, self._limit, self._on = voltage, current_limit, True

    def check_source(self, voltage: float, *, current_limit: float) -> None:
        """Raise RangeError where ``source`` would; sends nothing."""
        type(self).voltage.check(self, voltage)
        type(self).current_limit.check(self, current_limit)
        guard = self._guard()
        guard.check_voltage("voltage", voltage)
        guard.check_current("current_limit", current_limit)

    def measure(self, *, averages: int = 1) -> Reading:
        """Return (source voltage as measured in V, current in A, flags), with the output as it is.

        Up to 100 readings are averaged by the instrument's repeating filter, more by the driver.
        """
        filtered = min(max(int(averages), 1), _LONGEST_FILTER)
        if filtered != self._filter:
            self._tell_or_forget(self.filter_words(filtered))
            self._filter = filtered
        rounds = -(-max(int(averages), 1) // _LONGEST_FILTER)
        return mean_reading(lambda: self.parse_reading(self.ask(self.single)), rounds)

    def spot(self, voltage: float, *, current_limit: float, averages: int = 1) -> Reading:
        """As ``source``, ``measure``, and ``source`` of 0 V: one message, where that can be.

        A level that the instrument refuses is read at 0 V, and then raised as InstrumentError. A
        limit is never left to chance: one that changes is set, and asked about, at 0 V before.
        """
        self.check_source(voltage, current_limit=current_limit)
        if averages > _LONGEST_FILTER or averages != self._filter:
            self.source(voltage, current_limit=current_limit)
            reading = self.measure(averages=averages)
            self.source(0.0, current_limit=current_limit)
            return reading
        if current_limit != self._limit or self._level != 0.0 or not self._on:
            self.source(0.0, current_limit=current_limit)
        try:
            answer = self.ask_checked(f":SOUR:VOLT {voltage:.7g};{self.single};:SOUR:VOLT 0")
        except BaseException:
            self._forget()
            raise
        return self.parse_reading(answer)

    def sweep(self, voltages: Floats, *, dwell: float, current_limit: float) -> SweepReadings:
        """Step through ``voltages`` V, shape (points,), ``dwell`` s each, and end with output off.

        Raises RangeError before anything is sent if any point is beyond a limit or not a number.
        """
        levels = self.checked_sweep(voltages, dwell)
        self.check_sweep(levels, current_limit)
        self._forget()
        try:
            return self.run_sweep(levels, dwell, current_limit)
        finally:
            if not self._latch.is_set():
                self.off()

    def check_sweep(self, levels: list[float], current_limit: float) -> None:
        """Raise RangeError where a sweep over levels within the window asks too much."""
        self.check_source(levels[0], current_limit=current_limit)

    def off(self) -> None:
        """Go to 0 V and open the output."""
        self._tell_or_forget(f"{self.zero_words};:OUTP 0")
        self._level, self._on = 0.0, False

    def is_live(self) -> bool:
        """Ask whether the output is on and away from 0 V; a current source always is."""
        answer = self.ask(":OUTP?;:SOUR:FUNC?;:SOUR:VOLT?")
        on, _, rest = answer.partition(";")
        function, _, level = rest.partition(";")
        try:
            return bool(int(on)) and (not function.startswith("VOLT") or float(level) != 0.0)
        except ValueError as trouble:
            raise InstrumentError(
                f"{self.transport.address}: output reads {answer[:80]!r}"
            ) from trouble

    def safe(self, phase: SafePhase) -> None:
        """Levels to zero (with the gates if ``hi`` reaches gates), later the output off; proved."""
        self.forget()
        gate = self.terminal_limits("hi").gate
        if phase is (SafePhase.GATES if gate else SafePhase.SOURCES):
            self.transport.write(f":ABOR;{self.zero_words}")
            prove(self.transport, ":SOUR:VOLT?;:SOUR:CURR?", "source level", _all_zero)
        elif phase is SafePhase.OUTPUTS:
            self.transport.write(":OUTP 0")
            prove(self.transport, ":OUTP?", "output", _all_zero)

    def present_settings(self) -> tuple[str, list[str]]:
        """Return the source function, and its levels and limits as the instrument tells them."""
        kind, *settings = self.ask(self.settings_query).split(";")
        return ("current" if kind.startswith("CURR") else "voltage"), settings

    def tell(self, message: str) -> None:
        """Send a command, and ask in the same message whether it was taken."""
        self.send_asking(message)


def _all_zero(answer: str) -> bool:
    return all(float(part) == 0.0 for part in answer.split(";"))
