"""FIPS 140-2 blocks, against the counts of the standard."""

import numpy as np
import pytest
from reference_bits import digits

from labcim.analysis.randomness.fips140 import fips_blocks
from labcim.errors import RangeError


def test_one_of_fifty_blocks_of_pi_fails_by_its_runs():
    found = fips_blocks(digits("pi"))  # rngtest 5 says the same: one failure, of the runs
    assert np.flatnonzero(~found.passed).tolist() == [48]
    assert np.flatnonzero(~found.runs).tolist() == [48]
    runs = "".join(map(str, digits("pi")[48 * 20_000 : 49 * 20_000])).replace("10", "1 0")
    zeros = [len(run) for run in runs.replace("01", "0 1").split() if run[0] == "0"]
    assert sum(n >= 6 for n in zeros) == 213  # of 209 at most


def good() -> np.ndarray:
    return digits("pi")[:20_000].copy()


def test_each_test_sees_its_own_fault():
    biased = good()
    biased[np.flatnonzero(biased == 0)[:400]] = 1
    assert not fips_blocks(biased).monobit[0]
    long_run = good()
    long_run[5000:5026] = 1
    assert not fips_blocks(long_run).long_run[0]
    long_run = good()
    long_run[5000:5028] = [0, *[1] * 25, 0, 0]
    assert fips_blocks(long_run).long_run[0]  # 25 is allowed
    alternating = np.arange(20_000) % 2
    found = fips_blocks(alternating)
    assert found.monobit[0] and not found.runs[0] and not found.poker[0]


def test_less_than_a_block_is_refused():
    with pytest.raises(RangeError, match="20000 or more"):
        fips_blocks(np.zeros(19_999))
