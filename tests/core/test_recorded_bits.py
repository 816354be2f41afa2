"""Whatever is done with rows of bits is on record, also where it was cut off."""

import numpy as np
import pytest

from labcim.bit_capabilities import Levels, Opened, Sums
from labcim.errors import RangeError, TransportError
from labcim.on_record import on_record
from labcim.protocol import Capabilities

BITS = np.array([[1, 0, 1], [0, 0, 1]], np.bool_)
OPENED = Opened(BITS[0], ~BITS[0], 0.5)
SUMS = Sums(np.zeros((2, 3)), np.array([[0, 2, 0], [0, 0, 2]], np.uint8), np.zeros(2), 1.0)
CALLS = {
    "write": lambda given: given.bits.write_rows(4, BITS),
    "read": lambda given: given.bits.read_rows(4, 2),
    "open": lambda given: given.bits.activate(np.array([1, 5], np.uint32)),
    "sums": lambda given: given.sums.sums(np.ones((2, 8)), Levels(11)),
}
TOLD = {
    "write": {"first": 4, "rows": 2, "ones": 3},
    "read": {"first": 4, "rows": 2},
    "open": {"rows": [1, 5]},
    "sums": {"batch": 2, "levels": 11, "over_range": 2},
}
ANSWERS = {"write": None, "read": BITS, "open": OPENED, "sums": SUMS}


class Bits:
    """Answers as it is told to, or raises."""

    def __init__(self, answer):
        self._answer = answer

    def _do(self, *arguments):
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    write_rows = read_rows = activate = sums = _do


def given_and_told(answer):
    """Return the recorded capabilities, events and remarks."""
    events, remarks, bits = [], [], Bits(answer)
    bare = Capabilities(None, None, bits=bits, sums=bits)
    given = on_record(
        bare, list, lambda *told: events.append(told), lambda *told: remarks.append(told)
    )
    return given, events, remarks


@pytest.mark.parametrize("name", CALLS)
def test_each_call_is_one_event_and_its_answer_comes_through(name):
    given, events, remarks = given_and_told(ANSWERS[name])

    assert CALLS[name](given) is ANSWERS[name]
    assert [event[2] for event in events] == [TOLD[name]]
    assert not remarks


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_is_cut_off_is_remarked_and_one_that_is_refused_is_not(name):
    given, events, remarks = given_and_told(TransportError("gone"))
    with pytest.raises(TransportError):
        CALLS[name](given)
    assert [remark[0] for remark in remarks] == ["indeterminate"]
    assert not events

    given, events, remarks = given_and_told(RangeError("nothing was sent"))
    with pytest.raises(RangeError):
        CALLS[name](given)
    assert not events and not remarks
