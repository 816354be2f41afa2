"""A protocol that yields readings as fast as it is told, with the outputs on: a flood."""

import threading
import time
from typing import ClassVar

import numpy as np
from pydantic import Field

from labcim.capabilities import Topology, Train
from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import places
from labcim.protocol import Capabilities, Carry, Progress, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit
from labcim.units import Second

_NEVER = threading.Event()


class Flood(Recipe):
    """Yield ``rate`` readings a second of wall time, and pulse a cell with every batch."""

    protocol: ClassVar[str] = "flood"

    rate: int = Field(20_000, ge=1, description="Readings for each second.")
    batch: int = Field(500, ge=1, description="Readings yielded at once.")
    lasts: Second = Field(30.0, gt=0, le=3600, description="How long, on the wall.")

    @property
    def batches(self) -> int:
        """Return how many batches make up the whole."""
        return max(1, round(self.rate * self.lasts / self.batch))

    def units(self, topology: Topology) -> list[Unit]:
        """Return one unit of all cells; any cell may get every pulse."""
        return [Unit("all", topology.all_cells(), bound=self.batches)]


CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="conductance", dtype="<f8", unit="S"),
    Channel(name="time", dtype="<f8", unit="s", doc="since the flood began"),
)

PLOTS = (
    PlotSpec("Conductance in time", "line", "conductance", x="time"),
    PlotSpec("Conductance", "map", "conductance"),
)


@protocol(Flood, channels=CHANNELS, plots=PLOTS)
def flood(recipe: Flood, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Keep to the wall clock: what is late is caught up, so the rate holds in the mean."""
    topology, interval = given.cells.topology, recipe.batch / recipe.rate
    train = Train(amplitude=1.0, width=1e-6, gate=1.5)
    began = time.monotonic()
    for number in range(recipe.batches):
        first = number * recipe.batch
        cells = ((first + np.arange(recipe.batch)) % topology.size).astype(np.uint32)
        given.cells.pulse(cells[:1], train)
        row, column = places(cells, topology)
        yield Rows(
            {
                "cell": cells,
                "row": row,
                "column": column,
                "conductance": 2e-5 + 1e-5 * np.sin(0.001 * (first + np.arange(recipe.batch))),
                "time": (first + np.arange(recipe.batch)) / recipe.rate,
            }
        )
        yield Progress((number + 1) / recipe.batches, f"batch {number + 1}")
        _NEVER.wait(max(0.0, began + (number + 1) * interval - time.monotonic()))
    return {}
