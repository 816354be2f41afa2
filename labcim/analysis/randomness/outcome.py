"""What a test of randomness says."""

from dataclasses import dataclass, field

import numpy as np

from ...capabilities import Floats


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """The p-values of one test on one sequence, or why there are none.

    test: its name in SP 800-22.  p: shape (k,), one value for each of ``labels``; empty where the
    test does not apply.  variant: which of two published forms was used, where there are two.
    why_not: what the sequence lacks, where the test does not apply.
    """

    __test__ = False  # not a test of pytest's

    test: str
    p: Floats = field(default_factory=lambda: np.empty(0))
    labels: tuple[str, ...] = ("",)
    variant: str = ""
    why_not: str = ""

    @property
    def applicable(self) -> bool:
        """Return whether there are p-values."""
        return not self.why_not


def one(test: str, p: float, variant: str = "") -> TestOutcome:
    """Return the outcome of a test with one p-value."""
    return TestOutcome(test, np.array([p]), ("",), variant)


def not_applicable(test: str, why: str, variant: str = "") -> TestOutcome:
    """Return the outcome of a test that must not be run on this sequence."""
    return TestOutcome(test, np.empty(0), (), variant, why)


def too_short(test: str, bits: int, least: int, variant: str = "") -> TestOutcome:
    """Return that a sequence of ``bits`` bits is shorter than the recommended ``least``."""
    return not_applicable(test, f"{bits} bits: the standard asks for {least} or more", variant)
