"""Keys out of fingerprints on record: helper data of an enrolment, proof of a destruction."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.fingerprint.bch import bch
from labcim.analysis.fingerprint.destruction import Phase, Proof, prove
from labcim.analysis.fingerprint.enrolled import enrolled, table_of
from labcim.analysis.fingerprint.helper_data import (
    HelperData,
    block_failure,
    blocks_needed,
    enrol,
)
from labcim.analysis.fingerprint.metrics import common_value
from labcim.analysis.fingerprint.stable_bits import (
    answers,
    expected_error_rate,
    stable_bits,
    stable_means,
)
from labcim.errors import RecordError

from .past_run import PastRun, run_of

Floats = NDArray[np.float64]

ENROLMENT = "puf_enrol"
DESTRUCTION = "key_destruction"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Helper data and what it is worth. kept, bits: pairs that the mask keeps, of all.

    error: expected bit error rate of what was used.  failure: chance that no key comes back at it.
    """

    helper: HelperData
    key: bytes
    kept: int
    bits: int
    error: float
    failure: float


@dataclass(frozen=True, slots=True)
class _Source:
    """Bits to choose from. reads: differences, (reads, bits), whose spread is that of a bit."""

    cells: NDArray[np.uint32]
    bits: Floats
    kept: NDArray[np.bool_]
    reads: Floats


def enrolment_of(
    record: str | Path,
    run: str = "last",
    *,
    n: int = 255,
    t: int = 8,
    margin: float | None = None,
    entropy: float | None = None,
    random: Callable[[int], bytes] = token_bytes,
) -> Enrolment:
    """Return helper data and key of a `puf_enrol` on record, or of what a key is to hide.

    n, t: of the code.  margin: without, that of the recipe.  entropy: min-entropy of a bit;
    without, that of the most common value of this chip's bits, which is low where they are few.
    random: gives random bytes. Raises RecordError, RangeError.
    """
    past = run_of(record, run, ENROLMENT, DESTRUCTION)
    least = float(past.recipe["margin"]) if margin is None else margin
    source = _pairs(past, least) if past.summary.protocol == ENROLMENT else _hidden(past, least)
    kept = np.flatnonzero(source.kept)
    if not len(kept):
        raise RecordError(f"run {run}: the mask keeps none of {len(source.bits)} bits")
    response = source.bits[kept].astype(np.uint8)
    each = common_value(source.bits[kept][None]) if entropy is None else entropy
    code = bch(n, t)
    used = blocks_needed(n, code.k, each) * n
    described = _described(past, source.cells[kept[:used]])
    helper, key = enrol(response[:used], code, entropy=each, described=described, random=random)
    mask = np.zeros(len(source.bits), bool)
    mask[kept[:used]] = True
    error = expected_error_rate(source.reads, mask)
    failure = -math.expm1(len(helper.offsets) * math.log1p(-min(block_failure(n, t, error), 0.99)))
    return Enrolment(helper, key, len(kept), len(source.bits), error, failure)


def prove_destruction(record: str | Path, run: str, helper: HelperData) -> Proof:
    """Return the proof that a `key_destruction` erased what hid the fingerprint of ``helper``.

    It answers the nonce of the run's recipe. Raises RecordError where the run did not end well, and
    RangeError where the fingerprint is not the enrolled one.
    """
    past = run_of(record, run, DESTRUCTION)
    summary = past.summary
    if summary.state != "completed" or not past.recipe["nonce"]:
        raise RecordError(
            f"run {run} is {summary.state}, its nonce {past.recipe['nonce']!r}: a proof needs a "
            "run that completed, with the verifier's nonce in its recipe"
        )
    size = int(past.rows["bit"].max()) + 1
    erased = table_of(past.rows, Phase.ERASED, size)
    if not len(erased):
        raise RecordError(f"run {run} has erased nothing")
    bits = answers(erased.mean(axis=0))
    by_pair = {pair: bit for pair, bit in zip(map(tuple, _cells(past)), bits, strict=True)}
    try:
        response = [by_pair[int(first), int(other)] for first, other in helper.response["cells"]]
    except (KeyError, TypeError, ValueError) as trouble:
        raise RecordError(f"run {run} did not read the pairs of the helper data") from trouble
    bare = Proof(summary.chip, summary.run, summary.hash, past.recipe["nonce"], helper="")
    return prove(bare, np.nan_to_num(np.array(response)).astype(np.uint8), helper)


def _pairs(past: PastRun, margin: float) -> _Source:
    found = enrolled(past.rows)
    reads = found.all_reads
    return _Source(found.cells, answers(found.reference), stable_bits(reads, margin), reads)


def _hidden(past: PastRun, margin: float) -> _Source:
    """Return the bits of a fingerprint that is a mean over times that cells were put at random."""
    size = int(past.rows["bit"].max()) + 1
    table = table_of(past.rows, Phase.FINGERPRINT, size)
    if len(table) < 2:
        raise RecordError("this run has no fingerprint: enrol = true reads one")
    mean = table.mean(axis=0)
    # What differs is the mean of as many times against another such mean.
    as_means = mean + (table - mean) * math.sqrt(2.0 / len(table))
    return _Source(_cells(past), answers(mean), stable_means(table, margin), as_means)


def _cells(past: PastRun) -> NDArray[np.uint32]:
    """Return the cells of each pair, (bits, 2)."""
    rows = past.rows
    found = np.zeros((int(rows["bit"].max()) + 1, 2), np.uint32)
    found[rows["bit"]] = np.column_stack([rows["cell"], rows["other"]])
    return found


def _described(past: PastRun, cells: NDArray[np.uint32]) -> dict[str, object]:
    """Return what a verification needs to know."""
    told = {name: past.recipe[name] for name in ("read_voltage", "read_gate", "averages")}
    return {
        "kind": past.summary.protocol,
        "chip": past.summary.chip,
        "rows": past.summary.rows,
        "columns": past.summary.columns,
        "cells": cells.tolist(),
        **told,
    }
