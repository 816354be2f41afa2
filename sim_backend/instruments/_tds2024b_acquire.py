"""The ACQuire, HORizontal and display commands of a simulated Tektronix TDS2024B."""

from typing import Final

from ..wire.parameters import Choice, Integer, Numeric, OneOf
from ..wire.scpi import command, query
from ..wire.tektronix import Fields, Word, Words
from ._stored import stored
from ._tds2024b_base import ScopeBase
from ._tds2024b_settings import DIVISIONS, POINTS, TIME_SCALES, nearest

_AVERAGES: Final = (4.0, 16.0, 64.0, 128.0)
_LONGEST: Final = 50.0  # s of a trigger position right of the screen
_NUMBER: Final = Numeric()


class AcquireCommands(ScopeBase):
    """How is acquired, and over which time."""

    @command("ACQuire:MODe", Words("SAMple", "PEAKdetect", "AVErage"))
    def set_mode(self, mode: Word) -> None:
        """Choose how points come of samples."""
        self.settings.mode = mode
        self.changed()

    @query("ACQuire:MODe")
    def mode(self) -> Word:
        """Tell how points come of samples."""
        return self.settings.mode

    @command("ACQuire:NUMAVg", _NUMBER)
    def set_averages(self, count: float) -> None:
        """Set how many acquisitions are averaged."""
        accepted = nearest(self.within(count, _AVERAGES[0], _AVERAGES[-1]), _AVERAGES)
        self.settings.averages = int(accepted)
        self.changed()

    @query("ACQuire:NUMAVg")
    def averages(self) -> int:
        """Tell how many acquisitions are averaged."""
        return self.settings.averages

    @query("ACQuire:NUMACq")
    def acquisitions(self) -> int:
        """Tell how many acquisitions there were since it began."""
        self.acquisition.look()
        return self.acquisition.count

    @command("ACQuire:STOPAfter", Words("RUNSTop", "SEQuence"))
    def set_stop_after(self, when: Word) -> None:
        """Choose whether one sequence is acquired or many."""
        self.settings.stop_after = when
        self.changed()

    @query("ACQuire:STOPAfter")
    def stop_after(self) -> Word:
        """Tell whether one sequence is acquired or many."""
        return self.settings.stop_after

    @command("ACQuire:STATE", OneOf(Choice("OFF", "ON", "RUN", "STOP"), _NUMBER))
    def set_state(self, state: str | float) -> None:
        """Start or stop acquiring."""
        if state in ("OFF", "STOP", 0.0):
            self.acquisition.stop()
        else:
            self.acquisition.start()

    @query("ACQuire:STATE")
    def state(self) -> bool:
        """Tell whether it acquires."""
        self.acquisition.finish()
        return self.acquisition.running

    @query("ACQuire")
    def acquire(self) -> Fields:
        """Tell all of the acquisition."""
        return Fields([
            ("STOPAfter", self.settings.stop_after), ("STATE", self.state()),
            ("MODe", self.settings.mode), ("NUMAVg", self.settings.averages),
        ])  # fmt: skip

    @command("HORizontal[:MAIn]:SCAle", _NUMBER)
    @command("HORizontal[:MAIn]:SECdiv", _NUMBER)
    def set_time_scale(self, seconds: float) -> None:
        """Set s for each division, to the nearest of the sequence."""
        accepted = self.within(seconds, TIME_SCALES[0], TIME_SCALES[-1])
        self.settings.horizontal.scale = nearest(accepted, TIME_SCALES)
        self.changed()

    @query("HORizontal[:MAIn]:SCAle")
    @query("HORizontal[:MAIn]:SECdiv")
    def time_scale(self) -> float:
        """Tell s for each division."""
        return self.settings.horizontal.scale

    @command("HORizontal[:MAIn]:POSition", _NUMBER)
    def set_time_position(self, seconds: float) -> None:
        """Set where the centre of the screen is, in s after the trigger."""
        horizontal = self.settings.horizontal
        least = -0.5 * DIVISIONS * horizontal.scale
        horizontal.position = self.within(seconds, least, _LONGEST)
        self.changed()

    @query("HORizontal[:MAIn]:POSition")
    def time_position(self) -> float:
        """Tell where the centre of the screen is, in s after the trigger."""
        return self.settings.horizontal.position

    @command("HORizontal:DELay:SCAle", _NUMBER)
    @command("HORizontal:DELay:SECdiv", _NUMBER)
    def set_window_scale(self, seconds: float) -> None:
        """Set s for each division of the window."""
        horizontal = self.settings.horizontal
        accepted = self.within(seconds, TIME_SCALES[0], horizontal.scale)
        horizontal.window_scale = nearest(accepted, TIME_SCALES)
        self.changed()

    @query("HORizontal:DELay:SCAle")
    @query("HORizontal:DELay:SECdiv")
    def window_scale(self) -> float:
        """Tell s for each division of the window."""
        return self.settings.horizontal.window_scale

    @command("HORizontal:DELay:POSition", _NUMBER)
    def set_window_position(self, seconds: float) -> None:
        """Set where the centre of the window is, in s after the trigger."""
        self.settings.horizontal.window_position = seconds
        self.changed()

    @query("HORizontal:DELay:POSition")
    def window_position(self) -> float:
        """Tell where the centre of the window is, in s after the trigger."""
        return self.settings.horizontal.window_position

    @command("HORizontal:VIEW", Words("MAIn", "WINDOW", "ZONE"))
    def set_view(self, view: Word) -> None:
        """Choose the main time base or the window."""
        self.settings.horizontal.view = view
        self.changed()

    @query("HORizontal:VIEW")
    def view(self) -> Word:
        """Tell the main time base or the window."""
        return self.settings.horizontal.view

    @query("HORizontal:RECOrdlength")
    def record_length(self) -> int:
        """Tell how many points a record has."""
        return POINTS

    @query("HORizontal:MAIn")
    def main_time_base(self) -> Fields:
        """Tell all of the main time base."""
        it = self.settings.horizontal
        return Fields([("SCAle", it.scale), ("POSition", it.position)])

    @query("HORizontal:DELay")
    def window(self) -> Fields:
        """Tell all of the window."""
        it = self.settings.horizontal
        return Fields([("SCAle", it.window_scale), ("POSition", it.window_position)])

    @query("HORizontal")
    def horizontal(self) -> Fields:
        """Tell all of the time base."""
        it = self.settings.horizontal
        return Fields([
            ("VIEW", it.view), ("RECOrdlength", POINTS), ("MAIn:SCAle", it.scale),
            ("MAIn:POSition", it.position), ("DELay:SCAle", it.window_scale),
            ("DELay:POSition", it.window_position),
        ])  # fmt: skip

    set_contrast, contrast = stored("DISplay:CONTRast", Integer(1, 100), "display.contrast")
    set_format, form = stored("DISplay:FORMat", Words("XY", "YT"), "display.form")
    set_style, style = stored("DISplay:STYle", Words("DOTs", "VECtors"), "display.style")
