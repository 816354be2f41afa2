"""Errands: done aside, handed over when looked at."""

import threading

import pytest
from waiting import wait_until

from labcim.errors import RecipeError
from labcim.gui.errands import Errands


@pytest.fixture
def errands():
    made = Errands()
    yield made
    made.close()


def poll_until_idle(errands: Errands) -> list[str]:
    troubles: list[str] = []

    def idle():
        troubles.extend(errands.poll())
        return not errands.busy

    wait_until(idle)
    return troubles


def test_what_was_found_is_handed_over_in_the_thread_that_looks(errands):
    found: list[tuple[str, str]] = []
    errands.do(
        lambda: threading.current_thread().name,
        lambda name: found.append((name, threading.current_thread().name)),
    )
    assert poll_until_idle(errands) == []
    assert found == [("errands", threading.current_thread().name)]


def test_errands_are_done_one_after_the_other_in_their_order(errands):
    found: list[int] = []
    for number in range(20):
        errands.do(lambda n=number: n, found.append)
    poll_until_idle(errands)
    assert found == list(range(20))


def test_what_fails_is_told_in_words_and_the_next_errand_is_done(errands):
    found: list[str] = []

    def refused():
        raise RecipeError("bench file x: no such file")

    errands.do(refused, found.append)
    errands.do(lambda: [][1], found.append)
    errands.do(lambda: "well", found.append)
    troubles = poll_until_idle(errands)
    assert troubles == ["bench file x: no such file", "IndexError: list index out of range"]
    assert found == ["well"]
