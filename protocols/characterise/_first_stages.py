"""Plans of the first stages: what cells are as they come, their thresholds, their memory."""

from typing import Any

import numpy as np

from labcim.capabilities import Topology
from labcim.protocol import Finding
from labcim.recipe import Recipe

from ..program.form import Form
from ._characterise_recipe import Characterise
from ._seeker_recipe import SwitchSeeker
from ._stage import (
    FORGETS,
    FRESH,
    Facts,
    Left,
    Rows,
    common,
    first_cells,
    known,
    pulsing,
    reset_voltage,
    set_voltage,
    value_of,
)
from .contact_check import ContactCheck
from .iv_sweep import IvSweep
from .read_map import ReadMap
from .volatile_relaxation import VolatileRelaxation

# --- contacts, read, form ---


def plan_contacts(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    return ContactCheck(read_gate=recipe.read_gate)


def plan_read(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    return ReadMap(**common(recipe), averages=recipe.averages, repeats=8)


def have_read(recipe: Any, rows: Rows, findings: list[Finding]) -> dict[str, float]:
    g = rows["conductance"][np.isfinite(rows["conductance"])]
    if not len(g):
        return {}
    return known(first_median=float(np.median(g)), fresh=float(np.mean(g < FRESH)))


def plan_form(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if facts.get("fresh", 1.0) < 0.5:
        return Left.CONDUCTING
    if topology.kind != "1T1R":
        return Left.NO_GATES
    return Form(
        **common(recipe),
        gate_start=min(1.0, recipe.forming_gate), gate_stop=recipe.forming_gate,
        drain_start=min(recipe.start, recipe.forming_cap), drain_stop=recipe.forming_cap,
        drain_step=2.0 * recipe.step, width=recipe.width, formed_above=FRESH, over_formed=1e-2,
        averages=recipe.averages,
    )  # fmt: skip


def have_formed(recipe: Any, rows: Rows, findings: list[Finding]) -> dict[str, float]:
    return known(formed=value_of(findings, "cells formed"))


def plan_hold(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if facts and facts.get("formed", 0.0) < 0.5:
        return Left.NOT_FORMED
    return ReadMap(**common(recipe), averages=recipe.averages, repeats=8, delay=recipe.watch)


def have_held(recipe: Any, rows: Rows, findings: list[Finding]) -> dict[str, float]:
    g = rows["conductance"][np.isfinite(rows["conductance"])]
    return known(volatile=float(np.mean(g < FRESH) > 0.5)) if len(g) else {}


# --- thresholds, memory, loops ---


def plan_seek(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    cap = min(recipe.set_cap, recipe.reset_cap)
    forgets = facts.get("volatile", 0.0) > 0.5
    # What forgets is off before its first ramp only, and has no RESET.
    way = {"cycles": 1, "skip_stage_1": True, "first_polarity": "SET"} if forgets else {}
    return SwitchSeeker(
        **pulsing(recipe), **way, start=min(recipe.start, cap), step=recipe.step, stop=cap,
        past=0.5, reads=recipe.averages, width=recipe.width, set_gate=recipe.set_gate,
        reset_gate=recipe.reset_gate, current_limit=recipe.current_cap,
    )  # fmt: skip


def have_sought(recipe: Any, rows: Rows, findings: list[Finding]) -> dict[str, float]:
    done = rows["stage"] == 2
    after = {
        sign: rows["after"][done & rows["switched"] & (rows["polarity"] == sign)]
        for sign in (1, -1)
    }
    low, high = (
        float(np.median(after[sign])) if len(after[sign]) else float("nan") for sign in (-1, 1)
    )
    return known(
        set_threshold=value_of(findings, "SET threshold, mean over cells"),
        reset_threshold=value_of(findings, "RESET threshold, mean over cells"),
        both=value_of(findings, "cells that switch both ways"),
        low=low, high=high,
    )  # fmt: skip


def plan_keep(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if facts and "set_threshold" not in facts:
        return Left.NO_SWITCH
    return VolatileRelaxation(
        **common(recipe), amplitude=set_voltage(recipe, facts, 0.5), width=recipe.width,
        gates=(recipe.set_gate,), last=recipe.watch, first=min(20e-6, recipe.watch / 10),
        per_decade=5, averages=recipe.averages, current_limit=recipe.current_cap,
    )  # fmt: skip


def have_kept(recipe: Any, rows: Rows, findings: list[Finding]) -> dict[str, float]:
    at = f"at {recipe.gates[0]:g} V"
    first, change = (
        value_of(findings, f"first reading {at}"),
        value_of(findings, f"change by the last reading {at}"),
    )
    retention = value_of(findings, f"retention time {at}")
    lost = -change / first if first > 0.0 else float("nan")
    return known(volatile=float(lost > FORGETS), retention=retention)


def plan_loops(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if facts and "set_threshold" not in facts and "reset_threshold" not in facts:
        return Left.NO_SWITCH
    forgets = facts.get("volatile", 0.0) > 0.5
    few = first_cells(recipe, topology, 4)
    return IvSweep(
        cells=few, span="only SET" if forgets else "RESET first",
        set_stop=set_voltage(recipe, facts, 0.4), reset_stop=reset_voltage(recipe, facts, 0.6),
        set_gate=recipe.set_gate, reset_gate=recipe.reset_gate, set_limit=recipe.current_cap,
        reset_limit=max(recipe.current_cap, 1e-3), read_voltage=recipe.read_voltage,
        read_gate=recipe.read_gate,
    )  # fmt: skip
