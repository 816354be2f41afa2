"""The emergency stop works whatever else goes on, and says honestly what came of it."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from victims import InProcess
from waiting import wait_until
from ways_to_wait import CELLS, TRAIN, Wait, steps, waiting

from labcim.control import ControlClient
from labcim.documents import Channel, RunStop
from labcim.gui.link.link import Link
from labcim.host import Host
from labcim.protocol import Rows, protocol

from .link_room import FakeHost, Heard, Record, answered, linked

DEADLINE = 0.25  # s from the press to outputs off, by the truth log


@pytest.fixture(autouse=True)
def runtime(tmp_path_factory, monkeypatch) -> Path:
    folder = tmp_path_factory.mktemp("r")
    folder.chmod(0o700)
    monkeypatch.setenv("LABCIM_RUNTIME", str(folder))
    return folder


@pytest.fixture
def fake() -> Iterator[FakeHost]:
    host = FakeHost()
    yield host
    host.close()


@pytest.fixture
def board(tmp_path) -> InProcess:
    return InProcess(tmp_path)


def joined(link: Link) -> None:
    wait_until(lambda: link.state.kind == "joined", 5, "joined")


def outcome(link: Link, kind: str, deadline: float = 3.0) -> str:
    wait_until(lambda: link.stop.kind == kind, deadline, kind)
    return link.stop.text


class Running:
    """A run on a host in this process, from its first stimulus to its end."""

    def __init__(self, host: Host, spec, begun: threading.Event) -> None:
        self.stops: list[RunStop] = []
        self.thread = threading.Thread(target=lambda: self.stops.append(host.run(spec, Wait())))
        self.thread.start()
        assert begun.wait(40)  # the simulator may have to be compiled

    def end(self) -> RunStop:
        self.thread.join(10)
        return self.stops[0]


def test_a_press_in_the_middle_of_a_run_turns_the_outputs_off_in_time(board):
    with Host(board.bench, board.path) as host, linked(Heard(), Record([])) as link:
        begun = threading.Event()
        running = Running(host, waiting(host, steps, begun), begun)
        link.join(host._lock.card)
        joined(link)
        wait_until(board.enabled)
        pressed, began = time.time(), time.monotonic()
        link.emergency_stop("test")
        assert time.monotonic() - began < 0.02
        assert link.stop.kind == "stopping"
        text = outcome(link, "safe")
        assert "read back" in text and "ms after the press" in text and link.stop.latched
        assert not board.enabled()
        assert board.off_since() - pressed <= DEADLINE
        assert link.stop.took <= 1.0
        stop = running.end()
        assert (stop.state, stop.safe, stop.reason) == ("aborted", True, "test")
        wait_until(lambda: link.state.status["state"] == "estop", 2)
        assert link.stop.kind == "safe"


def flood(begun: threading.Event):
    """Return a protocol that pulses and yields rows as fast as they can be told."""
    columns = {"conductance": np.full(100, 1e-6)}

    def run(recipe, given, unit, carry):
        given.cells.pulse(unit.cells, TRAIN)
        for number in range(1_000_000):
            if number == 200:
                begun.set()
            if number % 20 == 0:
                given.cells.read(CELLS, 0.2, gate=3.0)
            yield Rows(columns)

    channels = (Channel(name="conductance", dtype="<f8", unit="S"),)
    return protocol(Wait, channels=channels)(run)


def test_a_press_works_while_a_flood_of_readings_keeps_the_hub_and_the_status_busy(board):
    heard = Heard()

    def slow(document) -> None:
        heard(document)
        threading.Event().wait(0.002)

    with Host(board.bench, board.path) as host, linked(slow, Record([])) as link:
        link.join(host._lock.card)
        joined(link)
        wait_until(lambda: list(host._watchers))
        begun = threading.Event()
        running = Running(host, flood(begun), begun)
        wait_until(lambda: len(heard) > 50)
        pressed = time.time()
        link.emergency_stop("test")
        outcome(link, "safe")
        assert board.off_since() - pressed <= DEADLINE
        assert running.end().state == "aborted"


def test_with_no_bench_nothing_is_stopped_and_it_says_so():
    with linked(Heard(), Record([])) as link:
        link.emergency_stop("test")
        assert "no bench" in outcome(link, "nothing held")


def test_an_idle_bench_is_stopped_and_stays_so_until_re_armed(board):
    with Host(board.bench, board.path) as host, linked(Heard(), Record([])) as link:
        link.join(host._lock.card)
        joined(link)
        link.emergency_stop("test")
        outcome(link, "safe")
        assert host.steering.emergency
        wait_until(lambda: link.state.status["state"] == "estop", 2)
        link.rearm()
        outcome(link, "armed")
        assert not host.steering.emergency and not link.stop.latched
        link.emergency_stop("again")
        outcome(link, "safe")
        assert host.steering.emergency


def test_a_stop_and_a_release_from_elsewhere_are_shown(board):
    with Host(board.bench, board.path) as host, linked(Heard(), Record([])) as link:
        link.join(host._lock.card)
        joined(link)
        ControlClient(board.path).request("estop", reason="Grace at the rack")
        assert "Grace at the rack" in outcome(link, "safe")
        assert link.stop.latched
        ControlClient(board.path).request("release")
        outcome(link, "armed")


def test_what_the_host_cannot_show_to_be_off_is_not_confirmed_and_is_tried_again(fake):
    fake.safe = False
    with linked(Heard(), Record([]), fake.card) as link:
        joined(link)
        link.emergency_stop("test")
        text = outcome(link, "not confirmed")
        assert "NOT CONFIRMED: use the hardware switch" in text and "did not come back" in text
        fake.safe = True
        outcome(link, "safe")
        assert fake.verbs() == ["estop", "estop"]


def test_a_press_goes_through_while_every_other_request_hangs(fake):
    with linked(Heard(), Record([]), fake.card) as link:
        joined(link)
        fake.hang("estop")
        link.ask("pause")
        wait_until(lambda: link.state.kind == "silent", 3)
        link.emergency_stop("test")
        outcome(link, "safe", 0.5)


def test_a_press_goes_through_when_the_host_takes_no_more_clients(fake):
    with linked(Heard(), Record([]), fake.card) as link:
        joined(link)
        wait_until(lambda: len(fake._server._clients) == 3, what="status, watch and a ready line")
        crowd = [socket.socket(socket.AF_UNIX) for _ in range(70)]
        for one in crowd:
            one.connect(fake.card.endpoint.partition(":")[2])
        wait_until(lambda: len(fake._server._clients) == 64)
        link.emergency_stop("test")
        outcome(link, "safe", 0.5)
        for one in crowd:
            one.close()


def test_a_host_that_listens_on_a_port_is_stopped_too(tmp_path, monkeypatch):
    folder = tmp_path / ("long" * 25)
    folder.mkdir(0o700)
    monkeypatch.setenv("LABCIM_RUNTIME", str(folder))
    host = FakeHost()
    assert host.card.endpoint.startswith("tcp:") and host.card.token
    with linked(Heard(), Record([]), host.card) as link:
        joined(link)
        link.emergency_stop("test")
        outcome(link, "safe")
        host.close()
        wait_until(lambda: link.state.kind in ("lost", "ended"), 2)


def test_what_was_asked_before_and_not_sent_yet_is_dropped(fake):
    with linked(Heard(), Record([]), fake.card) as link:
        joined(link)
        fake.hang("estop", "status")
        link.ask("continue")
        wait_until(lambda: link._ask._requests.empty())
        link.ask("run", recipe="x")
        link.emergency_stop("test")
        outcome(link, "safe")
        (dropped,) = answered(link)
        assert dropped.verb == "run" and not dropped.ok and "emergency stop" in dropped.text
        fake.go_on()
        assert [answer.verb for answer in answered(link)] == ["continue"]
        assert "run" not in fake.verbs()


def test_a_press_after_re_arm_was_asked_for_counts(fake):
    with linked(Heard(), Record([]), fake.card) as link:
        joined(link)
        link.emergency_stop("first")
        outcome(link, "safe")
        fake.hang("estop", "status")
        link.rearm()
        wait_until(lambda: link._ask._requests.empty())
        link.emergency_stop("second")
        outcome(link, "safe")
        fake.go_on()
        answered(link)
        wait_until(lambda: fake.verbs()[-1] == "estop", 2)
        assert fake.verbs() == ["estop", "estop", "release", "estop"]
        outcome(link, "safe")
        wait_until(lambda: link.state.status["state"] == "estop", 2)


def test_a_press_just_before_the_window_closes_is_still_sent(fake):
    with linked(Heard(), Record([]), fake.card) as link:
        joined(link)
        link.emergency_stop("going")
    wait_until(lambda: fake.verbs() == ["estop"], 2)


def test_a_stop_of_a_bench_that_was_left_does_not_hold_up_that_of_the_next(fake):
    other = FakeHost()
    with linked(Heard(), Record([]), fake.card) as link:
        joined(link)
        fake.hang()
        link.emergency_stop("first")
        outcome(link, "not confirmed")
        link.join(other.card)
        assert link.stop.kind == "armed"
        link.emergency_stop("second")
        outcome(link, "safe", 0.5)
        assert other.verbs() == ["estop"]
    other.close()
