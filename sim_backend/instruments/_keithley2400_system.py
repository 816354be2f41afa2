"""The :SYSTem, :STATus, :DISPlay commands and stored set-ups of a simulated Keithley 2400."""

from copy import deepcopy

from ..wire.parameters import Boolean, Choice, Integer, Numeric, OneOf, String
from ..wire.scpi import ScpiError, command, query
from ..wire.status import StatusRegister
from ._keithley2400_digital import FORMATS, FORMS
from ._keithley2400_queue import QueueCommands
from ._keithley2400_settings import LINE_FREQUENCY, Settings
from ._keithley2400_trace import TraceCommands
from ._stored import bounded, stored

_PLACES = 5  # of *SAV
_WORD = Integer(0, 65535)
_REGISTERS = "{MEASurement|OPERation|QUEStionable}"
_LONGEST_TEXT = {1: 20, 2: 32}


class SystemCommands(TraceCommands, QueueCommands):
    """What is neither source nor measurement."""

    saved: list[Settings | None]
    power_on = "RST"

    @command("*SAV", Integer(0, _PLACES - 1))
    def save(self, place: int) -> None:
        """Keep the settings in one of five places."""
        self.saved[place] = deepcopy(self.settings)

    @command("*RCL", Integer(0, _PLACES - 1))
    def recall(self, place: int) -> None:
        """Go back to settings that were kept, with the output off; else to the preset ones."""
        self.abort()
        self.turn_output(False)
        kept = self.saved[place]
        self.settings = Settings(byte_order="SWAP") if kept is None else deepcopy(kept)
        self.turn_output(False)

    @command(":SYSTem:PRESet")
    def preset(self) -> None:
        """Go to the settings of the bench: as ``*RST``, bytes swapped."""
        self.reset()
        self.settings.byte_order = "SWAP"

    @command(":SYSTem:POSetup", Choice("RST", "PRESet", "SAV0", "SAV1", "SAV2", "SAV3", "SAV4"))
    def set_power_on(self, setup: str) -> None:
        """Choose the settings of power-on."""
        self.power_on = setup

    @query(":SYSTem:POSetup")
    def power_on_setup(self) -> str:
        """Tell the settings of power-on."""
        return self.power_on

    @command(":SYSTem:RSENse", Boolean())
    def set_four_wire(self, on: bool) -> None:
        """Choose remote sensing; a change turns the output off."""
        if on != self.settings.four_wire:
            self.turn_output(False)
        self.settings.four_wire = on
        self.settle()

    @query(":SYSTem:RSENse")
    def four_wire(self) -> int:
        """Tell whether remote sensing is on."""
        return int(self.settings.four_wire)

    @command(":SYSTem:GUARd", Choice("OHMS", "CABLe"))
    def set_guard(self, guard: str) -> None:
        """Choose the guard; a change turns the output off."""
        if guard != self.settings.guard:
            self.turn_output(False)
        self.settings.guard = guard

    @query(":SYSTem:GUARd")
    def guard(self) -> str:
        """Tell the guard."""
        return self.settings.guard

    @command(":SYSTem:AZERo[:STATe]", OneOf(Boolean(), Choice("ONCE")))
    def set_auto_zero(self, state: bool | str) -> None:
        """Choose whether zero and reference are converted with every reading, or once now."""
        self.settings.auto_zero = state is True

    @query(":SYSTem:AZERo[:STATe]")
    def auto_zero(self) -> int:
        """Tell whether zero and reference are converted with every reading."""
        return int(self.settings.auto_zero)

    set_zero_cache, zero_cache = stored(":SYSTem:AZERo:CACHing[:STATe]", Boolean(), "zero_cache")
    set_range_change, range_change = stored(
        ":SYSTem:RCMode", Choice("SINGle", "MULTiple"), "range_change"
    )

    @command(":SYSTem:LFRequency", Integer(50, 60))
    def set_line_frequency(self, frequency: int) -> None:
        """Choose the power line frequency that counts line cycles, which ends the automatic one."""
        if frequency not in (50, 60):
            raise ScpiError(-222)
        self.meter.line_frequency, self._automatic_line = float(frequency), False

    @query(":SYSTem:LFRequency")
    def line_frequency(self) -> int:
        """Tell the power line frequency in Hz."""
        return int(self.meter.line_frequency)

    @command(":SYSTem:LFRequency:AUTO", Boolean())
    def set_automatic_line(self, on: bool) -> None:
        """Let the instrument find the power line frequency."""
        self._automatic_line = on
        if on:
            self.meter.line_frequency = LINE_FREQUENCY

    @query(":SYSTem:LFRequency:AUTO")
    def automatic_line(self) -> int:
        """Tell whether the instrument finds the power line frequency."""
        return int(self._automatic_line)

    _automatic_line = True

    @command(":SYSTem:BEEPer[:IMMediate]", Numeric("HZ", 65.0, 2e6), Numeric("S", 0.0, 7.9))
    def beep(self, _frequency: float, _duration: float) -> None:
        """Sound a tone, which nobody hears."""

    set_beeper, beeper = stored(":SYSTem:BEEPer:STATe", Boolean(), "beeper")

    @query(":SYSTem:TIME")
    def time(self) -> str:
        """Tell the time stamp in s."""
        return f"{self.now - self.meter.started:.6f}"

    @command(":SYSTem:TIME:RESet")
    def reset_time(self) -> None:
        """Let the time stamp begin at zero."""
        self.meter.started = self.now

    set_time_reset, time_reset = stored(":SYSTem:TIME:RESet:AUTO", Boolean(), "time_reset")

    @command(":SYSTem:KEY", Integer(1, 32))
    def press(self, key: int) -> None:
        """Press a key; that of the output (24) switches it, others change only what is shown."""
        if key == 24:
            self.turn_output(not self.settings.output)
        self._key = key

    @query(":SYSTem:KEY")
    def pressed(self) -> int:
        """Tell the last key."""
        return self._key

    _key = 0

    def _set_positive(self, name: str, mask: int) -> None:
        raise ScpiError(-113)  # it has no transition filters

    def _set_negative(self, name: str, mask: int) -> None:
        raise ScpiError(-113)

    def _positive(self, name: str) -> int:
        raise ScpiError(-113)

    def _negative(self, name: str) -> int:
        raise ScpiError(-113)

    @query(":SYSTem:ERRor:CODE[:NEXT]")
    def next_code(self) -> int:
        """Tell the number of the oldest error, and remove it."""
        return self.errors.pop()[0]

    @command(":SYSTem:LOCal")
    @command(":SYSTem:REMote")
    @command(":SYSTem:RWLock", Boolean())
    def change_control(self, _locked: bool = False) -> None:
        """Change between panel and remote control, over a serial line."""

    @query(":SYSTem:MEP[:STATe]")
    def exchange_protocol(self) -> int:
        """Tell that messages are exchanged as SCPI has it, not IEEE 488.1 alone."""
        return 1

    @command(":SYSTem:MEMory:INITialize")
    def initialise_memory(self) -> None:
        """Forget stored settings, the data store and source lists."""
        self.saved = [None] * _PLACES
        self.stored_readings.clear()
        for source in self.settings.source.values():
            source.listed = [0.0]

    @query(f":STATus:{_REGISTERS}[:EVENt]")
    def take_register(self, name: str) -> str:
        """Tell and clear an event register."""
        return self._formed(self._set(name).take_event())

    @query(f":STATus:{_REGISTERS}:CONDition")
    def register_now(self, name: str) -> str:
        """Tell a condition register."""
        return self._formed(self._set(name).condition)

    @command(f":STATus:{_REGISTERS}:ENABle", _WORD)
    def set_register_enabled(self, name: str, mask: int) -> None:
        """Choose which events reach the status byte."""
        self._set(name).enable = mask

    @query(f":STATus:{_REGISTERS}:ENABle")
    def register_enabled(self, name: str) -> str:
        """Tell which events reach the status byte."""
        return self._formed(self._set(name).enable)

    set_register_format, register_format = stored(":FORMat:SREGister", FORMATS, "register_format")

    set_display, display = stored(":DISPlay:ENABle", Boolean(), "display_on")
    set_digits, digits = bounded(":DISPlay:DIGits", Integer(4, 7, 6), "digits")

    @command(":DISPlay:CNDisplay")
    def show_readings(self) -> None:
        """Show readings again."""

    @command(":DISPlay[:WINDow<1..2>]:TEXT:DATA", String(32))
    def set_text(self, window: int, text: str) -> None:
        """Set the message of a line of the display; -223 beyond 20 or 32 characters."""
        if len(text) > _LONGEST_TEXT[window]:
            raise ScpiError(-223)
        self._texts[window] = text

    @query(":DISPlay[:WINDow<1..2>]:TEXT:DATA")
    def text(self, window: int) -> str:
        """Tell the message of a line of the display."""
        return f'"{self._texts[window]}"'

    @command(":DISPlay[:WINDow<1..2>]:TEXT:STATe", Boolean())
    def set_text_on(self, window: int, on: bool) -> None:
        """Show or hide the message of a line of the display."""
        self._shown[window] = on

    @query(":DISPlay[:WINDow<1..2>]:TEXT:STATe")
    def text_on(self, window: int) -> int:
        """Tell whether the message of a line of the display shows."""
        return int(self._shown[window])

    _texts: dict[int, str]
    _shown: dict[int, bool]

    def clear_display(self) -> None:
        """Forget messages of the user."""
        self._texts, self._shown = {1: "", 2: ""}, {1: False, 2: False}

    def _set(self, name: str) -> StatusRegister:
        return self.measurement if name == "MEAS" else self._register(name)

    def _formed(self, value: int) -> str:
        return FORMS[self.settings.register_format].format(value)
