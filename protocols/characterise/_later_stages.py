"""Plans of the later stages: faults, laws, states in between, rest and stress."""

import numpy as np

from labcim.capabilities import Topology
from labcim.protocol import Finding
from labcim.recipe import Recipe

from ..program._compliance_recipe import ComplianceTuning
from ..program.write_verify import WriteVerify
from ._characterise_recipe import Characterise
from ._stage import (
    Facts,
    Left,
    common,
    first_cells,
    pulsing,
    reset_voltage,
    set_voltage,
    switches,
    value_of,
)
from .disturb import DisturbRecipe
from .endurance import Endurance
from .fault_map import FaultMap
from .kinetics_map import KineticsMap
from .pulse_response import PulseResponse
from .read_noise import ReadNoise

# --- faults, kinetics, the law of compliance ---


def plan_faults(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if (why := switches(facts)) is not Left.NOT:
        return why
    return FaultMap(
        **pulsing(recipe), set_start=min(recipe.start, recipe.set_cap), set_stop=recipe.set_cap,
        reset_start=min(recipe.start, recipe.reset_cap), reset_stop=recipe.reset_cap,
        step=2.0 * recipe.step, width=recipe.width, set_gate=recipe.set_gate,
        reset_gate=recipe.reset_gate, current_limit=recipe.current_cap, averages=recipe.averages,
    )  # fmt: skip


def plan_kinetics(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if (why := switches(facts)) is not Left.NOT:
        return why
    low, high = facts.get("low", 1e-6), facts.get("high", 40e-6)
    if not high > 2.0 * low:
        return Left.NO_WINDOW
    middle = float(np.sqrt(low * high))
    return KineticsMap(
        **pulsing(recipe), set_start=set_voltage(recipe, facts, -0.2),
        set_stop=set_voltage(recipe, facts, 0.4), reset_start=reset_voltage(recipe, facts, -0.2),
        reset_stop=reset_voltage(recipe, facts, 0.4), step=2.0 * recipe.step,
        shortest=0.1 * recipe.width, longest=10.0 * recipe.width, set_gate=recipe.set_gate,
        reset_gate=recipe.reset_gate, prepare_set=set_voltage(recipe, facts, 0.6),
        prepare_reset=reset_voltage(recipe, facts, 0.8), prepare_width=recipe.width,
        low_below=middle, is_set_above=middle, is_reset_below=middle, high_above=middle,
        averages=recipe.averages,
    )  # fmt: skip


def plan_law(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if (why := switches(facts)) is not Left.NOT:
        return why
    if topology.kind != "1T1R":
        return Left.NO_GATES
    low, high = facts.get("low", 1e-6), facts.get("high", 40e-6)
    if not high > 2.0 * low:
        return Left.NO_WINDOW
    return ComplianceTuning(
        **common(recipe), lowest=recipe.current_cap / 20.0, highest=recipe.current_cap / 4.0,
        levels=2, gate_start=min(0.8, 0.5 * recipe.set_gate), gate_stop=recipe.set_gate,
        set_amplitude=set_voltage(recipe, facts, 1.0), reset_gate=recipe.reset_gate,
        reset_amplitude=reset_voltage(recipe, facts, 0.8), width=recipe.width,
        off_below=float(np.sqrt(low * high)), probe_voltage=0.5 * set_voltage(recipe, facts, 0.0),
        limit=max(recipe.current_cap, 1e-4), averages=recipe.averages,
    )  # fmt: skip


_PROPORTIONAL = (0.8, 1.2)  # exponents of G over I_C at which a compliance voltage means something


def vetted_law(findings: list[Finding]) -> list[Finding]:
    """Leave out what G = I_C / V_C says where G does not follow I_C: a window ends before."""
    low, high = _PROPORTIONAL
    if low <= value_of(findings, "exponent of G over I_C") <= high:
        return findings
    return [one for one in findings if not one.name.startswith(("V_C", "G / I_C", "G over I_C"))]


# --- states in between ---


def plan_write(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if (why := switches(facts)) is not Left.NOT:
        return why
    low, high = facts.get("low", 1e-6), facts.get("high", 40e-6)
    if not high > 1.5 * low:
        return Left.NO_WINDOW
    start, down = set_voltage(recipe, facts, -0.2), reset_voltage(recipe, facts, -0.2)
    cap = min(recipe.set_cap, recipe.reset_cap)
    return WriteVerify(
        **pulsing(recipe), target=0.5 * (low + high), tolerance=0.1 * (high - low),
        set_start=min(start, cap), reset_start=min(down, cap), zero_reset_start=min(down, cap),
        cap=cap, step=2.0 * recipe.step, width=recipe.width, set_gate=recipe.set_gate,
        reset_gate=recipe.reset_gate, pulses=100, averages=recipe.averages,
    )  # fmt: skip


def plan_respond(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if (why := switches(facts)) is not Left.NOT:
        return why
    return PulseResponse(
        **common(recipe), set_amplitude=set_voltage(recipe, facts, 0.25),
        reset_amplitude=reset_voltage(recipe, facts, 0.25), width=recipe.width,
        set_gate=recipe.set_gate, reset_gate=recipe.reset_gate, points=recipe.pulses,
        averages=recipe.averages, current_limit=recipe.current_cap,
    )  # fmt: skip


# --- rest and stress ---


def plan_listen(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if facts.get("volatile", 0.0) > 0.5:
        return Left.VOLATILE
    return ReadNoise(
        cells=first_cells(recipe, topology, recipe.noise_cells),
        read_voltage=recipe.read_voltage, read_gate=recipe.read_gate, rate=recipe.noise_rate,
        count=recipe.noise_count, settle=1.0,
    )  # fmt: skip


def plan_disturb(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if (why := switches(facts)) is not Left.NOT:
        return why
    return DisturbRecipe(
        **common(recipe), write_voltage=set_voltage(recipe, facts, 0.5), width=recipe.width,
        half_selects=recipe.half_selects, reads=recipe.reads, gate=recipe.read_gate,
        current_limit=recipe.current_cap, rest=1.0, averages=recipe.averages,
    )  # fmt: skip


def plan_cycle(recipe: Characterise, facts: Facts, topology: Topology) -> Recipe | Left:
    if (why := switches(facts)) is not Left.NOT:
        return why
    if not facts.get("high", 40e-6) > 2.0 * facts.get("low", 1e-6):
        return Left.NO_WINDOW
    return Endurance(
        **pulsing(recipe), cycles=recipe.cycles, every=recipe.cycles, block=10,
        set_voltage=set_voltage(recipe, facts, 0.5), set_gate=recipe.set_gate,
        set_width=recipe.width, reset_voltage=reset_voltage(recipe, facts, 0.7),
        reset_gate=recipe.reset_gate, reset_width=recipe.width, averages=recipe.averages,
    )  # fmt: skip
