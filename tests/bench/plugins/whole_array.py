"""A protocol that does everything with the whole array at once, unit after unit."""

from typing import ClassVar

import numpy as np
from pydantic import Field

from labcim.capabilities import Coding, Loop, Overlap, Topology
from labcim.documents import Channel
from labcim.protocol import Capabilities, Carry, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit


class WholeArray(Recipe):
    """Multiply, update, multiply, and solve, ``rounds`` times."""

    protocol: ClassVar[str] = "whole_array"

    rounds: int = Field(3, ge=1)

    def units(self, topology: Topology) -> list[Unit]:
        """Return a unit for each round."""
        cells = topology.all_cells()
        return [Unit(key=f"round {n}", cells=cells, bound=4 * 31) for n in range(self.rounds)]


CHANNELS = (Channel(name="before", dtype="<f8"), Channel(name="after", dtype="<f8"))


@protocol(WholeArray, channels=CHANNELS)
def whole_array(recipe: WholeArray, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """One round."""
    assert given.vectors and given.updates and given.feedback
    number = int(carry["next"][0]) if "next" in carry else 0
    random = np.random.default_rng(number)
    chip, coding = given.cells.topology, Coding(gate=2.5, pulse=1e-4, output_bits=14)
    inputs = np.ones((1, chip.rows))
    before = given.vectors.multiply(inputs, coding).current[0]
    rows, columns = (random.uniform(0.2, 1.0, (2, n)) for n in (chip.rows, chip.columns))
    overlap = Overlap(1.6, -1.6, gate_up=2.5, gate_down=4.0, seed=1, first=2 * number)
    given.updates.update(rows, columns, overlap)
    after = given.vectors.multiply(inputs, coding).current[0]
    lines = np.arange(2, dtype=np.uint32)
    given.feedback.solve(np.array([0.01, 0.02]), Loop(lines, lines, 10e-6, gate=2.5))
    yield Rows({"before": before, "after": after})
    return {"next": np.array([number + 1])}
