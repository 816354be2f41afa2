"""The newest rows, bounded in number and in bytes."""

import numpy as np
import pytest

from labcim.gui.run.columns import Columns

DTYPES = {"time": np.dtype("<f8"), "remark": np.dtype("<U4")}


def batch(first, last):
    times = np.arange(first, last, dtype=float)
    return {"time": times, "remark": times.astype("<U4")}


@pytest.mark.parametrize("size", [1, 3, 4, 5, 100])
def test_the_newest_rows_are_kept_in_order_whatever_the_size_of_a_batch(size):
    kept = Columns(DTYPES, 4)
    for first in range(0, 300, size):
        last = min(first + size, 300)
        kept.append(batch(first, last), last - first)
        newest = range(max(last - 4, 0), last)
        assert kept.newest()["time"].tolist() == list(newest)
        assert kept.newest()["remark"].tolist() == [f"{time}.0"[:4] for time in newest]
        assert (kept.taken, kept.gone) == (last, max(last - 4, 0))


def test_rows_of_many_bytes_are_fewer():
    heavy = Columns({"remark": np.dtype("<U4096")}, 200_000)
    assert heavy.capacity * 4 * 4096 <= 32 * 2**20
    assert Columns(DTYPES, 200_000).capacity == 200_000


def test_a_row_that_is_larger_than_all_that_may_be_kept_is_still_one_row():
    kept = Columns({"remark": np.dtype("<U9000000")}, 10)
    assert kept.capacity == 1


def test_no_columns_are_no_rows():
    kept = Columns({}, 10)
    kept.append({}, 3)
    assert kept.newest() == {}
    assert kept.taken == 3
