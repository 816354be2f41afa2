"""How the fingerprints of chips on record compare."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.fingerprint.enrolled import Enrolled, enrolled
from labcim.analysis.fingerprint.metrics import Quality, quality
from labcim.analysis.fingerprint.separation import (
    Reliability,
    Separation,
    reliability,
    separation,
)
from labcim.analysis.fingerprint.spatial import Spatial, spatial
from labcim.analysis.fingerprint.stable_bits import answers, expected_error_rate, stable_bits
from labcim.errors import RecordError

from .enrolment import ENROLMENT
from .past_run import run_of
from .record import open_record

Floats = NDArray[np.float64]
_ZERO_CELSIUS = 273.15


@dataclass(frozen=True, slots=True)
class Compared:
    """What the fingerprints of several chips show. corners: name -> reliability there.

    estimates: min-entropy of a bit of all chips' bits one after the other, by each estimator of
    SP 800-90B; of so few bits they are low, and a perfect source has no more than 0.9 of a million.
    kept: share of the bits that a mask by all reads of each chip keeps; masked_error: what these
    are expected to fail with, by normal tails, the worst chip.
    """

    chips: tuple[str, ...]
    quality: Quality
    separation: Separation | None
    corners: dict[str, Reliability]
    spatial: Spatial
    estimates: dict[str, float]
    kept: float
    masked_error: float


def compare(record: str | Path, runs: Sequence[str] = (), *, margin: float = 6.0) -> Compared:
    """Compare chips by their `puf_enrol` runs; without ``runs``, by all that completed.

    The first run on a chip is its enrolment, all later ones are re-reads of it. Raises RecordError.
    """
    from labcim.analysis.entropy.non_iid import non_iid  # numba takes long to import

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
        non_iid(bits[np.isfinite(bits)].astype(np.uint8), bits=1).original,
        float(np.mean(masks)),
        float(np.max(errors)),
    )


def _by_chip(record: str | Path, runs: Sequence[str]) -> dict[str, list[Enrolled]]:
    found: dict[str, list[Enrolled]] = {}
    with open_record(record) as kept:
        chosen = list(runs) or [
            past.run
            for past in reversed(kept.runs())
            if past.protocol == ENROLMENT and past.state == "completed"
        ]
    for run in chosen:
        one = run_of(record, run, ENROLMENT)
        found.setdefault(one.summary.chip, []).append(enrolled(one.rows))
    return found


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
