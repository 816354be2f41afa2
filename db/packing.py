"""Arrays as bytes and back: fixed little-endian dtypes, never pickle, checked before decoding."""

import json
import math
import re
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from labcim.errors import RecordError

# Booleans, integers, floats, complex numbers, bytes, text and times; no objects, no foreign order.
_DTYPE = re.compile(r"<[iufcUmM]\d+(\[\d*[a-zA-Z]+\])?|\|[biuSV]\d+")
LARGEST = 1 << 40
"""Most bytes that a layout may ask for; larger ones are damage, not data."""

Plan = tuple[tuple[str, np.dtype[Any], tuple[int, ...]], ...]


class Packed(NamedTuple):
    """Named arrays in one row of bytes. layout: JSON of [name, dtype, shape] for each."""

    layout: str
    crc32: int
    data: bytes


def check_dtype(name: str, dtype: np.dtype[Any]) -> str:
    """Return the dtype's name. Raises RecordError where it has no fixed little-endian form."""
    text = dtype.str
    if dtype.fields is not None or not _DTYPE.fullmatch(text):
        raise RecordError(
            f"{name} has dtype {dtype}: accepted are little-endian numbers, text and times"
        )
    return text


def pack(arrays: Mapping[str, NDArray[Any]]) -> Packed:
    """Return named arrays of any shapes as bytes, in their order."""
    plan = [[name, check_dtype(name, a.dtype), list(a.shape)] for name, a in arrays.items()]
    data = b"".join([array.tobytes() for array in arrays.values()])
    return Packed(json.dumps(plan), zlib.crc32(data), data)


def unpack(packed: Packed, what: str, rows: int | None = None) -> dict[str, NDArray[Any]]:
    """Return the arrays. Raises RecordError, naming ``what``, where bytes and layout do not fit.

    rows: the layout is that of one row, and this is how many are stored.
    """
    check(packed.data, packed.crc32, what)
    plan = _plan(packed.layout, what)
    if rows is not None:
        plan = tuple([(name, dtype, (rows, *shape)) for name, dtype, shape in plan])
    sizes = [dtype.itemsize * math.prod(shape) for _, dtype, shape in plan]
    if sum(sizes) > LARGEST or sum(sizes) != len(packed.data) or (rows or 0) < 0:
        raise RecordError(f"{what}: {len(packed.data)} bytes stored, its layout needs {sum(sizes)}")
    arrays: dict[str, NDArray[Any]] = {}
    start = 0
    for (name, dtype, shape), size in zip(plan, sizes, strict=True):
        part = np.frombuffer(packed.data, np.uint8, size, start).copy()
        arrays[name] = part.view(dtype).reshape(shape) if size else np.empty(shape, dtype)
        start += size
    return arrays


def check(data: bytes, crc32: int, what: str) -> None:
    """Raise RecordError where stored bytes are not those that were written."""
    if zlib.crc32(data) != crc32:
        raise RecordError(f"{what} is damaged: its checksum does not fit its {len(data)} bytes")


def records(
    data: bytes, dtype: np.dtype[Any], rows: int, crc32: int, what: str
) -> NDArray[np.void]:
    """Return ``rows`` packed records. Raises RecordError where length or checksum do not fit."""
    check(data, crc32, what)
    if len(data) != rows * dtype.itemsize:
        raise RecordError(
            f"{what}: {len(data)} bytes stored, {rows} records need {rows * dtype.itemsize}"
        )
    return np.frombuffer(data, dtype).copy()


def _plan(layout: str, what: str) -> Plan:
    try:
        return _planned(layout)
    except (TypeError, ValueError, RecursionError) as trouble:
        raise RecordError(f"{what}: its layout cannot be read: {trouble}") from trouble


@lru_cache(maxsize=256)  # a run has a handful of layouts, and a document of one every millisecond
def _planned(layout: str) -> Plan:
    plan = []
    for name, dtype, shape in json.loads(layout):
        whole = all(isinstance(n, int) and 0 <= n <= LARGEST for n in shape)
        if not (isinstance(name, str) and _DTYPE.fullmatch(dtype) and whole):
            raise ValueError(f"{name!r:.60}, {dtype!r:.60}")
        plan.append((name, np.dtype(dtype), tuple(shape)))
    return tuple(plan)
