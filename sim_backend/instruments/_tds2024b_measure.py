"""The MEASUrement, CURSor and MATH commands of a simulated Tektronix TDS2024B."""

from typing import Final

from ..wire.errors import ScpiError
from ..wire.parameters import Numeric, String
from ..wire.scpi import command, query
from ..wire.tektronix import Fields, Word, Words
from ..wire.tektronix_events import (
    BAD_MATH,
    MEASUREMENT_OFF,
    NO_WAVEFORM,
    SETTINGS_CONFLICT,
    event,
)
from ._tds2024b_base import CHANNEL_WORDS, WAVEFORM_WORDS, ScopeBase
from ._tds2024b_math import combined, plain
from ._tds2024b_measurements import KINDS, NOT_MEASURED, UNITS, clipping, measured, phase
from ._tds2024b_settings import Measurement

_I: Final = "MEASUrement:IMMed"
_X: Final = "MEASUrement:MEAS<1..5>"
_SOURCES: Final = Words("CH1", "CH2", "CH3", "CH4", "MATH")
_NUMBER: Final = Numeric()


class MeasureCommands(ScopeBase):
    """What is measured on waveforms."""

    @command(f"{_I}:TYPe", Words(*KINDS, "PHAse"))
    def set_immediate_type(self, kind: Word) -> None:
        """Choose what is measured when it is asked for."""
        self.settings.immediate.kind = kind

    @query(f"{_I}:TYPe")
    def immediate_type(self) -> Word:
        """Tell what is measured when it is asked for."""
        return self.settings.immediate.kind

    @command(f"{_I}:SOUrce[1]", _SOURCES)
    def set_immediate_source(self, name: Word) -> None:
        """Choose on which waveform."""
        self.settings.immediate.source = name

    @query(f"{_I}:SOUrce[1]")
    def immediate_source(self) -> Word:
        """Tell on which waveform."""
        return self.settings.immediate.source

    @command(f"{_I}:SOUrce2", CHANNEL_WORDS)
    def set_second_source(self, name: Word) -> None:
        """Choose the other waveform of a phase."""
        self.settings.second = name

    @query(f"{_I}:SOUrce2")
    def second_source(self) -> Word:
        """Tell the other waveform of a phase."""
        return self.settings.second

    @query(f"{_I}:UNIts")
    def immediate_units(self) -> str:
        """Tell the unit."""
        return f'"{UNITS.get(self.settings.immediate.kind, "V")}"'

    @query(f"{_I}:VALue")
    def immediate_value(self) -> float:
        """Measure; 9.9E37 and an event where it cannot be done."""
        return self._measured(self.settings.immediate)

    @query(_I)
    def immediate(self) -> Fields:
        """Tell all of it."""
        it = self.settings.immediate
        return Fields([
            ("TYPe", it.kind), ("UNIts", self.immediate_units()), ("SOUrce1", it.source)
        ])  # fmt: skip

    @command(f"{_X}:TYPe", Words(*KINDS, "NONe"))
    def set_type(self, n: int, kind: Word) -> None:
        """Choose what a slot measures."""
        self.settings.measurements[n].kind = kind

    @query(f"{_X}:TYPe")
    def type(self, n: int) -> Word:
        """Tell what a slot measures."""
        return self.settings.measurements[n].kind

    @command(f"{_X}:SOUrce", _SOURCES)
    def set_measured_source(self, n: int, name: Word) -> None:
        """Choose on which waveform a slot measures."""
        self.settings.measurements[n].source = name

    @query(f"{_X}:SOUrce")
    def measured_source(self, n: int) -> Word:
        """Tell on which waveform a slot measures."""
        return self.settings.measurements[n].source

    @query(f"{_X}:UNIts")
    def units(self, n: int) -> str:
        """Tell the unit of a slot."""
        kind = self.settings.measurements[n].kind
        return '""' if kind == "NONe" else f'"{UNITS.get(kind, "V")}"'

    @query(f"{_X}:VALue")
    def value(self, n: int) -> float:
        """Tell what a slot measures; 9.9E37 and an event where it cannot be done."""
        if self.settings.measurements[n].kind == "NONe":
            self.report(event(MEASUREMENT_OFF))
            return NOT_MEASURED
        return self._measured(self.settings.measurements[n])

    @query(_X)
    def slot(self, n: int) -> Fields:
        """Tell all of a slot."""
        it = self.settings.measurements[n]
        return Fields([("TYPe", it.kind), ("UNIts", self.units(n)), ("SOUrce", it.source)])

    def _measured(self, it: Measurement) -> float:
        """Return a measurement; what is wrong is an event, and so is a clipped waveform."""
        self.acquisition.finish()
        records = self.acquisition.records
        shown = self.settings.shown[it.source]
        record = combined(self.settings.math, records) if it.source == "MATH" else (
            records.get(it.source)
        )  # fmt: skip
        try:
            if record is None or not shown:
                raise event(NO_WAVEFORM)
            if it.kind == "PHAse":
                other = records.get(self.settings.second)
                if other is None:
                    raise event(NO_WAVEFORM)
                return phase(record, other)
            found = measured(it.kind, record)
        except ScpiError as refusal:
            self.report(refusal)
            return NOT_MEASURED
        clipped = clipping(record)
        if clipped is not None:
            self.report(clipped)
        return found

    # -- cursors and mathematics -------------------------------------------------------------

    @command("CURSor:FUNCtion", Words("HBArs", "OFF", "VBArs"))
    def set_cursor_function(self, function: Word) -> None:
        """Choose which cursors are shown."""
        if self.settings.display.form == "XY":
            raise event(SETTINGS_CONFLICT)
        self.settings.cursors.function = function

    @query("CURSor:FUNCtion")
    def cursor_function(self) -> Word:
        """Tell which cursors are shown."""
        return self.settings.cursors.function

    @command("CURSor:SELect:SOUrce", WAVEFORM_WORDS)
    def set_cursor_source(self, name: Word) -> None:
        """Choose whose scale cursors have."""
        self.settings.cursors.source = name

    @query("CURSor:SELect:SOUrce")
    def cursor_source(self) -> Word:
        """Tell whose scale cursors have."""
        return self.settings.cursors.source

    @command("CURSor:{HBArs|VBArs}:POSITION<1..2>", _NUMBER)
    def set_cursor(self, bars: str, n: int, position: float) -> None:
        """Set a cursor, in V, or in s after the trigger; it stays on the screen."""
        low, high = self._screen(bars)
        self._cursors(bars)[n - 1] = self.within(position, low, high)

    @query("CURSor:{HBArs|VBArs}:POSITION<1..2>")
    def cursor(self, bars: str, n: int) -> float:
        """Tell a cursor, in V, or in s after the trigger."""
        return self._cursors(bars)[n - 1]

    @query("CURSor:{HBArs|VBArs}:DELTa")
    def cursor_delta(self, bars: str) -> float:
        """Tell what lies between two cursors."""
        one, other = self._cursors(bars)
        delta = abs(other - one)
        if bars == "VBA" and self.settings.cursors.units == "HERtz":
            return 1.0 / delta if delta else NOT_MEASURED
        return delta

    @query("CURSor:HBArs:UNIts")
    def bar_units(self) -> Word:
        """Tell the unit of horizontal cursors."""
        return Word("VOLts")

    @query("CURSor:{HBArs|VBArs}")
    def both_cursors(self, bars: str) -> Fields:
        """Tell all of a pair of cursors."""
        one, other = self._cursors(bars)
        unit = self.bar_units() if bars == "HBA" else self.settings.cursors.units
        return Fields([
            ("UNIts", unit), ("POSITION1", one), ("POSITION2", other),
            ("DELTa", self.cursor_delta(bars)),
        ])  # fmt: skip

    @command("CURSor:VBArs:UNIts", Words("SECOnds", "HERtz"))
    def set_cursor_units(self, units: Word) -> None:
        """Choose the unit of vertical cursors."""
        self.settings.cursors.units = units

    @query("CURSor:VBArs:UNIts")
    def cursor_units(self) -> Word:
        """Tell the unit of vertical cursors."""
        return self.settings.cursors.units

    def _cursors(self, bars: str) -> list[float]:
        return self.settings.cursors.horizontal if bars == "HBA" else self.settings.cursors.vertical

    def _screen(self, bars: str) -> tuple[float, float]:
        if bars == "VBA":
            first = self.settings.horizontal.first
            return first, first + 10.0 * self.settings.horizontal.used[0]
        channel = self.settings.channels.get(self.settings.cursors.source)
        if channel is None:
            return -4.0, 4.0
        low, high = -4.0 - channel.position, 4.0 - channel.position
        return low * channel.scale, high * channel.scale

    @command("MATH:DEFINE", String(1000))
    def set_math(self, definition: str) -> None:
        """Set the mathematical waveform."""
        known = plain(definition)
        if known is None:
            raise event(BAD_MATH)
        self.settings.math = known

    @query("MATH:DEFINE")
    @query("MATH")
    def math(self) -> str:
        """Tell the mathematical waveform."""
        return f'"{self.settings.math}"'
