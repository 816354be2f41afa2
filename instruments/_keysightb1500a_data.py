"""What a B1500A answers: measured data in format FMT 1, and settings as *LRN? tells them.

Source: B1500A Programming Guide (B1500-90010), chapter 1 (data output format), *LRN? in chapter 4.
"""

import math
import re
from typing import Final

from labcim.capabilities import Flag
from labcim.errors import TransportError

_DATUM: Final = re.compile(r"([NTCVXGSFUDWE])([A-Ja-jVZ])([VIT])([+-]\d+\.\d+E[+-]\d+)")
#: 199.999E+99 stands for a value that there is none of.
_DUMMY: Final = 1e99
_FLAGS: Final = {
    "N": Flag.GOOD,
    "T": Flag.IN_COMPLIANCE,  # another channel's, so that this one does not see what was asked
    "C": Flag.IN_COMPLIANCE,
    "F": Flag.IN_COMPLIANCE,
    "V": Flag.OVER_RANGE,
    "X": Flag.NOT_SETTLED,
    "G": Flag.NOT_SETTLED,
    "S": Flag.NOT_SETTLED,
}

Datum = tuple[str, int, float, Flag]
"""Kind (V, I or T), channel, value in V, A or s, flags."""


def data(answer: str, channel: int) -> list[Datum]:
    """Return the data of a channel; a value that is none is NaN. Raises TransportError.

    Data of another channel were left over from something else.
    """
    found = [_datum(part) for part in answer.strip().split(",")]
    if any(place != channel for _, place, _, _ in found):
        raise TransportError(f"data {answer[:80]!r}: expected are those of channel {channel}")
    return found


def _datum(part: str) -> Datum:
    found = _DATUM.fullmatch(part.strip())
    if found is None or found[1] not in _FLAGS:
        raise TransportError(f"datum {part[:40]!r}: expected is such as 'NAI+000.005E-06'")
    value, flags = float(found[4]), _FLAGS[found[1]]
    if abs(value) > _DUMMY:
        value, flags = math.nan, flags | Flag.OVER_RANGE
    return found[3], ord(found[2].upper()) - ord("A") + 1, value, flags


def reading(answer: str, channel: int) -> tuple[float, float, Flag]:
    """Return (voltage in V, current in A, flags) of a TIV answer: current, then voltage."""
    found = data(answer, channel)
    if [kind for kind, *_ in found] != ["I", "V"]:
        raise TransportError(f"reading {answer[:80]!r}: expected are a current and a voltage")
    (_, _, current, one), (_, _, voltage, other) = found
    return voltage, current, one | other


def enabled(answer: str) -> list[int]:
    """Return the channels whose switches are on, of ``*LRN? 0``. Raises ValueError."""
    text = answer.strip()
    if text == "CL":
        return []
    if not text.startswith("CN"):
        raise ValueError(f"output switches: answered {answer[:80]!r}")
    return [int(part) for part in text[2:].split(",")]


def is_at_zero(answer: str) -> bool:
    """Say whether a channel is off or forces 0, of the answer to ``*LRN?`` for it."""
    text = answer.strip()
    if text.startswith("CL"):
        return True
    fields = text.split(",")
    return text[:2] in ("DV", "DI") and len(fields) > 2 and float(fields[2]) == 0.0


def integration(answer: str) -> float:
    """Return the line cycles of the high-resolution converter, of the answer to ``*LRN? 56``."""
    found = re.search(r"AIT1,2,(\d+)", answer)
    if found is None:
        raise ValueError(f"no line cycles in {answer[:80]!r}")
    return float(found[1])
