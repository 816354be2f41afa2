"""A protocol that only yields points, so that the engine and the record are all that is timed."""

from typing import ClassVar

import numpy as np
from pydantic import Field

from labcim.documents import Channel
from labcim.protocol import Capabilities, Carry, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit


class Points(Recipe):
    """Yield ``count`` points, ``batch`` at a time."""

    protocol: ClassVar[str] = "points"

    count: int = Field(1000, ge=1)
    batch: int = Field(1, ge=1)


CHANNELS = (
    Channel(name="cell", dtype="<u4"),
    Channel(name="conductance", dtype="<f8", unit="S"),
)


@protocol(Points, channels=CHANNELS)
def points(recipe: Points, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    cell = np.zeros(recipe.batch, np.uint32)
    conductance = np.full(recipe.batch, 1e-6)
    for _ in range(recipe.count // recipe.batch):
        yield Rows({"cell": cell, "conductance": conductance})
    return {}
