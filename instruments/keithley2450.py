"""Keithley 2450 source-meter, in its own SCPI language (``*LANG SCPI``).

Source: Model 2450 Reference Manual, 2450-901-01, section 6 (SCPI command reference).
"""

from typing import ClassVar, Literal

from labcim.capabilities import Flag, Floats, SweepReadings
from labcim.instrument import Instrument, SafePhase
from labcim.parameter import Parameter

from ._keithley2450_limits import TerminalGuard, check_levels
from ._keithley2450_readings import SINGLE, one_reading, run_list_sweep
from ._proof import prove

HIGHEST_VOLTAGE = 210.0
HIGHEST_CURRENT = 1.05
LOWEST_CURRENT_LIMIT = 1e-9
LOWEST_VOLTAGE_LIMIT = 0.02
_LONGEST_FILTER = 100

Panel = Literal["front", "rear"]
Function = Literal["voltage", "current", "resistance"]
OffState = Literal["normal", "high impedance", "zero", "guard"]
_SWITCH = {True: "1", False: "0"}
_SENSED: dict[Function, str] = {
    "current": '"CURR:DC"',
    "voltage": '"VOLT:DC"',
    "resistance": '"RES"',
}
_OFF_STATES: dict[OffState, str] = {
    "normal": "NORM",
    "high impedance": "HIMP",
    "zero": "ZERO",
    "guard": "GUAR",
}


class Keithley2450(Instrument):
    """A source-meter between its terminal ``hi`` and ground.

    Whatever could raise the voltage or current on ``hi`` is checked against the limits of that
    terminal before a byte leaves: levels, lists and limits each by themselves, so that no order of
    settings leads around it; what is unknown is asked for before the output goes on.
    """

    identified_by: ClassVar[str] = "MODEL 2450"
    terminals = ("hi",)
    no_error: ClassVar[tuple[str, ...]] = ("0,", "+0,")

    source_function = Parameter[Function](
        doc="Control what is sourced: 'voltage' or 'current'.",
        get=":SOUR:FUNC?",
        set=":SOUR:FUNC {}",
        choices={"voltage": "VOLT", "current": "CURR"},
        guard="guard_function",
    )
    voltage = Parameter[float](
        doc="Control the sourced voltage in V, -210 V to 210 V.",
        unit="V",
        get=":SOUR:VOLT?",
        set=":SOUR:VOLT {:.7g}",
        limits=(-HIGHEST_VOLTAGE, HIGHEST_VOLTAGE),
        guard="guard_voltage",
    )
    current_limit = Parameter[float](
        doc="Control the current limit while sourcing voltage, in A, 1 nA to 1.05 A.",
        unit="A",
        get=":SOUR:VOLT:ILIM?",
        set=":SOUR:VOLT:ILIM {:.6g}",
        limits=(LOWEST_CURRENT_LIMIT, HIGHEST_CURRENT),
        guard="guard_current_limit",
    )
    current = Parameter[float](
        doc="Control the sourced current in A, -1.05 A to 1.05 A.",
        unit="A",
        get=":SOUR:CURR?",
        set=":SOUR:CURR {:.7g}",
        limits=(-HIGHEST_CURRENT, HIGHEST_CURRENT),
        guard="guard_current",
    )
    voltage_limit = Parameter[float](
        doc="Control the voltage limit while sourcing current, in V, 20 mV to 210 V.",
        unit="V",
        get=":SOUR:CURR:VLIM?",
        set=":SOUR:CURR:VLIM {:.6g}",
        limits=(LOWEST_VOLTAGE_LIMIT, HIGHEST_VOLTAGE),
        guard="guard_voltage_limit",
    )
    source_range = Parameter[float](
        doc="Control the voltage source range in V, 20 mV to 200 V; sets it fixed.",
        unit="V",
        get=":SOUR:VOLT:RANG?",
        set=":SOUR:VOLT:RANG {:.6g}",
        limits=(-200.0, 200.0),
    )
    source_delay = Parameter[float](
        doc="Control the delay between source and measurement in s, 0 s to 10 ks.",
        unit="s",
        get=":SOUR:VOLT:DEL?",
        set=":SOUR:VOLT:DEL {:.6g}",
        limits=(0.0, 1e4),
    )
    readback = Parameter[bool](
        doc="Control whether the source value of a reading is measured (True) or as set.",
        get=":SOUR:VOLT:READ:BACK?",
        set=":SOUR:VOLT:READ:BACK {}",
        choices=_SWITCH,
    )
    sense_function = Parameter[Function](
        doc="Control what is measured: 'current', 'voltage' or 'resistance'.",
        get=":SENS:FUNC?",
        set=":SENS:FUNC {}",
        choices=_SENSED,
    )
    power_line_cycles = Parameter[float](
        doc="Control the integration time of current readings in line cycles, 0.01 to 10.",
        get=":SENS:CURR:NPLC?",
        set=":SENS:CURR:NPLC {:.6g}",
        limits=(0.01, 10.0),
    )
    current_range = Parameter[float](
        doc="Control the current measure range in A, 10 nA to 1 A; sets it fixed.",
        unit="A",
        get=":SENS:CURR:RANG?",
        set=":SENS:CURR:RANG {:.6g}",
        limits=(1e-8, 1.05),
    )
    autorange = Parameter[bool](
        doc="Control whether the current measure range follows the signal.",
        get=":SENS:CURR:RANG:AUTO?",
        set=":SENS:CURR:RANG:AUTO {}",
        choices=_SWITCH,
    )
    four_wire = Parameter[bool](
        doc="Control remote sensing; changing it turns the output off.",
        get=":SENS:CURR:RSEN?",
        set=":SENS:CURR:RSEN {}",
        choices=_SWITCH,
    )
    panel = Parameter[Panel](
        doc="Control which terminals are used: 'front' or 'rear'; changing it turns them off.",
        get=":ROUT:TERM?",
        set=":ROUT:TERM {}",
        choices={"front": "FRON", "rear": "REAR"},
    )
    output_off_state = Parameter[OffState](
        doc="Control what the terminal is when off; 'high impedance' opens the relay.",
        get=":OUTP:VOLT:SMOD?",
        set=":OUTP:VOLT:SMOD {}",
        choices=_OFF_STATES,
    )
    output = Parameter[bool](
        doc="Control whether the output is on.",
        get=":OUTP?",
        set=":OUTP {}",
        choices=_SWITCH,
        guard="guard_output",
    )
    limit_tripped = Parameter[bool](
        doc="Get whether the current limit holds the source back now.",
        get=":SOUR:VOLT:ILIM:TRIP?",
        choices=_SWITCH,
    )
    line_frequency = Parameter[float](
        doc="Get the power line frequency in Hz that counts line cycles.",
        unit="Hz",
        get=":SYST:LFR?",
    )

    def initialise(self) -> None:
        """Reset; then source voltage, measure current, open the relay when off."""
        self._forget()
        self.send(
            '*RST;*CLS;:SOUR:FUNC VOLT;:SENS:FUNC "CURR";:SOUR:VOLT:READ:BACK 1;'
            ":OUTP:VOLT:SMOD HIMP;:OUTP:CURR:SMOD HIMP"
        )
        self._on = False

    def source(self, voltage: float, *, current_limit: float) -> None:
        """Hold ``voltage`` V with the output on; never more than ``current_limit`` A.

        Sends only what changes. Raises RangeError before anything is sent.
        """
        self.check_source(voltage, current_limit=current_limit)
        words = []
        if current_limit != self._limit:
            words.append(f":SOUR:VOLT:ILIM {current_limit:.6g}")
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
        guard = TerminalGuard(self)
        guard.check_voltage("voltage", voltage)
        guard.check_current("current_limit", current_limit)

    def measure(self, *, averages: int = 1) -> tuple[float, float, Flag]:
        """Return (source voltage as measured in V, current in A, flags), with the output as it is.

        Up to 100 readings are averaged by the instrument's repeating filter, more by the driver.
        """
        filtered = min(max(int(averages), 1), _LONGEST_FILTER)
        if filtered != self._filter:
            self._send_or_forget(_filter_words(filtered))
            self._filter = filtered
        rounds = -(-max(int(averages), 1) // _LONGEST_FILTER)
        voltage, current, flags = one_reading(self.ask(SINGLE))
        for _ in range(rounds - 1):
            more_voltage, more_current, more_flags = one_reading(self.ask(SINGLE))
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
            answer = self.ask_checked(f":SOUR:VOLT {voltage:.7g};{SINGLE};:SOUR:VOLT 0")
        except BaseException:
            self._forget()
            raise
        return one_reading(answer)

    def sweep(self, voltages: Floats, *, dwell: float, current_limit: float) -> SweepReadings:
        """Step through ``voltages`` V, shape (points,), ``dwell`` s each, and end with output off.

        Raises RangeError before anything is sent if any point is beyond a limit or not a number.
        """
        levels = check_levels(self, voltages, dwell)
        self.check_source(levels[0], current_limit=current_limit)
        self._forget()
        try:
            return run_list_sweep(self, levels, dwell, current_limit, self._latch)
        finally:
            if not self._latch.is_set():
                self.off()

    def off(self) -> None:
        """Go to 0 V and open the output."""
        self._send_or_forget(":SOUR:VOLT 0;:SOUR:CURR 0;:OUTP 0")
        self._level, self._on = 0.0, False

    def forget(self) -> None:
        """Take nothing for known, so that the verbs say everything again."""
        super().forget()
        self._forget()

    def safe(self, phase: SafePhase) -> None:
        """Levels to zero (with the gates if ``hi`` reaches gates), later the output off; proved."""
        self.forget()
        gate = self.terminal_limits("hi").gate
        if phase is (SafePhase.GATES if gate else SafePhase.SOURCES):
            self.transport.write(":ABOR;:SOUR:VOLT 0;:SOUR:CURR 0")
            prove(self.transport, ":SOUR:VOLT?;:SOUR:CURR?", "source level", _all_zero)
        elif phase is SafePhase.OUTPUTS:
            self.transport.write(":OUTP 0")
            prove(self.transport, ":OUTP?", "output", _all_zero)

    def guard_function(self, function: Function) -> None:
        """Refuse a source function whose level or limit is too much for the terminal."""
        self._forget()
        TerminalGuard(self).check_function(function)

    def guard_voltage(self, voltage: float) -> None:
        """Refuse a voltage that the terminal must not see."""
        self._level = None
        TerminalGuard(self).check_voltage("voltage", voltage)

    def guard_current_limit(self, limit: float) -> None:
        """Refuse a current limit above what the terminal may carry."""
        self._limit = None
        TerminalGuard(self).check_current("current_limit", limit)

    def guard_current(self, current: float) -> None:
        """Refuse a current that the terminal must not carry."""
        TerminalGuard(self).check_current("current", current)

    def guard_voltage_limit(self, limit: float) -> None:
        """Refuse a voltage limit whose either polarity the terminal must not see."""
        TerminalGuard(self).check_voltage_limit(limit)

    def guard_output(self, on: bool) -> None:
        """Before the output goes on, ask for what would be on the terminal and check it."""
        self._on = None
        if on:
            TerminalGuard(self).check_present_settings()

    # What the instrument was last told, so that nothing is said twice; None is not known.
    _level: float | None = None
    _limit: float | None = None
    _on: bool | None = None
    _filter: int | None = None

    def _forget(self) -> None:
        self._level = self._limit = self._on = self._filter = None

    def _send_or_forget(self, message: str) -> None:
        """Send; when that fails it is not known how much of the message was taken."""
        try:
            self.send_asking(message)
        except BaseException:
            self._forget()
            raise


def _filter_words(count: int) -> str:
    if count == 1:
        return ":SENS:CURR:AVER 0"
    return f":SENS:CURR:AVER:TCON REP;COUN {count};:SENS:CURR:AVER 1"


def _all_zero(answer: str) -> bool:
    return all(float(part) == 0.0 for part in answer.split(";"))
