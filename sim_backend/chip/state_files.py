"""What lies in a chip's state folder, and whether it can be what it says it is.

Sizes and counters are held against the lengths of the files before anything is read or mapped, so
that a file that was cut or overwritten is named in one sentence.
"""

import math
from pathlib import Path

import numpy as np

from labcim.errors import RecipeError, RecordError

from ..devices.finding import find_model
from ..devices.layout import TRUTH
from ..devices.preset import load_preset

FORMAT = 2
MAGIC = b"labcim"
TEMPERATURE = "temperature.bin"
COLDEST, HOTTEST = 4.0, 1000.0  # K that a chip can be brought to
_ADVICE = ": the state is damaged; use labcim chip reset to start the chip anew"

HEADER = np.dtype(
    [
        ("magic", "S8"),
        ("format", "<u4"),
        ("rows", "<u4"),
        ("columns", "<u4"),
        ("operation", "<u4"),
        ("seed", "<u8"),
        ("clock", "<f8"),
        ("truth_tail", "<u8"),
        ("action_tail", "<u8"),
        ("made_at", "<i8"),
        ("preset", "S64"),
        ("kind", "S8"),
        ("gate_along", "S8"),  # empty without transistors
        ("set_terminal", "S8"),
    ]
)

_START = np.dtype([("magic", "S8"), ("format", "<u4")])

ACTION = np.dtype(
    [
        ("time", "<f8"),
        ("wall_time", "<i8"),
        ("value", "<f8"),
        ("instrument", "S24"),
        ("kind", "S16"),
        ("target", "S40"),
    ]
)


def checked_header(folder: Path) -> np.void:
    """Return a copy of a state's header, once all files have the lengths that it asks for.

    Raises RecordError that names the file where one has not, or is no such file. The logs may be
    longer than their counters say: what lies behind is room.
    """
    path = folder / "header.bin"
    if not path.is_file():
        raise RecordError(f"there is no chip state in {folder}")
    _check_format(path)
    _expect_length(path, HEADER.itemsize, HEADER.itemsize)
    header: np.void = np.fromfile(path, HEADER, 1)[0]
    if not 0.0 <= float(header["clock"]) < math.inf:
        raise RecordError(f"{path} says that the chip's time is {header['clock']} s{_ADVICE}")
    cells = int(header["rows"]) * int(header["columns"]) * cell_dtype(header).itemsize
    _expect_length(folder / "cells.bin", cells, cells)
    for name, dtype, tail in (
        ("truth.bin", TRUTH, "truth_tail"),
        ("actions.bin", ACTION, "action_tail"),
    ):
        _expect_length(folder / name, int(header[tail]) * dtype.itemsize)
    return header


def _check_format(path: Path) -> None:
    """Raise RecordError for what is no header of ours, or one of another format."""
    first = np.frombuffer(path.read_bytes()[: _START.itemsize].ljust(_START.itemsize), _START)[0]
    if bytes(first["magic"]) != MAGIC:
        raise RecordError(f"{path} is not the header of a chip state{_ADVICE}")
    if int(first["format"]) != FORMAT:
        raise RecordError(
            f"{path} is of format {first['format']}, and only {FORMAT} is read here: the state was "
            "made by another version, or is damaged; use labcim chip reset to start the chip anew"
        )


def kept_temperature(folder: Path) -> tuple[float, float] | None:
    """Return kelvin, and since when in s, as kept in a state folder; None where nothing is.

    Raises RecordError where the file is damaged.
    """
    path = folder / TEMPERATURE
    if not path.is_file():
        return None
    _expect_length(path, 16, 16)
    kept = np.fromfile(path, "<f8", 2)
    if not (COLDEST <= kept[0] <= HOTTEST and 0.0 <= kept[1] < math.inf):
        raise RecordError(f"{path} says {kept[0]} K since {kept[1]} s{_ADVICE}")
    return float(kept[0]), float(kept[1])


def cell_dtype(header: np.void) -> np.dtype[np.void]:
    """Return the dtype of a cell's state in a chip of that header.

    Raises RecordError where its preset, or the preset's model, is not installed here.
    """
    name = bytes(header["preset"]).decode(errors="replace").partition("#")[0]
    try:
        return find_model(load_preset(name).model).cell
    except RecipeError as trouble:
        raise RecordError(f"a chip of preset {name!r} cannot be opened: {trouble}") from trouble


def _expect_length(path: Path, least: int, most: float = math.inf) -> None:
    """Raise RecordError where a file is missing or has another length in bytes."""
    try:
        length = path.stat().st_size
    except OSError as trouble:
        raise RecordError(f"{path} cannot be read ({trouble.strerror}){_ADVICE}") from trouble
    if not least <= length <= most:
        more = "" if least == most else "at least "
        raise RecordError(f"{path} has {length} bytes where {more}{least} belong{_ADVICE}")
