"""Challenges and responses from the record: how chips compare, and what can be learned of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labcim.analysis.fingerprint.attacks import Attack, attack
from labcim.analysis.fingerprint.metrics import Quality, quality
from labcim.analysis.fingerprint.separation import Reliability, reliability
from labcim.errors import RecordError
from labcim.programming.challenges import unpacked

from .record import open_record

Floats = NDArray[np.float64]
PROTOCOL = "puf_challenges"


@dataclass(frozen=True, slots=True)
class Responses:
    """Challenges and responses of a run, by the numbers of the challenges.

    recipe: text.  challenges: (pairs, bits).  answers: 0 and 1, NaN where not known, (pairs,).
    clear: where all pairs of columns are beyond the margin, (pairs,).
    """

    chip: str
    recipe: str
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
    with open_record(record) as kept:
        detail = kept.run(run)
        if detail.summary.protocol != PROTOCOL:
            raise RecordError(
                f"run {run} is a {detail.summary.protocol}; challenges are put by {PROTOCOL}"
            )
        frame = kept.readings(detail.summary.run)
    if not len(frame):
        raise RecordError(f"run {run} holds no responses")
    # Of a challenge that was put twice, since its unit was cut off, the later answer counts.
    frame = frame.drop_duplicates("challenge", keep="last").sort_values("challenge")
    used = int(frame["used"].iloc[0])
    packed = frame[[f"bits[{byte}]" for byte in range(-(-used // 8))]].to_numpy(np.uint8)
    answer = frame["answer"].to_numpy()
    return Responses(
        detail.summary.chip,
        detail.recipe,
        frame["challenge"].to_numpy(np.int64),
        unpacked(packed, used),
        np.where(answer >= 0, answer, np.nan).astype(np.float64),
        frame["clear"].to_numpy(np.bool_),
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
