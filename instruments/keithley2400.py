"""Keithley 2400 source-meter.

Source: 2400 Series SourceMeter User's Manual, 2400S-900-01, sections 17 and 18.
"""

from typing import ClassVar, Literal, final

from labcim.capabilities import SweepReadings
from labcim.parameter import Parameter

from ._guarded_source import Reading
from ._keithley2400_readings import ELEMENTS, MOST_POINTS, one_reading, run_list_sweep
from ._source_meter import (
    HIGHEST_CURRENT,
    HIGHEST_VOLTAGE,
    LOWEST_CURRENT_LIMIT,
    OFF_STATES,
    SWITCH,
    OffState,
    SourceMeterDriver,
)

LOWEST_VOLTAGE_LIMIT = 200e-6
#: Above 21 V the instrument gives 105 mA at most.
HIGH_VOLTAGE, HIGH_VOLTAGE_CURRENT = 21.0, 0.105

Function = Literal["voltage", "current"]


@final
class Keithley2400(SourceMeterDriver):
    """The source-meter between its terminal ``hi`` and ground."""

    identified_by: ClassVar[str] = "MODEL 2400"
    limit_word = ":SENS:CURR:PROT"
    settings_query = ":SOUR:FUNC?;:SOUR:VOLT?;:SENS:CURR:PROT?;:SOUR:CURR?;:SENS:VOLT:PROT?"
    single = ":READ?"
    most_points = MOST_POINTS
    zero_words = ":SOUR:VOLT:MODE FIX;:SOUR:CURR:MODE FIX;:SOUR:VOLT 0;:SOUR:CURR 0"

    source_function = Parameter[Function](
        doc="Control what is sourced: 'voltage' or 'current'; a change turns the output off.",
        get=":SOUR:FUNC?",
        set=":SOUR:FUNC {}",
        choices={"voltage": "VOLT", "current": "CURR"},
        guard="guard_function",
    )
    current_limit = Parameter[float](
        doc="Control the compliance while sourcing voltage, in A, 1 nA to 1.05 A.",
        unit="A",
        get=":SENS:CURR:PROT?",
        set=":SENS:CURR:PROT {:.6g}",
        limits=(LOWEST_CURRENT_LIMIT, HIGHEST_CURRENT),
        guard="guard_current_limit",
    )
    voltage_limit = Parameter[float](
        doc="Control the compliance while sourcing current, in V, 200 uV to 210 V.",
        unit="V",
        get=":SENS:VOLT:PROT?",
        set=":SENS:VOLT:PROT {:.6g}",
        limits=(LOWEST_VOLTAGE_LIMIT, HIGHEST_VOLTAGE),
        guard="guard_voltage_limit",
    )
    source_range = Parameter[float](
        doc="Control the voltage source range in V, 200 mV to 200 V; sets it fixed.",
        unit="V",
        get=":SOUR:VOLT:RANG?",
        set=":SOUR:VOLT:RANG {:.6g}",
        limits=(-HIGHEST_VOLTAGE, HIGHEST_VOLTAGE),
    )
    source_delay = Parameter[float](
        doc="Control the delay between source and measurement in s, 0 s to 9999.999 s.",
        unit="s",
        get=":SOUR:DEL?",
        set=":SOUR:DEL {:.6g}",
        limits=(0.0, 9999.999),
    )
    power_line_cycles = Parameter[float](
        doc="Control the integration time of all readings in line cycles, 0.01 to 10.",
        get=":SENS:CURR:NPLC?",
        set=":SENS:CURR:NPLC {:.6g}",
        limits=(0.01, 10.0),
    )
    current_range = Parameter[float](
        doc="Control the current measure range in A, 1 uA to 1 A; sets it fixed.",
        unit="A",
        get=":SENS:CURR:RANG?",
        set=":SENS:CURR:RANG {:.6g}",
        limits=(1e-9, HIGHEST_CURRENT),
    )
    auto_zero = Parameter[bool](
        doc="Control whether zero and reference are converted with every reading.",
        get=":SYST:AZER?",
        set=":SYST:AZER {}",
        choices=SWITCH,
    )
    four_wire = Parameter[bool](
        doc="Control remote sensing; changing it turns the output off.",
        get=":SYST:RSEN?",
        set=":SYST:RSEN {}",
        choices=SWITCH,
    )
    output_off_state = Parameter[OffState](
        doc="Control what the terminal is when off; 'high impedance' opens the relay.",
        get=":OUTP:SMOD?",
        set=":OUTP:SMOD {}",
        choices=OFF_STATES,
    )
    limit_tripped = Parameter[bool](
        doc="Get whether the compliance holds the source back now.",
        get=":SENS:CURR:PROT:TRIP?",
        choices=SWITCH,
    )

    def initialise(self) -> None:
        """Reset; then source voltage, measure voltage and current, open the relay when off."""
        self._forget()
        self.send(
            "*RST;*CLS;:STAT:PRES;:SOUR:FUNC VOLT;:SENS:FUNC:CONC 1;:SENS:FUNC 'VOLT','CURR';"
            f":FORM ASC;:FORM:ELEM {ELEMENTS};:OUTP:SMOD HIMP"
        )
        self._on = False

    def check_source(self, voltage: float, *, current_limit: float) -> None:
        """Raise RangeError where ``source`` would; sends nothing."""
        super().check_source(voltage, current_limit=current_limit)
        self._guard().check_corner(voltage, current_limit, HIGH_VOLTAGE, HIGH_VOLTAGE_CURRENT)

    def parse_reading(self, answer: str) -> Reading:
        """Return (voltage in V, current in A, flags) of ``VOLT,CURR,TIME,STAT``."""
        return one_reading(answer)

    def filter_words(self, count: int) -> str:
        """Return the words for the repeating filter of all readings."""
        return ":SENS:AVER 0" if count == 1 else f":SENS:AVER:TCON REP;COUN {count};:SENS:AVER 1"

    def check_sweep(self, levels: list[float], current_limit: float) -> None:
        """Raise RangeError for more than 22 W."""
        for level in (min(levels), max(levels)):
            self.check_source(level, current_limit=current_limit)

    def run_sweep(self, levels: list[float], dwell: float, current_limit: float) -> SweepReadings:
        """Run a list sweep into the data store and fetch that."""
        return run_list_sweep(self, levels, dwell, current_limit, self._latch)
