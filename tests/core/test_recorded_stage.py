"""Every change of temperature is on record: what was asked, and what was measured on the way."""

from itertools import pairwise

import pytest
from fake_cells import FakeClock
from fake_stage import FakeStage

from labcim.errors import RangeError, TransportError
from labcim.on_record import on_record
from labcim.protocol import Capabilities


def recorded(**stage):
    clock, events, remarks = FakeClock(), [], []
    bare = Capabilities(clock, None, stage=FakeStage(clock, **stage))
    given = on_record(
        bare,
        lambda train: None,
        lambda *event: events.append(event),
        lambda *event: remarks.append(event),
    )
    return given, bare.stage, events, remarks


def test_a_bench_without_a_stage_has_none_on_record():
    given = on_record(Capabilities(FakeClock(), None), print, print, print)
    assert given.stage is None


def test_a_command_is_an_event_with_what_is_asked_and_what_is_measured():
    given, _, events, _ = recorded()
    given.stage.go_to(398.15)

    (event,) = events
    assert event[0] == "temperature"
    assert event[2] == {"setpoint": 398.15, "measured": 300.0}


def test_the_way_is_told_every_ten_kelvin_and_the_arrival_once():
    given, _, events, _ = recorded(time=60.0)
    given.stage.go_to(400.0)
    for _ in range(200):
        given.clock.sleep(5.0)
        given.stage.temperature()

    measured = [event[2]["measured"] for event in events]
    steps = [b - a for a, b in pairwise(measured[:-1])]
    assert all(10.0 <= step < 20.0 for step in steps)
    assert abs(measured[-1] - 400.0) <= 0.5 < abs(measured[-2] - 400.0)


def test_turning_it_off_is_an_event():
    given, stage, events, _ = recorded()
    given.stage.off()
    assert stage.log == ["off"]
    assert events[0][:2] == ("temperature", "stage turned off")


def test_a_refused_temperature_changed_nothing_and_one_that_was_cut_off_is_unknown():
    given, stage, events, remarks = recorded()

    def refuse(kelvin):
        raise RangeError("no")

    def cut(kelvin):
        raise TransportError("gone")

    stage.go_to = refuse
    with pytest.raises(RangeError):
        given.stage.go_to(400.0)
    assert (events, remarks) == ([], [])
    stage.go_to = cut
    with pytest.raises(TransportError):
        given.stage.go_to(400.0)
    assert remarks[0][0] == "indeterminate"
    assert "stage to 400 K" in remarks[0][1]
