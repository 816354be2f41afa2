"""Contact check: find open, shorted and swapped lines at no more than 50 mV.

What can be measured: a short between a row and a column conducts with the gate off; an open line
does not conduct with the gate on, where even fresh cells conduct a little. With direct control of
the lines (capability ``Lines``) shorts between any two lines are found as well, and gates that
do not belong to their column or open another one besides. Two rows that change places look the
same on fresh cells; only a ``reference`` map of an earlier day tells.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationInfo, field_validator

from labcim.analysis.contacts import Contact, LineStates, line_states, swapped_lines
from labcim.capabilities import Flag, Floats, Topology
from labcim.documents import Channel
from labcim.errors import RangeError, RecipeError
from labcim.limits import Demand
from labcim.plots import PlotSpec
from labcim.programming.estimate import CellCost, Estimate
from labcim.programming.line_probe import LineProbe
from labcim.programming.maps import load_map
from labcim.programming.reading import read_good
from labcim.protocol import Capabilities, Carry, Finding, Progress, Rows, Steps, protocol
from labcim.recipe import Recipe, Unit
from labcim.units import Second, Siemens, Volt, show

LARGEST = 0.05
"""The largest voltage of a contact check, in V: it must not change any cell."""

ROW, COLUMN = 0, 1
FAMILIES = ("row", "column", "gate")


class ContactCheck(Recipe):
    """Look for open, shorted and swapped lines, at 50 mV or less, without changing any cell."""

    protocol: ClassVar[str] = "contact_check"

    read_voltage: Volt = Field(0.05, gt=0, description="Read voltage; more than 50 mV is refused.")
    read_gate: Volt = Field(2.5, ge=0, le=10, description="Gate when it is on.")
    averages: int = Field(16, ge=1, le=10_000, description="Readings averaged into one.")
    least: Siemens = Field(3e-9, gt=0, le=1, description="A connected cell conducts this at least.")
    short: Siemens = Field(100e-6, gt=0, le=1, description="More than this with gates off: short.")
    dwell: Second = Field(1e-3, gt=0, le=1, description="Time of each state of the lines.")
    use_lines: bool = Field(True, description="Drive lines directly too, where the bench can.")
    reference: str = Field("", description="CSV or NPY map of an earlier day, in S, to compare.")
    flagged: int = Field(5, ge=1, le=1000, description="Flagged readings before giving up.")

    @field_validator("reference")
    @classmethod
    def _find_beside_the_recipe(cls, reference: str, info: ValidationInfo) -> str:
        """Resolve the file's name against the recipe's folder, which the front door hands over."""
        folder = (info.context or {}).get("folder")
        return str(Path(folder) / reference) if reference and folder is not None else reference

    def units(self, topology: Topology) -> list[Unit]:
        """Return one unit: all lines. Raises RangeError above 50 mV."""
        self.demands()
        return [Unit("contacts", topology.all_cells())]

    def demands(self) -> list[Demand]:
        """Return the read voltage on every family. Raises RangeError above 50 mV."""
        if not self.read_voltage <= LARGEST:
            raise RangeError(
                f"read_voltage = {show(self.read_voltage, 'V')}: a contact check accepts "
                f"at most {show(LARGEST, 'V')}; nothing was sent"
            )
        return [
            Demand("read_voltage", "row", self.read_voltage),
            Demand("read_voltage", "column", self.read_voltage),
            Demand("read_gate", "gate", self.read_gate),
        ]

    def estimate(self, topology: Topology) -> Estimate:
        """Return the expected cost on an array of this shape, without direct line control."""
        return CellCost(verifies=2, averages=self.averages).of(topology.size, topology)


CHANNELS = (
    Channel(name="family", dtype="u1", doc="0 row, 1 column"),
    Channel(name="line", dtype="<u4", doc="index in its family"),
    Channel(name="state", dtype="u1", doc="0 ok, 1 open, 2 short, 3 swapped, 4 unknown"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="mean over the line's cells, gates on"),
    Channel(name="error", dtype="<f8", unit="S", doc="standard error of that mean"),
    Channel(name="partner_family", dtype="i1", doc="family of the partner, 2 gate, -1 none"),
    Channel(name="partner", dtype="<i8", doc="line it is shorted to or changed with, or -1"),
)

PLOTS = (
    PlotSpec("Conductance of each line", "scatter", "conductance", x="line", group="family"),
    PlotSpec("State of each line", "scatter", "state", x="line", group="family"),
)


def summarise(recipe: ContactCheck, rows: Mapping[str, NDArray[Any]]) -> list[Finding]:
    """Return how many lines are in which state, and one failed finding for each bad line."""
    state = rows["state"]
    found = [
        Finding("open lines", float(np.sum(state == Contact.OPEN)), upper_limit=0.0),
        Finding("shorted lines", float(np.sum(state == Contact.SHORT)), upper_limit=0.0),
        Finding("swapped lines", float(np.sum(state == Contact.SWAPPED)), upper_limit=0.0),
    ]
    found.append(Finding("lines that cannot be judged", float(np.sum(state == Contact.UNKNOWN))))
    for i in np.flatnonzero((state != Contact.OK) & (state != Contact.UNKNOWN)):
        found.append(_bad_line(recipe, {name: column[i] for name, column in rows.items()}))
    return found


def _bad_line(recipe: ContactCheck, row: Mapping[str, Any]) -> Finding:
    name = f"{FAMILIES[row['family']]} {row['line']}"
    value = float(row["conductance"])
    if row["state"] == Contact.OPEN:
        return Finding(f"{name} is open", value, "S", lower_limit=recipe.least)
    if row["partner_family"] < 0:
        return Finding(f"{name} is shorted", 1.0, upper_limit=0.0)
    partner = f"{FAMILIES[row['partner_family']]} {row['partner']}"
    if FAMILIES[row["partner_family"]] == "gate":
        return Finding(f"{name} has its gate shorted to {partner}", 1.0, upper_limit=0.0)
    if row["state"] == Contact.SHORT:
        return Finding(f"{name} is shorted to {partner}", 1.0, upper_limit=0.0)
    return Finding(f"{name} holds the place of {partner}", 1.0, upper_limit=0.0)


@protocol(ContactCheck, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def contact_check(recipe: ContactCheck, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Read all cells, gates off and on; drive lines if possible; yield one row for each line.

    Shorts are looked for first, with all gates off. Where there is one no gate is opened, since a
    line may be shorted to a gate, whose voltage it would then get. Nor where cells hold bits as
    charge: no current flows through them, and open lines cannot be told.
    """
    recipe.demands()
    topology = given.cells.topology
    shape = (topology.rows, topology.columns)
    off = np.zeros(shape)
    probe = None
    if topology.gates:
        yield Progress(0.0, "reading with gates off")
        off = _read(recipe, given, unit, 0.0).reshape(shape)
        if given.lines is not None and recipe.use_lines:
            probe = LineProbe(given.lines, topology, recipe.read_voltage, recipe.dwell)
    found = _judged(recipe, np.full(shape, np.nan), off)
    if probe is not None:
        yield Progress(0.3, "driving one line after the other")
        probe.find_shorts(found, recipe.short)
    short = topology.gates and any((lines.state == Contact.SHORT).any() for lines in found)
    if given.bits is None and not short:
        yield Progress(0.6, "reading with gates on")
        on = _read(recipe, given, unit, recipe.read_gate).reshape(shape)
        found = _judged(recipe, on, off)
        if probe is not None:
            yield Progress(0.9, "opening gates in groups")
            probe.find_bad_gates(found, recipe.read_gate, recipe.least)
        if recipe.reference:
            _compare(recipe, on, found)
    for lines in found:
        yield Rows(_rows(lines))
    return None


def _judged(recipe: ContactCheck, on: Floats, off: Floats) -> list[LineStates]:
    """Return what is known of rows and columns from maps with gates on (or NaN) and off."""
    return [
        line_states(on, off, least=recipe.least, short=recipe.short, axis=axis)
        for axis in (ROW, COLUMN)
    ]


def _read(recipe: ContactCheck, given: Capabilities, unit: Unit, gate: float) -> Floats:
    """Return the conductance of all cells in S: infinite where the current exceeds the range."""
    readings = read_good(
        given.cells,
        unit.cells,
        recipe.read_voltage,
        gate=gate,
        averages=recipe.averages,
        attempts=recipe.flagged,
    )
    # No number is taken from a flagged reading; that too much current flows is what we look for.
    too_much = (readings.flags & (Flag.OVER_RANGE | Flag.IN_COMPLIANCE)) != 0
    return np.where(np.isnan(readings.conductance) & too_much, np.inf, readings.conductance)


def _compare(recipe: ContactCheck, on: Floats, found: list[LineStates]) -> None:
    """Mark lines that look like another line of the reference map."""
    reference = load_map(Path(recipe.reference))
    if reference.shape != on.shape:
        raise RecipeError(
            f"reference {recipe.reference}: shape {reference.shape} is not the array's {on.shape}"
        )
    for lines in found:
        place = swapped_lines(on, reference, axis=lines.family)
        moved = np.flatnonzero((place >= 0) & (lines.state == Contact.OK))
        lines.mark(moved, Contact.SWAPPED, lines.family, place[moved])


def _rows(lines: LineStates) -> dict[str, NDArray[Any]]:
    count = len(lines.state)
    return {
        "family": np.full(count, lines.family),
        "line": np.arange(count),
        "state": lines.state,
        "conductance": lines.conductance,
        "error": lines.error,
        "partner_family": lines.partner_family,
        "partner": lines.partner,
    }
