"""The DATa, CURVe and SAVe:WAVEform commands of a simulated Tektronix TDS2024B."""

from typing import Final

import numpy as np

from ..chip.waveforms import Floats
from ..wire.errors import ScpiError
from ..wire.parameters import Block, Integer, NumericList, OneOf
from ..wire.scpi import block, command, query
from ..wire.tektronix import Fields, Word, Words
from ..wire.tektronix_events import SOURCE_OFF, event
from ._tds2024b_base import WAVEFORM_WORDS
from ._tds2024b_front_end import HIGHEST, LOWEST, Record
from ._tds2024b_preamble import CODES, PreambleCommands
from ._tds2024b_settings import POINTS, REFERENCES, Transfer

_REFERENCE: Final = Words(*REFERENCES)
_ENCODINGS: Final = Words("ASCIi", "RIBinary", "RPBinary", "SRIbinary", "SRPbinary")
_NUMBER: Final = Integer(-(2**31), 2**31 - 1)


class TransferCommands(PreambleCommands):
    """Waveforms out of the instrument, and into its references."""

    @command("DATa", Words("INIT"))
    def reset_transfer(self, _init: Word) -> None:
        """Go to the settings of the factory."""
        self.settings.transfer = Transfer()

    @query("DATa")
    def transfer(self) -> Fields:
        """Tell all of the transfer."""
        it = self.settings.transfer
        return Fields([
            ("ENCdg", it.encoding), ("DESTination", it.destination), ("SOUrce", it.source),
            ("STARt", it.start), ("STOP", it.stop), ("WIDth", it.width),
        ])  # fmt: skip

    @command("DATa:SOUrce", WAVEFORM_WORDS)
    def set_data_source(self, name: Word) -> None:
        """Choose which waveform is told."""
        self.settings.transfer.source = name

    @query("DATa:SOUrce")
    def data_source(self) -> Word:
        """Tell which waveform is told."""
        return self.settings.transfer.source

    @command("DATa:DESTination", _REFERENCE)
    @command("DATa:TARget", _REFERENCE)
    def set_destination(self, name: Word) -> None:
        """Choose which reference takes a waveform."""
        self.settings.transfer.destination = name

    @query("DATa:DESTination")
    @query("DATa:TARget")
    def destination(self) -> Word:
        """Tell which reference takes a waveform."""
        return self.settings.transfer.destination

    @command("DATa:ENCdg", _ENCODINGS)
    def set_encoding(self, encoding: Word) -> None:
        """Choose how levels are written."""
        self.settings.transfer.encoding = encoding

    @query("DATa:ENCdg")
    def encoding(self) -> Word:
        """Tell how levels are written."""
        return self.settings.transfer.encoding

    @command("DATa:STARt", _NUMBER)
    def set_start(self, point: int) -> None:
        """Set the first point, from 1."""
        self.settings.transfer.start = int(self.within(point, 1, POINTS))

    @query("DATa:STARt")
    def start(self) -> int:
        """Tell the first point, from 1."""
        return self.settings.transfer.start

    @command("DATa:STOP", _NUMBER)
    def set_stop(self, point: int) -> None:
        """Set the last point, from 1."""
        self.settings.transfer.stop = int(self.within(point, 1, POINTS))

    @query("DATa:STOP")
    def stop(self) -> int:
        """Tell the last point, from 1."""
        return self.settings.transfer.stop

    @query("CURVe", indefinite=True)
    def curve(self) -> bytes:
        """Tell the levels of a waveform."""
        record = self.record(self.settings.transfer.source)
        it = self.settings.transfer
        first, last = sorted((it.start, it.stop))
        codes = np.rint(record.codes[first - 1 : last]).astype(np.int32)
        if it.encoding == "ASCIi":
            return ",".join(str(code) for code in (codes << 8 * (it.width - 1)).tolist()).encode()
        positive, swapped = CODES[it.encoding]
        codes = (codes + 128 * positive) << 8 * (it.width - 1)
        dtype = f"{'<' if swapped else '>'}{'u' if positive else 'i'}{it.width}"
        return block(codes.astype(dtype).tobytes())

    @query("WAVFrm", indefinite=True)
    def waveform(self) -> bytes:
        """Tell preamble and levels."""
        return b";".join([
            self._encode("WFMPre", (), self.preamble()), self._encode("CURVe", (), self.curve())
        ])  # fmt: skip

    @command("CURVe", OneOf(Block(2 * POINTS), NumericList()))
    def take_curve(self, levels: bytes | float) -> None:
        """Take levels into a reference, in the encoding that is set."""
        if not isinstance(levels, bytes):
            raise ScpiError(-104)
        it = self.settings.transfer
        positive, swapped = CODES[it.encoding]
        dtype = f"{'<' if swapped else '>'}{'u' if positive else 'i'}{it.width}"
        if len(levels) % it.width:
            raise ScpiError(-161)
        codes = (np.frombuffer(levels, dtype).astype(np.int32) >> 8 * (it.width - 1)).astype(float)
        like = self.acquisition.records.get(it.destination)
        template = like or Record(np.zeros(POINTS), 1.0, 0.0, 2e-6, -2.5e-3, "DC", "Sample mode")
        values = template.codes.copy()
        taken = codes[: POINTS - it.start + 1] - 128 * positive
        values[it.start - 1 : it.start - 1 + len(taken)] = np.clip(taken, LOWEST, HIGHEST)
        self.acquisition.records[it.destination] = self._like(template, values)

    @command("SAVe:WAVEform", WAVEFORM_WORDS, _REFERENCE)
    def save_waveform(self, name: Word, reference: Word) -> None:
        """Keep a waveform in a reference."""
        if not self.settings.shown[name]:
            raise event(SOURCE_OFF)
        self.acquisition.records[reference] = self.record(name)

    # -- helpers -----------------------------------------------------------------------------

    @staticmethod
    def _like(template: Record, codes: Floats) -> Record:
        return Record(
            codes, template.scale, template.position, template.step, template.first,
            template.coupling, template.mode, template.paired, template.unit, template.across,
        )  # fmt: skip
