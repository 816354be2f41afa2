"""The :SOURce2 commands of a simulated Keithley 2400: the lines of its digital I/O port.

User's Manual 2400S-900-01, sections 13 and 18. Limit tests put no pattern out here, so that what is
on the lines is always what ``:TTL`` has set; with three lines the fourth is the handler's strobe.
"""

from typing import Final

from ..wire.parameters import Boolean, Choice, Integer, Numeric
from ..wire.scpi import ScpiError, command, query
from ._extremes import EXTREME, Limits, told
from ._keithley2400_base import Keithley2400Base
from ._stored import stored

FORMS: Final = {"ASC": "{:d}", "HEX": "#H{:X}", "OCT": "#Q{:o}", "BIN": "#B{:b}"}
FORMATS: Final = Choice("ASCii", "HEXadecimal", "OCTal", "BINary")
_LEVEL = ":SOURce2:TTL[:LEVel]"
_PULSE: Final[Limits] = (0.0, 60.0, 1e-4)


class DigitalCommands(Keithley2400Base):
    """Levels of the lines, and how a handler is told of the end of a test."""

    _lines = 15

    @command(f"{_LEVEL}[:DEFault]", Integer(0, 15))
    def set_lines(self, pattern: int) -> None:
        """Set the lines; -222 for the fourth one where that is the handler's."""
        if pattern >> self.settings.digital_lines:
            raise ScpiError(-222)
        self._lines = pattern

    @query(f"{_LEVEL}[:DEFault]")
    @query(f"{_LEVEL}:ACTual")
    def lines(self) -> str:
        """Tell the lines as ``:FORMat:SOURce2`` says: as set, which is as they are."""
        return FORMS[self.settings.digital_format].format(self._lines)

    @command(":SOURce2:CLEar[:IMMediate]")
    def clear_lines(self) -> None:
        """Go back from the pattern of a limit test to that of ``:TTL``; no test leaves one here."""

    @command(":SOURce2:BSIZe", Integer(3, 4))
    def set_digital_lines(self, count: int) -> None:
        """Choose whether all four lines are set, or three and the fourth is the handler's."""
        self.settings.digital_lines = count
        self._lines &= (1 << count) - 1

    @query(":SOURce2:BSIZe")
    def digital_lines(self) -> int:
        """Tell how many lines are set."""
        return self.settings.digital_lines

    set_strobe, strobe = stored(":SOURce2:TTL4:MODE", Choice("EOTest", "BUSY"), "strobe")
    set_strobe_high, strobe_high = stored(":SOURce2:TTL4:BSTate", Boolean(), "strobe_high")
    set_auto_clear, auto_clear = stored(":SOURce2:CLEar:AUTO", Boolean(), "auto_clear")
    set_digital_format, digital_format = stored(":FORMat:SOURce2", FORMATS, "digital_format")

    @command(":SOURce2:CLEar:AUTO:DELay", Numeric("S", *_PULSE))
    def set_clear_delay(self, delay: float) -> None:
        """Set how long the pattern of a limit test stays."""
        self.settings.clear_delay = delay

    @query(":SOURce2:CLEar:AUTO:DELay", EXTREME, optional=1)
    def clear_delay(self, which: str | None = None) -> float:
        """Tell how long the pattern of a limit test stays."""
        return told(self.settings.clear_delay, which, _PULSE)
