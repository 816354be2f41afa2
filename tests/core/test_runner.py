"""The runner, on a station without instruments."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest
from fake_station import FakeStation
from pydantic import Field

from labcim.bus import Bus
from labcim.capabilities import Topology, Train
from labcim.documents import (
    Attempt,
    Channel,
    Document,
    Event,
    Pulses,
    Readings,
    Result,
    RunStart,
    RunStop,
    UnitDone,
)
from labcim.errors import RangeError
from labcim.limits import Demand
from labcim.protocol import Finding, Progress, Rows, protocol
from labcim.recipe import Recipe, Unit
from labcim.record import OpenAttempt, ResumeState
from labcim.runner import Resumed, Runner
from labcim.steering import Steering
from labcim.units import Volt


class Touch(Recipe):
    """Pulse and read each cell once, two cells a unit."""

    protocol: ClassVar[str] = "touch"
    amplitude: Volt = Field(1.0, gt=0)
    read_voltage: Volt = 0.2

    def units(self, topology: Topology) -> list[Unit]:
        cells = topology.all_cells()
        return [Unit(f"u{n}", cells[n : n + 2], bound=1) for n in range(0, len(cells), 2)]

    def demands(self) -> list[Demand]:
        return [Demand("amplitude", "row", self.amplitude)]


@dataclass
class Script:
    """What happens in the protocol, and what it was given."""

    at_unit: dict[str, object] = field(default_factory=dict)  # unit key -> callable
    carried: list[dict[str, list[float]]] = field(default_factory=list)
    closed: int = 0


def touching(script: Script):
    def run(recipe, given, unit, carry):
        script.carried.append({name: array.tolist() for name, array in carry.items()})
        try:
            given.cells.pulse(unit.cells, Train(recipe.amplitude, 1e-6))
            yield Progress(0.5, "pulsed")
            if unit.key in script.at_unit:
                script.at_unit[unit.key]()
            readings = given.cells.read(unit.cells, 0.2)
            yield Rows({"cell": unit.cells, "conductance": readings.conductance})
            return {"last": np.array([float(unit.cells[-1])])}
        finally:
            script.closed += 1

    def summarise(recipe, rows):
        return [Finding("cells", float(len(rows["cell"])), lower_limit=4.0)]

    channels = (Channel(name="cell", dtype="<u4"), Channel(name="conductance", dtype="<f8"))
    return protocol(Touch, channels=channels, summarise=summarise)(run)


def running(script=None, *, station=None, recipe=None, resumed=None, steering=None, **more):
    """Run the touch protocol; return the end and all documents."""
    station = station or FakeStation(rows=2, columns=2)
    taken: list[Document] = []
    runner = Runner(station, Bus([taken.append]), steering or Steering(), **more)
    stop = runner(touching(script or Script()), recipe or Touch(), resumed)
    return stop, taken


def kinds(documents):
    return [type(document).__name__ for document in documents]


def test_a_run_tells_its_documents_in_order():
    stop, taken = running()
    unit = ["Attempt", "Pulses", "Readings", "UnitDone"]
    assert kinds(taken) == ["RunStart", "Channels", *unit, *unit, "Result", "Event", "RunStop"]
    assert (stop.state, stop.units_done, stop.pulses, stop.readings) == ("completed", 2, 4, 4)


def test_what_was_read_is_on_record_as_one_sum():
    _, taken = running()
    (event,) = [d for d in taken if isinstance(d, Event)]
    assert event.kind == "reads"
    assert event.data["readings"] == 4  # two cells in each of two units, read once
    assert event.data["power"] > 0.0


def test_what_a_unit_returns_is_carried_to_the_next():
    script = Script()
    running(script)
    assert script.carried == [{}, {"last": [1.0]}]


def test_every_pulse_is_on_record_although_the_protocol_does_nothing_for_it():
    _, taken = running()
    trains = [d.train for d in taken if isinstance(d, Pulses)]
    assert np.concatenate(trains)["cell"].tolist() == [0, 1, 2, 3]


def test_findings_at_the_end_see_all_rows_and_have_a_verdict():
    _, taken = running()
    (result,) = [d for d in taken if isinstance(d, Result)]
    assert (result.value, result.outcome) == (4.0, "PASS")


def test_a_stop_ends_the_run_after_the_present_unit():
    steering = Steering()
    script = Script({"u0": lambda: steering.request("stop", "enough")})
    stop, taken = running(script, steering=steering)
    assert (stop.state, stop.reason, stop.units_done) == ("stopped", "enough", 1)
    assert kinds(taken)[-3:] == ["UnitDone", "Event", "RunStop"]


def test_an_abort_ends_the_run_within_the_unit_and_closes_the_generator():
    steering = Steering()
    script = Script({"u0": lambda: steering.request("abort", "smoke")})
    stop, taken = running(script, steering=steering)
    assert (stop.state, stop.reason, stop.units_done) == ("aborted", "smoke", 0)
    assert not any(isinstance(document, UnitDone) for document in taken)
    assert script.closed == 1


@pytest.mark.parametrize("steer", ["stop", "abort"])
def test_however_it_ends_the_bench_was_made_safe_before_the_last_document(steer):
    station, steering = FakeStation(rows=2, columns=2), Steering()
    script = Script({"u0": lambda: steering.request(steer)})
    stop, _ = running(script, station=station, steering=steering)
    assert station.made_safe == 1
    assert stop.safe


def test_an_exception_in_a_protocol_is_told_and_the_bench_is_safe():
    def fail():
        raise ZeroDivisionError("division by zero")

    station = FakeStation(rows=2, columns=2)
    stop, taken = running(Script({"u2": fail}), station=station)
    assert stop.state == "failed"
    assert "ZeroDivisionError: division by zero" in stop.reason
    assert [d.level for d in taken if isinstance(d, Event)] == ["error"]
    assert station.made_safe == 1


def test_a_bench_that_cannot_be_shown_to_be_off_fails_the_run():
    station = FakeStation(rows=2, columns=2, trouble="output is still on")
    stop, _ = running(station=station)
    assert (stop.state, stop.safe) == ("failed", False)
    assert "output is still on" in stop.reason


def test_no_record_no_run():
    station = FakeStation(rows=2, columns=2)

    def sink(document):
        if isinstance(document, Readings):
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        Runner(station, Bus([sink]), Steering())(touching(Script()), Touch())
    assert station.made_safe == 1
    assert station.cells.pulses == 1


def test_too_much_is_refused_before_the_first_document_and_the_first_pulse():
    station = FakeStation(rows=2, columns=2)
    taken = []
    runner = Runner(station, Bus([taken.append]), Steering())
    with pytest.raises(RangeError, match=r"amplitude on the row lines = 4 V"):
        runner(touching(Script()), Touch(amplitude=4.0))
    assert taken == []
    assert station.cells.pulses == 0


def test_wrong_wiring_ends_the_run_before_its_first_pulse():
    station = FakeStation(rows=2, columns=2)
    stop, taken = running(station=station, preflight=lambda given: ["row 3 is open"])
    assert stop.state == "failed"
    assert "row 3 is open" in stop.reason
    assert station.cells.pulses == 0
    assert not any(isinstance(document, Attempt) for document in taken)


def test_a_resumed_run_does_no_unit_twice_and_numbers_its_attempts_on():
    cut_off = OpenAttempt(
        run="old", unit="u2", number=1, cells=np.array([2, 3], np.uint32), bound=1
    )
    state = ResumeState(
        run="old",
        protocol="touch",
        recipe="",
        recipe_hash="",
        chip="c",
        done={"u0": {"last": np.array([1.0])}},
        indeterminate=(cut_off,),
        next_attempt={"u2": 2},
    )
    rows = {"cell": np.array([0, 1], np.uint32), "conductance": np.array([1e-6, 2e-6])}
    script = Script()
    stop, taken = running(script, resumed=Resumed(state, rows))
    (attempt,) = [d for d in taken if isinstance(d, Attempt)]
    (start,) = [d for d in taken if isinstance(d, RunStart)]
    (result,) = [d for d in taken if isinstance(d, Result)]
    assert (attempt.unit, attempt.number, start.resumes) == ("u2", 2, "old")
    assert script.carried == [{"last": [1.0]}]
    assert result.value == 4.0  # both halves are summarised
    assert stop.state == "completed"


def test_the_cells_of_a_cut_off_attempt_are_read_before_they_are_pulsed_again():
    cells = np.array([2, 3], np.uint32)
    state = ResumeState(
        run="old",
        protocol="touch",
        recipe="",
        recipe_hash="",
        chip="c",
        indeterminate=(OpenAttempt(run="old", unit="u2", number=1, cells=cells, bound=1),),
    )
    station = FakeStation(rows=2, columns=2)
    _, taken = running(station=station, resumed=Resumed(state))
    event, reads = [d for d in taken if isinstance(d, Event)]
    assert (event.kind, reads.kind) == ("reread", "reads")
    assert station.cells.log == ["pulse 0 1", "read 0 1", "read 2 3", "pulse 2 3", "read 2 3"]


def test_a_unit_that_was_cut_off_is_told_how_many_pulses_of_it_are_on_record():
    cells = np.array([2, 3], np.uint32)
    state = ResumeState(
        run="old", protocol="touch", recipe="", recipe_hash="", chip="c",
        indeterminate=(OpenAttempt(run="old", unit="u2", number=1, cells=cells, bound=1),),
        given={"u2": 7},
    )  # fmt: skip
    given = {}

    def run(recipe, capabilities, unit, carry):
        given[unit.key] = unit.given
        yield Progress(1.0)
        return None

    spec = protocol(Touch, channels=(Channel(name="cell", dtype="<u4"),))(run)
    Runner(FakeStation(rows=2, columns=2), Bus(), Steering())(spec, Touch(), Resumed(state))
    assert given == {"u0": 0, "u2": 7}


def test_the_same_run_twice_has_the_same_hash_and_another_recipe_has_not():
    first, _ = running()
    again, _ = running()
    other, _ = running(recipe=Touch(amplitude=1.1))
    assert first.hash == again.hash != other.hash
    assert first.run != again.run


def test_rows_that_were_not_declared_are_refused():
    def run(recipe, given, unit, carry):
        yield Rows({"colour": np.zeros(2)})
        return None

    spec = protocol(Touch, channels=(Channel(name="cell", dtype="<u4"),))(run)
    stop = Runner(FakeStation(rows=1, columns=2), Bus(), Steering())(spec, Touch())
    assert stop.state == "failed"
    assert "declared are ['cell']" in stop.reason


def test_progress_runs_from_unit_to_unit_up_to_one():
    told = []
    running(on_progress=lambda unit, fraction, text: told.append((unit, fraction)))
    assert told == [("u0", 0.25), ("u0", 0.5), ("u2", 0.75), ("u2", 1.0)]


def test_the_end_says_when_even_after_everything_went_wrong():
    stop, taken = running(Script({"u0": lambda: 1 / 0}))
    assert isinstance(taken[-1], RunStop)
    assert taken[-1] is stop
