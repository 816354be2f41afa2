"""Keithley 2450 source-meter, in its own SCPI language (``*LANG SCPI``).

Source: Model 2450 Reference Manual, 2450-901-01, section 6 (SCPI command reference).
"""

from typing import ClassVar, Literal, final

from labcim.capabilities import SweepReadings
from labcim.parameter import Parameter

from ._guarded_source import Reading
from ._keithley2450_readings import SINGLE, one_reading, run_list_sweep
from ._source_meter import (
    HIGHEST_CURRENT,
    HIGHEST_VOLTAGE,
    LOWEST_CURRENT_LIMIT,
    OFF_STATES,
    SWITCH,
    OffState,
    SourceMeterDriver,
)

LOWEST_VOLTAGE_LIMIT = 0.02

Function = Literal["voltage", "current", "resistance"]
_SENSED: dict[Function, str] = {
    "current": '"CURR:DC"',
    "voltage": '"VOLT:DC"',
    "resistance": '"RES"',
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
    current_limit = Parameter[float](
        doc="Control the current limit while sourcing voltage, in A, 1 nA to 1.05 A.",
        unit="A",
        get=":SOUR:VOLT:ILIM?",
        set=":SOUR:VOLT:ILIM {:.6g}",
        limits=(LOWEST_CURRENT_LIMIT, HIGHEST_CURRENT),
        guard="guard_current_limit",
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
        choices=SWITCH,
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
    four_wire = Parameter[bool](
        doc="Control remote sensing; changing it turns the output off.",
        get=":SENS:CURR:RSEN?",
        set=":SENS:CURR:RSEN {}",
        choices=SWITCH,
    )
    output_off_state = Parameter[OffState](
        doc="Control what the terminal is when off; 'high impedance' opens the relay.",
        get=":OUTP:VOLT:SMOD?",
        set=":OUTP:VOLT:SMOD {}",
        choices=OFF_STATES,
    )
    limit_tripped = Parameter[bool](
        doc="Get whether the current limit holds the source back now.",
        get=":SOUR:VOLT:ILIM:TRIP?",
        choices=SWITCH,
    )

    def initialise(self) -> None:
        """Reset; then source voltage, measure current, open the relay when off."""
        self._forget()
        self.send(
            '*RST;*CLS;:SOUR:FUNC VOLT;:SENS:FUNC "CURR";:SOUR:VOLT:READ:BACK 1;'
            ":OUTP:VOLT:SMOD HIMP;:OUTP:CURR:SMOD HIMP"
        )
        self._on = False

    def parse_reading(self, answer: str) -> Reading:
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
