"""A run that says its documents without a bench: to a store, and to a list and a hash beside it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.documents import (
    PULSE,
    Attempt,
    Channel,
    Channels,
    Document,
    Pulses,
    Readings,
    RunHash,
    RunStart,
    RunStop,
    UnitDone,
)

CHANNELS = (
    Channel(name="cell", dtype="<u4"),
    Channel(name="time", dtype="<f8", unit="s"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="as measured"),
    Channel(name="flags", dtype="|u1"),
)


class ToldRun:
    """Says documents to ``sink``; keeps them in ``said`` and hashes them."""

    def __init__(self, sink: Callable[[Document], None], run: str = "0f-run", **start: Any) -> None:
        self.sink = sink
        self.run = run
        self.said: list[Document] = []
        self.hash = RunHash()
        self.time = 0.0
        values = {
            "protocol": "write_verify", "recipe": 'protocol = "write_verify"\n',
            "recipe_hash": "c0ffee", "chip": "chip 7", "rows": 8, "columns": 8, "bench": "sim",
            "mode": "SIM", "operator": "Ada", "station": "left", "versions": {"labcim": "0.1"},
            "units": ("a", "b", "c"), "instruments": {"board": "labcim,board,7,1.0"},
        }  # fmt: skip
        self.tell(RunStart, **{**values, **start})

    def tell(self, kind: type[Document], /, **said: Any) -> None:
        self.time += 0.25
        document = kind(run=self.run, bench_time=self.time, wall_time=1e9 + self.time, **said)
        self.said.append(document)
        self.hash.update(document)
        self.sink(document)

    def channels(self) -> None:
        self.tell(Channels, channels=CHANNELS, settings={"board": {"range": 1e-5}})

    def attempt(self, unit: str, number: int = 1, bound: int = 50) -> None:
        cells = np.arange(4, dtype=np.uint32)
        self.tell(Attempt, unit=unit, number=number, cells=cells, bound=bound)

    def pulse(self, unit: str, train: NDArray[np.void], attempt: int = 1) -> None:
        self.tell(Pulses, unit=unit, attempt=attempt, train=train)

    def read(self, unit: str, attempt: int = 1, **columns: NDArray[Any]) -> None:
        self.tell(Readings, unit=unit, attempt=attempt, columns=columns)

    def done(self, unit: str, attempt: int = 1, **carry: NDArray[Any]) -> None:
        self.tell(UnitDone, unit=unit, attempt=attempt, carry=carry)

    def stop(self, state: str = "completed", reason: str = "all units done") -> None:
        self.tell(
            RunStop, state=state, reason=reason, hash=self.hash.hexdigest(), units_done=1,
            pulses=3, readings=4, safe=True, modelled_time=1.5,
        )  # fmt: skip


def train_of(cells: list[int], amplitude: list[float], count: int = 1) -> NDArray[np.void]:
    """Return a train, 100 ns wide, one pulse a microsecond."""
    train = np.zeros(len(cells), PULSE)
    train["cell"], train["amplitude"], train["count"] = cells, amplitude, count
    train["width"], train["gate"] = 1e-7, 1.2
    train["time"] = np.arange(len(cells)) * 1e-6
    return train


def same(one: Document, other: Document) -> bool:
    """Return whether two documents say the same, bit for bit."""
    if type(one) is not type(other):
        return False
    return all(
        _same_value(getattr(one, name), getattr(other, name)) for name in one.__dataclass_fields__
    )


def _same_value(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return (
            one.dtype == other.dtype
            and one.shape == other.shape
            and one.tobytes() == other.tobytes()
        )
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same_value(one[k], other[k]) for k in one)
    return repr(one) == repr(other)
