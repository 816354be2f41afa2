import math
import threading

import pytest
from conversation import ScriptedTransport, conversation

from labcim.clock import Clock
from labcim.errors import AbortedError, RangeError, TransportError
from labcim.instruments.simulated_clock import SimulatedClock


def test_the_time_is_what_the_bench_says():
    with conversation(SimulatedClock, [("TIME?", "12.345678901")]) as clock:
        assert clock.now() == 12.345678901


def test_a_sleep_is_one_message_and_is_over_when_the_time_has_been_told():
    with conversation(SimulatedClock, [("SLEEP 3600.0", None), ("TIME?", "3600.0")]) as clock:
        clock.sleep(3600.0)


@pytest.mark.parametrize("duration", [-1.0, math.inf, math.nan])
def test_a_sleep_that_is_no_duration_is_refused_before_anything_is_sent(duration):
    with conversation(SimulatedClock, []) as clock, pytest.raises(RangeError, match="0 s and more"):
        clock.sleep(duration)


def test_a_stopped_bench_does_not_sleep():
    latch = threading.Event()
    latch.set()
    transport = ScriptedTransport([])
    with pytest.raises(AbortedError):
        SimulatedClock(transport, latch=latch).sleep(1.0)
    assert transport.sent == []


def test_an_answer_that_is_no_time_is_said_to_be_so():
    with (
        conversation(SimulatedClock, [("TIME?", "soon")]) as clock,
        pytest.raises(TransportError, match="soon"),
    ):
        clock.now()


def test_the_driver_is_a_clock():
    assert isinstance(SimulatedClock(ScriptedTransport([])), Clock)
