"""The WFMPre commands of a simulated Tektronix TDS2024B: what levels and points of a waveform mean.

A point n lies at XZEro + XINcr (n - PT_OFf) s and YZEro + YMUlt (level - YOFf) V. In positive
formats a level is 128 more (32768 with two bytes) than in signed ones, and so is YOFf. How levels
are written is told twice: these settings and those of DATa are the same.
"""

from typing import Final

from ..wire.errors import ScpiError
from ..wire.parameters import Integer
from ..wire.scpi import command, query
from ..wire.tektronix import Fields, Word, Words, number
from ..wire.tektronix_events import WAVEFORM_INVALID, WAVEFORM_OFF, event
from ._tds2024b_base import ScopeBase
from ._tds2024b_front_end import Record
from ._tds2024b_math import combined
from ._tds2024b_settings import CHANNELS, LEVELS, POINTS, REFERENCES

CODES: Final = {  # (positive, least significant byte first)
    "ASCIi": (False, False), "RIBinary": (False, False), "RPBinary": (True, False),
    "SRIbinary": (False, True), "SRPbinary": (True, True),
}  # fmt: skip
_NUMBER: Final = Integer(-(2**31), 2**31 - 1)


class PreambleCommands(ScopeBase):
    """What is known of the waveform that is told."""

    @command("DATa:WIDth", _NUMBER)
    @command("WFMPre:BYT_Nr", _NUMBER)
    def set_data_width(self, count: int) -> None:
        """Set the bytes of a point."""
        self.settings.transfer.width = int(self.within(count, 1, 2))

    @query("DATa:WIDth")
    def data_width(self) -> int:
        """Tell the bytes of a point."""
        return self.settings.transfer.width

    @command("WFMPre:BIT_Nr", _NUMBER)
    def set_bits(self, count: int) -> None:
        """Set the bits of a point."""
        self.settings.transfer.width = 2 if self.within(count, 8, 16) > 8 else 1

    @command("WFMPre:ENCdg", Words("ASC", "BIN"))
    def set_binary(self, encoding: Word) -> None:
        """Choose text or bytes."""
        if encoding == "ASC":
            self.settings.transfer.encoding = Word("ASCIi")
        elif self.settings.transfer.encoding == "ASCIi":
            self.settings.transfer.encoding = Word("RIBinary")

    @command("WFMPre:BN_Fmt", Words("RI", "RP"))
    def set_format_of_bytes(self, form: Word) -> None:
        """Choose signed or positive numbers."""
        self._encode_as(form == "RP", CODES[self.settings.transfer.encoding][1])

    @command("WFMPre:BYT_Or", Words("LSB", "MSB"))
    def set_byte_order(self, order: Word) -> None:
        """Choose which byte comes first."""
        self._encode_as(CODES[self.settings.transfer.encoding][0], order == "LSB")

    def _encode_as(self, positive: bool, swapped: bool) -> None:
        """Go to the encoding of that name; text stays text."""
        if self.settings.transfer.encoding != "ASCIi":
            names = [it for it, code in CODES.items() if code == (positive, swapped)]
            self.settings.transfer.encoding = Word(names[-1])

    @query("WFMPre")
    def preamble(self) -> Fields:
        """Tell what levels and points mean; of a waveform that is off, how it would be written."""
        return Fields(list(self._preamble().items()))

    @query(
        "WFMPre:{BYT_Nr|BIT_Nr|ENCdg|BN_Fmt|BYT_Or|NR_Pt|WFId|PT_Fmt|XINcr|PT_Off|XZEro|XUNit"
        "|YMUlt|YZEro|YOFf|YUNit}"
    )
    def preamble_part(self, wanted: str) -> object:
        """Tell one of them."""
        fields = self._preamble()
        for name, value in fields.items():
            if name.upper() == wanted.upper() or name.upper().startswith(wanted.upper()):
                return value
        raise event(WAVEFORM_OFF)

    # -- helpers -----------------------------------------------------------------------------

    def record(self, name: str) -> Record:
        """Return what there is of a waveform; events 2244 and 2241 where there is nothing."""
        if not self.settings.shown[name] and name not in REFERENCES:
            raise event(WAVEFORM_OFF)
        if name in CHANNELS or name == "MATH":
            self.acquisition.finish()
        records = self.acquisition.records
        found = combined(self.settings.math, records) if name == "MATH" else records.get(name)
        if found is None:
            raise event(WAVEFORM_INVALID)
        return found

    def _preamble(self) -> dict[str, object]:
        it = self.settings.transfer
        positive, swapped = CODES[it.encoding]
        how: dict[str, object] = {
            "BYT_Nr": it.width, "BIT_Nr": 8 * it.width,
            "ENCdg": Word("ASC" if it.encoding == "ASCIi" else "BIN"),
            "BN_Fmt": Word("RP" if positive else "RI"), "BYT_Or": Word("LSB" if swapped else "MSB"),
        }  # fmt: skip
        try:
            record = self.record(it.source)
        except ScpiError:
            return how
        factor = 256.0 ** (it.width - 1)
        first, last = sorted((it.start, it.stop))
        count = min(last, len(record.codes)) - first + 1
        middle = 128.0 * positive
        return how | {
            "NR_Pt": count, "WFId": _identifier(it.source, record, count),
            "PT_Fmt": Word("ENV" if record.paired else "Y"), "XINcr": record.step, "PT_Off": 0,
            "XZEro": record.first, "XUNit": f'"{record.across}"',
            "YMUlt": record.scale / LEVELS / factor, "YZEro": 0.0,
            "YOFf": (middle + LEVELS * record.position) * factor, "YUNit": f'"{record.unit}"',
        }  # fmt: skip


def _identifier(name: str, record: Record, count: int) -> str:
    across = record.step * POINTS / 10.0
    said = f"{name[:1]}{name[1:].lower()}, {record.coupling} coupling, {number(record.scale)} V/div"
    return f'"{said}, {number(across)} s/div, {count} points, {record.mode}"'
