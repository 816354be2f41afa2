"""Measured data of a B1500A and how FMT has them sent: digits with or without a head, or bits.

Source: B1500A Programming Guide, edition 11, pages 1-25 to 1-53 (data output format).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from ._keysightb1500a_modules import CURRENT_NAMES

Name = TypeVar("Name", int, str)

DUMMY: Final = 199.999e99
"""What stands for a value that is none: over the range, or after an abort."""

OVERFLOW, OSCILLATION, OTHER_TRIPPED, TRIPPED = 1, 2, 4, 8
INVALID, END_OF_DATA = 64, 128
_LETTERS: Final = ((OSCILLATION, "X"), (OVERFLOW, "V"), (TRIPPED, "C"), (OTHER_TRIPPED, "T"))
#: Of the binary formats: the worst of a datum, in 3 bits (4 bytes) or in one byte (8 bytes).
_SHORT: Final = ((OSCILLATION, 4), (OVERFLOW, 3), (TRIPPED, 2), (OTHER_TRIPPED, 1))
_BYTE: Final = ((OSCILLATION, 8), (OVERFLOW, 4), (TRIPPED, 2), (OTHER_TRIPPED, 1))
_VOLTAGE_CODES: Final = {
    0.5: 8, 5.0: 9, 2.0: 11, 20.0: 12, 40.0: 13, 100.0: 14, 200.0: 15,
}  # fmt: skip
_PARAMETERS: Final = {"V": 0, "v": 0, "I": 1, "i": 1, "T": 3, "X": 6}
_MEASURED: Final = "VI"

ASCII: Final = {1: 12, 2: 12, 5: 12, 11: 13, 12: 13, 15: 13, 21: 13, 22: 13, 25: 13}
BINARY: Final = (3, 4, 13, 14)
FORMATS: Final = (*ASCII, *BINARY)
_HEADLESS: Final = (2, 12, 22)
_BY_COMMAS: Final = (5, 15, 25)
_WITH_NUMBERS: Final = (21, 25)


@dataclass(frozen=True, slots=True)
class Datum:
    """One number. kind: V or I measured, v or i put out, T time, X number of a sample.

    scale: the range in V or A.  status: bits; for what is put out, whether it is the last step.
    """

    kind: str
    channel: int
    value: float
    scale: float
    status: int = 0
    last: bool = False
    high_resolution: bool = False


def letter(channel: int) -> str:
    """Return the letter of a channel: A to J, a to j for the second one of a module; Z for none."""
    if channel == 0:
        return "Z"
    return chr(ord("A") + channel - 1) if channel <= 10 else chr(ord("a") + channel // 100 - 1)


def digits(value: float, scale: float, length: int) -> str:
    """Return a number in 12 or 13 characters, its point where the scale has it: +000.005E-06."""
    if value >= DUMMY:
        return "+199.999E+99" if length == 12 else "+199.9999E+99"
    exponent = 3 * math.floor(math.log10(scale * (1.0 + 1e-9)) / 3.0)
    unit = float(f"1e{exponent}")
    before = math.floor(math.log10(scale / unit * (1.0 + 1e-9))) + 1
    text = f"{value / unit:+0{length - 4}.{length - 6 - before}f}E{exponent:+03d}"
    return text if len(text) == length else digits(value, abs(value), length)


def encoded(data: Sequence[Datum], form: int) -> tuple[bytes, bytes, bool]:
    """Return the data of one measurement in a format of FMT: body, terminator, and whether END."""
    if form in BINARY:
        keep = [it for it in data if form >= 13 or it.kind != "T"]
        body = b"".join(_long(it) if form >= 13 else _short(it) for it in keep)
        return body, b"\r\n" if form in (3, 13) else b"", True
    length = ASCII[form]
    text = ",".join(_head(it, form) + digits(it.value, it.scale, length) for it in data)
    if form in _BY_COMMAS:
        return f"{text},".encode(), b"", False
    return text.encode(), b"\r\n", True


def _head(datum: Datum, form: int) -> str:
    if form in _HEADLESS:
        return ""
    is_set = datum.kind in "vi"
    if form in _WITH_NUMBERS:
        status = ("  E" if datum.last else "  W") if is_set else f"{datum.status:03d}"
        return f"{status}{letter(datum.channel)}{datum.kind}"
    status = ("E" if datum.last else "W") if is_set else _worst(datum.status, _LETTERS, "N")
    return f"{status}{letter(datum.channel)}{datum.kind.upper()}"


def _worst(status: int, names: tuple[tuple[int, Name], ...], good: Name) -> Name:
    return next((name for bit, name in names if status & bit), good)


def _code(datum: Datum) -> int:
    if datum.kind in "Vv":
        return _VOLTAGE_CODES[datum.scale]
    return CURRENT_NAMES[datum.scale] if datum.kind in "Ii" else 0


def _count(datum: Datum, steps: int, bits: int) -> int:
    """Return a value in steps of its range, as a number of two's complement."""
    most = (1 << (bits - 1)) - 1
    if datum.value >= DUMMY:
        return most
    scale = 1.0 if datum.kind in "TX" else datum.scale
    count: int = round(datum.value / scale * steps)
    return max(-most, min(most, count)) & (most * 2 + 1)


def _status(datum: Datum, names: tuple[tuple[int, int], ...]) -> int:
    return (2 if datum.last else 1) if datum.kind in "vi" else _worst(datum.status, names, 0)


def _short(datum: Datum) -> bytes:
    """Four bytes: type, parameter, range (5), count (17), status (3), channel (5)."""
    steps = 1 if datum.kind == "X" else 50_000 if datum.kind in _MEASURED else 20_000
    word = (datum.kind in _MEASURED) << 31 | (datum.kind in "Ii") << 30 | _code(datum) << 25
    word |= _count(datum, steps, 17) << 8 | _status(datum, _SHORT) << 5 | _place(datum)
    return word.to_bytes(4, "big")


def _long(datum: Datum) -> bytes:
    """Eight bytes: type, parameter (7), range, count (32), status, converter (3), channel (5)."""
    head = (datum.kind in _MEASURED) << 7 | _PARAMETERS[datum.kind]
    if datum.kind == "T":
        count = _count(datum, 1_000_000, 48)
        return bytes((head,)) + count.to_bytes(6, "big") + bytes((_place(datum),))
    count = _count(datum, 1 if datum.kind == "X" else 1_000_000, 32)
    middle = bytes((head, _code(datum))) + count.to_bytes(4, "big")
    converter = (datum.kind in _MEASURED and datum.high_resolution) << 5
    return middle + bytes((_status(datum, _BYTE), converter | _place(datum)))


def _place(datum: Datum) -> int:
    return datum.channel if datum.channel <= 10 else datum.channel // 100
