"""The stages of `characterise`: whose protocol, with what recipe, and what is learned from it.

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

from ..program._compliance_recipe import ComplianceTuning
from ..program.compliance_tuning import compliance_tuning
from ..program.form import Form, form
from ..program.write_verify import WriteVerify, write_verify
from ._characterise_recipe import Characterise
from ._seeker_recipe import SwitchSeeker
from .contact_check import ContactCheck, contact_check
from .disturb import DisturbRecipe, disturb_cells
from .endurance import Endurance, endurance
from .fault_map import FaultMap, fault_map
from .iv_sweep import IvSweep, iv_sweep
from .kinetics_map import KineticsMap, kinetics_map
from .pulse_response import PulseResponse, pulse_response
from .read_map import ReadMap, read_map
from .read_noise import ReadNoise, read_noise
from .switch_seeker import switch_seeker
from .volatile_relaxation import VolatileRelaxation, volatile_relaxation

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


def _value(findings: list[Finding], name: str) -> float:
    return next((f.value for f in findings if f.name == name and f.cell < 0), float("nan"))


def _known(**facts: float) -> dict[str, float]:
    return {name: float(value) for name, value in facts.items() if np.isfinite(value)}


def _nothing(recipe: Any, rows: Rows, findings: list[Finding]) -> dict[str, float]:
    return {}


def _common(recipe: Characterise) -> dict[str, Any]:
    return {
        "cells": recipe.cells,
        "read_voltage": recipe.read_voltage,
        "read_gate": recipe.read_gate,
    }


# --- contacts, read, form ---


def _contacts(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    return ContactCheck(read_gate=recipe.read_gate)


def _read(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    return ReadMap(**_common(recipe), averages=recipe.averages, repeats=8)


def _have_read(recipe: Any, rows: Rows, findings: list[Finding]) -> dict[str, float]:
    g = rows["conductance"][np.isfinite(rows["conductance"])]
    if not len(g):
        return {}
    return _known(first_median=float(np.median(g)), fresh=float(np.mean(g < FRESH)))


def _form(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if facts.get("fresh", 1.0) < 0.5:
        return Left.CONDUCTING
    if topology.kind != "1T1R":
        return Left.NO_GATES
    return Form(
        **_common(recipe),
        gate_start=min(1.0, recipe.forming_gate), gate_stop=recipe.forming_gate,
        drain_start=min(recipe.start, recipe.forming_cap), drain_stop=recipe.forming_cap,
        drain_step=2.0 * recipe.step, width=recipe.width, formed_above=FRESH, over_formed=1e-2,
        averages=recipe.averages,
    )  # fmt: skip


def _have_formed(recipe: Any, rows: Rows, findings: list[Finding]) -> dict[str, float]:
    return _known(formed=_value(findings, "cells formed"))


def _hold(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if facts and facts.get("formed", 0.0) < 0.5:
        return Left.NOT_FORMED
    return ReadMap(**_common(recipe), averages=recipe.averages, repeats=8, delay=recipe.watch)


def _have_held(recipe: Any, rows: Rows, findings: list[Finding]) -> dict[str, float]:
    g = rows["conductance"][np.isfinite(rows["conductance"])]
    return _known(volatile=float(np.mean(g < FRESH) > 0.5)) if len(g) else {}


# --- thresholds, memory, loops ---


def _seek(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    cap = min(recipe.set_cap, recipe.reset_cap)
    forgets = facts.get("volatile", 0.0) > 0.5
    # What forgets is off before its first ramp only, and has no RESET.
    way = {"cycles": 1, "skip_stage_1": True, "first_polarity": "SET"} if forgets else {}
    return SwitchSeeker(
        **_common(recipe), **way, start=min(recipe.start, cap), step=recipe.step, stop=cap,
        past=0.5, reads=recipe.averages, width=recipe.width, set_gate=recipe.set_gate,
        reset_gate=recipe.reset_gate, current_limit=recipe.current_cap,
    )  # fmt: skip


def _have_sought(recipe: Any, rows: Rows, findings: list[Finding]) -> dict[str, float]:
    done = rows["stage"] == 2
    after = {
        sign: rows["after"][done & rows["switched"] & (rows["polarity"] == sign)]
        for sign in (1, -1)
    }
    low, high = (
        float(np.median(after[sign])) if len(after[sign]) else float("nan") for sign in (-1, 1)
    )
    return _known(
        set_threshold=_value(findings, "SET threshold, mean over cells"),
        reset_threshold=_value(findings, "RESET threshold, mean over cells"),
        both=_value(findings, "cells that switch both ways"),
        low=low, high=high,
    )  # fmt: skip


def _set_voltage(recipe: Characterise, facts: Facts, over: float) -> float:
    """Return an amplitude this far above the threshold, or the cap where none is known."""
    wanted = max(facts.get("set_threshold", recipe.set_cap) + over, recipe.step)
    return min(wanted, recipe.set_cap)


def _reset_voltage(recipe: Characterise, facts: Facts, over: float) -> float:
    wanted = max(facts.get("reset_threshold", recipe.reset_cap) + over, recipe.step)
    return min(wanted, recipe.reset_cap)


def _switches(facts: Facts) -> Left:
    """Say why cells have no two states to go between; NOT where they have."""
    if not facts:  # the worst case is asked for
        return Left.NOT
    if "set_threshold" not in facts and "reset_threshold" not in facts:
        return Left.NO_SWITCH
    if facts.get("volatile", 0.0) > 0.5:
        return Left.VOLATILE
    return Left.NOT if facts.get("both", 0.0) > 0.0 else Left.ONE_WAY


def _keep(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if facts and "set_threshold" not in facts:
        return Left.NO_SWITCH
    return VolatileRelaxation(
        **_common(recipe), amplitude=_set_voltage(recipe, facts, 0.5), width=recipe.width,
        gates=(recipe.set_gate,), last=recipe.watch, first=min(20e-6, recipe.watch / 10),
        per_decade=5, averages=recipe.averages, current_limit=recipe.current_cap,
    )  # fmt: skip


def _have_kept(recipe: Any, rows: Rows, findings: list[Finding]) -> dict[str, float]:
    at = f"at {recipe.gates[0]:g} V"
    first, change = (
        _value(findings, f"first reading {at}"),
        _value(findings, f"change by the last reading {at}"),
    )
    retention = _value(findings, f"retention time {at}")
    lost = -change / first if first > 0.0 else float("nan")
    return _known(volatile=float(lost > FORGETS), retention=retention)


def _loops(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if facts and "set_threshold" not in facts and "reset_threshold" not in facts:
        return Left.NO_SWITCH
    forgets = facts.get("volatile", 0.0) > 0.5
    few = _first_cells(recipe, topology, 4)
    return IvSweep(
        cells=few, span="only SET" if forgets else "RESET first",
        set_stop=_set_voltage(recipe, facts, 0.4), reset_stop=_reset_voltage(recipe, facts, 0.6),
        set_gate=recipe.set_gate, reset_gate=recipe.reset_gate, set_limit=recipe.current_cap,
        reset_limit=max(recipe.current_cap, 1e-3), read_voltage=recipe.read_voltage,
        read_gate=recipe.read_gate,
    )  # fmt: skip


def _first_cells(
    recipe: Characterise, topology: Topology, most: int
) -> tuple[tuple[int, int], ...]:
    cells = chosen_cells(recipe.cells, topology)[:most]
    return tuple(topology.place(int(cell)) for cell in cells)


# --- faults, kinetics, the law of compliance ---


def _faults(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if (why := _switches(facts)) is not Left.NOT:
        return why
    return FaultMap(
        **_common(recipe), set_start=min(recipe.start, recipe.set_cap), set_stop=recipe.set_cap,
        reset_start=min(recipe.start, recipe.reset_cap), reset_stop=recipe.reset_cap,
        step=2.0 * recipe.step, width=recipe.width, set_gate=recipe.set_gate,
        reset_gate=recipe.reset_gate, current_limit=recipe.current_cap, averages=recipe.averages,
    )  # fmt: skip


def _kinetics(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if (why := _switches(facts)) is not Left.NOT:
        return why
    low, high = facts.get("low", 1e-6), facts.get("high", 40e-6)
    if not high > 2.0 * low:
        return Left.NO_WINDOW
    middle = float(np.sqrt(low * high))
    return KineticsMap(
        **_common(recipe), set_start=_set_voltage(recipe, facts, -0.2),
        set_stop=_set_voltage(recipe, facts, 0.4), reset_start=_reset_voltage(recipe, facts, -0.2),
        reset_stop=_reset_voltage(recipe, facts, 0.4), step=2.0 * recipe.step,
        shortest=0.1 * recipe.width, longest=10.0 * recipe.width, set_gate=recipe.set_gate,
        reset_gate=recipe.reset_gate, prepare_set=_set_voltage(recipe, facts, 0.6),
        prepare_reset=_reset_voltage(recipe, facts, 0.8), prepare_width=recipe.width,
        low_below=middle, is_set_above=middle, is_reset_below=middle, high_above=middle,
        averages=recipe.averages,
    )  # fmt: skip


def _law(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if (why := _switches(facts)) is not Left.NOT:
        return why
    if topology.kind != "1T1R":
        return Left.NO_GATES
    low, high = facts.get("low", 1e-6), facts.get("high", 40e-6)
    if not high > 2.0 * low:
        return Left.NO_WINDOW
    return ComplianceTuning(
        **_common(recipe), lowest=recipe.current_cap / 20.0, highest=recipe.current_cap / 4.0,
        levels=2, gate_start=min(0.8, 0.5 * recipe.set_gate), gate_stop=recipe.set_gate,
        set_amplitude=_set_voltage(recipe, facts, 1.0), reset_gate=recipe.reset_gate,
        reset_amplitude=_reset_voltage(recipe, facts, 0.8), width=recipe.width,
        off_below=float(np.sqrt(low * high)), probe_voltage=0.5 * _set_voltage(recipe, facts, 0.0),
        limit=max(recipe.current_cap, 1e-4), averages=recipe.averages,
    )  # fmt: skip


_PROPORTIONAL = (0.8, 1.2)  # exponents of G over I_C at which a compliance voltage means something


def _vetted_law(findings: list[Finding]) -> list[Finding]:
    """Leave out what G = I_C / V_C says where G does not follow I_C: a window ends before."""
    low, high = _PROPORTIONAL
    if low <= _value(findings, "exponent of G over I_C") <= high:
        return findings
    return [one for one in findings if not one.name.startswith(("V_C", "G / I_C", "G over I_C"))]


# --- states in between ---


def _write(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if (why := _switches(facts)) is not Left.NOT:
        return why
    low, high = facts.get("low", 1e-6), facts.get("high", 40e-6)
    if not high > 1.5 * low:
        return Left.NO_WINDOW
    start, down = _set_voltage(recipe, facts, -0.2), _reset_voltage(recipe, facts, -0.2)
    cap = min(recipe.set_cap, recipe.reset_cap)
    return WriteVerify(
        **_common(recipe), target=0.5 * (low + high), tolerance=0.1 * (high - low),
        set_start=min(start, cap), reset_start=min(down, cap), zero_reset_start=min(down, cap),
        cap=cap, step=2.0 * recipe.step, width=recipe.width, set_gate=recipe.set_gate,
        reset_gate=recipe.reset_gate, pulses=100, averages=recipe.averages,
    )  # fmt: skip


def _respond(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if (why := _switches(facts)) is not Left.NOT:
        return why
    return PulseResponse(
        **_common(recipe), set_amplitude=_set_voltage(recipe, facts, 0.25),
        reset_amplitude=_reset_voltage(recipe, facts, 0.25), width=recipe.width,
        set_gate=recipe.set_gate, reset_gate=recipe.reset_gate, points=recipe.pulses,
        averages=recipe.averages, current_limit=recipe.current_cap,
    )  # fmt: skip


# --- rest and stress ---


def _listen(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if facts.get("volatile", 0.0) > 0.5:
        return Left.VOLATILE
    return ReadNoise(
        cells=_first_cells(recipe, topology, recipe.noise_cells),
        read_voltage=recipe.read_voltage, read_gate=recipe.read_gate, rate=recipe.noise_rate,
        count=recipe.noise_count, settle=1.0,
    )  # fmt: skip


def _disturb(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if (why := _switches(facts)) is not Left.NOT:
        return why
    return DisturbRecipe(
        **_common(recipe), write_voltage=_set_voltage(recipe, facts, 0.5), width=recipe.width,
        half_selects=recipe.half_selects, reads=recipe.reads, gate=recipe.read_gate,
        current_limit=recipe.current_cap, rest=1.0, averages=recipe.averages,
    )  # fmt: skip


def _cycle(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if (why := _switches(facts)) is not Left.NOT:
        return why
    if not facts.get("high", 40e-6) > 2.0 * facts.get("low", 1e-6):
        return Left.NO_WINDOW
    return Endurance(
        **_common(recipe), cycles=recipe.cycles, every=recipe.cycles, block=10,
        set_voltage=_set_voltage(recipe, facts, 0.5), set_gate=recipe.set_gate,
        set_width=recipe.width, reset_voltage=_reset_voltage(recipe, facts, 0.7),
        reset_gate=recipe.reset_gate, reset_width=recipe.width, averages=recipe.averages,
    )  # fmt: skip


STAGES = (
    Stage("contacts", contact_check, _contacts, _nothing),
    Stage("read", read_map, _read, _have_read, (
        Tell("conductance as found", "conductance", "S"),
    )),
    Stage("form", form, _form, _have_formed, (
        Tell("forming voltage", "voltage", "V", where="by_us"),
        Tell("conductance after forming", "conductance", "S"),
    )),
    Stage("hold", read_map, _hold, _have_held, (
        Tell("conductance some time after forming", "conductance", "S"),
    )),
    Stage("switch", switch_seeker, _seek, _have_sought, (
        Tell("threshold", "threshold", "V", "polarity", where="switched"),
    )),
    Stage("keep", volatile_relaxation, _keep, _have_kept, (
        Tell("conductance after a SET", "conductance", "S", "since", "s"),
    )),
    Stage("loop", iv_sweep, _loops, _nothing, (
        Tell("current of the loop", "current", "A", "voltage", "V"),
    )),
    Stage("faults", fault_map, _faults, _nothing, (
        Tell("fault", "fault", ""),
    )),
    Stage("kinetics", kinetics_map, _kinetics, _nothing, (
        Tell("chance to be SET", "probability", "", "voltage", "V", where="set"),
        Tell("chance to be RESET", "probability", "", "voltage", "V", where="reset"),
    )),
    Stage("law", compliance_tuning, _law, _nothing, (
        Tell("conductance by compliance", "conductance", "S", "compliance", "A", where="was_off"),
    ), _vetted_law),
    Stage("write", write_verify, _write, _nothing, (
        Tell("conductance as written", "conductance", "S", "target", "S"),
    )),
    Stage("respond", pulse_response, _respond, _nothing, (
        Tell("conductance by pulses", "conductance", "S", "pulse", where="branch"),
    )),
    Stage("listen", read_noise, _listen, _nothing, (
        Tell("noise density", "density", "S²/Hz", "frequency", "Hz", where="spectral"),
    )),
    Stage("disturb", disturb_cells, _disturb, _nothing, (
        Tell("relative change by a disturb", "change", "", "stress"),
    )),
    Stage("cycle", endurance, _cycle, _nothing, (
        Tell("conductance high", "high", "S", "cycle"),
        Tell("conductance low", "low", "S", "cycle"),
    )),
)  # fmt: skip

QUANTITIES = tuple(tell for stage in STAGES for tell in stage.tells)
