"""Arbitrary waveforms of a 33522B as volts: what is said to have one played in a burst."""

import math
from typing import Final

import numpy as np

from labcim.capabilities import Floats
from labcim.errors import RangeError
from labcim.transport import block
from labcim.units import show

from ._keysight33522b_channel import FEWEST_SAMPLES, MOST_SAMPLES, Channel
from ._keysight33522b_waveform import LOWEST_OPEN_SPAN, Waveform

MOST_CYCLES: Final = 100_000_000
SLOWEST, FASTEST = 1e-6, 250e6  # samples/s
_NAME: Final = "LABCIM"


def checked(channel: Channel, voltages: Floats, sample_rate: float, count: int) -> Waveform:
    """Return the waveform that has these levels on an open terminal. Raises RangeError.

    It starts and ends at 0 V, so that the terminal rests there before and after.
    """
    values = np.atleast_1d(np.asarray(voltages, dtype=np.float64))
    size = values.size if values.ndim == 1 else 0
    if not FEWEST_SAMPLES <= size <= MOST_SAMPLES or not np.isfinite(values).all():
        raise RangeError(
            f"{channel.terminal}: voltages of shape {values.shape}: accepts {FEWEST_SAMPLES} to "
            f"{MOST_SAMPLES} numbers; nothing was sent"
        )
    if values[0] != 0.0 or values[-1] != 0.0:
        raise RangeError(
            f"{channel.terminal}: voltages from {show(float(values[0]), 'V')} to "
            f"{show(float(values[-1]), 'V')}: accepts what starts and ends at 0 V; nothing was sent"
        )
    if not SLOWEST <= sample_rate <= FASTEST:
        raise RangeError(
            f"{channel.terminal}: sample_rate = {show(sample_rate, 'Hz')}: accepts 1 µHz to "
            "250 MHz; nothing was sent"
        )
    if not (count == int(count) and 1 <= count <= MOST_CYCLES):
        raise RangeError(f"count = {count!r}: accepts 1 to {MOST_CYCLES}; nothing was sent")
    low, high = float(values.min()), float(values.max())
    if high - low < LOWEST_OPEN_SPAN:
        raise RangeError(
            f"{channel.terminal}: voltages span {show(high - low, 'V')}: accepts "
            f"{show(LOWEST_OPEN_SPAN, 'V')} and more; nothing was sent"
        )
    shortest = _shortest_excursion(values) / sample_rate
    channel.terminal_limits(channel.terminal).check_width("excursion from 0 V", shortest)
    waveform = Waveform("arb", high - low, (high + low) / 2.0, math.inf)
    farthest = max(low, high, key=abs)
    channel.check(waveform, "arbitrary waveform", farthest)
    return waveform


def _shortest_excursion(values: Floats) -> int:
    """Return how many samples the shortest way from 0 V and back has."""
    edges = np.flatnonzero(np.diff((values != 0.0).astype(np.int8)))
    return int(np.diff(edges)[::2].min())


def messages(
    number: int, waveform: Waveform, voltages: Floats, sample_rate: float, count: int
) -> list[str | bytes]:
    """Return all that is said, the output off until everything is set."""
    samples = (np.asarray(voltages, dtype=np.float64) - waveform.offset) / waveform.amplitude * 2.0
    data = block(np.clip(samples, -1.0, 1.0).astype("<f4").tobytes())
    source = ":SOUR<n>:"
    words = [
        f"SOUR<n>:FUNC:ARB {_NAME}",
        f"{source}FUNC:ARB:SRAT {sample_rate:.10g}",
        f"{source}FUNC:ARB:FILT STEP",
        f"{source}VOLT {LOWEST_OPEN_SPAN:g}",
        f"{source}VOLT:OFFS {waveform.offset:.7g}",
        f"{source}VOLT {waveform.amplitude:.7g}",
        f"{source}FUNC ARB",
        f"{source}BURS:MODE TRIG",
        f"{source}BURS:NCYC {count}",
        f"{source}BURS:PHAS 0",
        ":TRIG<n>:SOUR BUS",
        ":TRIG<n>:DEL 0",
        f"{source}BURS:STAT 1",
        ":OUTP<n> 1",
    ]
    return [
        "OUTP<n> 0;:OUTP<n>:LOAD INF;:OUTP<n>:POL NORM;:SOUR<n>:BURS:STAT 0;:SOUR<n>:VOLT:UNIT VPP",
        "SOUR<n>:DATA:VOL:CLE;:FORM:BORD SWAP",
        b"SOUR%d:DATA:ARB %s,%s" % (number, _NAME.encode(), data),
        ";".join(words),
    ]
