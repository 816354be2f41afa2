"""Numbers as IEEE 488.2 and SCPI-99 write them: NRf, suffixes with SI multipliers, #H, #Q, #B."""

import math
import re
from functools import lru_cache
from typing import Final

from .errors import ScpiError

MULTIPLIERS: Final[dict[str, int]] = {
    "EX": 18, "PE": 15, "T": 12, "G": 9, "MA": 6, "K": 3,
    "M": -3, "U": -6, "N": -9, "P": -12, "F": -15, "A": -18,
}  # fmt: skip
"""Decimal exponents of the multipliers of IEEE 488.2 table 7-2 (M is milli, MA is mega)."""

_NUMBER: Final = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+))(?:\s*E\s*([+-]?\d+))?\s*([A-Z/%][A-Z0-9/.%-]*)?", re.ASCII
)
_RADIX: Final = {"H": (16, r"[0-9A-F]+"), "Q": (8, r"[0-7]+"), "B": (2, r"[01]+")}
_LARGEST_EXPONENT: Final = 32000
_MOST_DIGITS: Final = 255

NOT_A_NUMBER: Final = 9.91e37
INFINITE: Final = 9.9e37


@lru_cache(maxsize=64)
def suffixes(unit: str) -> dict[str, int]:
    """Return the decimal exponent of each suffix that a unit may have: MV, UV, KV for "V".

    MHZ and MOHM mean mega (SCPI-99 7.3). An empty unit takes no suffix at all.
    """
    if not unit:
        return {}
    unit = unit.upper()
    table = {multiplier + unit: exponent for multiplier, exponent in MULTIPLIERS.items()}
    if unit in ("HZ", "OHM"):
        table["M" + unit] = 6
    table[unit] = 0
    return table


def parse_number(text: str, unit: str = "") -> float:
    """Return the value of a number with its suffix, in the unit without multiplier.

    Raises ScpiError: -121, -123, -124, -131, -138, -103, or -148, -158, -168, -178 for other data.
    """
    upper = text.upper()
    found = _NUMBER.fullmatch(upper)
    if found is None:
        return _parse_other(upper)
    mantissa, exponent, suffix = found.groups()
    if len(mantissa) > _MOST_DIGITS:
        raise ScpiError(-124)
    shift = 0
    if suffix:
        table = suffixes(unit)
        if not table:
            raise ScpiError(-138)
        if suffix not in table:
            raise ScpiError(-131)
        shift = table[suffix]
    if exponent is None and not shift:
        return float(mantissa)
    power = int(exponent[:8]) if exponent else 0
    if abs(power) > _LARGEST_EXPONENT:
        raise ScpiError(-123)
    # One conversion from decimal, so that "50 UA" is the same float as 50e-6.
    return float(f"{mantissa}E{power + shift}")


def _parse_other(upper: str) -> float:
    if re.fullmatch(r"INF(INITY)?", upper):
        return math.inf
    if re.fullmatch(r"(NINF(INITY)?|-INF(INITY)?)", upper):
        return -math.inf
    if upper.startswith("#"):
        radix, digits = _RADIX.get(upper[1:2], (0, "(?!)"))
        if len(upper) < _MOST_DIGITS and re.fullmatch(digits, upper[2:]):
            return float(int(upper[2:], radix))
        raise ScpiError(-121)
    raise ScpiError(_mistake(upper))


def _mistake(upper: str) -> int:
    """Return the error number for something that is no number."""
    if upper[:1] in "\"'":
        return -158
    if upper[:1] == "(":
        return -178
    if re.fullmatch(r"[A-Z]\w*", upper, re.ASCII):
        return -148
    if re.match(r"[+-]?\.?\d[^\s]*\s+[+-]?\.?\d", upper):
        return -103
    return -121


def format_number(value: float) -> str:
    """Return a number in NR3, seven significant digits; NaN and infinities as SCPI-99 says."""
    if math.isfinite(value):
        return f"{value:+.6E}"
    if math.isnan(value):
        return f"{NOT_A_NUMBER:+.6E}"
    return f"{math.copysign(INFINITE, value):+.6E}"
