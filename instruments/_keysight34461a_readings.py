"""What a 34461A is told for a kind of reading, and what its answers mean."""

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Flag, Floats
from labcim.errors import RangeError, TransportError
from labcim.units import show

Kind = Literal["voltage", "current", "resistance", "four-wire resistance"]

VOLTS: Final = (0.1, 1.0, 10.0, 100.0, 1000.0)
AMPERES: Final = (1e-4, 1e-3, 1e-2, 0.1, 1.0, 3.0)
OHMS: Final = (1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8)
CYCLES: Final = (0.02, 0.2, 1.0, 10.0, 100.0)
OPEN_VOLTAGE: Final = 10.0  # V, of the ohms source into an open line (data sheet)
HIGHEST_TEST_CURRENT: Final = 1e-3  # A, on its lowest ranges
OVERLOAD: Final = 9.9e37

_WORDS: Final[dict[Kind, tuple[str, tuple[float, ...], str]]] = {
    "voltage": ("VOLT:DC", VOLTS, "V"),
    "current": ("CURR:DC", AMPERES, "A"),
    "resistance": ("RES", OHMS, "Ω"),
    "four-wire resistance": ("FRES", OHMS, "Ω"),
}


def configuration(kind: Kind, full_scale: float | None, cycles: float) -> str:
    """Return the words for a kind of reading; full_scale None ranges by itself.

    Raises RangeError for a range or an integration time that there is not.
    """
    if kind not in _WORDS:
        raise RangeError(f"kind = {kind!r}: accepts {', '.join(_WORDS)}; nothing was sent")
    word, ranges, unit = _WORDS[kind]
    if cycles not in CYCLES:
        raise RangeError(
            f"cycles = {cycles!r}: accepts {', '.join(map(str, CYCLES))} line cycles; "
            "nothing was sent"
        )
    if full_scale is not None and not 0.0 < full_scale <= ranges[-1]:  # false for NaN as well
        raise RangeError(
            f"full_scale = {show(full_scale, unit)} of {kind}: accepts up to "
            f"{show(ranges[-1], unit)}, or None; nothing was sent"
        )
    scale = "AUTO" if full_scale is None else f"{full_scale:.6g}"
    return f"FORM ASC;:CONF:{word} {scale};:{word}:NPLC {cycles:g}"


def one_reading(answer: str) -> tuple[float, Flag]:
    """Return (value, flags) of a reading as text; NaN where it was beyond the range."""
    try:
        value = float(answer)
    except ValueError as trouble:
        raise TransportError(f"reading {answer[:80]!r} is no number") from trouble
    return (value, Flag.GOOD) if abs(value) < OVERLOAD else (float("nan"), Flag.OVER_RANGE)


def decoded(block: bytes, count: int, address: str) -> tuple[Floats, NDArray[np.uint8]]:
    """Return (values, flags) of a block of doubles, little-endian; shape (count,) each."""
    if len(block) != 8 * count:
        raise TransportError(f"{address}: {len(block)} bytes for {count} readings of 8 each")
    values = np.frombuffer(block, "<f8").astype(np.float64)
    beyond = ~(np.abs(values) < OVERLOAD)
    flags = np.where(beyond, np.uint8(Flag.OVER_RANGE), np.uint8(Flag.GOOD))
    return np.where(beyond, np.nan, values), flags
