"""Display, beeper, digital lines and user strings of a Keithley 2636B: what moves no terminal."""

from typing import Final

from ..wire.errors import ScpiError
from ..wire.tsp import call, getter, number, setter, text
from ..wire.tsp_tree import names
from ._keithley2636b_ranges import between
from ._keithley2636b_settings import chosen

SMUA, SMUB, SMUA_SMUB, USER = 0, 1, 2, 3
LINES: Final = range(1, 15)
_LONGEST_TEXT: Final = 52
_CHANNELS: Final = ("smua", "smub")

CONSTANTS: Final = {
    "display.SMUA": SMUA, "display.SMUB": SMUB, "display.SMUA_SMUB": SMUA_SMUB,
    "display.USER": USER, "display.LOCK": 1, "display.UNLOCK": 0,
    "display.MEASURE_DCAMPS": 0, "display.MEASURE_DCVOLTS": 1, "display.MEASURE_OHMS": 2,
    "display.MEASURE_WATTS": 3, "display.LIMIT_IV": 0, "display.LIMIT_P": 1,
    "display.DIGITS_4_5": 4, "display.DIGITS_5_5": 5, "display.DIGITS_6_5": 6,
    "display.KEY_EXIT": 75, "display.KEY_TRIG": 84, "beeper.OFF": 0, "beeper.ON": 1,
}  # fmt: skip


class FrontPanel:
    """What is shown, heard, and said on the digital lines."""

    def __init__(self) -> None:
        self._strings: dict[str, str] = {}
        self.reset()

    def reset(self) -> None:
        """Go to the factory settings; user strings stay."""
        self._screen = SMUA_SMUB
        self._text = ["", ""]
        self._cursor = (1, 1)
        self._beeper = 1
        self._locked = 0
        self._lines = (1 << len(LINES)) - 1
        self._measured = dict.fromkeys(_CHANNELS, 1)
        self._limits = dict.fromkeys(_CHANNELS, 0)
        self._digits = dict.fromkeys(_CHANNELS, 5)

    @call("display.clear")
    def clear(self) -> None:
        """Show nothing, on the user's screen."""
        self._screen, self._text, self._cursor = USER, ["", ""], (1, 1)

    @call("display.settext")
    def show(self, words: object) -> None:
        """Write on the user's screen at the cursor; ``$N`` begins the second line."""
        shown = text(words)
        if len(shown) > 4 * _LONGEST_TEXT:
            raise ScpiError(-223, "Too Much Data")
        self._screen = USER
        row, column = self._cursor
        for index, part in enumerate(shown.split("$N")[: 3 - row]):
            at = row - 1 + index
            before = self._text[at][: column - 1].ljust(column - 1) if index == 0 else ""
            self._text[at] = before + part

    @call("display.gettext")
    def shown(self, _embellished: object = None, row: object = None) -> str:
        """Return what is on the user's screen."""
        if row is None:
            return "$N".join(self._text)
        return self._text[int(between(row, 1, 2)) - 1]

    @call("display.setcursor")
    def set_cursor(self, row: object, column: object, _style: object = 0) -> None:
        """Go to a place of the user's screen."""
        self._cursor = (int(between(row, 1, 2)), int(between(column, 1, 32)))

    @call("display.getcursor")
    def cursor(self) -> tuple[int, int, int]:
        """Return row, column and style of the cursor."""
        return (*self._cursor, 0)

    @call("display.sendkey")
    def press(self, key: object) -> None:
        """Press a key; EXIT leaves the user's screen."""
        if int(number(key, 0, 255)) == 75:
            self._screen = SMUA_SMUB

    @getter("display.screen")
    def screen(self) -> int:
        """Return which screen is shown."""
        return self._screen

    @setter("display.screen")
    def set_screen(self, screen: object) -> None:
        """Show another screen."""
        self._screen = int(chosen(screen, SMUA, SMUB, SMUA_SMUB, USER))

    @getter("display.locallockout")
    def lockout(self) -> int:
        """Return whether the keys are locked."""
        return self._locked

    @setter("display.locallockout")
    def set_lockout(self, state: object) -> None:
        """Lock the keys."""
        self._locked = int(chosen(state, 0, 1))

    @getter("display.smua.measure.func")
    def measured_a(self) -> int:
        """Return what is shown of channel A."""
        return self._measured["smua"]

    @setter("display.smua.measure.func")
    def set_measured_a(self, function: object) -> None:
        """Set what is shown of channel A."""
        self._measured["smua"] = int(chosen(function, 0, 1, 2, 3))

    @getter("display.smub.measure.func")
    def measured_b(self) -> int:
        """Return what is shown of channel B."""
        return self._measured["smub"]

    @setter("display.smub.measure.func")
    def set_measured_b(self, function: object) -> None:
        """Set what is shown of channel B."""
        self._measured["smub"] = int(chosen(function, 0, 1, 2, 3))

    @getter("display.smua.digits")
    def digits_a(self) -> int:
        """Return how many digits are shown of channel A."""
        return self._digits["smua"]

    @setter("display.smua.digits")
    def set_digits_a(self, digits: object) -> None:
        """Set how many digits are shown of channel A."""
        self._digits["smua"] = int(chosen(digits, 4, 5, 6))

    @getter("display.smub.digits")
    def digits_b(self) -> int:
        """Return how many digits are shown of channel B."""
        return self._digits["smub"]

    @setter("display.smub.digits")
    def set_digits_b(self, digits: object) -> None:
        """Set how many digits are shown of channel B."""
        self._digits["smub"] = int(chosen(digits, 4, 5, 6))

    @call("beeper.beep")
    def beep(self, seconds: object, frequency: object) -> None:
        """Sound a tone, which nobody hears."""
        between(seconds, 1e-3, 100.0)
        between(frequency, 20.0, 8000.0)

    @getter("beeper.enable")
    def beeper(self) -> int:
        """Return whether the beeper sounds."""
        return self._beeper

    @setter("beeper.enable")
    def set_beeper(self, state: object) -> None:
        """Let the beeper sound, or not."""
        self._beeper = int(chosen(state, 0, 1))

    @call("digio.readbit")
    def read_line(self, line: object) -> int:
        """Return the level of a digital line."""
        return self._lines >> int(between(line, 1, len(LINES))) - 1 & 1

    @call("digio.writebit")
    def write_line(self, line: object, level: object) -> None:
        """Set the level of a digital line."""
        bit = 1 << int(between(line, 1, len(LINES))) - 1
        self._lines = self._lines | bit if chosen(level, 0, 1) else self._lines & ~bit

    @call("digio.readport")
    def read_port(self) -> int:
        """Return the levels of all digital lines."""
        return self._lines

    @call("digio.writeport")
    def write_port(self, levels: object) -> None:
        """Set the levels of all digital lines."""
        self._lines = int(between(levels, 0, (1 << len(LINES)) - 1))

    @call("userstring.add")
    def add_string(self, name: object, value: object) -> None:
        """Keep a text under a name, over power cycles."""
        if len(self._strings) >= 1000:
            raise ScpiError(-225, "Out of Memory or TSP Memory allocation error")
        self._strings[text(name)[:255]] = text(value)[:4096]

    @call("userstring.get")
    def string(self, name: object) -> str:
        """Return the text of a name."""
        found = self._strings.get(text(name))
        if found is None:
            raise ScpiError(-292, "Referenced name does not exist")
        return found

    @call("userstring.delete")
    def delete_string(self, name: object) -> None:
        """Forget the text of a name."""
        self.string(name)
        del self._strings[text(name)]

    @names("userstring.catalog")
    def strings(self) -> tuple[str, ...]:
        """Return the names of all texts."""
        return tuple(self._strings)
