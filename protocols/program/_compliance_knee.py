"""Which points of a calibration lie below the knee, and how far levels may go."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.compliance_knee import BelowKnee, law_below_knee
from labcim.analysis.distributions import Floats
from labcim.errors import RecipeError
from labcim.programming.gate_law import GateLaw, fitted

from ._compliance_recipe import ComplianceTuning

Columns = Mapping[str, NDArray[Any]]

ENOUGH = 3  # points below the knee, with which it is not looked at more closely


def answering(recipe: ComplianceTuning, rows: Columns) -> NDArray[np.bool_]:
    """Return of each row whether its cell was off, and answers: on after a SET, off before one."""
    size = int(rows["cell"].max()) + 1 if len(rows["cell"]) else 0
    on, off = np.zeros(size, bool), np.zeros(size, bool)
    on[rows["cell"][rows["conductance"] > recipe.off_below]] = True
    off[rows["cell"][rows["was_off"]]] = True
    known = np.isfinite(rows["conductance"]) & (rows["conductance"] > 0.0)
    return np.asarray(rows["was_off"] & (on & off)[rows["cell"]] & known)


def below_knee(recipe: ComplianceTuning, rows: Columns) -> BelowKnee:
    """Return the law of the calibration's points among the currents that were asked for.

    Points of which no current is known are held back by the cells: they count where the currents
    that are known do not go as far as what was asked.
    """
    amps, current = rows["compliance"], rows["current"]
    asked = (amps >= 0.95 * recipe.lowest) & (amps <= 1.05 * recipe.highest)
    calibrating = answering(recipe, rows) & (rows["level"] == 0)
    if recipe.highest > 1.1 * np.max(amps[calibrating & np.isfinite(amps)], initial=0.0):
        asked |= np.isnan(amps)
    here = calibrating & asked
    setting = rows["gate"] if recipe.by == "gate" else amps
    known = np.where(current > 0.0, current, np.nan)
    return law_below_knee(setting[here], rows["cell"][here], known[here], rows["conductance"][here])


def closer(recipe: ComplianceTuning, knee: BelowKnee) -> Floats:
    """Return settings from the first to the knee where too few were below it, else none."""
    if not len(knee.dropped) or len(knee.kept) >= ENOUGH:
        return np.empty(0)
    if recipe.by == "gate":
        between = np.linspace(recipe.gate_start, knee.dropped[0], recipe.points + 1)
    else:
        between = np.geomspace(recipe.lowest, knee.dropped[0], recipe.points + 1)
    tried = np.concatenate([knee.kept, knee.dropped])
    new = ~np.isclose(between[:, None], tried, rtol=1e-6).any(axis=1)
    return np.asarray(between[1:-1][new[1:-1]])


def gate_law(recipe: ComplianceTuning, knee: BelowKnee, rows: Columns) -> GateLaw:
    """Return the law of the gates up to the first point above the knee.

    Further up most of the voltage is across the cell, and the transistor is no current source.
    Raises RangeError without currents at two gates, or where they do not rise.
    """
    here = rows["level"] == 0
    if len(knee.dropped):
        here &= rows["gate"] <= knee.dropped[0]
    return fitted(rows["gate"][here], rows["current"][here])


def highest_followed(recipe: ComplianceTuning, knee: BelowKnee) -> float:
    """Return the largest current in A that levels go to: as asked, or what cells still follow.

    Raises RecipeError where cells follow none of what was asked.
    """
    if math.isnan(knee.reach):
        return recipe.highest
    if knee.reach < 1.1 * recipe.lowest:
        raise RecipeError(
            f"{at_their_end(recipe, knee)} They follow currents up to {knee.reach:.3g} A: "
            "set lowest well below that"
        )
    return min(recipe.highest, knee.reach)


def at_their_end(recipe: ComplianceTuning, knee: BelowKnee) -> str:
    """Return one sentence on how much cells conduct."""
    return (
        f"lowest = {recipe.lowest:g} A, highest = {recipe.highest:g} A: the cells conduct at most "
        f"{knee.end:.3g} S, whatever current is allowed."
    )
