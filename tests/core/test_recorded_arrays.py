"""Whatever is done with the whole array at once is on record, also where it was cut off."""

import numpy as np
import pytest

from labcim.capabilities import Coding, Flag, Loop, Overlap, Products, Settled, Updated
from labcim.errors import RangeError, TransportError
from labcim.on_record import on_record
from labcim.protocol import Capabilities


class Array:
    """Answers as it is told to, or raises."""

    def __init__(self, answer):
        self._answer = answer

    def _do(self, *arguments):
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    multiply = multiply_transposed = update = solve = eigenvector = _do


class Record:
    """What reached the record, in order."""

    def __init__(self, answer):
        self.trains, self.events, self.remarks = [], [], []
        array = Array(answer)
        bare = Capabilities(None, None, vectors=array, updates=array, feedback=array)
        self.given = on_record(
            bare,
            self.trains.append,
            lambda *told: self.events.append(told),
            lambda *told: self.remarks.append(told),
        )


UPDATED = Updated(
    np.array([[0, 3], [1, 0]], np.uint32), np.array([[0, 0], [2, 5]], np.uint32), 1.5, 2.0, 0.0
)
OVERLAP = Overlap(2.0, -1.5, 1e-6, gate_up=2.5, gate_down=3.5)


def test_an_update_is_on_record_as_the_pulses_of_every_cell():
    record = Record(UPDATED)
    record.given.updates.update(np.ones((4, 2)), np.ones((4, 2)), OVERLAP)
    (train,) = record.trains
    assert train["cell"].tolist() == [1, 2, 2, 3]
    assert train["count"].tolist() == [3, 1, 2, 5]
    assert train["amplitude"].tolist() == [2.0, 2.0, -1.5, -1.5]
    assert train["gate"].tolist() == [2.5, 2.5, 3.5, 3.5]
    assert set(train["width"]) == {np.float32(1e-6)}
    assert set(train["time"]) == {1.5}
    assert np.isnan(train["peak_current"]).all()
    assert not record.events


def test_half_selected_cells_are_told_beside_the_pulses():
    half = Updated(UPDATED.up, UPDATED.down, 1.5, 2.0, 1.0)
    record = Record(half)
    record.given.updates.update(np.ones((4, 2)), np.ones((4, 2)), OVERLAP)
    ((kind, text, data),) = record.events
    assert kind == "half-select"
    assert "1 V" in text
    assert data["half"] == 1.0


@pytest.mark.parametrize("verb", ["multiply", "multiply_transposed"])
def test_a_product_is_an_event_that_says_what_the_cells_saw_and_how_much_is_no_data(verb):
    flags = np.array([[0, Flag.OVER_RANGE]], np.uint8)
    record = Record(Products(np.zeros((1, 2)), flags, np.zeros(1), np.ones((1, 2))))
    getattr(record.given.vectors, verb)(np.array([[0.6, -0.8]]), Coding(voltage=0.15, gate=3.0))
    ((kind, text, data),) = record.events
    assert kind == "multiply"
    assert "0.15 V" in text
    assert (data["vectors"], data["voltage"], data["gate"], data["flagged"]) == (1, 0.15, 3.0, 1)
    assert data["squares"] == pytest.approx(1.0)


def test_a_loop_is_an_event_that_says_how_it_ended():
    record = Record(Settled(np.zeros(2), "saturated", np.nan, 0.0))
    record.given.feedback.solve(np.zeros(2), Loop(np.arange(2), np.arange(2), 1e-4))
    record.given.feedback.eigenvector(Loop(np.arange(2), np.arange(2), 1e-4))
    assert [event[0] for event in record.events] == ["solve", "eigenvector"]
    assert {event[2]["ending"] for event in record.events} == {"saturated"}


def every_verb(given):
    loop = Loop(np.arange(2), np.arange(2), 1e-4)
    return [
        lambda: given.vectors.multiply(np.zeros((1, 2)), Coding()),
        lambda: given.vectors.multiply_transposed(np.zeros((1, 2)), Coding()),
        lambda: given.updates.update(np.zeros((1, 2)), np.zeros((1, 2)), OVERLAP),
        lambda: given.feedback.solve(np.zeros(2), loop),
        lambda: given.feedback.eigenvector(loop),
    ]


def test_what_was_cut_off_is_told_as_indeterminate():
    record = Record(TransportError("no answer"))
    for verb in every_verb(record.given):
        with pytest.raises(TransportError):
            verb()
    assert [kind for kind, *_ in record.remarks] == ["indeterminate"] * 5
    assert all("TransportError: delivery unknown" in text for _, text, _ in record.remarks)
    assert not record.trains and not record.events


def test_what_was_refused_was_not_sent_and_leaves_nothing_on_record():
    record = Record(RangeError("too much"))
    for verb in every_verb(record.given):
        with pytest.raises(RangeError):
            verb()
    assert not record.remarks and not record.trains and not record.events


def test_what_the_bench_cannot_do_is_absent():
    given = on_record(Capabilities(None, None), print, print, print)
    assert given.vectors is given.updates is given.feedback is given.lines is None
