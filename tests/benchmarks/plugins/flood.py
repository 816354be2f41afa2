"""A protocol that makes up rows and pulses in real time, so that a window has much to draw."""

import threading
import time
from typing import ClassVar

import numpy as np
from pydantic import Field

from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.protocol import Capabilities, Carry, Progress, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit
from labcim.units import Second


class Flood(Recipe):
    """Say ``rate`` rows in each second, ``batch`` at a time, for ``duration``."""

    protocol: ClassVar[str] = "flood"

    rate: int = Field(20_000, ge=1)
    batch: int = Field(1000, ge=1)
    duration: Second = 10.0


CHANNELS = (
    Channel(name="cell", dtype="<u4"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="target", dtype="<f8", unit="S"),
    Channel(name="conductance", dtype="<f8", unit="S"),
    Channel(name="error", dtype="<f8", unit="S"),
    Channel(name="flags", dtype="u1"),
    Channel(name="time", dtype="<f8", unit="s"),
)
PLOTS = (
    PlotSpec("Levels", "cdf", "conductance", group="target"),
    PlotSpec("Conductance", "map", "conductance"),
    PlotSpec("Error", "map", "error"),
)


@protocol(Flood, channels=CHANNELS, plots=PLOTS)
def flood(recipe: Flood, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    rng = np.random.default_rng(1)
    columns, size = given.cells.topology.columns, given.cells.topology.size
    never = threading.Event()
    began, said = time.monotonic(), 0
    while (passed := time.monotonic() - began) < recipe.duration:
        if said >= recipe.rate * passed:
            never.wait(recipe.batch / recipe.rate / 2)
            continue
        cell = rng.integers(0, size, recipe.batch).astype(np.uint32)
        target = 10e-6 * (1 + cell % 4)
        error = rng.normal(0.0, 1e-6, recipe.batch)
        yield Rows(
            {
                "cell": cell, "row": cell // columns, "column": cell % columns, "target": target,
                "conductance": target + error, "error": error,
                "flags": np.zeros(recipe.batch, np.uint8),
                "time": np.full(recipe.batch, passed),
            }
        )  # fmt: skip
        said += recipe.batch
        yield Progress(passed / recipe.duration, f"{said:,} rows")
    return {}
