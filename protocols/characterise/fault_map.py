"""Fault map: which cells are stuck, shorted or open, and which lines are.

Readings with gates off and on tell shorts and opens. What is left is stimulated gently: RESETs that
grow until the cell has fallen, SETs that grow until it has risen, each verified, and no more pulses
than that; a cell that moves only one way, or not at all, is stuck.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.contacts import Contact, line_states
from labcim.analysis.distributions import last_of_each, share_interval
from labcim.analysis.fault_map import Evidence, Fault, cell_faults, place_shorts
from labcim.capabilities import Lines, Topology
from labcim.documents import Channel
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import places
from labcim.programming.line_probe import LineProbe
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Unit

from ._fault_recipe import FaultMap
from ._prodding import MEASURED, Prodding

__all__ = ["FaultMap", "fault_map"]

LEAST_VOLTAGE = 0.05
"""V at which lines are driven to find where a short is: it must change no cell."""

LEAST_SHORT = 100e-6
"""S between two lines, all gates off, that are shorted."""


FAULTS = ", ".join(f"{fault.value} {fault.name.lower().replace('_', ' ')}" for fault in Fault)

CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="fault", dtype="u1", doc=FAULTS),
    Channel(name="faulty", dtype="?"),
    Channel(name="off", dtype="<f8", unit="S", doc="with the gate off; NaN without gates"),
    Channel(name="before", dtype="<f8", unit="S", doc="before any pulse"),
    Channel(name="low", dtype="<f8", unit="S", doc="after RESETs, or NaN"),
    Channel(name="high", dtype="<f8", unit="S", doc="after SETs, or NaN"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="last good reading, gate on"),
    Channel(name="largest", dtype="<f8", unit="S", doc="what the reading could have shown at most"),
    Channel(name="pulses", dtype="<u4"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the last good reading"),
)

PLOTS = (
    PlotSpec("Faults", "map", "fault"),
    PlotSpec("Conductance", "map", "conductance"),
    PlotSpec("Low and high", "scatter", "high", x="low", group="fault", y_scale="log"),
)


def summarise(recipe: FaultMap, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return how many cells have which fault, the share of faulty ones, and each of them."""
    last = last_of_each(rows)
    fault = rows["fault"][last]
    bad = last[fault != Fault.NONE]
    share = share_interval(len(bad), len(last))
    found = [
        Finding(
            "faulty cells, share", share.value, "", share.low, share.high,
            upper_limit=recipe.faulty_at_most,
        )
    ]  # fmt: skip
    for kind in Fault:
        if kind != Fault.NONE:
            count = float(np.sum(fault == kind))
            found.append(Finding(f"cells: {_name(kind)}", count))
    for i in bad[:1000]:
        g, kind = float(rows["conductance"][i]), Fault(rows["fault"][i])
        found.append(Finding(_name(kind), g, "S", cell=int(rows["cell"][i])))
    return found


def _name(fault: Fault) -> str:
    return fault.name.lower().replace("_", " ")


@protocol(FaultMap, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def fault_map(recipe: FaultMap, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Read, pulse what is left to tell, and hand on what was measured; the last unit judges all.

    Lines can be judged only when all their cells are known.
    """
    topology = given.cells.topology
    prodding = Prodding(recipe, given, unit.cells)
    yield Progress(0.0, "reading with gates off and on")
    prodding.read()
    for number, polarity in enumerate(recipe.polarities()):
        prodding.begin_ramp(number)
        for amplitude in recipe.ramp(polarity):
            left = prodding.step(polarity, amplitude)
            name = "SET" if polarity > 0 else "RESET"
            yield Progress(0.1, f"ramp {number + 1}: {name} at {amplitude:g} V, {left} cells left")
            if not left:
                break
        prodding.end_of_ramp(polarity)
    measured = {
        name: np.concatenate([carry[name], new]) if carry else new
        for name, new in prodding.measured().items()
    }
    if unit.key == recipe.units(topology)[-1].key:
        yield Progress(0.9, "judging cells and lines")
        yield Rows(_judged(recipe, given, measured))
        return None
    return measured


def _judged(
    recipe: FaultMap, given: Capabilities, measured: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """Return the rows of all cells. Cells that were not chosen say nothing of their lines."""
    topology, cells = given.cells.topology, measured["cell"]
    row, column = places(cells, topology)
    rows, at_row = np.unique(row, return_inverse=True)
    columns, at_column = np.unique(column, return_inverse=True)
    shape = (len(rows), len(columns))

    def spread(name: str, missing: float) -> NDArray[Any]:
        table = np.full(shape, missing)
        table[at_row, at_column] = measured[name]
        return table

    off, before, low, high = (spread(name, np.nan) for name in ("off", "before", "low", "high"))
    fell, rose = (spread(name, 0.0) > 0.0 for name in ("fell", "rose"))
    known = Evidence(off, before, low, high, fell, rose)
    fault = cell_faults(known, recipe.bounds(), gated=topology.kind == "1T1R")
    if given.lines is not None and len(cells) == topology.size and topology.gates:
        if (fault == Fault.SHORTED_LINE).any():
            place_shorts(fault, _pairs(recipe, given.lines, topology, known))
    found = fault[at_row, at_column]
    return {
        "row": row,
        "column": column,
        "fault": found,
        "faulty": found != Fault.NONE,
        **{name: measured[name] for name in MEASURED if name not in ("fell", "rose")},
    }


def _pairs(
    recipe: FaultMap, lines: Lines, topology: Topology, known: Evidence
) -> list[tuple[int, int]]:
    """Return which rows are shorted to which columns, found by driving one line after the other."""
    found = [
        line_states(known.on, known.off, least=recipe.dead, short=recipe.short, axis=axis)
        for axis in (0, 1)
    ]
    LineProbe(lines, topology, LEAST_VOLTAGE, 1e-3).find_shorts(found, LEAST_SHORT)
    rows = found[0]
    at = np.flatnonzero((rows.state == Contact.SHORT) & (rows.partner_family == 1))
    return [(int(row), int(rows.partner[row])) for row in at if rows.partner[row] >= 0]
