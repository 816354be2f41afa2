"""The fifteen tests of SP 800-22 rev. 1a on one sequence."""

from numpy.typing import ArrayLike

from .bits import as_bits
from .excursions import excursions_variant, random_excursions
from .frequency import block_frequency, cumulative_sums, frequency
from .linear_complexity import FirstClass, linear_complexity
from .outcome import TestOutcome
from .patterns import approximate_entropy, serial
from .rank import matrix_rank
from .runs import longest_run, runs
from .spectral import spectral
from .templates import OverlappingClasses, non_overlapping, overlapping
from .universal import universal


def fifteen_tests(
    values: ArrayLike,
    *,
    overlapping_classes: OverlappingClasses = "corrected",
    complexity_classes: FirstClass = "corrected",
) -> list[TestOutcome]:
    """Return the outcomes of all tests, in the order of the standard.

    values: 0 and 1 of any type, shape (n,); not changed. A test whose recommended size is not met
    is "not applicable" and has no p-value. Raises RangeError for anything but 0 and 1.
    """
    bits = as_bits(values)
    return [
        frequency(bits),
        block_frequency(bits),
        runs(bits),
        longest_run(bits),
        matrix_rank(bits),
        spectral(bits),
        non_overlapping(bits),
        overlapping(bits, classes=overlapping_classes),
        universal(bits),
        linear_complexity(bits, classes=complexity_classes),
        serial(bits),
        approximate_entropy(bits),
        cumulative_sums(bits),
        random_excursions(bits),
        excursions_variant(bits),
    ]
