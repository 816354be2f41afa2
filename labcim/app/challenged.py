"""Challenges and responses from the record: how chips compare, and what can be learned of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.distributions import last_of_each
from labcim.analysis.fingerprint.attacks import Attack, attack
from labcim.analysis.fingerprint.metrics import Quality, quality
from labcim.analysis.fingerprint.separation import Reliability, reliability
from labcim.errors import RecordError
from labcim.programming.challenges import unpacked

from .past_run import run_of

Floats = NDArray[np.float64]
PROTOCOL = "puf_challenges"


@dataclass(frozen=True, slots=True)
class Responses:
    """Challenges and responses of a run, by the numbers of the challenges.

    challenges: (pairs, bits).  answers: 0 and 1, NaN where not known, (pairs,).
    clear: where all pairs of columns are beyond the margin, (pairs,).
    """

    chip: str
    numbers: NDArray[np.int64]
    challenges: NDArray[np.uint8]
    answers: Floats
    clear: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ComparedResponses:
    """What the responses of several chips to the same challenges show.

    later: name of a later run on each chip -> errors of its answers; ``clear``: of those that were
    clear when the chip was enrolled.  clear_share: of all.
    """

    chips: tuple[str, ...]
    quality: Quality
    later: dict[str, Reliability]
    clear: dict[str, Reliability]
    clear_share: float


def responses_of(record: str | Path, run: str = "last") -> Responses:
    """Return what a `puf_challenges` has on record. Raises RecordError."""
    past = run_of(record, run, PROTOCOL)
    rows = past.rows
    # Of a challenge that was put twice, since its unit was cut off, the later answer counts.
    last = last_of_each(rows, "challenge")
    answer = rows["answer"][last]
    return Responses(
        past.summary.chip,
        rows["challenge"][last].astype(np.int64),
        unpacked(rows["bits"][last], int(rows["used"][0])),
        np.where(answer >= 0, answer, np.nan).astype(np.float64),
        rows["clear"][last],
    )


def compare_responses(record: str | Path, runs: Sequence[str]) -> ComparedResponses:
    """Compare chips by their responses to the same challenges.

    The first run on a chip enrols it, later ones are read against it. Raises RecordError.
    """
    by_chip: dict[str, list[Responses]] = {}
    for run in runs:
        one = responses_of(record, run)
        by_chip.setdefault(one.chip, []).append(one)
    first = [chip[0] for chip in by_chip.values()]
    if len(first) < 2:
        raise RecordError(f"responses of {len(first)} chips; two and more can be compared")
    for chip in by_chip.values():
        for one in chip:
            if not np.array_equal(one.challenges, first[0].challenges):
                raise RecordError(f"chip {one.chip} was put other challenges than {first[0].chip}")
    answers = np.array([one.answers for one in first])
    enrolled_clear = np.array([one.clear for one in first])
    later, clear = {}, {}
    for number in range(1, min(len(chip) for chip in by_chip.values())):
        again = np.array([chip[number].answers for chip in by_chip.values()])
        later[f"run {number + 1}"] = reliability(answers, again[:, None])
        masked = np.where(enrolled_clear, answers, np.nan)
        clear[f"run {number + 1}"] = reliability(masked, again[:, None])
    return ComparedResponses(
        tuple(by_chip), quality(answers), later, clear, float(enrolled_clear.mean())
    )


def attack_run(
    record: str | Path,
    run: str = "last",
    sizes: Sequence[int] = (100, 1000, 10_000),
    *,
    held_out: int = 1000,
    seed: int = 1,
    passes: int = 60,
) -> list[Attack]:
    """Train on a chip's challenges and responses, and guess those that were held out.

    Answers that were not clear are left out, as an attacker would. Raises RecordError, RangeError.
    """
    found = responses_of(record, run)
    known = np.isfinite(found.answers) & found.clear
    challenges = found.challenges[known].astype(np.float64)
    return attack(
        challenges, found.answers[known], sizes, held_out=held_out, seed=seed, passes=passes
    )
