import threading

import pytest

from labcim.bus import Bus
from labcim.documents import Event


def an_event(text="x"):
    return Event(run="r", bench_time=0.0, wall_time=0.0, kind="test", message=text)


def test_a_required_sink_has_the_document_when_publish_returns():
    taken = []
    Bus(required=[taken.append]).publish(an_event())
    assert len(taken) == 1


def test_a_failing_required_sink_is_raised_to_the_run():
    def full(document):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        Bus(required=[full]).publish(an_event())


def test_a_failing_listener_is_logged_and_does_not_touch_the_run(caplog):
    def broken(document):
        raise RuntimeError("bad plot")

    taken = []
    bus = Bus(required=[taken.append], listeners=[broken])
    bus.publish(an_event())
    bus.close()
    assert len(taken) == 1
    assert "bad plot" in caplog.text


def test_a_slow_listener_is_dropped_from_rather_than_waited_for():
    release = threading.Event()
    seen = []

    def slow(document):
        release.wait(10)
        seen.append(document)

    bus = Bus()
    listener = bus.join(slow)
    for number in range(20_000):
        bus.publish(an_event(str(number)))
    release.set()
    bus.close()
    assert listener.dropped > 0
    assert len(seen) + listener.dropped == 20_000


def test_a_listener_that_left_hears_nothing_more():
    seen = []
    bus = Bus()
    listener = bus.join(seen.append)
    bus.publish(an_event("first"))
    bus.leave(listener)
    bus.publish(an_event("second"))
    assert [document.message for document in seen] == ["first"]
