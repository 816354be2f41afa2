"""Characterise: an unknown chip measured by itself, stage after stage, for a datasheet.

Contacts, a reading, forming if the cells are fresh, the thresholds of both polarities, whether a
cell keeps what is written, loops, a write-verify trial, pulse response, noise, disturb and a short
endurance. Each stage is another protocol of this folder with a recipe made of what was found
before. What a chip cannot do is left out, and said.
"""

from collections.abc import Generator, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.documents import Channel
from labcim.errors import RangeError, RecipeError
from labcim.plots import PlotSpec
from labcim.protocol import (
    Capabilities,
    Carry,
    Finding,
    Progress,
    Rows,
    Steps,
    check_rows,
    protocol,
)
from labcim.recipe import Recipe, Unit

from ._characterise_recipe import Characterise
from ._stage import SENTENCES, Left, Stage
from ._stages import QUANTITIES, STAGES

_MOST_OF_CELLS = 50  # findings of single cells that are told of a stage

_CODES = "; ".join(
    f"{code} {tell.quantity} ({tell.unit or '1'})"
    + (f" over {tell.x.replace('_', ' ')} ({tell.x_unit or '1'})" if tell.x else "")
    for code, tell in enumerate(QUANTITIES)
)
_STAGES = ", ".join(f"{code} {stage.name}" for code, stage in enumerate(STAGES))
_REASONS = "; ".join(f"{why.value} {SENTENCES[why]}" for why in Left)

SHOWN = ("loop", "keep", "respond", "listen")

CHANNELS = (
    Channel(name="stage", dtype="u1", doc=_STAGES),
    Channel(name="left_out", dtype="u1", doc=_REASONS),
    Channel(name="quantity", dtype="u1", doc=f"{_CODES}; 255 none: the stage's own row"),
    Channel(name="cell", dtype="<i4", doc="index, row-major; -1 in the stage's own row"),
    Channel(name="x", dtype="<f8", doc="as the quantity says; NaN where it is over nothing"),
    Channel(name="value", dtype="<f8", doc="in the unit of the quantity; own row: cells measured"),
    *(Channel(name=f"of_{name}", dtype="?", doc=f"of stage {name}") for name in SHOWN),
)

PLOTS = (
    PlotSpec("Loops", "scatter", "value", x="x", group="cell", where="of_loop"),
    PlotSpec(
        "After a SET", "scatter", "value", x="x", group="cell", where="of_keep", x_scale="log"
    ),
    PlotSpec("Pulses up and down", "scatter", "value", x="x", group="cell", where="of_respond"),
    PlotSpec(
        "Noise", "line", "value", x="x", group="cell", where="of_listen", x_scale="log",
        y_scale="log",
    ),
)  # fmt: skip


@protocol(Characterise, channels=CHANNELS, plots=PLOTS)
def characterise(recipe: Characterise, given: Capabilities, unit: Unit, carry: Carry) -> Steps:
    """Do one stage by what is known; its rows and findings go on record, its facts are carried."""
    stage = next(one for one in STAGES if one.name == unit.key)
    facts = {name: float(value) for name, value in carry.items()}
    facts.setdefault("begun", 1.0)
    topology = given.cells.topology
    planned = stage.plan(recipe, facts, topology)
    if isinstance(planned, Left):
        yield Progress(1.0, f"{stage.name}: {SENTENCES[planned]}")
        yield _own_row(stage, planned, 0)
        return _carried(facts)
    rows, refused = yield from _measure(stage, planned, given)
    cells = len(np.unique(rows["cell"])) if "cell" in rows else len(unit.cells)
    yield _own_row(stage, Left.NOT if rows else refused, cells if rows else 0)
    if rows:
        found = stage.vet(stage.spec.summarise(planned, rows))
        yield from _told(stage, found)
        facts |= stage.learn(planned, rows, found)
    return _carried(facts)


def _carried(facts: Mapping[str, float]) -> Carry:
    return {name: np.array(value) for name, value in facts.items()}


def _measure(
    stage: Stage, planned: Recipe, given: Capabilities
) -> Generator[Rows | Progress | Finding, None, tuple[dict[str, NDArray[Any]], Left]]:
    """Run a stage's protocol unit by unit; return all of its own rows, and why there are none.

    What a bench refuses ends the stage, not the run: nothing of it was sent, and what was measured
    before counts.
    """
    batches: list[Mapping[str, NDArray[Any]]] = []
    carry: Carry = {}
    units = planned.units(given.cells.topology)
    why = Left.NOTHING
    for number, unit in enumerate(units):
        steps = stage.spec.run(planned, given, unit, carry)
        while why is Left.NOTHING:
            try:
                step = next(steps)
            except StopIteration as end:
                carry = end.value or {}
                break
            except (RangeError, RecipeError) as trouble:
                why = Left.REFUSED
                yield Progress(1.0, f"{stage.name}: {trouble}")
                break
            match step:
                case Rows(columns):
                    ready = check_rows(columns, stage.spec.channels)
                    batches.append(ready)
                    yield from _tidy(stage, ready)
                case Progress(fraction, text):
                    yield Progress((number + fraction) / len(units), f"{stage.name}: {text}")
                case Finding():
                    yield from _told(stage, [step])
    if not batches:
        return {}, why
    rows = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
    return rows, Left.NOT


def _told(stage: Stage, found: list[Finding]) -> Iterator[Finding]:
    """Return the stage's findings under its name: those of all cells, and some of single ones."""
    of_cells = 0
    for one in found:
        of_cells += one.cell >= 0
        if one.cell >= 0 and of_cells > _MOST_OF_CELLS:
            continue
        # Limits are those of a recipe's own defaults: of an unknown chip nothing is promised.
        yield Finding(
            f"{stage.name}: {one.name}", one.value, one.unit, one.low, one.high, cell=one.cell
        )


def _tidy(stage: Stage, columns: Mapping[str, NDArray[Any]]) -> Iterator[Rows]:
    for tell in stage.tells:
        here = (
            columns[tell.where].astype(bool) if tell.where else np.ones(len(columns["cell"]), bool)
        )
        value = columns[tell.y][here].astype(np.float64)
        known = np.isfinite(value)
        if known.any():
            x = (
                columns[tell.x][here][known].astype(np.float64)
                if tell.x
                else np.full(known.sum(), np.nan)
            )
            yield _rows(
                stage,
                Left.NOT,
                QUANTITIES.index(tell),
                columns["cell"][here][known],
                x,
                value[known],
            )


def _own_row(stage: Stage, why: Left, cells: int) -> Rows:
    """Return the row that says whether a stage was done, and on how many cells."""
    return _rows(stage, why, 255, np.array([-1]), np.array([np.nan]), np.array([float(cells)]))


def _rows(
    stage: Stage,
    why: Left,
    quantity: int,
    cells: NDArray[Any],
    x: NDArray[Any],
    value: NDArray[Any],
) -> Rows:
    n = len(value)
    shown = {f"of_{name}": np.full(n, stage.name == name and quantity != 255) for name in SHOWN}
    return Rows(
        {
            "stage": np.full(n, STAGES.index(stage)),
            "left_out": np.full(n, why),
            "quantity": np.full(n, quantity),
            "cell": cells,
            "x": x,
            "value": value,
            **shown,
        }
    )
