"""What a run says, as documents: versioned, with bench time and wall time.

A run is RunStart, Channels, then for each unit of work an Attempt, its Pulses and Readings, and
UnitDone; at the end RunStop. Events, Results and Notes come in between. Sinks take them one by one.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

VERSION = 1

PULSE = np.dtype(
    [
        ("time", "<f8"),
        ("cell", "<u4"),
        ("amplitude", "<f4"),
        ("gate", "<f4"),
        ("width", "<f4"),
        ("peak_current", "<f4"),
        ("count", "<u4"),
        ("flags", "u1"),
    ]
)
"""One delivered train of ``count`` pulses on one cell: s, index, V, V, s, A, 1, Flag."""

State = Literal["completed", "stopped", "aborted", "failed", "interrupted"]
Outcome = Literal["PASS", "FAIL", "ABORTED", "ERROR", "NONE"]
Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Base of all documents. bench_time: s on the bench's clock; wall_time: Unix time in s, UTC."""

    # Fields that tell *when* and *which copy*, not *what*: they do not enter the hash of a run.
    UNHASHED: ClassVar[frozenset[str]] = frozenset({"bench_time", "wall_time", "run"})

    run: str
    bench_time: float
    wall_time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One column of the readings: numpy dtype, shape of one value, unit, what it is."""

    name: str
    dtype: str
    unit: str = ""
    doc: str = ""
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStart(Document):
    """Why, who, on what: everything known before the first stimulus."""

    UNHASHED: ClassVar[frozenset[str]] = Document.UNHASHED | {
        "bench", "station", "operator", "resumes", "versions",
    }  # fmt: skip

    protocol: str
    recipe: str
    recipe_hash: str
    chip: str
    rows: int
    columns: int
    bench: str
    mode: Literal["SIM", "HARDWARE", "IMPORTED", "REPLAYED"]
    operator: str
    station: str
    versions: Mapping[str, str]
    units: tuple[str, ...]
    instruments: Mapping[str, str] = field(default_factory=dict)
    resumes: str = ""
    version: int = VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels(Document):
    """What each column of the readings is, and the instrument settings behind it."""

    channels: tuple[Channel, ...]
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    plots: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Document):
    """A unit is about to be stimulated; ``bound`` is the most pulses it may give to each cell."""

    unit: str
    number: int
    cells: NDArray[np.uint32]
    bound: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings(Document):
    """A columnar batch of rows; every column has the same length."""

    unit: str
    attempt: int
    columns: Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulses(Document):
    """A packed train of delivered pulses, dtype PULSE."""

    unit: str
    attempt: int
    train: NDArray[np.void]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Document):
    """Something that happened: limits, faults, retries, safety calls, pauses."""

    kind: str
    message: str
    level: Literal["info", "warning", "error"] = "info"
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Document):
    """A value with its interval, its limits and the outcome; ``cell`` is -1 for the array."""

    name: str
    value: float
    unit: str = ""
    low: float | None = None
    high: float | None = None
    lower_limit: float | None = None
    upper_limit: float | None = None
    outcome: Outcome = "NONE"
    cell: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDone(Document):
    """A unit is complete; ``carry`` is what the next one needs: arrays, never pickle."""

    unit: str
    attempt: int
    carry: Columns = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Document):
    """A remark by a person."""

    text: str
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStop(Document):
    """How the run ended and why, with the hash over its documents and the proof of safety."""

    UNHASHED: ClassVar[frozenset[str]] = Document.UNHASHED | {"hash"}

    state: State
    reason: str
    hash: str
    units_done: int
    pulses: int
    readings: int
    safe: bool
    modelled_time: float


KINDS: dict[str, type[Document]] = {
    kind.__name__: kind
    for kind in (
        RunStart, Channels, Attempt, Readings, Pulses, Event, Result, UnitDone, Note, RunStop,
    )
}  # fmt: skip

Sink = Callable[[Document], None]


class RunHash:
    """SHA-256 over what the documents of a run say, without when and which copy."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def update(self, document: Document) -> None:
        """Take one more document. Events, Notes and RunStop tell of circumstances: not hashed."""
        if isinstance(document, Event | Note | RunStop):
            return
        said: dict[str, Any] = {"kind": type(document).__name__}
        arrays: list[tuple[str, NDArray[Any]]] = []
        for item in fields(document):
            if item.name in document.UNHASHED:
                continue
            value = getattr(document, item.name)
            if isinstance(value, np.ndarray):
                arrays.append((item.name, value))
            elif isinstance(document, Readings | UnitDone) and isinstance(value, Mapping):
                arrays.extend((f"{item.name}.{name}", value[name]) for name in sorted(value))
            else:
                said[item.name] = value
        self._digest.update(json.dumps(said, sort_keys=True, default=_plain).encode())
        for name, array in arrays:
            self._digest.update(f"{name}:{array.dtype.str}:{array.shape}".encode())
            self._digest.update(np.ascontiguousarray(array).view(np.uint8).data)

    def hexdigest(self) -> str:
        """Return the hash of what was taken so far."""
        return self._digest.hexdigest()


def _plain(value: Any) -> Any:
    """Return what JSON can say of a dataclass or numpy scalar."""
    if isinstance(value, Channel):
        return {item.name: getattr(value, item.name) for item in fields(value)}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be part of a document")
