"""Keithley 2450 source-meter, in its own SCPI language (``*LANG SCPI``).

Source: Model 2450 Reference Manual, 2450-901-01, section 6 (SCPI command reference).
"""

from typing import ClassVar, Literal, final

from labcim.capabilities import Flag, SweepReadings
from labcim.parameter import Parameter

from ._keithley2450_readings import SINGLE, one_reading, run_list_sweep
from ._source_meter import SourceMeterDriver

HIGHEST_VOLTAGE = 210.0
HIGHEST_CURRENT = 1.05
LOWEST_CURRENT_LIMIT = 1e-9
LOWEST_VOLTAGE_LIMIT = 0.02

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


@final
class Keithley2450(SourceMeterDriver):
    """The source-meter between its terminal ``hi`` and ground."""

    identified_by: ClassVar[str] = "MODEL 2450"
    limit_word = ":SOUR:VOLT:ILIM"
    settings_query = ":SOUR:FUNC?;:SOUR:VOLT?;:SOUR:VOLT:ILIM?;:SOUR:CURR?;:SOUR:CURR:VLIM?"
    single = SINGLE
    zero_words = ":SOUR:VOLT 0;:SOUR:CURR 0"

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

    def parse_reading(self, answer: str) -> tuple[float, float, Flag]:
        """Return (voltage in V, current in A, flags) of ``SOUR, READ, SOURSTAT``."""
        return one_reading(answer)

    def filter_words(self, count: int) -> str:
        """Return the words for the repeating filter of current readings."""
        if count == 1:
            return ":SENS:CURR:AVER 0"
        return f":SENS:CURR:AVER:TCON REP;COUN {count};:SENS:CURR:AVER 1"

    def run_sweep(self, levels: list[float], dwell: float, current_limit: float) -> SweepReadings:
        """Run a list sweep into the first buffer and fetch that."""
        return run_list_sweep(self, levels, dwell, current_limit, self._latch)
