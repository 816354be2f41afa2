"""Files of numbers in columns, read strictly: what is no number is an error with its line."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RecordError

MOST_BYTES = 512 * 1024 * 1024
_LONGEST = 4096  # characters of a line
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Table:
    """Values of shape (rows, columns). lines: where rows stand; whole: the last line has an end."""

    name: str
    values: NDArray[np.float64]
    lines: NDArray[np.int64]
    whole: bool

    def refuse(self, row: int, why: str) -> RecordError:
        """Return the error that names the line of a row."""
        return RecordError(f"{self.name}, line {self.lines[row]}: {why}")

    def check(self, wrong: NDArray[np.bool_], why: str) -> None:
        """Raise RecordError that names the first line where something is wrong."""
        if wrong.any():
            raise self.refuse(int(np.argmax(wrong)), why)


def read_table(path: Path) -> Table:
    """Read a file of numbers, separated by tabs or commas.

    A first line of words is taken as the columns' names and left out; so are empty lines.  Raises
    RecordError that names the line for anything else that is no finite number, and for lines that
    differ in length.
    """
    text = _text(path)
    lines = text.split("\n")
    rows: list[list[float]] = []
    places: list[int] = []
    separator = ""
    for number, line in enumerate(lines, start=1):
        line = line.rstrip("\r")
        if not line.strip():
            continue
        if len(line) > _LONGEST:
            raise RecordError(f"{path.name}, line {number}: longer than {_LONGEST} characters")
        separator = separator or ("\t" if "\t" in line else ",")
        fields = line.split(separator)
        if not rows and not places and _are_words(fields):
            places.append(0)  # names may stand once, above the numbers
            continue
        numbers = [_number(path.name, number, field) for field in fields]
        if rows and len(numbers) != len(rows[0]):
            raise RecordError(
                f"{path.name}, line {number}: {len(numbers)} columns where others have "
                f"{len(rows[0])}"
            )
        rows.append(numbers)
        places.append(number)
    if not rows:
        raise RecordError(f"{path.name}: no line of numbers")
    at = np.array(places[-len(rows) :], dtype=np.int64)
    return Table(path.name, np.array(rows), at, text.endswith("\n"))


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise RecordError(f"{path.name}: {size} bytes: accepts up to {MOST_BYTES}")
        data = path.read_bytes()
    except OSError as trouble:
        raise RecordError(f"{path.name}: cannot be read: {trouble.strerror}") from trouble
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as trouble:
        line = data[: trouble.start].count(b"\n") + 1
        raise RecordError(f"{path.name}, line {line}: no text in UTF-8") from None


def _are_words(fields: list[str]) -> bool:
    return all(
        field.strip() and field.strip()[0].isalpha() and not _reads(field) for field in fields
    )


def _reads(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _number(name: str, line: int, field: str) -> float:
    try:
        value = float(field) if "_" not in field else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        shown = field if len(field) <= _SHOWN else field[:_SHOWN] + "..."
        raise RecordError(f"{name}, line {line}: {shown!r} is no finite number")
    return value
