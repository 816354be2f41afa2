"""The :DISPlay commands of a simulated Keithley 2450, and its digital lines (manual, section 6)."""

from dataclasses import dataclass
from typing import Final

from ..wire.parameters import Choice, Integer, String
from ..wire.scpi import ScpiError, command, query
from ._extremes import EXTREME, Limits, told
from ._keithley2450_trigger import TriggerCommands

_DIGITS: Final[Limits] = (3.0, 6.0, 5.0)
_SCREENS: Final = Choice(
    "HOME", "HOME_LARGe_reading", "READing_table", "GRAPh", "HISTogram", "PROCessing",
    *(f"SWIPE_{name}" for name in (
        "FUNCtions", "GRAPh", "SECondary", "SETTings", "SOURce", "STATistics", "USER",
    )),
)  # fmt: skip
_LIGHTS: Final = Choice("ON100", "ON75", "ON50", "ON25", "OFF", "BLACkout")
_LINE: Final = ":DIGital:LINE<1..6>"
_WAYS: Final = {
    "DIG": ("IN", "OUT", "OPEN"),
    "TRIG": ("IN", "OUT", "OPEN"),
    "SYNC": ("MAST", "ACC"),
}


@dataclass(slots=True)
class DigitalLine:
    """One of six lines with nothing at them: an input floats high, an output is as written."""

    kind: str = "DIG"
    way: str = "IN"
    written: bool = False

    @property
    def level(self) -> bool:
        """Return whether the line is high; -221 where it is no digital line."""
        if self.kind != "DIG":
            raise ScpiError(-221)
        return self.way == "IN" or self.written


class PanelCommands(TriggerCommands):
    """What is seen at the front and wired at the back."""

    _texts: dict[int, str]
    _light = "ON50"

    def reset_lines(self) -> None:
        """Make all lines digital inputs; what was written to them stays."""
        self._lines = {n: DigitalLine(written=line.written) for n, line in self._lines.items()}

    def clear_lines(self) -> None:
        """Make all lines digital inputs to which nothing was written."""
        self._lines = {n: DigitalLine() for n in range(1, 7)}

    @command(":DISPlay:CLEar")
    def clear_display(self) -> None:
        """Forget messages of the user."""
        self._texts = {1: "", 2: ""}

    @command(":DISPlay:USER<1..2>:TEXT[:DATA]", String(32))
    def set_text(self, line: int, text: str) -> None:
        """Show a message on a line of the display; -223 beyond 20 or 32 characters."""
        if len(text) > {1: 20, 2: 32}[line]:
            raise ScpiError(-223)
        self._texts[line] = text

    @command(":DISPlay:SCReen", _SCREENS)
    def set_screen(self, _screen: str) -> None:
        """Change the screen of the display, which nobody sees; it cannot be asked for."""

    @command(":DISPlay:LIGHt:STATe", _LIGHTS)
    def set_light(self, light: str) -> None:
        """Change the brightness of the display."""
        self._light = light

    @query(":DISPlay:LIGHt:STATe")
    def light(self) -> str:
        """Tell the brightness of the display."""
        return self._light

    @command(":DISPlay:{CURRent|VOLTage|RESistance}[:DC]:DIGits", Integer(3, 6, 5))
    def set_digits(self, function: str, digits: int) -> None:
        """Choose 3.5 to 6.5 digits for the display and for readings as they are displayed."""
        self.settings.sense[function].digits = digits

    @query(":DISPlay:{CURRent|VOLTage|RESistance}[:DC]:DIGits", EXTREME, optional=1)
    def digits(self, function: str, which: str | None = None) -> int:
        """Tell how many digits the display shows."""
        return int(told(self.settings.sense[function].digits, which, _DIGITS))

    @command(":DISPlay:DIGits", Integer(3, 6, 5))
    def set_all_digits(self, digits: int) -> None:
        """Choose the digits for all functions."""
        for sense in self.settings.sense.values():
            sense.digits = digits

    @command(
        f"{_LINE}:MODE",
        Choice("DIGital", "TRIGger", "SYNChronous"),
        Choice("IN", "OUT", "OPENdrain", "MASTer", "ACCeptor"),
    )
    def set_line(self, place: int, kind: str, way: str) -> None:
        """Choose what a line is for; -224 for a direction that its kind does not have."""
        if way not in _WAYS[kind]:
            raise ScpiError(-224)
        line = self._lines[place]
        line.kind, line.way = kind, way

    @query(f"{_LINE}:MODE")
    def line(self, place: int) -> str:
        """Tell what a line is for."""
        line = self._lines[place]
        return f"{line.kind},{line.way}"

    @command(f"{_LINE}:STATe", Integer(0, 1))
    def set_line_level(self, place: int, level: int) -> None:
        """Set a digital line that is no input; -221 for another."""
        line = self._lines[place]
        if line.kind != "DIG" or line.way == "IN":
            raise ScpiError(-221)
        line.written = bool(level)

    @query(f"{_LINE}:STATe")
    def line_level(self, place: int) -> int:
        """Tell whether a digital line is high."""
        return int(self._lines[place].level)

    @query(":DIGital:READ")
    def read_port(self) -> int:
        """Tell all lines as one number; -221 unless all are digital."""
        return sum(line.level << place - 1 for place, line in self._lines.items())

    @command(":DIGital:WRITe", Integer(0, 63))
    def write_port(self, value: int) -> None:
        """Write to all lines, which shows at outputs; -221 unless all are digital."""
        if any(line.kind != "DIG" for line in self._lines.values()):
            raise ScpiError(-221)
        for place, line in self._lines.items():
            line.written = bool(value >> place - 1 & 1)

    _lines: dict[int, DigitalLine]
