"""Tiles on arrays: every weight has its cells, no cell has two owners."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labcim.capabilities import Topology
from labcim.errors import RangeError
from labcim.programming.mapping.placement import place
from labcim.programming.mapping.scheme import Scheme


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.lists(st.tuples(st.integers(2, 24), st.integers(4, 40)), min_size=1, max_size=4),
    st.sampled_from(["pair", "offset"]),
    st.integers(1, 2),
    st.integers(0, 2),
)
def test_every_weight_has_its_own_cells_or_the_matrix_is_refused(
    outputs, inputs, shapes, signs, copies, spare
):
    topologies = [Topology(*shape) for shape in shapes]
    scheme = Scheme(signs, copies=copies)
    try:
        regions = place(outputs, inputs, scheme, topologies, spare=spare)
    except RangeError as refusal:
        assert "cells" in str(refusal)
        return
    owners = [np.zeros((t.rows, t.columns), int) for t in topologies]
    seen = np.zeros((outputs, inputs), int)
    for region in regions:
        groups = np.concatenate([region.columns, region.spare])
        owners[region.array][np.ix_(region.rows, groups.ravel())] += 1
        seen[region.outputs(scheme), region.inputs] += 1
        assert len(region.spare) == spare
    assert all(owner.max() <= 1 for owner in owners)
    assert np.all(seen == 1)


def test_a_matrix_that_fits_exactly_takes_one_tile():
    (region,) = place(32, 64, Scheme("pair"), [Topology(64, 64)])
    assert region.columns.shape == (32, 2, 1, 1)
    np.testing.assert_array_equal(np.sort(region.columns.ravel()), np.arange(64))


def test_a_tall_matrix_is_folded_beside_itself():
    first, second = place(4, 20, Scheme("pair"), [Topology(10, 16)])
    assert (first.inputs, second.inputs) == (slice(0, 10), slice(10, 20))
    assert second.columns.min() == 8


def test_what_does_not_fit_says_how_many_cells_it_takes():
    with pytest.raises(RangeError, match=r"takes at least 8192 cells.*64×64\) have 4096 cells"):
        place(64, 64, Scheme("pair"), [Topology(64, 64)])


def test_a_tile_that_is_too_wide_says_how_many_rows_and_columns_it_takes():
    said = r"tiles of 8 rows and at least 16 columns; the arrays \(12×12\) have 144 cells"
    with pytest.raises(RangeError, match=said):
        place(8, 8, Scheme("pair", copies=4), [Topology(12, 12)], spare=1)


@pytest.mark.parametrize(("outputs", "inputs", "spare"), [(0, 3, 0), (3, 0, 0), (3, 3, -1)])
def test_an_empty_matrix_is_refused(outputs, inputs, spare):
    with pytest.raises(RangeError, match="accepts 1 or more"):
        place(outputs, inputs, Scheme(), [Topology(8, 8)], spare=spare)


def test_no_array_is_refused():
    with pytest.raises(RangeError, match="arrays"):
        place(2, 2, Scheme(), [])
