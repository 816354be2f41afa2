"""What the drivers of SCPI source-meters share: verbs, guards, and what was said last.

Whatever could raise the voltage or current on ``hi`` is checked against the limits of that terminal
before a byte leaves: levels, lists and limits each by themselves, so that no order of settings
leads around it; what is unknown is asked for before the output goes on.
"""

from abc import abstractmethod
from typing import ClassVar

from labcim.capabilities import Flag, Floats, SweepReadings
from labcim.errors import InstrumentError
from labcim.instrument import Instrument, SafePhase
from labcim.parameter import Parameter

from ._proof import prove
from ._source_meter_limits import TerminalGuard, check_levels

_LONGEST_FILTER = 100


class SourceMeterDriver(Instrument):
    """Base of source-meters between their terminal ``hi`` and ground.

    limit_word: sets the current limit.  settings_query: see `TerminalGuard`.  single: makes one
    reading.  zero_words: bring every level to 0, whatever is loaded.
    """

    terminals = ("hi",)
    no_error: ClassVar[tuple[str, ...]] = ("0,", "+0,")
    limit_word: ClassVar[str]
    settings_query: ClassVar[str]
    single: ClassVar[str]
    zero_words: ClassVar[str]

    voltage: ClassVar[Parameter[float]]
    current_limit: ClassVar[Parameter[float]]

    @abstractmethod
    def parse_reading(self, answer: str) -> tuple[float, float, Flag]:
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
            self._send_or_forget(";".join(words))
            self._level, self._limit, self._on = voltage, current_limit, True

    def check_source(self, voltage: float, *, current_limit: float) -> None:
        """Raise RangeError where ``source`` would; sends nothing."""
        type(self).voltage.check(self, voltage)
        type(self).current_limit.check(self, current_limit)
        guard = self._guard()
        guard.check_voltage("voltage", voltage)
        guard.check_current("current_limit", current_limit)

    def measure(self, *, averages: int = 1) -> tuple[float, float, Flag]:
        """Return (source voltage as measured in V, current in A, flags), with the output as it is.

        Up to 100 readings are averaged by the instrument's repeating filter, more by the driver.
        """
        filtered = min(max(int(averages), 1), _LONGEST_FILTER)
        if filtered != self._filter:
            self._send_or_forget(self.filter_words(filtered))
            self._filter = filtered
        rounds = -(-max(int(averages), 1) // _LONGEST_FILTER)
        voltage, current, flags = self.parse_reading(self.ask(self.single))
        for _ in range(rounds - 1):
            more_voltage, more_current, more_flags = self.parse_reading(self.ask(self.single))
            voltage, current = voltage + more_voltage, current + more_current
            flags |= more_flags
        return voltage / rounds, current / rounds, flags

    def spot(
        self, voltage: float, *, current_limit: float, averages: int = 1
    ) -> tuple[float, float, Flag]:
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
        levels = check_levels(self, voltages, dwell)
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
        self._send_or_forget(f"{self.zero_words};:OUTP 0")
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

    def forget(self) -> None:
        """Take nothing for known, so that the verbs say everything again."""
        super().forget()
        self._forget()

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

    def guard_function(self, function: str) -> None:
        """Refuse a source function whose level or limit is too much for the terminal."""
        self._forget()
        self._guard().check_function(function)

    def guard_voltage(self, voltage: float) -> None:
        """Refuse a voltage that the terminal must not see."""
        self._level = None
        self._guard().check_voltage("voltage", voltage)

    def guard_current_limit(self, limit: float) -> None:
        """Refuse a current limit above what the terminal may carry."""
        self._limit = None
        self._guard().check_current("current_limit", limit)

    def guard_current(self, current: float) -> None:
        """Refuse a current that the terminal must not carry."""
        self._guard().check_current("current", current)

    def guard_voltage_limit(self, limit: float) -> None:
        """Refuse a voltage limit whose either polarity the terminal must not see."""
        self._guard().check_voltage_limit(limit)

    def guard_output(self, on: bool) -> None:
        """Before the output goes on, ask for what would be on the terminal and check it."""
        self._on = None
        if on:
            self._guard().check_present_settings()

    # What the instrument was last told, so that nothing is said twice; None is not known.
    _level: float | None = None
    _limit: float | None = None
    _on: bool | None = None
    _filter: int | None = None

    def _guard(self) -> TerminalGuard:
        return TerminalGuard(self, self.settings_query)

    def _forget(self) -> None:
        self._level = self._limit = self._on = self._filter = None

    def _send_or_forget(self, message: str) -> None:
        """Send; when that fails it is not known how much of the message was taken."""
        try:
            self.send_asking(message)
        except BaseException:
            self._forget()
            raise


def _all_zero(answer: str) -> bool:
    return all(float(part) == 0.0 for part in answer.split(";"))
