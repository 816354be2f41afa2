"""Keysight 34461A digital multimeter: volts, amperes, ohms, single or many readings.

Source: Truevolt Series Operating and Service Guide, SCPI programming reference.
"""

from typing import ClassVar, Literal, final

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Flag, Floats
from labcim.errors import AbortedError, RangeError, TransportError
from labcim.instrument import Instrument, SafePhase
from labcim.parameter import Parameter

from ._keysight34461a_readings import (
    AMPERES,
    CYCLES,
    HIGHEST_TEST_CURRENT,
    OHMS,
    OPEN_VOLTAGE,
    VOLTS,
    Kind,
    configuration,
    decoded,
    one_reading,
)
from ._proof import prove

MOST_READINGS = 10_000
LONGEST_DELAY = 3600.0
_LONGEST_WAIT = 2.0  # s; longer acquisitions are looked after, so that no read has to wait for them
_POLL = 0.02  # s
_LINE_CYCLE = 0.02  # s, of the slower mains
_READING = 0.1  # s besides the integration of one reading, at most

Function = Literal[
    "voltage", "AC voltage", "current", "AC current", "resistance", "four-wire resistance",
    "frequency", "period",
]  # fmt: skip
_FUNCTIONS: dict[Function, str] = {
    "voltage": '"VOLT"',
    "AC voltage": '"VOLT:AC"',
    "current": '"CURR"',
    "AC current": '"CURR:AC"',
    "resistance": '"RES"',
    "four-wire resistance": '"FRES"',
    "frequency": '"FREQ"',
    "period": '"PER"',
}
_SWITCH = {True: "1", False: "0"}


@final
class Keysight34461A(Instrument):
    """A multimeter; terminals ``hi`` (volts, ohms), ``sense`` (four-wire) and ``i`` (amperes).

    As a volt- or ammeter it drives nothing. An ohmmeter drives up to 1 mA, or up to 10 V into an
    open line, whatever its range, which is checked against the limits of ``hi``.
    """

    identified_by: ClassVar[str] = "34461A"
    terminals = ("hi", "sense", "i")

    function = Parameter[Function](
        doc="Control what is measured; an ohmmeter must be within the limits of its terminal.",
        get="FUNC?",
        set="FUNC {}",
        choices=_FUNCTIONS,
        guard="guard_function",
    )
    voltage_range = Parameter[float](
        doc="Control the range of DC volts in V, 100 mV to 1 kV; sets it fixed.",
        unit="V",
        get="VOLT:DC:RANG?",
        set="VOLT:DC:RANG {:.6g}",
        limits=(0.0, VOLTS[-1]),
        guard="guard_setting",
    )
    voltage_autorange = Parameter[bool](
        doc="Control whether the range of DC volts follows the signal.",
        get="VOLT:DC:RANG:AUTO?",
        set="VOLT:DC:RANG:AUTO {}",
        choices=_SWITCH,
        guard="guard_setting",
    )
    voltage_cycles = Parameter[float](
        doc="Control the integration time of DC volts in line cycles, 0.02 to 100.",
        get="VOLT:DC:NPLC?",
        set="VOLT:DC:NPLC {}",
        choices={cycles: f"{cycles:g}" for cycles in CYCLES},
        guard="guard_setting",
    )
    high_impedance = Parameter[bool](
        doc="Control whether the input has more than 10 GΩ up to the 10 V range, or 10 MΩ always.",
        get="VOLT:DC:IMP:AUTO?",
        set="VOLT:DC:IMP:AUTO {}",
        choices=_SWITCH,
        guard="guard_setting",
    )
    current_range = Parameter[float](
        doc="Control the range of DC current in A, 100 µA to 3 A; sets it fixed.",
        unit="A",
        get="CURR:DC:RANG?",
        set="CURR:DC:RANG {:.6g}",
        limits=(0.0, AMPERES[-1]),
        guard="guard_setting",
    )
    resistance_range = Parameter[float](
        doc="Control the range of resistance in Ω, 100 Ω to 100 MΩ; sets it fixed.",
        unit="Ω",
        get="RES:RANG?",
        set="RES:RANG {:.6g}",
        limits=(0.0, OHMS[-1]),
        guard="guard_setting",
    )
    autozero = Parameter[bool](
        doc="Control whether each DC voltage reading has a zero reading taken off.",
        get="VOLT:DC:ZERO:AUTO?",
        set="VOLT:DC:ZERO:AUTO {}",
        choices=_SWITCH,
        guard="guard_setting",
    )
    trigger_source = Parameter[str](
        doc="Control what triggers readings: immediate, external or bus.",
        get="TRIG:SOUR?",
        set="TRIG:SOUR {}",
        choices={"immediate": "IMM", "external": "EXT", "bus": "BUS"},
        guard="guard_setting",
    )
    trigger_count = Parameter[float](
        doc="Control how many triggers are taken, 1 to 1 million.",
        get="TRIG:COUN?",
        set="TRIG:COUN {:.0f}",
        limits=(1, 1_000_000),
        guard="guard_setting",
    )
    trigger_delay = Parameter[float](
        doc="Control the delay before each reading in s, 0 s to 1 h; turns the automatic one off.",
        unit="s",
        get="TRIG:DEL?",
        set="TRIG:DEL {:.6g}",
        limits=(0.0, LONGEST_DELAY),
        guard="guard_setting",
    )
    sample_count = Parameter[float](
        doc="Control how many readings a trigger brings, 1 to 1 million.",
        get="SAMP:COUN?",
        set="SAMP:COUN {:.0f}",
        limits=(1, 1_000_000),
        guard="guard_setting",
    )
    stored = Parameter[float](
        doc="Measure how many readings the memory holds, up to 10000.",
        get="DATA:POIN?",
    )

    # What the verbs have configured, as long as nothing else has changed it.
    _configured = ""

    def initialise(self) -> None:
        """Reset to a voltmeter that ranges by itself."""
        self.send("*RST;*CLS")
        self._configured = ""

    def voltage(
        self, *, full_scale: float | None = None, cycles: float = 10.0
    ) -> tuple[float, Flag]:
        """Return (DC voltage in V at ``hi``, flags), NaN beyond the range; full_scale: V."""
        return self._read("voltage", full_scale, cycles)

    def current(
        self, *, full_scale: float | None = None, cycles: float = 10.0
    ) -> tuple[float, Flag]:
        """Return (DC current in A into ``i``, flags), NaN beyond the range; full_scale: A."""
        return self._read("current", full_scale, cycles)

    def resistance(
        self, *, full_scale: float | None = None, cycles: float = 10.0, four_wire: bool = False
    ) -> tuple[float, Flag]:
        """Return (Ω at ``hi``, flags), NaN beyond the range. Raises RangeError before sending."""
        self._check_ohmmeter("resistance")
        return self._read("four-wire resistance" if four_wire else "resistance", full_scale, cycles)

    def readings(
        self, kind: Kind, count: int, *, full_scale: float | None = None, cycles: float = 1.0
    ) -> tuple[Floats, NDArray[np.uint8]]:
        """Return ``count`` readings, one right after the other, as (values, flags), (count,) each.

        They are kept in the instrument and fetched as one binary block. NaN beyond the range.
        """
        if not (count == int(count) and 1 <= count <= MOST_READINGS):
            raise RangeError(
                f"count = {count!r}: accepts 1 to {MOST_READINGS} readings; nothing was sent"
            )
        if "resistance" in kind:
            self._check_ohmmeter(kind)
        self._configure(kind, full_scale, cycles)
        self._configured = ""  # what follows is for this call only
        self.send_asking(f"SAMP:COUN {int(count)};:FORM REAL,64;:FORM:BORD SWAP")
        if count * (2.0 * cycles * _LINE_CYCLE + _READING) < _LONGEST_WAIT:
            if self.ask("INIT;*OPC?").strip() != "1":
                raise TransportError(f"{self.transport.address}: *OPC? was not answered by 1")
        else:
            self._wait_long()
        return decoded(self.ask_block("R?"), int(count), self.transport.address)

    def forget(self) -> None:
        """Take nothing for known, so that the verbs configure anew."""
        super().forget()
        self._configured = ""

    def safe(self, phase: SafePhase) -> None:
        """Make it a voltmeter, which drives nothing, with the sources; proved by asking."""
        self.forget()
        if phase is SafePhase.SOURCES:
            self.transport.write("ABOR;:CONF:VOLT:DC;*CLS")
            prove(self.transport, "FUNC?", "function", lambda text: text.strip() == '"VOLT"')

    def guard_function(self, function: Function) -> None:
        """Refuse an ohmmeter that could put too much on its terminal."""
        if "resistance" in function:
            self._check_ohmmeter(f"function = {function!r}")
        self._configured = ""

    def guard_setting(self, _value: object) -> None:
        """Note that the configuration is no longer what a verb has set."""
        self._configured = ""

    def _check_ohmmeter(self, what: str) -> None:
        limits = self.terminal_limits("hi")
        limits.check_voltage(f"hi: open line with {what}", OPEN_VOLTAGE)
        limits.check_current(f"hi: test current with {what}", HIGHEST_TEST_CURRENT)

    def _read(self, kind: Kind, full_scale: float | None, cycles: float) -> tuple[float, Flag]:
        self._configure(kind, full_scale, cycles)
        return one_reading(self.ask("READ?"))

    def _configure(self, kind: Kind, full_scale: float | None, cycles: float) -> None:
        message = configuration(kind, full_scale, cycles)
        if message != self._configured:
            self._configured = ""
            self.send_asking(message)
            self._configured = message

    def _wait_long(self) -> None:
        self.send("*CLS;:INIT;*OPC")
        while not int(self.ask("*ESR?")) & 1:
            if self._latch.wait(_POLL):
                raise AbortedError(f"{self.transport.address}: readings were ended from outside")
