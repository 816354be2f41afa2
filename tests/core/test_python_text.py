"""Values as Python text: what is evaluated is what was written."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labcim.capabilities import Train
from labcim.instrument import SafePhase
from labcim.python_text import call_source, source_of

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
PLAIN = PLAIN | st.binary()
NESTED = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def valued(value):
    """Return what the text of a value evaluates to, with just the names that it says it needs."""
    source = source_of(value)
    names = {name: getattr(__import__(module, fromlist=[name]), name, None)
             for name, module in source.names.items()}  # fmt: skip
    return eval(source.text, {**names, "np": np} if "np" in names else names)


@given(NESTED)
def test_plain_values_come_back(value):
    assert valued(value) == value


@given(st.lists(st.floats(width=32), max_size=5))
def test_arrays_come_back_with_their_type(values):
    array = np.array(values, "f4")
    back = valued(array)
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype


def test_trains_phases_and_no_number_come_back():
    train = Train(amplitude=2.0, width=1e-6, gate=1.5, count=3)
    assert valued(train) == train
    assert valued(SafePhase.OUTPUTS) is SafePhase.OUTPUTS
    assert math.isnan(valued(math.nan))


@pytest.mark.parametrize("value", [object(), open, [object()], np.array([object()], "O")])
def test_what_has_no_text_has_none(value):
    assert source_of(value) is None


def test_a_call_is_written_with_places_and_names():
    source = call_source("tool.source", (0.1,), {"current_limit": 1e-3})
    assert source.text == "tool.source(0.1, current_limit=0.001)"
