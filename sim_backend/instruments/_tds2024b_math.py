"""The mathematical waveform of a simulated Tektronix TDS2024B: sums, differences, spectra."""

import re
from collections.abc import Mapping
from typing import Final

import numpy as np

from ..chip.waveforms import Floats
from ._tds2024b_front_end import HIGHEST, LOWEST, Record
from ._tds2024b_settings import LEVELS

_SUM: Final = re.compile(r"(CH[1-4])([+-])(CH[1-4])")
_FFT: Final = re.compile(r"FFT\((CH[1-4])(?:,(HAN|FLAT|RECT)[A-Z]*)?\)")
_PAIRS: Final = {
    "CH1+CH2", "CH3+CH4", "CH1-CH2", "CH2-CH1", "CH3-CH4", "CH4-CH3",
}  # fmt: skip
_WINDOWS: Final = {"HAN": "hann", "FLAT": "flattop", "RECT": "boxcar", None: "hann"}
_BINS, _DECIBELS = 1024, 10.0  # points of a spectrum, dB for each division


def plain(definition: str) -> str | None:
    """Return a definition in its one form, or None for one that this model does not know."""
    text = definition.replace(" ", "").upper()
    return text if text in _PAIRS or _FFT.fullmatch(text) else None


def combined(definition: str, records: Mapping[str, Record]) -> Record | None:
    """Return the waveform of a definition; None where what it needs is not there."""
    spectrum = _FFT.fullmatch(definition)
    if spectrum is not None:
        record = records.get(spectrum[1])
        return None if record is None else _spectrum(record, _WINDOWS[spectrum[2]])
    found = _SUM.fullmatch(definition)
    if found is None:
        return None
    one, other = records.get(found[1]), records.get(found[3])
    if one is None or other is None:
        return None
    sign = 1.0 if found[2] == "+" else -1.0
    scale = max(one.scale, other.scale)
    return _record(one.volts + sign * other.volts, scale, one.step, one.first, one)


def _spectrum(record: Record, window: str) -> Record:
    """Return the amplitudes in dB of 1 V rms."""
    from scipy.signal import get_window  # slow to import, and only needed for spectra

    points = 2 * _BINS
    weights: Floats = get_window(window, points)
    lines = np.fft.rfft(record.volts[:points] * weights)[:_BINS]
    rms = np.abs(lines) / weights.sum() * np.sqrt(2.0)
    decibels = 20.0 * np.log10(np.maximum(rms, 1e-9))
    step = 1.0 / (points * record.step)
    return _record(decibels, _DECIBELS, step, 0.0, record, unit="dB", across="Hz")


def _record(
    values: Floats, scale: float, step: float, first: float, like: Record,
    unit: str = "Volts", across: str = "s",
) -> Record:  # fmt: skip
    codes = np.clip(np.rint(LEVELS * values / scale), LOWEST, HIGHEST)
    return Record(codes, scale, 0.0, step, first, like.coupling, like.mode, False, unit, across)
