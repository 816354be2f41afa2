"""Fingerprints from the record: helper data of an enrolment, and how chips compare."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.fingerprint.bch import bch
from labcim.analysis.fingerprint.enrolled import Enrolled, enrolled
from labcim.analysis.fingerprint.helper_data import (
    HelperData,
    block_failure,
    blocks_needed,
    enrol,
)
from labcim.analysis.fingerprint.metrics import Quality, most_common_value, quality
from labcim.analysis.fingerprint.separation import (
    Reliability,
    Separation,
    reliability,
    separation,
)
from labcim.analysis.fingerprint.spatial import Spatial, spatial
from labcim.analysis.fingerprint.stable_bits import answers, expected_error_rate, stable_bits
from labcim.errors import RecordError
from labcim.record import RunSummary

from .recipes import recipe_from_text
from .record import open_record

Floats = NDArray[np.float64]
_ZERO_CELSIUS = 273.15
_ENROLMENT = "puf_enrol"


@dataclass(frozen=True, slots=True)
class Compared:
    """What the fingerprints of several chips show. corners: name -> reliability there.

    kept: share of the bits that a mask by all reads of each chip keeps; masked_error: what these
    are expected to fail with, by normal tails, the worst chip.
    """

    chips: tuple[str, ...]
    quality: Quality
    separation: Separation | None
    corners: dict[str, Reliability]
    spatial: Spatial
    kept: float
    masked_error: float


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Helper data and what it is worth. kept, bits: pairs that the mask keeps, of all.

    error: expected bit error rate of what was kept.  failure: chance that no key comes back at it.
    """

    helper: HelperData
    key: bytes
    kept: int
    bits: int
    error: float
    failure: float


def enrolment_of(
    record: str | Path,
    run: str = "last",
    *,
    n: int = 255,
    t: int = 8,
    margin: float = 6.0,
    entropy: float | None = None,
    random: Callable[[int], bytes] | None = None,
) -> Enrolment:
    """Return helper data and key of a `puf_enrol` on record.

    n, t: of the code.  margin: see the recipe.  entropy: min-entropy of a bit; without, that of the
    most common value of this chip's bits, which is low where they are few.  random: gives random
    bytes; without, the operating system does. Raises RecordError, RangeError.
    """
    source = _enrolled(record, run)
    summary, recipe, found = source.summary, source.recipe, source.tables
    reads = found.all_reads
    kept = np.flatnonzero(stable_bits(reads, margin))
    if not len(kept):
        raise RecordError(f"run {run}: the mask keeps none of {len(found.reference)} bits")
    response = answers(found.reference)[kept].astype(np.uint8)
    each = most_common_value(response[None].astype(float)) if entropy is None else entropy
    code = bch(n, t)
    used = blocks_needed(n, code.k, each) * n
    chosen = kept[:used]
    described = {
        "kind": "pairs",
        "chip": summary.chip,
        "rows": summary.rows,
        "columns": summary.columns,
        "cells": found.cells[chosen].tolist(),
        "read_voltage": recipe["read_voltage"],
        "read_gate": recipe["read_gate"],
        "averages": recipe["averages"],
    }
    helper, key = enrol(
        response[:used], code, entropy=each, described=described, random=random or token_bytes
    )
    mask = np.zeros(len(found.reference), bool)
    mask[chosen] = True
    error = expected_error_rate(reads, mask)
    failure = -math.expm1(len(helper.offsets) * math.log1p(-min(block_failure(n, t, error), 0.99)))
    return Enrolment(helper, key, len(kept), len(found.reference), error, failure)


def compare(record: str | Path, runs: Sequence[str] = (), *, margin: float = 6.0) -> Compared:
    """Compare chips by their `puf_enrol` runs; without ``runs``, by all that completed.

    The first run on a chip is its enrolment, all later ones are re-reads of it. Raises RecordError.
    """
    by_chip = _by_chip(record, runs)
    if len(by_chip) < 2:
        raise RecordError(
            f"record {record}: enrolments of {len(by_chip)} chips; two and more can be compared"
        )
    shapes = {len(one[0].reference) for one in by_chip.values()}
    if len(shapes) > 1:
        raise RecordError(f"the chips have {sorted(shapes)} bits: only equal numbers compare")
    first = [one[0] for one in by_chip.values()]
    bits = np.array([answers(one.reference) for one in first])
    corners = _corners(list(by_chip.values()))
    masks = [stable_bits(one.all_reads, margin) for one in first]
    errors = [expected_error_rate(a.all_reads, b) for a, b in zip(first, masks, strict=True)]
    rereads = corners.get("re-reads")
    return Compared(
        tuple(by_chip),
        quality(bits),
        None if rereads is None else separation(bits, rereads),
        {name: reliability(bits, reads) for name, reads in corners.items()},
        spatial(np.array([one.as_map(answers(one.reference)) for one in first])),
        float(np.mean(masks)),
        float(np.max(errors)),
    )


def _by_chip(record: str | Path, runs: Sequence[str]) -> dict[str, list[Enrolled]]:
    found: dict[str, list[Enrolled]] = {}
    with open_record(record) as kept:
        chosen = list(runs) or [
            past.run
            for past in reversed(kept.runs())
            if past.protocol == _ENROLMENT and past.state == "completed"
        ]
    for run in chosen:
        one = _enrolled(record, run)
        found.setdefault(one.summary.chip, []).append(one.tables)
    return found


@dataclass(frozen=True, slots=True)
class _Run:
    """An enrolment on record: of which chip, by which recipe, and its tables."""

    summary: RunSummary
    recipe: dict[str, Any]
    tables: Enrolled


def _enrolled(record: str | Path, run: str) -> _Run:
    with open_record(record) as kept:
        detail = kept.run(run)
        if detail.summary.protocol != _ENROLMENT:
            raise RecordError(
                f"run {run} is a {detail.summary.protocol}; a fingerprint is read by {_ENROLMENT}"
            )
        frame = kept.readings(detail.summary.run)
    rows = {str(name): values.to_numpy() for name, values in frame.items()}
    recipe = recipe_from_text(detail.recipe, Path.cwd()).model_dump()
    return _Run(detail.summary, recipe, enrolled(rows))


def _corners(chips: list[list[Enrolled]]) -> dict[str, Floats]:
    """Return name -> bits of re-reads, (chips, reads, bits), of the corners that every chip has."""
    tables = [_named(one) for one in chips]
    common = [name for name in tables[0] if all(name in table for table in tables)]
    found = {}
    for name in common:
        reads = min(len(table[name]) for table in tables)
        if reads:
            found[name] = np.array([answers(table[name][:reads]) for table in tables])
    return found


def _named(runs: list[Enrolled]) -> dict[str, Floats]:
    first, *later = runs
    named = {"re-reads": first.rereads}
    named |= {f"{volt:g} V": reads for volt, reads in first.voltages.items()}
    for kelvin, reads in first.temperatures.items():
        named[f"{kelvin - _ZERO_CELSIUS:.0f} degC"] = reads
    for number, one in enumerate(later, 2):
        named[f"run {number}"] = np.concatenate([one.reference[None], one.rereads])
    return named
