"""The TRIGger commands of a simulated Tektronix TDS2024B."""

from typing import Final

from ..wire.parameters import Integer, Numeric
from ..wire.scpi import command, query
from ..wire.tektronix import Fields, Word, Words
from ..wire.tektronix_events import OVERFLOW, SETTINGS_CONFLICT, event
from ._stored import stored
from ._tds2024b_base import ScopeBase
from ._tds2024b_measurements import NOT_MEASURED, measured, states

_M: Final = "TRIGger:MAIn"
_NUMBER: Final = Numeric()
_EDGE_SOURCES: Final = Words("CH1", "CH2", "CH3", "CH4", "EXT", "EXT5", "LINE")
_SOURCES: Final = Words("CH1", "CH2", "CH3", "CH4", "EXT", "EXT5")


class TriggerCommands(ScopeBase):
    """What starts an acquisition."""

    @command("TRIGger", Words("FORCe"))
    def force_trigger(self, _force: Word) -> None:
        """Trigger now, whatever the signal."""
        self.acquisition.force()

    @command(_M, Words("SETLevel"))
    def level_to_middle(self, _set: Word) -> None:
        """Set the level to the middle of the signal."""
        self.acquisition.finish()
        if not self.acquisition.running:
            raise event(SETTINGS_CONFLICT)
        record = self.acquisition.records.get(self.settings.trigger.from_source)
        if record is not None:
            self.settings.trigger.level = 0.5 * sum(states(record))
            self.changed()

    @query("TRIGger:STATE")
    def trigger_state(self) -> Word:
        """Tell how far the trigger is; lets pass what it needs to be ready."""
        return Word(self.acquisition.state)

    @command(f"{_M}:TYPe", Words("EDGE", "VIDeo", "PULse"))
    def set_trigger_type(self, kind: Word) -> None:
        """Choose what is waited for."""
        self.settings.trigger.kind = kind
        self.changed()

    @query(f"{_M}:TYPe")
    def trigger_type(self) -> Word:
        """Tell what is waited for."""
        return self.settings.trigger.kind

    @command(f"{_M}:MODe", Words("AUTO", "NORMal"))
    def set_trigger_mode(self, mode: Word) -> None:
        """Choose whether it triggers by itself when nothing comes."""
        self.settings.trigger.mode = mode
        self.changed()

    @query(f"{_M}:MODe")
    def trigger_mode(self) -> Word:
        """Tell whether it triggers by itself when nothing comes."""
        return self.settings.trigger.mode

    @command(f"{_M}:LEVel", _NUMBER)
    def set_level(self, volts: float) -> None:
        """Set the level in V."""
        trigger = self.settings.trigger
        if trigger.kind == "EDGE" and trigger.source == "LINE":
            raise event(SETTINGS_CONFLICT)
        channel = self.settings.channels.get(trigger.from_source)
        span = {"EXT": 1.6, "EXT5": 8.0}.get(trigger.from_source, 0.0)
        if channel is not None:
            # 8 divisions from the centre of the screen (service manual, edge trigger level range).
            low, high = ((-channel.position + 8.0 * s) * channel.scale for s in (-1.0, 1.0))
        else:
            low, high = -span, span
        trigger.level = self.within(volts, low, high)
        self.changed()

    @query(f"{_M}:LEVel")
    def level(self) -> float:
        """Tell the level in V."""
        trigger = self.settings.trigger
        if trigger.kind == "EDGE" and trigger.source == "LINE":
            return 0.0
        return trigger.level

    @command(f"{_M}:HOLDOff:VALue", _NUMBER)
    def set_holdoff(self, seconds: float) -> None:
        """Set how long it does not trigger again, in s."""
        self.settings.trigger.holdoff = self.within(seconds, 5e-7, 10.0)
        self.changed()

    @query(f"{_M}:HOLDOff:VALue")
    @query(f"{_M}:HOLDOff")
    def holdoff(self) -> float:
        """Tell how long it does not trigger again, in s."""
        return self.settings.trigger.holdoff

    @command(f"{_M}:EDGE:SOUrce", _EDGE_SOURCES)
    def set_source(self, source: Word) -> None:
        """Choose where edges come from."""
        self.settings.trigger.source = source
        self.changed()

    @query(f"{_M}:EDGE:SOUrce")
    def source(self) -> Word:
        """Tell where edges come from."""
        return self.settings.trigger.source

    @command(f"{_M}:EDGE:SLOpe", Words("FALL", "RISe"))
    def set_slope(self, slope: Word) -> None:
        """Choose rising or falling edges."""
        self.settings.trigger.slope = slope
        self.changed()

    @query(f"{_M}:EDGE:SLOpe")
    def slope(self) -> Word:
        """Tell rising or falling edges."""
        return self.settings.trigger.slope

    @command(f"{_M}:EDGE:COUPling", Words("AC", "DC", "HFRej", "LFRej", "NOISErej"))
    def set_trigger_coupling(self, coupling: Word) -> None:
        """Choose what of the signal the trigger sees."""
        self.settings.trigger.coupling = coupling
        self.changed()

    @query(f"{_M}:EDGE:COUPling")
    def trigger_coupling(self) -> Word:
        """Tell what of the signal the trigger sees."""
        return self.settings.trigger.coupling

    @query(f"{_M}:EDGE")
    def edge(self) -> Fields:
        """Tell all of the edge trigger."""
        it = self.settings.trigger
        return Fields([("SOUrce", it.source), ("COUPling", it.coupling), ("SLOpe", it.slope)])

    @command(f"{_M}:PULse:SOUrce", _SOURCES)
    def set_pulse_source(self, source: Word) -> None:
        """Choose where pulses come from."""
        self.settings.trigger.pulse_source = source
        self.changed()

    @query(f"{_M}:PULse:SOUrce")
    def pulse_source(self) -> Word:
        """Tell where pulses come from."""
        return self.settings.trigger.pulse_source

    @command(f"{_M}:PULse:WIDth:POLarity", Words("POSITIVe", "NEGAtive"))
    def set_polarity(self, polarity: Word) -> None:
        """Choose the polarity of pulses."""
        self.settings.trigger.polarity = polarity
        self.changed()

    @query(f"{_M}:PULse:WIDth:POLarity")
    def polarity(self) -> Word:
        """Tell the polarity of pulses."""
        return self.settings.trigger.polarity

    @command(f"{_M}:PULse:WIDth:WHEN", Words("EQual", "NOTEqual", "INside", "OUTside"))
    def set_when(self, when: Word) -> None:
        """Choose how the width has to compare."""
        self.settings.trigger.when = when
        self.changed()

    @query(f"{_M}:PULse:WIDth:WHEN")
    def when(self) -> Word:
        """Tell how the width has to compare."""
        return self.settings.trigger.when

    @command(f"{_M}:PULse:WIDth:WIDth", _NUMBER)
    def set_width(self, seconds: float) -> None:
        """Set the width that is compared with, in s."""
        self.settings.trigger.width = self.within(seconds, 33e-9, 10.0)
        self.changed()

    @query(f"{_M}:PULse:WIDth:WIDth")
    def width(self) -> float:
        """Tell the width that is compared with, in s."""
        return self.settings.trigger.width

    @command(f"{_M}:VIDeo:SOUrce", _SOURCES)
    def set_video_source(self, source: Word) -> None:
        """Choose where video comes from."""
        self.settings.trigger.video_source = source
        self.changed()

    @query(f"{_M}:VIDeo:SOUrce")
    def video_source(self) -> Word:
        """Tell where video comes from."""
        return self.settings.trigger.video_source

    set_video_line, video_line = stored(f"{_M}:VIDeo:LINE", Integer(1, 625), "trigger.video_line")
    set_video_polarity, video_polarity = stored(
        f"{_M}:VIDeo:POLarity", Words("INVert", "NORMal"), "trigger.video_polarity"
    )
    set_video_standard, video_standard = stored(
        f"{_M}:VIDeo:STANdard", Words("NTSc", "PAL"), "trigger.video_standard"
    )
    set_video_sync, video_sync = stored(
        f"{_M}:VIDeo:SYNC", Words("FIELD", "LINE", "LINENum", "ODD", "EVEN"), "trigger.video_sync"
    )

    @query(f"{_M}:FREQuency")
    def frequency(self) -> float:
        """Measure how often it triggers, in Hz."""
        self.acquisition.finish()
        trigger = self.settings.trigger
        record = self.acquisition.records.get(trigger.from_source)
        if trigger.kind == "VIDeo" or record is None:
            self.report(event(SETTINGS_CONFLICT))
            return NOT_MEASURED
        found = measured("FREQuency", record)
        if found < 10.0:
            self.report(event(OVERFLOW))
            return NOT_MEASURED
        return found

    @query(f"{_M}:PULse:WIDth")
    def pulse_width(self) -> Fields:
        """Tell all of the width that pulses need."""
        it = self.settings.trigger
        return Fields([("POLarity", it.polarity), ("WIDth", it.width), ("WHEN", it.when)])
