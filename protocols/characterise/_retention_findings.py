"""What a retention run says at its end: survivors, activation energies, the life at use."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import Floats, Interval, share_interval
from labcim.analysis.energies import energy_with_own_spreads
from labcim.analysis.life import fit_arrhenius
from labcim.analysis.retention import (
    Lives,
    common_spread,
    energy_without_survivors,
    lives,
    share_failed,
)
from labcim.analysis.warmth import StateCoefficient, state_coefficient
from labcim.errors import RangeError
from labcim.protocol import Finding
from labcim.units import show

FEWEST = 3  # temperatures of an activation energy
Groups = dict[float, Lives]


def retention_findings(
    rows: Mapping[str, NDArray[Any]],
    *,
    window: float,
    write_temperature: float,
    use_temperature: float,
    use_time: float,
    use_share: float,
) -> list[Finding]:
    """Return findings for each level. window: share that may be lost or gained.

    An activation energy is reported from three temperatures on. With fewer the number of them is,
    under a name that says so.
    """
    counts = rows["counts"]
    found = [Finding("cells followed", float(len(np.unique(rows["cell"][counts]))))]
    rows = {key: column[counts] for key, column in rows.items()}
    warmth = _warmth(rows, write_temperature)
    if warmth is not None:
        found += [
            Finding(f"temperature coefficient at {show(float(g), 'S')}", float(a), "1/K")
            for g, a in zip(warmth.conductance, warmth.coefficient, strict=True)
        ]
    for level in np.unique(rows["level"]):  # NaN, of cells as they were, is one of them
        here = (rows["level"] == level) | (np.isnan(level) & np.isnan(rows["level"]))
        name = "" if np.isnan(level) else f", {show(float(level), 'S')}"
        groups = _by_bake({key: column[here] for key, column in rows.items()}, window, warmth)
        found += _survivors(groups, name)
        if math.nan not in groups:
            found += _acceleration(groups, name, use_temperature, use_time, use_share)
    return found


def _warmth(rows: Mapping[str, NDArray[Any]], write_temperature: float) -> StateCoefficient | None:
    """Return the coefficient of each level, from the first looks of the coolest bake.

    There the least is lost on the way. None where nothing was written, or nothing was warmer.
    """
    if not np.isfinite(rows["bake"]).any() or not np.isfinite(rows["level"]).any():
        return None
    first = (rows["since"] == 0.0) & (rows["bake"] == np.nanmin(rows["bake"]))
    kelvin = float(np.median(rows["temperature"][first]))
    if abs(kelvin - write_temperature) < 1.0:
        return None
    return state_coefficient(
        rows["level"][first], rows["written"][first], rows["conductance"][first],
        reference=write_temperature, kelvin=kelvin,
    )  # fmt: skip


def _by_bake(
    rows: Mapping[str, NDArray[Any]], window: float, warmth: StateCoefficient | None
) -> Groups:
    """Return lives by temperature in K; NaN is the key where no stage held one."""
    bakes = rows["bake"]
    groups: Groups = {}
    for bake in np.unique(bakes):
        at = np.isnan(bakes) if np.isnan(bake) else bakes == bake
        here = {name: column[at] for name, column in rows.items()}
        g = here["conductance"]
        if warmth is not None:
            g = warmth.at_reference(g, float(bake))
        groups[math.nan if np.isnan(bake) else float(bake)] = _lives(here, g, window)
    return {key: group for key, group in groups.items() if len(group.cell)}


def _lives(rows: Mapping[str, NDArray[Any]], conductance: Floats, window: float) -> Lives:
    """Return the lives of the cells of a bake; those that were lost on its way, before it.

    conductance: S, of each row, at the temperature of writing.  A cell's window is around what it
    shows at its first look: what it loses from there on takes the same time, however much it has
    lost before.
    """
    first = rows["since"] == 0.0
    lost = rows["cell"][first & ~(conductance >= (1.0 - window) * rows["written"])]
    stayed = ~np.isin(rows["cell"], lost)
    cells, place = np.unique(rows["cell"], return_inverse=True)
    start = np.full(len(cells), np.nan)
    start[place[first]] = conductance[first]
    found = lives(
        rows["cell"][stayed], rows["since"][stayed], (conductance / start[place])[stayed],
        low=1.0 - window, high=1.0 + window,
    )  # fmt: skip
    soaked = float(rows["soaked"][0])
    return found.joined(lost, soaked) if soaked > 0.0 else found


def _survivors(groups: Groups, name: str) -> list[Finding]:
    found = []
    for bake, group in groups.items():
        still = share_interval(int((~group.failed).sum()), len(group.failed))
        where = "" if math.isnan(bake) else f", {bake:g} K"
        found.append(
            Finding(f"still in the window{name}{where}", still.value, "", still.low, still.high)
        )
    return found


def _acceleration(
    groups: Groups, name: str, use_temperature: float, use_time: float, use_share: float
) -> list[Finding]:
    """Return the energy and what follows from it, or why there is none."""
    lifetimes = {bake: group.lifetimes for bake, group in groups.items()}
    if len(groups) < FEWEST:
        why = f"no activation energy{name}: temperatures, of {FEWEST} that it needs"
        return [Finding(why, float(len(groups)))]
    at = f"at {use_temperature:g} K{name}"
    try:
        fit = fit_arrhenius(lifetimes)
        found = [
            _finding(f"activation energy{name}", fit.activation_energy, "eV"),
            _finding(f"spread of ln life{name}", fit.sigma),
            _finding(f"life of half {at}", fit.quantile(0.5, use_temperature), "s"),
            _finding(
                f"life of all but {use_share:g} {at}", fit.quantile(use_share, use_temperature), "s"
            ),
            _finding(
                f"failed after {show(use_time, 's')} {at}",
                share_failed(fit, use_time, use_temperature),
            ),
        ]
    except RangeError as trouble:
        failing = sum(group.failed.any() for group in groups.values())
        return [Finding(f"no activation energy{name}: {trouble}", float(failing))]
    try:
        own = energy_with_own_spreads(lifetimes)
        found.insert(
            1, _finding(f"activation energy, a spread for each temperature{name}", own, "eV")
        )
    except RangeError:
        pass  # failures at too few temperatures for that
    for what, value, unit in (
        (f"activation energy{name}, had survivors been left out",
         energy_without_survivors(lifetimes), "eV"),
        (f"chance of one line and spread{name}", common_spread(lifetimes, fit), ""),
    ):  # fmt: skip
        if math.isfinite(value):
            found.append(Finding(what, value, unit))
    return found


def _finding(name: str, interval: Interval, unit: str = "") -> Finding:
    return Finding(name, interval.value, unit, interval.low, interval.high)
