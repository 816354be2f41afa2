"""The :SYSTem and :STATus commands and stored set-ups of a simulated Keithley 2450."""

from copy import deepcopy

from ..wire.parameters import AnyText, Choice, Integer, Numeric, String
from ..wire.scpi import ScpiError, command, query
from ._keithley2450_base import ERROR, INFORMATION, WARNING
from ._keithley2450_buffer import stamp
from ._keithley2450_list_blocks import ListBlockCommands
from ._keithley2450_settings import LINE_FREQUENCY, Settings

_PLACES = 5
_TYPES = Integer(1, 7)
_ALL = ERROR | WARNING | INFORMATION
_SEVERITIES = {"ERR": ERROR, "WARN": WARNING, "INF": INFORMATION}
_POSTED = {ERROR: 1002, WARNING: 1003, INFORMATION: 1004}
_REGISTERS = "{OPERation|QUEStionable}"
_EVENT = Integer(0, 32767)


class SystemCommands(ListBlockCommands):
    """What is neither source nor measurement."""

    saved: list[Settings | None]
    power_on = "RST"
    _access = "FULL"  # kept without power

    @command("*SAV", Integer(0, _PLACES - 1))
    def save(self, place: int) -> None:
        """Keep the settings in one of five places."""
        self.saved[place] = deepcopy(self.settings)

    @command("*RCL", Integer(0, _PLACES - 1))
    def recall(self, place: int) -> None:
        """Go back to settings that were kept, with the output off; -221 where none were."""
        kept = self.saved[place]
        if kept is None:
            raise ScpiError(-221)
        self.turn_output(False)
        self.settings = deepcopy(kept)
        self.settings.output = False
        self.calculation.forget_failures()
        self.settle()

    @command(":SYSTem:POSetup", Choice("RST", "SAV0", "SAV1", "SAV2", "SAV3", "SAV4"))
    def set_power_on(self, setup: str) -> None:
        """Choose the settings of power-on."""
        self.power_on = setup

    @query(":SYSTem:POSetup")
    def power_on_setup(self) -> str:
        """Tell the settings of power-on."""
        return self.power_on

    @query(":SYSTem:LFRequency")
    def line_frequency(self) -> int:
        """Tell the power line frequency in Hz."""
        return int(LINE_FREQUENCY)

    @command(":SYSTem:CLEar")
    def clear_log(self) -> None:
        """Empty the event log."""
        self.errors.clear()
        self.notices.clear()

    @query(":SYSTem:EVENtlog:NEXT", _TYPES, optional=1)
    def next_event(self, types: int = _ALL) -> str:
        """Tell and remove the oldest event of some types; errors come first."""
        if types & ERROR and len(self.errors):
            return self.format_error(*self.errors.pop())
        for entry in self.notices:
            if entry[2] & types:
                self.notices.remove(entry)
                return f'{entry[0]},"{entry[1]}"'
        return self.format_error(0, "")

    @query(":SYSTem:EVENtlog:COUNt", _TYPES, optional=1)
    def count_events(self, types: int = _ALL) -> int:
        """Tell how many events of some types the log holds."""
        others = sum(1 for entry in self.notices if entry[2] & types)
        return others + len(self.errors) * bool(types & ERROR)

    @command(
        ":SYSTem:EVENtlog:POST",
        String(128),
        Choice("ERRor", "WARNing", "INFormation"),
        optional=1,
    )
    def post_event(self, text: str, severity: str = "INF") -> None:
        """Write a text into the event log."""
        number = _SEVERITIES[severity]
        self.note(_POSTED[number], text, number)

    @command(":SYSTem:BEEPer[:IMMediate]", Numeric("HZ", 20.0, 8000.0), Numeric("S", 1e-3, 100.0))
    def beep(self, _frequency: float, _duration: float) -> None:
        """Sound a tone, which nobody hears."""

    @query(":SYSTem:TIME", AnyText(), optional=1)
    def time(self, _form: str = "") -> str:
        """Tell the date and time."""
        return f"{stamp(self.meter.now):%a %b %d %H:%M:%S %Y}"

    @command(":STATus:CLEar")
    def clear_registers(self) -> None:
        """Clear the event registers; the event log stays."""
        self.status.operation.take_event()
        self.status.questionable.take_event()

    @command(f":STATus:{_REGISTERS}:MAP", Integer(0, 14), _EVENT, _EVENT, optional=1)
    def set_map(self, name: str, bit: int, sets: int, clears: int = 0) -> None:
        """Choose the events that set and clear a bit of a register."""
        self.mapped[name][bit] = (sets, clears)

    @query(f":STATus:{_REGISTERS}:MAP", Integer(0, 14))
    def map(self, name: str, bit: int) -> str:
        """Tell the events that set and clear a bit of a register."""
        sets, clears = self.mapped[name].get(bit, (0, 0))
        return f"{sets},{clears}"

    @command(":SYSTem:ACCess", Choice("FULL", "EXCLusive", "PROTected", "LOCKout"))
    def set_access(self, access: str) -> None:
        """Choose who else may control the instrument, which is only kept: no road has to log in."""
        self._access = access

    @query(":SYSTem:ACCess")
    def access(self) -> str:
        """Tell who else may control the instrument."""
        return self._access

    @query(":SYSTem:ERRor:CODE[:NEXT]")
    def next_error_code(self) -> int:
        """Tell the number of the oldest error and remove the error."""
        return self.errors.pop()[0]
