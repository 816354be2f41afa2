"""It does not matter in how many documents the same rows and pulses come."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from labcim.gui.run.hub import Hub

from .hub_story import Story

CELLS = 6
VALUE = st.floats(allow_nan=True, allow_infinity=False, width=32)
ROWS = st.lists(st.tuples(st.integers(0, CELLS - 1), VALUE), max_size=60)
CUTS = st.sets(st.integers(1, 59))
LOOKS = st.sets(st.integers(0, 60))


def told(rows, cuts, looks, most=200_000):
    """Return a hub that was told ``rows`` in batches that end at ``cuts``, looked at in between."""
    hub = Hub(rows=most)
    story = Story(hub).channels()
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    for place, (first, last) in enumerate(pairwise(edges)):
        cells, values = zip(*rows[first:last], strict=True)
        story.read(cell=cells, conductance=values, time=np.arange(first, last))
        story.pulse(list(cells))
        if place in looks:
            hub.look()
    return hub


@settings(max_examples=80, deadline=None)
@given(ROWS, CUTS, LOOKS)
def test_any_split_into_batches_shows_the_latest_row_of_each_cell(rows, cuts, looks):
    hub = told(rows, cuts, looks)
    expected = np.full(CELLS, np.nan, np.float32)
    for cell, value in rows:
        expected[cell] = value
    np.testing.assert_array_equal(hub.map("conductance").ravel(), expected)
    latest = {cell: place for place, (cell, _) in enumerate(rows)}
    for cell in range(CELLS):
        assert hub.cell(cell).get("time") == latest.get(cell)


@settings(max_examples=80, deadline=None)
@given(ROWS, CUTS, LOOKS, st.integers(1, 70))
def test_any_split_into_batches_keeps_the_same_newest_rows(rows, cuts, looks, most):
    hub = told(rows, cuts, looks, most)
    kept = rows[-most:]
    assert hub.rows()["cell"].tolist() == [cell for cell, _ in kept]
    np.testing.assert_array_equal(hub.rows()["conductance"], [value for _, value in kept])
    assert hub.counts.dropped == len(rows) - len(kept)
    assert {len(column) for column in hub.rows().values()} == {len(kept)}


@settings(max_examples=40, deadline=None)
@given(ROWS, CUTS, LOOKS)
def test_any_split_into_batches_counts_the_same_pulses(rows, cuts, looks):
    hub = told(rows, cuts, looks)
    expected = np.bincount([cell for cell, _ in rows], minlength=CELLS)
    shown = np.nan_to_num(hub.map("pulses in this run")).ravel()
    np.testing.assert_array_equal(shown, expected)
    assert hub.counts.pulses == len(rows)
