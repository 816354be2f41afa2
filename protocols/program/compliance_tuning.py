"""Compliance-current tuning: one SET with a limited current, no verify; G = I_C / V_C.

A SET ends when the current that it is allowed flows through the cell at V_C, so that the current
decides the conductance (Ielmini, IEEE TED 58:4309, 2011). First a sample of cells is set at several
gates, and the current that each gate allows is measured through the cells that are on: that gives
the law of the gates, V_C, and how far cells scatter. Then levels are placed with equal margins by
that scatter, and every cell is set once to each.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.compliance_knee import BelowKnee
from labcim.analysis.distributions import Floats
from labcim.capabilities import CellIndices
from labcim.documents import Channel
from labcim.errors import RecipeError
from labcim.plots import PlotSpec
from labcim.programming.cell_selection import places
from labcim.programming.gate_law import GateLaw
from labcim.programming.level_allocation import allocate
from labcim.programming.reading import GoodReadings
from labcim.protocol import Capabilities, Carry, Progress, Rows, Steps, protocol
from labcim.recipe import Unit

from ._compliance_findings import cell_voltages, summarise
from ._compliance_knee import at_their_end, below_knee, closer, gate_law, highest_followed
from ._compliance_recipe import CLOSER_LOOKS, ComplianceTuning
from ._one_shot import OneShot

_LEAST_SPREAD = 0.01  # of ln G: a sample that scatters less says little about the others

CHANNELS = (
    Channel(name="cell", dtype="<u4", doc="index, row-major"),
    Channel(name="row", dtype="<u4"),
    Channel(name="column", dtype="<u4"),
    Channel(name="level", dtype="<u2", doc="number of the level, from 1; 0: calibration"),
    Channel(name="compliance", dtype="<f8", unit="A", doc="current that was wanted, or limited to"),
    Channel(name="gate", dtype="<f8", unit="V", doc="gate during the SET"),
    Channel(name="current", dtype="<f8", unit="A", doc="what the gate allowed, NaN: not measured"),
    Channel(name="off", dtype="<f8", unit="S", doc="conductance before the SET"),
    Channel(name="conductance", dtype="<f8", unit="S", doc="conductance after the SET, corrected"),
    Channel(name="raw", dtype="<f8", unit="S", doc="the same reading as it was measured"),
    Channel(name="was_off", dtype="?", doc="conducted less than off_below before the SET"),
    Channel(name="of_level", dtype="?", doc="was off, and was set to a level"),
    Channel(name="flagged", dtype="<u4", doc="flagged readings, none of them taken for data"),
    Channel(name="time", dtype="<f8", unit="s", doc="bench time of the last good reading"),
)

PLOTS = (
    PlotSpec("Levels", "cdf", "conductance", group="level", where="of_level"),
    PlotSpec(
        "Conductance over compliance", "scatter", "conductance", x="compliance", where="was_off",
        x_scale="log", y_scale="log",
    ),
    PlotSpec("Current that the gate allows", "scatter", "current", x="gate"),
    PlotSpec("Conductance, off", "histogram", "off"),
)  # fmt: skip


@protocol(ComplianceTuning, channels=CHANNELS, plots=PLOTS, summarise=summarise)
def compliance_tuning(
    recipe: ComplianceTuning, given: Capabilities, unit: Unit, carry: Carry
) -> Steps:
    """Calibrate with a sample of cells, or set all cells once to a level."""
    if unit.key == "calibration":
        return (yield from _calibrate(recipe, given, unit))
    shot, level = OneShot(recipe, given), int(unit.values["level"])
    compliance = float(carry["currents"][level - 1])
    gate = float(carry["gates"][level - 1])
    yield Progress(0.0, f"switching {len(unit.cells)} cells off")
    off = shot.switch_off(unit.cells)
    yield Progress(0.5, f"setting {len(unit.cells)} cells at {1e6 * compliance:.4g} uA")
    shot.set(unit.cells, gate, compliance if recipe.by == "instrument" else None)
    last = shot.read(unit.cells)
    allowed = np.full(len(unit.cells), np.nan)
    yield Rows(_rows(recipe, given, unit.cells, level, compliance, gate, allowed, off, last))
    return carry


def _calibrate(recipe: ComplianceTuning, given: Capabilities, unit: Unit) -> Steps:
    """Set a sample at several gates or limits; hand on the levels' gates and currents.

    Where hardly any of them lies below the knee, more are tried from the first one up to it.
    """
    shot, cells = OneShot(recipe, given), unit.cells
    batches: list[dict[str, NDArray[Any]]] = []
    points = _calibration_points(recipe)
    for closer_looks in range(CLOSER_LOOKS + 1):
        for point, (gate, limit) in enumerate(points):
            text = f"calibrating with {len(cells)} cells"
            yield Progress((closer_looks + point / len(points)) / (CLOSER_LOOKS + 1), text)
            rows = _point(recipe, given, shot, cells, gate, limit)
            batches.append(rows)
            yield Rows(rows)
        rows = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
        knee = below_knee(recipe, rows)
        points = _settings(recipe, closer(recipe, knee))
    highest = highest_followed(recipe, knee)
    if recipe.by == "instrument":
        currents = _levels(recipe, rows, highest)
        return {"currents": currents, "gates": np.full(len(currents), recipe.set_gate)}
    law = gate_law(recipe, knee, rows)
    _check(recipe, law, highest, knee)
    currents = _levels(recipe, rows, highest)
    gates = np.array([law.gate(current) for current in currents])
    return {"currents": currents, "gates": gates}


def _point(
    recipe: ComplianceTuning,
    given: Capabilities,
    shot: OneShot,
    cells: CellIndices,
    gate: float,
    limit: float | None,
) -> dict[str, NDArray[Any]]:
    """Set the sample at one gate or limit; return its rows."""
    off = shot.switch_off(cells)
    shot.set(cells, gate, limit)
    last = shot.read(cells)
    allowed = np.full(len(cells), np.nan if limit is None else limit)
    if limit is None:
        allowed = shot.allowed(cells, gate, last.conductance)
    wanted = float(np.nanmean(allowed)) if np.isfinite(allowed).any() else np.nan
    return _rows(recipe, given, cells, 0, wanted, gate, allowed, off, last)


def _calibration_points(recipe: ComplianceTuning) -> list[tuple[float, float | None]]:
    """Return (gate in V, instrument's limit in A or None) of each point."""
    if recipe.by == "instrument":
        return _settings(recipe, np.geomspace(recipe.lowest, recipe.highest, recipe.points))
    return _settings(recipe, np.linspace(recipe.gate_start, recipe.gate_stop, recipe.points))


def _settings(recipe: ComplianceTuning, values: Floats) -> list[tuple[float, float | None]]:
    """Return the same of gates, or of limits."""
    if recipe.by == "instrument":
        return [(recipe.set_gate, float(limit)) for limit in values]
    return [(float(gate), None) for gate in values]


def _check(recipe: ComplianceTuning, law: GateLaw, highest: float, knee: BelowKnee) -> None:
    """Raise RecipeError where gates would be needed that were not tried, or cells cannot follow."""
    if recipe.lowest >= 0.9 * law.lowest and highest <= 1.1 * law.highest:
        return
    if highest > 1.1 * law.highest and len(knee.dropped):
        raise RecipeError(
            f"{at_their_end(recipe, knee)} Lower highest, and lowest where it is not well below it"
        )
    raise RecipeError(
        f"lowest = {recipe.lowest:g} A, highest = {recipe.highest:g} A: gates of "
        f"{recipe.gate_start:g} to {recipe.gate_stop:g} V allowed {law.lowest:.3g} to "
        f"{law.highest:.3g} A; widen gate_start and gate_stop"
    )


def _levels(recipe: ComplianceTuning, rows: Mapping[str, NDArray[Any]], highest: float) -> Floats:
    """Return the levels' currents in A, placed by how far ln G scatters at each point."""
    known, spread = [], []
    points = {
        (gate, limit)
        for gate, limit in zip(rows["gate"], rows["compliance"], strict=True)
        if np.isfinite(limit)
    }
    for gate, limit in sorted(points, key=lambda point: point[1]):
        here = (rows["gate"] == gate) & (rows["compliance"] == limit) & rows["was_off"]
        voltage = cell_voltages(rows["conductance"][here], np.full(here.sum(), limit))
        if len(voltage) >= 2:
            known.append(np.log(limit))
            spread.append(max(float(np.std(np.log(voltage), ddof=1)), _LEAST_SPREAD))
    if not known:
        return np.geomspace(recipe.lowest, highest, recipe.levels)
    at, sigma = np.array(known), np.array(spread)
    found = allocate(
        recipe.levels,
        float(np.log(recipe.lowest)),
        float(np.log(highest)),
        lambda current: float(np.interp(current, at, sigma)),
    )
    return np.exp(found.targets)


def _rows(
    recipe: ComplianceTuning,
    given: Capabilities,
    cells: CellIndices,
    level: int,
    compliance: float,
    gate: float,
    allowed: Floats,
    off: Floats,
    last: GoodReadings,
) -> dict[str, NDArray[Any]]:
    row, column = places(cells, given.cells.topology)
    was_off = off < recipe.off_below
    count = len(cells)
    return {
        "cell": cells,
        "row": row,
        "column": column,
        "level": np.full(count, level, np.uint16),
        "compliance": np.full(count, compliance),
        "gate": np.full(count, gate),
        "current": allowed,
        "off": off,
        "conductance": last.conductance,
        "raw": last.raw,
        "was_off": was_off,
        "of_level": was_off & (level > 0),
        "flagged": last.flagged,
        "time": last.time,
    }
