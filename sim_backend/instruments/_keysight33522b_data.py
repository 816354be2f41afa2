"""Arbitrary waveforms of a simulated Keysight 33522B: loading and choosing them."""

import re
from typing import Final

import numpy as np

from ..wire.errors import ScpiError
from ..wire.parameters import AnyText, Choice, Numeric, NumericList
from ..wire.scpi import command, query
from ._extremes import EXTREME, Limits, told
from ._keysight33522b_base import Keysight33522BBase, built_in
from ._keysight33522b_shapes import Samples
from ._keysight33522b_signal import conflict

_S: Final = "[:SOURce<1..2>]"
RATES: Final[Limits] = (1e-6, 250e6, 40e3)  # samples/s
_FEWEST, _MOST = 8, 1_000_000
_FULL_SCALE: Final = 32767.0
_LIST = NumericList(block=True, longest=_MOST)


class DataCommands(Keysight33522BBase):
    """Volatile memory of each channel."""

    @command(f"{_S}:DATA:ARBitrary[1]", AnyText(), _LIST)
    def load(self, n: int, name: str, values: list[float] | bytes) -> None:
        """Load samples of -1 to 1, as numbers or a block of float32."""
        self._store(n, name, self._samples(values, "f4"))

    @command(f"{_S}:DATA:ARBitrary[1]:DAC", AnyText(), _LIST)
    def load_codes(self, n: int, name: str, values: list[float] | bytes) -> None:
        """Load converter codes of -32767 to 32767, as numbers or a block of int16."""
        self._store(n, name, self._samples(values, "i2") / _FULL_SCALE)

    @command(f"{_S}:DATA:VOLatile:CLEar")
    def clear_waveforms(self, n: int) -> None:
        """Empty the volatile memory."""
        self.waveforms[n] = built_in()
        self.signals[n].arb_name = "EXP_RISE"
        self.settle(n)

    @query(f"{_S}:DATA:VOLatile:CATalog")
    def catalogue(self, n: int) -> str:
        """Tell the names of what is loaded."""
        return ",".join(f'"{name}"' for name in self.waveforms[n])

    @query(f"{_S}:DATA:VOLatile:FREE")
    def free(self, n: int) -> str:
        """Tell how many samples more the volatile memory takes."""
        return f"{_MOST - self._used(n):+d}"

    def _used(self, n: int) -> int:
        return sum(samples.size for samples in self.waveforms[n].values())

    @query(f"{_S}:DATA:ATTRibute:POINts", AnyText(), optional=1)
    def points(self, n: int, name: str = "") -> str:
        """Tell how many samples a waveform has, the chosen one if none is named."""
        return f"{self.loaded(n, name).size:+d}"

    @query(f"{_S}:DATA:ATTRibute:PTPeak", AnyText(), optional=1)
    def spread(self, n: int, name: str = "") -> float:
        """Tell the span of a waveform's samples, over full scale."""
        return float(np.ptp(self.loaded(n, name))) / 2.0

    def loaded(self, n: int, name: str) -> Samples:
        """Return a waveform, the chosen one if none is named; 785 for a name that is none."""
        plain = _name(name) if name else self.signals[n].arb_name
        if plain not in self.waveforms[n]:
            raise ScpiError(785, "Specified arb waveform does not exist")
        return self.waveforms[n][plain]

    @command(f"{_S}:FUNCtion:ARBitrary", AnyText())
    def choose(self, n: int, name: str) -> None:
        """Choose a loaded waveform; 785 for a name that is none."""
        plain = _name(name)
        self.loaded(n, name)
        self.signals[n].arb_name = plain
        self.settle(n)

    @query(f"{_S}:FUNCtion:ARBitrary")
    def chosen(self, n: int) -> str:
        """Tell the chosen waveform."""
        return f'"{self.signals[n].arb_name}"'

    @command(f"{_S}:FUNCtion:ARBitrary:SRATe", Numeric("", *RATES))
    def set_rate(self, n: int, rate: float) -> None:
        """Set the sample rate."""
        self.signals[n].sample_rate = rate
        self.settle(n)

    @query(f"{_S}:FUNCtion:ARBitrary:SRATe", EXTREME, optional=1)
    def rate(self, n: int, which: str | None = None) -> float:
        """Tell the sample rate."""
        return told(self.signals[n].sample_rate, which, RATES)

    @command(f"{_S}:FUNCtion:ARBitrary:FILTer", Choice("NORMal", "STEP", "OFF"))
    def set_filter(self, n: int, kind: str) -> None:
        """Choose the reconstruction filter; steps stay steps here."""
        self.signals[n].arb_filter = kind

    @query(f"{_S}:FUNCtion:ARBitrary:FILTer")
    def filter(self, n: int) -> str:
        """Tell the reconstruction filter."""
        return self.signals[n].arb_filter

    @command(f"{_S}:FUNCtion:ARBitrary:ADVance", Choice("TRIGger", "SRATe"))
    def set_advance(self, n: int, how: str) -> None:
        """Choose the sample clock; one sample for each trigger is not simulated (-221)."""
        if how == "TRIG":
            raise conflict("advance by trigger is not simulated")
        self.signals[n].arb_advance = how

    @query(f"{_S}:FUNCtion:ARBitrary:ADVance")
    def advance(self, n: int) -> str:
        """Tell what steps through the samples."""
        return self.signals[n].arb_advance

    @command("FORMat:BORDer", Choice("NORMal", "SWAPped"))
    def set_byte_order(self, order: str) -> None:
        """Choose big-endian (NORMal) or little-endian (SWAPped) blocks."""
        self.swapped = order == "SWAP"

    @query("FORMat:BORDer")
    def byte_order(self) -> str:
        """Tell the byte order of blocks."""
        return "SWAP" if self.swapped else "NORM"

    def _samples(self, values: list[float] | bytes, kind: str) -> Samples:
        if not isinstance(values, bytes):
            return np.array(values)
        dtype = np.dtype(("<" if self.swapped else ">") + kind)
        if len(values) % dtype.itemsize:
            raise ScpiError(-161)
        return np.frombuffer(values, dtype).astype(np.float64)

    def _store(self, n: int, name: str, samples: Samples) -> None:
        """Keep a waveform.

        -223 for too many samples, -225 for more than are free, -222 for one beyond full scale, 786
        for a name that is loaded already.
        """
        if samples.size > _MOST:
            raise ScpiError(-223)
        if samples.size + self._used(n) > _MOST:
            raise ScpiError(-225)
        if samples.size < _FEWEST or not np.all(np.abs(samples) <= 1.0):
            raise ScpiError(-222)
        plain = _name(name)
        if plain in self.waveforms[n]:
            raise ScpiError(786, "Specified arb waveform already exists")
        self.waveforms[n][plain] = samples


def _name(text: str) -> str:
    """Return a waveform's name, which may stand in quotes; -224 for what is none."""
    plain = text.strip("'\"").upper()
    if re.fullmatch(r"[A-Z]\w{0,11}", plain, re.ASCII) is None:
        raise ScpiError(-224)
    return plain
