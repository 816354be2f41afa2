"""Documents as bytes: one JSON header line, then the packed columns. Lengths checked, no pickle."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .documents import KINDS, VERSION, Channel, Document
from .errors import RecordError

LONGEST_HEADER = 64 << 20  # a recipe may hold a picture
LARGEST_BODY = 1 << 30
_NESTED: dict[str, str] = {"Readings": "columns", "UnitDone": "carry"}  # name -> array
_TUPLES = frozenset({"units", "plots"})
_PLAIN_KINDS = "biufSU"
_FIELDS = {kind: tuple(item.name for item in fields(kind)) for kind in KINDS.values()}

_SCALARS: dict[str, tuple[type, ...]] = {
    "run": (str,),
    "unit": (str,),
    "bench_time": (int, float),
    "wall_time": (int, float),
    "attempt": (int,),
    "number": (int,),
}


def encode(document: Document) -> bytes:
    """Return a document as bytes, ready for a socket."""
    said: dict[str, Any] = {}
    arrays: list[tuple[str, NDArray[Any]]] = []
    nested = _NESTED.get(type(document).__name__)
    for field in _FIELDS[type(document)]:
        value = getattr(document, field)
        if field == nested:
            arrays += [(f"{field}.{name}", np.asarray(value[name])) for name in value]
        elif isinstance(value, np.ndarray):
            arrays.append((field, value))
        else:
            said[field] = value
    header = {
        "kind": type(document).__name__,
        "version": VERSION,
        "said": said,
        "arrays": [
            {"name": name, "dtype": _spell(array.dtype), "shape": array.shape}
            for name, array in arrays
        ],
        "size": sum([array.nbytes for _, array in arrays]),
    }
    line = _JSON.encode(header).encode()
    return b"".join([line, b"\n", *[array.tobytes() for _, array in arrays]])


def read_document(stream: BinaryIO) -> Document | None:
    """Return the next document of a stream, or None at its end. Raises RecordError."""
    line = stream.readline(LONGEST_HEADER)
    if not line:
        return None
    header = _parse(line)
    size = header.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= LARGEST_BODY:
        raise RecordError(f"document: {size!r} bytes of columns; accepts 0 to {LARGEST_BODY}")
    body = stream.read(size)
    if len(body) != size:
        raise RecordError(f"document: ended after {len(body)} of {size} bytes of columns")
    return decode(header, body)


def decode(header: Mapping[str, Any], body: bytes) -> Document:
    """Return the document that a header and its columns make. Raises RecordError."""
    try:
        kind = KINDS[header["kind"]]
        if header["version"] != VERSION:
            raise RecordError(f"document: version {header['version']!r:.20}; known is {VERSION}")
        said = {name: _as_said(name, value) for name, value in header["said"].items()}
        _unpack(kind, header["arrays"], body, said)
        known = _FIELDS[kind]
        if said.keys() != set(known):
            odd = sorted(said.keys() ^ set(known))
            raise RecordError(f"document {kind.__name__}: missing or unknown {odd!r:.200}")
        return kind(**said)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as trouble:
        raise RecordError(f"what arrived is no document: {trouble!r:.200}") from trouble


def _parse(line: bytes) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise RecordError(f"document: header of {len(line)} bytes does not end")
    try:
        header = json.loads(line)
    except (ValueError, RecursionError) as trouble:
        raise RecordError(f"document: header is not JSON: {line[:60]!r}") from trouble
    if not isinstance(header, dict):
        raise RecordError(f"document: header is no table: {line[:60]!r}")
    return header


def _unpack(kind: type[Document], arrays: Any, body: bytes, said: dict[str, Any]) -> None:
    """Put the arrays of a body where they belong."""
    nested = _NESTED.get(kind.__name__)
    if nested:
        said[nested] = {}
    start = 0
    for entry in arrays:
        dtype, shape = _dtype(entry["dtype"]), _shape(entry["shape"])
        size = dtype.itemsize * math.prod(shape)
        if start + size > len(body):
            raise RecordError(f"document: column {entry['name']!r:.40} is longer than what came")
        array = np.frombuffer(body[start : start + size], dtype).reshape(shape)
        outer, _, inner = str(entry["name"]).partition(".")
        if nested and outer == nested:
            said[nested][inner] = array
        else:
            said[outer] = array
        start += size
    if start != len(body):
        raise RecordError(f"document: {len(body)} bytes of columns came, {start} are told of")


def _as_said(name: str, value: Any) -> Any:
    accepted = _SCALARS.get(name)
    if accepted and (not isinstance(value, accepted) or isinstance(value, bool)):
        raise RecordError(f"document: {name} = {value!r:.60} is not {accepted[-1].__name__}")
    if name == "channels":
        return tuple(Channel(**{**entry, "shape": _shape(entry["shape"])}) for entry in value)
    return tuple(value) if name in _TUPLES else value


def _shape(said: Any) -> tuple[int, ...]:
    shape = tuple(said)
    good = [type(n) is int and 0 <= n <= LARGEST_BODY for n in shape]
    if len(shape) > 8 or not all(good):
        raise RecordError(f"document: {said!r:.60} is no shape")
    return shape


def _dtype(said: Any) -> np.dtype[Any]:
    """Return a dtype of plain numbers or text, or a flat record of such."""
    if isinstance(said, list):
        return np.dtype([(str(name), _dtype(part)) for name, part in said])
    return _plain_dtype(str(said))


@lru_cache(maxsize=256)  # thousands of documents a second have the same few
def _plain_dtype(said: str) -> np.dtype[Any]:
    dtype = np.dtype(said)
    if dtype.kind not in _PLAIN_KINDS or dtype.itemsize == 0 or dtype.subdtype is not None:
        raise RecordError(f"document: columns of {said!r:.40} are not taken")
    return dtype


@lru_cache(maxsize=256)
def _spell(dtype: np.dtype[Any]) -> str | list[tuple[str, str]]:
    if dtype.names is None:
        if dtype.kind not in _PLAIN_KINDS:
            raise RecordError(f"a column of {dtype} cannot be sent")
        return dtype.str
    return [(name, dtype[name].str) for name in dtype.names]


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: getattr(value, item.name) for item in fields(value)}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


_JSON = json.JSONEncoder(default=_plain, separators=(",", ":"))
