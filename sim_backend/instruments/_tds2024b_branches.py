"""Queries of whole branches of a simulated Tektronix TDS2024B, from the root of each.

Programmer Manual 071-1075, chapter 2: a query at any level tells all settings below it, each as the
command that would make it. Numbers that are measured, such as ``CURSor:HBArs:DELTa``, are none.
"""

from ..wire.scpi import query
from ..wire.tektronix import Fields
from ._tds2024b_acquire import AcquireCommands
from ._tds2024b_measure import MeasureCommands
from ._tds2024b_trigger_commands import TriggerCommands

_SLOTS = range(1, 6)


class BranchCommands(AcquireCommands, TriggerCommands, MeasureCommands):
    """All of the trigger, of the measurements, of the cursors and of the display."""

    @query("TRIGger")
    def all_of_trigger(self) -> Fields:
        """Tell all of the trigger."""
        return Fields(_below("MAIn", self.main_trigger()))

    @query("TRIGger:MAIn")
    def main_trigger(self) -> Fields:
        """Tell all of the main trigger, of which there is no other."""
        it = self.settings.trigger
        return Fields([
            ("MODe", it.mode), ("TYPe", it.kind), ("HOLDOff:VALue", it.holdoff),
            ("LEVel", it.level), *_below("EDGE", self.edge()), *_below("PULse", self.pulse()),
            *_below("VIDeo", self.video()),
        ])  # fmt: skip

    @query("TRIGger:MAIn:PULse")
    def pulse(self) -> Fields:
        """Tell all of the pulse trigger."""
        source = ("SOUrce", self.settings.trigger.pulse_source)
        return Fields([source, *_below("WIDth", self.pulse_width())])

    @query("TRIGger:MAIn:VIDeo")
    def video(self) -> Fields:
        """Tell all of the video trigger."""
        it = self.settings.trigger
        return Fields([
            ("SOUrce", it.video_source), ("POLarity", it.video_polarity), ("SYNC", it.video_sync),
            ("LINE", it.video_line), ("STANdard", it.video_standard),
        ])  # fmt: skip

    @query("MEASUrement")
    def all_measurements(self) -> Fields:
        """Tell what each slot measures, and what is measured when it is asked for."""
        slots = [it for n in _SLOTS for it in _below(f"MEAS{n}", self.slot(n))]
        return Fields([*slots, *_below("IMMed", self.immediate())])

    @query("CURSor")
    def all_of_cursors(self) -> Fields:
        """Tell all settings of the cursors."""
        cursors = self.settings.cursors
        pairs = (("VBArs", self.both_cursors("VBA")), ("HBArs", self.both_cursors("HBA")))
        return Fields([
            ("FUNCtion", cursors.function), ("SELect:SOUrce", cursors.source),
            *(it for name, pair in pairs for it in _below(name, pair) if "DELTa" not in it[0]),
        ])  # fmt: skip

    @query("CURSor:SELect")
    def cursors_selected(self) -> Fields:
        """Tell whose scale cursors have."""
        return Fields([("SOUrce", self.settings.cursors.source)])

    @query("DISplay")
    def all_of_display(self) -> Fields:
        """Tell all of the display that is kept here."""
        it = self.settings.display
        return Fields([("FORMat", it.form), ("STYle", it.style), ("CONTRast", it.contrast)])


def _below(name: str, fields: Fields) -> list[tuple[str, object]]:
    """Return fields as they are named one level higher."""
    return [(f"{name}:{leaf}", value) for leaf, value in fields.items]
