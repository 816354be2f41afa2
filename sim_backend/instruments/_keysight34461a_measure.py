"""CONFigure, MEASure, triggers, readings and their format, of a simulated 34461A."""

import math
from typing import Final

from ..wire.errors import ScpiError
from ..wire.parameters import Boolean, Choice, Integer, OneOf
from ..wire.scpi import block, command, query
from ._extremes import EXTREME, Limits, number, told, within
from ._keysight34461a_functions import FIXED, FUNCTIONS, NOT_A_NUMBER, RESOLUTION
from ._keysight34461a_sense import SenseCommands
from ._keysight34461a_settings import MEMORY, Trigger, sense_at_reset

_AUTO_OR: Final = Choice("AUTO")
_IN_VOLTS: Final = (OneOf(_AUTO_OR, number("V")), number("V"))
_IN_AMPERES: Final = (OneOf(_AUTO_OR, number("A")), number("A"))
_IN_OHMS: Final = (OneOf(_AUTO_OR, number("OHM")), number("OHM"))
_IN_TIME: Final = (OneOf(_AUTO_OR, number("HZ", "S")), number("HZ", "S"))
_COUNT: Final[Limits] = (1.0, 1e6, 1.0)
_DELAY: Final[Limits] = (0.0, 3600.0, 0.0)
_SLOPE: Final = Choice("POSitive", "NEGative")
_VOLTS: Final = "[:VOLTage]:{AC|DC}"
_AMPERES: Final = ":CURRent:{AC|DC}"
_OHMS: Final = ":{RESistance|FRESistance}"
_TIME: Final = ":{FREQuency|PERiod}"
_PLAIN: Final = ":{CONTinuity|DIODe}"
_RATIO: Final = "[:VOLTage][:DC]:RATio"
_PROBES: Final = Choice("FRTD", "RTD", "DEFault")
_SENSOR: Final = OneOf(Choice("DEFault"), Integer(85, 85))  # alpha 0.00385 / K, the only one
Asked = float | str
Answer = str | bytes


class MeasureCommands(SenseCommands):
    """From a configuration to readings."""

    _input_high = False

    # -- CONFigure and MEASure ---------------------------------------------------------------

    def configure(self, function: str, scale: Asked, fineness: Asked) -> None:
        """Preset everything for a function; range and resolution as asked."""
        settings = self.settings
        before = settings.sense[function]
        settings.sense[function] = sense_at_reset(function)
        try:
            if scale not in ("AUTO", "DEF"):
                self.choose_range(
                    function, settings.ranges(function)[0] if scale == "MIN" else scale
                )
            if fineness != "DEF" and FUNCTIONS[function].integrates:
                if settings.sense[function].auto and isinstance(fineness, float):
                    raise ScpiError(311, "Not able to specify resolution with Auto range")
                self.choose_resolution(function, fineness)
        except ScpiError:
            settings.sense[function] = before
            raise
        sense = settings.sense[function]
        sense.zero = sense.cycles >= 1.0
        settings.function, settings.trigger = function, Trigger()
        settings.impedance_auto = False
        settings.math.scaling = settings.math.average = settings.math.limits = False
        settings.math.lower = settings.math.upper = 0.0
        self.statistics.clear()
        self.changed()

    @command(f":CONFigure{_VOLTS}", *_IN_VOLTS, optional=2)
    def configure_volts(self, kind: str, scale: Asked = "AUTO", fineness: Asked = "DEF") -> None:
        """Configure volts."""
        self.configure("VOLT" if kind == "DC" else "VOLT:AC", scale, fineness)

    @query(f":MEASure{_VOLTS}", *_IN_VOLTS, optional=2)
    def measure_volts(self, kind: str, scale: Asked = "AUTO", fineness: Asked = "DEF") -> Answer:
        """Configure volts and read once."""
        self.configure_volts(kind, scale, fineness)
        return self.read()

    @command(f":CONFigure{_AMPERES}", *_IN_AMPERES, optional=2)
    def configure_amperes(self, kind: str, scale: Asked = "AUTO", fineness: Asked = "DEF") -> None:
        """Configure amperes."""
        self.configure("CURR" if kind == "DC" else "CURR:AC", scale, fineness)

    @query(f":MEASure{_AMPERES}", *_IN_AMPERES, optional=2)
    def measure_amperes(self, kind: str, scale: Asked = "AUTO", fineness: Asked = "DEF") -> Answer:
        """Configure amperes and read once."""
        self.configure_amperes(kind, scale, fineness)
        return self.read()

    @command(f":CONFigure{_OHMS}", *_IN_OHMS, optional=2)
    @command(f":CONFigure{_TIME}", *_IN_TIME, optional=2)
    def configure_other(self, what: str, scale: Asked = "AUTO", fineness: Asked = "DEF") -> None:
        """Configure ohms, frequency or period."""
        self.configure(what, scale, fineness)

    @query(f":MEASure{_OHMS}", *_IN_OHMS, optional=2)
    @query(f":MEASure{_TIME}", *_IN_TIME, optional=2)
    def measure_other(self, what: str, scale: Asked = "AUTO", fineness: Asked = "DEF") -> Answer:
        """Configure ohms, frequency or period and read once."""
        self.configure(what, scale, fineness)
        return self.read()

    @command(f":CONFigure{_PLAIN}")
    def configure_plain(self, what: str) -> None:
        """Configure continuity or diode, which have one range."""
        self.configure(what, "AUTO", "DEF")

    @query(f":MEASure{_PLAIN}")
    def measure_plain(self, what: str) -> Answer:
        """Configure continuity or diode and read once."""
        self.configure_plain(what)
        return self.read()

    @command(f":CONFigure{_RATIO}", *_IN_VOLTS, optional=2)
    def configure_ratio(self, scale: Asked = "AUTO", fineness: Asked = "DEF") -> None:
        """Configure the ratio of the input to the sense terminals."""
        self.configure("VOLT:RAT", scale, fineness)

    @query(f":MEASure{_RATIO}", *_IN_VOLTS, optional=2)
    def measure_ratio(self, scale: Asked = "AUTO", fineness: Asked = "DEF") -> Answer:
        """Configure the ratio and read once."""
        self.configure_ratio(scale, fineness)
        return self.read()

    @command(":CONFigure:TEMPerature", _PROBES, _SENSOR, Integer(1, 1), optional=3)
    def configure_temperature(self, probe: str = "DEF", *_sensor: object) -> None:
        """Configure a Pt100 in four or two wires; other sensors are not simulated (-224)."""
        self.settings.probe = "RTD" if probe == "RTD" else "FRTD"
        self.configure("TEMP", "AUTO", "DEF")

    @query(":MEASure:TEMPerature", _PROBES, _SENSOR, Integer(1, 1), optional=3)
    def measure_temperature(self, probe: str = "DEF", *_sensor: object) -> Answer:
        """Configure a Pt100 and read once."""
        self.configure_temperature(probe)
        return self.read()

    @query(":CONFigure")
    def configuration(self) -> str:
        """Tell function, range and resolution, in quotes."""
        name, sense = self.settings.function, self.settings.active
        if name in FIXED:
            return f'"{name}"'
        part = RESOLUTION[sense.cycles] if FUNCTIONS[name].integrates else 1e-6
        numbers = (sense.full_scale, sense.full_scale * part)
        return f'"{name} {",".join(map(self.format_number, numbers))}"'

    # -- triggers ----------------------------------------------------------------------------

    def trigger(self) -> None:
        """Take a trigger from the bus (``*TRG``); -211 where none is waited for from there."""
        if self.settings.trigger.source != "BUS":
            raise ScpiError(-211)
        self.acquisition.fire()

    def trigger_input(self, high: bool) -> None:
        """Take an edge at the external trigger input, if it is waited for."""
        rising, self._input_high = high and not self._input_high, high
        trigger = self.settings.trigger
        if trigger.source != "EXT" or rising is not (trigger.slope == "POS"):
            return
        if self.acquisition.state == "waiting":
            self.acquisition.fire()

    @command(":TRIGger:SOURce", Choice("IMMediate", "EXTernal", "BUS"))
    def set_trigger_source(self, source: str) -> None:
        """Choose what triggers; level triggers are for other models (-224)."""
        self.settings.trigger.source = source
        self.changed()

    @query(":TRIGger:SOURce")
    def trigger_source(self) -> str:
        """Tell what triggers."""
        return self.settings.trigger.source

    @command(":TRIGger:COUNt", number())
    def set_trigger_count(self, count: Asked) -> None:
        """Set how many triggers are taken, or INFinite."""
        endless = isinstance(count, float) and math.isinf(count) and count > 0.0
        self.settings.trigger.count = math.inf if endless else round(within(count, _COUNT))
        self.changed()

    @query(":TRIGger:COUNt", EXTREME, optional=1)
    def trigger_count(self, which: str | None = None) -> float:
        """Tell how many triggers are taken; 9.9E+37 for no end."""
        return float(told(self.settings.trigger.count, which, _COUNT))

    @command(":TRIGger:DELay", number("S"))
    def set_delay(self, delay: Asked) -> None:
        """Set the delay before each reading in s, which turns the automatic one off."""
        self.settings.trigger.delay = within(delay, _DELAY)
        self.changed()

    @query(":TRIGger:DELay", EXTREME, optional=1)
    def delay(self, which: str | None = None) -> float:
        """Tell the delay in s, also an automatic one."""
        return told(self.settings.delay, which, _DELAY)

    @command(":TRIGger:DELay:AUTO", Boolean())
    def set_auto_delay(self, on: bool) -> None:
        """Let the delay follow function, range and integration time."""
        self.settings.trigger.delay = None if on else self.settings.delay
        self.changed()

    @query(":TRIGger:DELay:AUTO")
    def auto_delay(self) -> int:
        """Tell whether the delay is automatic."""
        return int(self.settings.trigger.delay is None)

    @command(":TRIGger:SLOPe", _SLOPE)
    def set_slope(self, slope: str) -> None:
        """Choose the edge of external triggers."""
        self.settings.trigger.slope = slope

    @query(":TRIGger:SLOPe")
    def slope(self) -> str:
        """Tell the edge of external triggers."""
        return self.settings.trigger.slope

    @command(":OUTPut:TRIGger:SLOPe", _SLOPE)
    def set_output_slope(self, slope: str) -> None:
        """Choose the edge of the voltmeter complete output, which nothing is wired to."""
        self.settings.complete_slope = slope

    @query(":OUTPut:TRIGger:SLOPe")
    def output_slope(self) -> str:
        """Tell the edge of the voltmeter complete output."""
        return self.settings.complete_slope

    @command(":SAMPle:COUNt", number())
    def set_samples(self, count: Asked) -> None:
        """Set how many readings a trigger brings."""
        self.settings.trigger.samples = round(within(count, _COUNT))
        self.changed()

    @query(":SAMPle:COUNt", EXTREME, optional=1)
    def samples(self, which: str | None = None) -> int:
        """Tell how many readings a trigger brings."""
        return round(told(self.settings.trigger.samples, which, _COUNT))

    def _intervals(self) -> Limits:
        return self.settings.sampling, 3600.0, 1.0

    @command(":SAMPle:TIMer", number("S"))
    def set_timer(self, interval: Asked) -> None:
        """Set the sample interval in s; it paces readings on models with SAMPle:SOURce only."""
        self.settings.trigger.timer = within(interval, self._intervals())

    @query(":SAMPle:TIMer", EXTREME, optional=1)
    def timer(self, which: str | None = None) -> float:
        """Tell the sample interval in s; MINimum is how long one reading takes."""
        return told(self.settings.trigger.timer, which, self._intervals())

    # -- readings ----------------------------------------------------------------------------

    @command(":INITiate[:IMMediate]")
    def initiate(self) -> None:
        """Wait for triggers; readings go into the memory, which is emptied first."""
        self.acquisition.initiate(self.settings)

    @command(":ABORt")
    def abort(self) -> None:
        """Go idle; readings stay."""
        self.acquisition.abort()

    @query(":READ")
    def read(self) -> Answer:
        """Make readings and tell them; -214 while triggers come from the bus."""
        if self.settings.trigger.source == "BUS":
            raise ScpiError(-214)
        if self.acquisition.state != "idle":
            self.acquisition.abort()
        self.initiate()
        return self.fetch()

    @query(":FETCh")
    def fetch(self) -> Answer:
        """Tell all readings when they are complete; -230 where there are none."""
        self.acquisition.wait_for(math.inf)
        if not self.acquisition.readings:
            raise ScpiError(-230)
        return self.written(self.acquisition.readings)

    @query(":R", Integer(1, 2_000_000), optional=1)
    def take_out(self, most: int = MEMORY) -> Answer:
        """Tell readings that are complete and remove them, the oldest first, as one block."""
        if not self.acquisition.readings:
            self.acquisition.ask("R")
        text = self.written(self.acquisition.remove(most))
        return block(text.encode()) if isinstance(text, str) else text

    @query(":DATA:REMove", Integer(1, MEMORY), Choice("WAIT"), optional=1)
    def remove(self, count: int, waits: str = "") -> Answer:
        """Tell a number of readings and remove them; -230 for more than there are."""
        if waits:
            self.acquisition.wait_for(count)
        if len(self.acquisition.readings) < count:
            raise ScpiError(-230)
        return self.written(self.acquisition.remove(count))

    @query(":DATA:POINts")
    def stored(self) -> str:
        """Tell how many readings the memory holds."""
        self.acquisition.ask("DATA:POIN")
        return f"{len(self.acquisition.readings):+d}"

    @query(":DATA:LAST")
    def last(self) -> str:
        """Tell the newest reading with its unit."""
        value = NOT_A_NUMBER if self.acquisition.last is None else self.acquisition.last
        return f"{self.format_number(value)} {FUNCTIONS[self.settings.function].unit}".rstrip()

    @command(":DATA:POINts:EVENt:THReshold", Integer(1, MEMORY, 1))
    def set_threshold(self, count: int) -> None:
        """Set how many readings in memory set bit 9 of the operation register."""
        self.settings.threshold = count

    @query(":DATA:POINts:EVENt:THReshold")
    def threshold(self) -> str:
        """Tell how many readings set bit 9 of the operation register."""
        return f"{self.settings.threshold:+d}"

    @command(":FORMat[:DATA]", Choice("ASCii", "REAL"), Integer(0, 64), optional=1)
    def set_format(self, form: str, length: int = 64) -> None:
        """Choose text, or binary blocks of 32 or 64 bit."""
        if form == "REAL" and length not in (32, 64):
            raise ScpiError(-222)
        self.settings.text_format = form == "ASC"
        if form == "REAL":
            self.settings.real_length = length

    @query(":FORMat[:DATA]")
    def format(self) -> str:
        """Tell the format of readings."""
        return "ASC,9" if self.settings.text_format else f"REAL,{self.settings.real_length}"

    @command(":FORMat:BORDer", Choice("NORMal", "SWAPped"))
    def set_byte_order(self, order: str) -> None:
        """Choose big-endian (NORMal) or little-endian (SWAPped) blocks."""
        self.settings.swapped = order == "SWAP"

    @query(":FORMat:BORDer")
    def byte_order(self) -> str:
        """Tell the byte order of blocks."""
        return "SWAP" if self.settings.swapped else "NORM"
