"""What a stage of `characterise` is, and what its plans have in common.

A stage is planned by what is known: facts, a number each, that earlier stages have found. A plan is
a recipe of another protocol, or the reason why the stage is left out. Nothing is assumed of a cell:
what is unknown is climbed to, under the caps of the recipe.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.capabilities import Topology
from labcim.programming.cell_selection import chosen_cells
from labcim.protocol import Finding, ProtocolSpec
from labcim.recipe import Recipe

from ._characterise_recipe import Characterise

Rows = Mapping[str, NDArray[Any]]
Facts = Mapping[str, float]

FRESH = 0.3e-6
"""S below which a cell is taken for one that was never formed, or is off."""

FORGETS = 0.5
"""Share that must be gone at the end of the watch for a cell to be called volatile."""


class Left(IntEnum):
    """Why a stage was not done; 0 if it was."""

    NOT = 0
    CONDUCTING = 1
    NO_GATES = 2
    NO_SWITCH = 3
    ONE_WAY = 4
    VOLATILE = 5
    NO_WINDOW = 6
    REFUSED = 7
    NOTHING = 8
    NOT_FORMED = 9


SENTENCES = {
    Left.NOT: "done",
    Left.CONDUCTING: "the cells conduct already: nothing is to be formed",
    Left.NO_GATES: "the cells have no transistors, whose gates would limit the current",
    Left.NOT_FORMED: "nothing was formed before",
    Left.NO_SWITCH: "no cell switched under the caps of the recipe",
    Left.ONE_WAY: "cells switch one way only: they cannot be cycled or written",
    Left.VOLATILE: "the cells forget what is written: there is no state to look at",
    Left.NO_WINDOW: "the two states lie too near each other for one in between",
    Left.REFUSED: "the bench refused what the stage asks for; nothing was sent",
    Left.NOTHING: "no reading of it was data",
}


@dataclass(frozen=True, slots=True)
class Tell:
    """What of a stage's rows goes into the datasheet's rows: y over x; x "" is none."""

    quantity: str
    y: str
    unit: str
    x: str = ""
    x_unit: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """One experiment of the characterisation.

    plan: given recipe, facts and topology, the recipe of ``spec`` or why not.  learn: given that
    recipe, its rows and findings, new facts.  vet: leaves out findings that do not hold here.
    """

    name: str
    spec: ProtocolSpec
    plan: Callable[[Characterise, Facts, Topology], Recipe | Left]
    learn: Callable[[Any, Rows, list[Finding]], dict[str, float]]
    tells: tuple[Tell, ...] = ()
    vet: Callable[[list[Finding]], list[Finding]] = list


def most_pulses(stage: Stage, recipe: Characterise, topology: Topology) -> int:
    """Return the most pulses that a stage may give to one cell, whatever is found before it."""
    planned = stage.plan(recipe, {}, topology)
    if isinstance(planned, Left):
        return 0
    counts = np.zeros(topology.size, np.int64)
    for unit in planned.units(topology):
        counts[unit.cells] += unit.bound
    return int(counts.max(initial=0))


def value_of(findings: list[Finding], name: str) -> float:
    return next((f.value for f in findings if f.name == name and f.cell < 0), float("nan"))


def known(**facts: float) -> dict[str, float]:
    return {name: float(value) for name, value in facts.items() if np.isfinite(value)}


def nothing(recipe: Any, rows: Rows, findings: list[Finding]) -> dict[str, float]:
    return {}


def common(recipe: Characterise) -> dict[str, Any]:
    return {
        "cells": recipe.cells,
        "read_voltage": recipe.read_voltage,
        "read_gate": recipe.read_gate,
    }


def pulsing(recipe: Characterise) -> dict[str, Any]:
    """Return what is common to stages that pulse: what needed forming has had its stage before."""
    return common(recipe) | {"fresh_below": 0.0}


def set_voltage(recipe: Characterise, facts: Facts, over: float) -> float:
    """Return an amplitude this far above the threshold, or the cap where none is known."""
    wanted = max(facts.get("set_threshold", recipe.set_cap) + over, recipe.step)
    return min(wanted, recipe.set_cap)


def reset_voltage(recipe: Characterise, facts: Facts, over: float) -> float:
    wanted = max(facts.get("reset_threshold", recipe.reset_cap) + over, recipe.step)
    return min(wanted, recipe.reset_cap)


def switches(facts: Facts) -> Left:
    """Say why cells have no two states to go between; NOT where they have."""
    if not facts:  # the worst case is asked for
        return Left.NOT
    if "set_threshold" not in facts and "reset_threshold" not in facts:
        return Left.NO_SWITCH
    if facts.get("volatile", 0.0) > 0.5:
        return Left.VOLATILE
    return Left.NOT if facts.get("both", 0.0) > 0.0 else Left.ONE_WAY


def first_cells(recipe: Characterise, topology: Topology, most: int) -> tuple[tuple[int, int], ...]:
    cells = chosen_cells(recipe.cells, topology)[:most]
    return tuple(topology.place(int(cell)) for cell in cells)
