"""Spans of a cell's life."""

import numpy as np
import pytest

from labcim.analysis.wear import wear
from labcim.errors import RangeError


def test_spans_have_their_medians_and_their_violations():
    cycle = np.arange(1.0, 1001.0)
    low = np.where(cycle <= 500, 1e4, 1.25e4)
    high = np.full(1000, 1e5)
    high[600:610] = 2e4  # below twice 12.5 kOhm
    first, second = wear(cycle, low, high, [0, 500, 1000, 2000])

    assert (first.reads, first.low, first.high) == (500, 1e4, 1e5)
    assert first.violations.value == 0.0
    assert second.low == 1.25e4
    assert second.violations.value == pytest.approx(0.02)
    assert second.violations.low < 0.02 < second.violations.high


@pytest.mark.parametrize(
    ("edges", "ratio", "reads"), [([0], 2.0, 3), ([0, 1], 1.0, 3), ([0, 1], 2.0, 2)]
)
def test_what_makes_no_span_is_refused(edges, ratio, reads):
    with pytest.raises(RangeError, match="wear"):
        wear(np.arange(3.0), np.ones(reads), np.ones(3), edges, ratio=ratio)
