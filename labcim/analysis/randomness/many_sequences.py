"""What p-values over many sequences say: their proportion, and how even they are.

SP 800-22 rev. 1a, 4.2: one p-value is no verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincc

from ...capabilities import Floats
from ...errors import RangeError
from .outcome import TestOutcome

LEAST_FOR_UNIFORMITY = 55
EVEN_ABOVE = 1e-4  # below it, the standard says, p-values are not uniformly distributed


@dataclass(frozen=True, slots=True)
class Verdict:
    """One statistic of one test over many sequences.

    proportion: of sequences with p >= alpha, with the ``least`` that is accepted.  uniformity: p of
    the chi-square of ten classes; NaN below 55 sequences, where it says nothing.
    """

    test: str
    label: str
    sequences: int
    proportion: float
    least: float
    uniformity: float

    @property
    def passed(self) -> bool:
        """Return whether proportion and uniformity are both accepted.

        The least proportion is taken in whole sequences, rounded down: 96 of 100.
        """
        enough = round(self.proportion * self.sequences) >= int(self.least * self.sequences)
        return enough and not self.uniformity < EVEN_ABOVE


def least_proportion(sequences: int, alpha: float = 0.01) -> float:
    """Return the proportion of sequences that must pass (4.2.1): three standard deviations."""
    return float(1.0 - alpha - 3.0 * np.sqrt(alpha * (1.0 - alpha) / sequences))


def uniformity(p: Floats) -> float:
    """Return the p-value of p-values being uniform, from ten classes (4.2.2)."""
    counts = np.bincount(np.minimum((p * 10).astype(int), 9), minlength=10)
    expected = len(p) / 10
    return float(gammaincc(4.5, np.sum((counts - expected) ** 2) / expected / 2.0))


def judge(runs: Sequence[Sequence[TestOutcome]], *, alpha: float = 0.01) -> list[Verdict]:
    """Return a verdict for each statistic of each test. runs: the outcomes of each sequence.

    A test counts only the sequences to which it applied. Raises RangeError without sequences.
    """
    if not runs:
        raise RangeError("no sequences: accepts one or more")
    gathered: dict[tuple[str, str], list[float]] = {}
    for outcomes in runs:
        for outcome in outcomes:
            for label, p in zip(outcome.labels, outcome.p, strict=True):
                gathered.setdefault((outcome.test, label), []).append(float(p))
    return [_verdict(test, label, np.array(p), alpha) for (test, label), p in gathered.items()]


def _verdict(test: str, label: str, p: Floats, alpha: float) -> Verdict:
    n = len(p)
    even = uniformity(p) if n >= LEAST_FOR_UNIFORMITY else float("nan")
    return Verdict(test, label, n, float(np.mean(p >= alpha)), least_proportion(n, alpha), even)
