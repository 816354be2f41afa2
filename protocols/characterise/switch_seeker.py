"""Switch seeker: the voltages at which cells switch, up and down, cycle after cycle.

Stage I looks for the polarity that moves a cell at all, by pulses of both signs that grow together.
Stage II ramps each polarity in turn until the cell has moved beyond tolerance and noise, goes on a
little so that it switches whole, and turns round. The vocabulary is that of SS2 of ArC ONE.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Topology
from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import places
from labcim.protocol import Capabilities, Carry, Progress, Rows, Steps, protocol
from labcim.recipe import Unit

from ._seeker_findings import seeker_findings
from ._seeker_recipe import SwitchSeeker
from ._seeking import Seeking, Switched

__all__ = ["SwitchSeeker", "switch_seeker"]

CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="stage", dtype="u1", doc="1: which polarity moves it; 2: a ramp"),
    Channel(name="cycle", dtype="<u4", doc="number of the ramp of this polarity, from 0"),
    Channel(name="polarity", dtype="i1", doc="1 SET, -1 RESET"),
    Channel(name="threshold", dtype="<f8", unit="V", doc="amplitude that moved it, or NaN"),
    Channel(name="switched", dtype="?", doc="moved the right way, and stayed"),
    Channel(name="whole", dtype="?", doc="the ramp before it had switched the cell whole"),
    Channel(name="before", dtype="<f8", unit="S", doc="before the ramp, mean of the readings"),
    Channel(name="after", dtype="<f8", unit="S", doc="after it"),
    Channel(name="least", dtype="<f8", unit="S", doc="change that counted"),
    Channel(name="pulses", dtype="<u4"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the last good reading"),
)

PLOTS = (
    PlotSpec("Thresholds", "cdf", "threshold", group="polarity", where="whole"),
    PlotSpec("Threshold over cycles", "scatter", "threshold", x="cycle", group="polarity"),
    PlotSpec("Before and after", "scatter", "after", x="before", group="polarity"),
    PlotSpec("Map of thresholds", "map", "threshold", where="switched"),
)


@protocol(SwitchSeeker, channels=CHANNELS, plots=PLOTS, summarise=seeker_findings)
def switch_seeker(recipe: SwitchSeeker, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Read; find the polarity that moves each cell; ramp both polarities in turn."""
    seeking = Seeking(recipe, given, unit.cells)
    seeking.read_before()
    seeking.refuse_fresh()
    signs = np.full(len(unit.cells), 1 if recipe.first_polarity == "SET" else -1, np.int8)
    whole = np.zeros(len(unit.cells), np.bool_)
    if not recipe.skip_stage_1:
        for amplitude in recipe.ramp():
            yield Progress(0.0, f"stage I at {amplitude:g} V, {len(seeking.left)} cells left")
            if not seeking.both_polarities(amplitude):
                break
        found = seeking.found
        yield Rows(_rows(unit, given.cells.topology, 1, 0, found, whole))
        moved = found.switched
        signs[moved] = -found.polarity[moved]
    last: dict[int, NDArray[np.float64]] = {}
    for half in range(2 * recipe.cycles):
        yield Progress((half + 1) / (2 * recipe.cycles + 1), f"ramp {half + 1}")
        seeking.begin(signs, last.get(half % 2) if recipe.algorithm == "fast" else None)
        for amplitude in recipe.ramp():
            yield Progress(
                (half + 1) / (2 * recipe.cycles + 1), f"ramp {half + 1}: {amplitude:g} V"
            )
            if not seeking.step(amplitude):
                break
        yield Progress((half + 1) / (2 * recipe.cycles + 1), "beyond the thresholds")
        found = seeking.beyond()
        yield Rows(_rows(unit, given.cells.topology, 2, half // 2, found, whole))
        last[half % 2], whole = found.threshold, found.switched
        signs = -signs
    return None


def _rows(
    unit: Unit,
    topology: Topology,
    stage: int,
    cycle: int,
    found: Switched,
    whole: NDArray[np.bool_],
) -> dict[str, NDArray[Any]]:
    row, column = places(unit.cells, topology)
    count = len(unit.cells)
    return {
        "cell": unit.cells,
        "row": row,
        "column": column,
        "stage": np.full(count, stage),
        "cycle": np.full(count, cycle),
        "polarity": found.polarity,
        "threshold": found.threshold,
        "switched": found.switched,
        "whole": whole,
        "before": found.before,
        "after": found.after,
        "least": found.least,
        "pulses": found.pulses,
        "time": found.time,
    }
