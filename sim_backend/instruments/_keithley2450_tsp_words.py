"""Attributes of a Keithley 2450 in TSP, and the words of the command set that they go through.

Source: Model 2450 Reference Manual, 2450-901-01, sections 6 and 8. A value that is one of several
has a name, ``smu.ON``, by which it is also printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ..wire.errors import ScpiError
from ..wire.tsp import text

_SWITCH: Final = {"smu.OFF": "0", "smu.ON": "1"}
_SOURCED: Final = {"smu.FUNC_DC_VOLTAGE": "VOLT", "smu.FUNC_DC_CURRENT": "CURR"}
FUNCTIONS: Final = {
    "smu.FUNC_DC_VOLTAGE": "VOLT",
    "smu.FUNC_DC_CURRENT": "CURR",
    "smu.FUNC_RESISTANCE": "RES",
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """Words, with <source> and <sense> for the present functions; names of values, if they have."""

    words: str
    names: Mapping[str, str] = field(default_factory=dict)
    quoted: bool = False
    writable: bool = True

    def word_of(self, value: object) -> str:
        """Return the word of a value by its name, or by its number. Raises ScpiError -224."""
        if isinstance(value, bool):
            value = int(value)
        if isinstance(value, int | float):
            names = list(self.names.values())
            if value == int(value) and 0 <= value < len(names):
                return names[int(value)]
            raise ScpiError(-224)
        found = self.names.get(text(value))
        if found is None:
            raise ScpiError(-224)
        return found


def _sense(words: str) -> str:
    return f":SENS:<sense>:{words}"


ATTRIBUTES: Final[dict[str, Attribute]] = {
    "source.func": Attribute(":SOUR:FUNC", _SOURCED),
    "source.level": Attribute(":SOUR:<source>"),
    "source.range": Attribute(":SOUR:<source>:RANG"),
    "source.autorange": Attribute(":SOUR:<source>:RANG:AUTO", _SWITCH),
    "source.ilimit.level": Attribute(":SOUR:VOLT:ILIM"),
    "source.vlimit.level": Attribute(":SOUR:CURR:VLIM"),
    "source.delay": Attribute(":SOUR:<source>:DEL"),
    "source.autodelay": Attribute(":SOUR:<source>:DEL:AUTO", _SWITCH),
    "source.readback": Attribute(":SOUR:<source>:READ:BACK", _SWITCH),
    "source.highc": Attribute(":SOUR:<source>:HIGH:CAP", _SWITCH),
    "source.offmode": Attribute(
        ":OUTP:<source>:SMOD",
        {
            "smu.OFFMODE_NORMAL": "NORM",
            "smu.OFFMODE_ZERO": "ZERO",
            "smu.OFFMODE_HIGHZ": "HIMP",
            "smu.OFFMODE_GUARD": "GUAR",
        },
    ),
    "source.output": Attribute(":OUTP", _SWITCH),
    "measure.func": Attribute(":SENS:FUNC", FUNCTIONS, quoted=True),
    "measure.range": Attribute(_sense("RANG")),
    "measure.autorange": Attribute(_sense("RANG:AUTO"), _SWITCH),
    "measure.autorangelow": Attribute(_sense("RANG:AUTO:LLIM")),
    "measure.nplc": Attribute(_sense("NPLC")),
    "measure.sense": Attribute(_sense("RSEN"), {"smu.SENSE_2WIRE": "0", "smu.SENSE_4WIRE": "1"}),
    "measure.autozero.enable": Attribute(_sense("AZER"), _SWITCH),
    "measure.count": Attribute(":SENS:COUN"),
    "measure.filter.enable": Attribute(_sense("AVER"), _SWITCH),
    "measure.filter.count": Attribute(_sense("AVER:COUN")),
    "measure.filter.type": Attribute(
        _sense("AVER:TCON"), {"smu.FILTER_REPEAT_AVG": "REP", "smu.FILTER_MOVING_AVG": "MOV"}
    ),
    "terminals": Attribute(
        ":ROUT:TERM", {"smu.TERMINALS_FRONT": "FRON", "smu.TERMINALS_REAR": "REAR"}
    ),
    "interlock.tripped": Attribute(":OUTP:INT:TRIP", _SWITCH, writable=False),
}

_PLAIN: Final = (
    "smu.RANGE_AUTO", "smu.RANGE_BEST", "smu.RANGE_FIXED", "eventlog.SEV_ERROR",
    "eventlog.SEV_WARN", "eventlog.SEV_INFO", "eventlog.SEV_ALL", "buffer.STYLE_STANDARD",
    "buffer.STYLE_FULL", "buffer.STYLE_COMPACT", "buffer.ON", "buffer.OFF", "display.TEXT1",
    "display.TEXT2", "display.SCREEN_HOME", "display.SCREEN_GRAPH", "display.SCREEN_USER_SWIPE",
    "trigger.STATE_IDLE", "trigger.STATE_RUNNING", "trigger.STATE_EMPTY", "trigger.STATE_ABORTED",
)  # fmt: skip
CONSTANTS: Final = {
    name: name for name in (*_PLAIN, *(name for item in ATTRIBUTES.values() for name in item.names))
}
