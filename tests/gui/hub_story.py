"""Says the documents of a run to a hub, without a bench."""

from dataclasses import asdict
from typing import Any

import numpy as np

from labcim.documents import (
    PULSE,
    Attempt,
    Channel,
    Channels,
    Document,
    Event,
    Note,
    Pulses,
    Readings,
    Result,
    RunStart,
    RunStop,
    UnitDone,
)
from labcim.gui.run.hub import Hub
from labcim.plots import PlotSpec

CHANNELS = (
    Channel(name="cell", dtype="<u4"),
    Channel(name="target", dtype="<f8", unit="S"),
    Channel(name="conductance", dtype="<f8", unit="S"),
    Channel(name="accepted", dtype="?"),
    Channel(name="time", dtype="<f8", unit="s"),
)
PLOTS = (
    PlotSpec("Target", "map", "target"),
    PlotSpec("Levels", "cdf", "conductance", group="target", where="accepted"),
)


class Story:
    """One run on a hub; each word says one document."""

    def __init__(self, hub: Hub, run: str = "a1b2c3d4-run", **start: Any) -> None:
        self.hub = hub
        self.run = run
        self.time = 0.0
        values = {
            "protocol": "program", "recipe": "", "recipe_hash": "c0ffee", "chip": "chip 7",
            "rows": 2, "columns": 3, "bench": "left", "mode": "SIM", "operator": "Ada",
            "station": "desk", "versions": {}, "units": ("u1", "u2"),
        }  # fmt: skip
        self.say(RunStart, **{**values, **start})

    def say(self, kind: type[Document], /, **said: Any) -> None:
        self.time += 1.0
        self.hub(kind(run=self.run, bench_time=self.time, wall_time=1e9 + self.time, **said))

    def channels(self, channels=CHANNELS, plots=PLOTS) -> "Story":
        self.say(Channels, channels=channels, plots=tuple(asdict(plot) for plot in plots))
        return self

    def attempt(self, unit: str = "u1") -> None:
        self.say(Attempt, unit=unit, number=1, cells=np.zeros(1, np.uint32), bound=1)

    def read(self, **columns: Any) -> None:
        """Say rows; columns of the standard channels that are not given are made up."""
        count = len(next(iter(columns.values())))
        made_up = {c.name: np.zeros(count, c.dtype) for c in CHANNELS}
        given = {name: np.asarray(values, made_up[name].dtype) for name, values in columns.items()}
        self.read_raw(made_up | given)

    def read_raw(self, columns: Any) -> None:
        self.say(Readings, unit="u1", attempt=1, columns=columns)

    def pulse(self, cells: list[int], count: int = 1, **values: float) -> None:
        train = np.zeros(len(cells), PULSE)
        train["cell"], train["count"] = cells, count
        for name, value in values.items():
            train[name] = value
        self.say(Pulses, unit="u1", attempt=1, train=train)

    def event(self, message: str, level: str = "info") -> None:
        self.say(Event, kind="retry", message=message, level=level)

    def result(self, name: str, value: float, **more: Any) -> None:
        self.say(Result, name=name, value=value, **more)

    def done(self, unit: str) -> None:
        self.say(UnitDone, unit=unit, attempt=1)

    def note(self, text: str) -> None:
        self.say(Note, text=text, author="Ada")

    def stop(self, state: str = "completed", reason: str = "all units done", safe: bool = True):
        self.say(
            RunStop, state=state, reason=reason, hash="beef" * 16, units_done=2, pulses=7,
            readings=6, safe=safe, modelled_time=90.0,
        )  # fmt: skip
