"""However a run ends, and whatever it waits for: all outputs off, in order, and said why."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable

import pytest
from victims import ORDER, InProcess, Victim
from waiting import wait_until
from ways_to_wait import WAYS, Wait, Waiting, failing, sleep, steps, unanswered_read, waiting

from labcim.control import ControlClient
from labcim.documents import Document, RunStop
from labcim.errors import AbortedError
from labcim.host import Host
from labcim.instrument import SafePhase

DEADLINE = 1.0  # s from the wish to outputs off; 20 ms is usual, but tests share a machine


def by_signal(number: int, times: int = 1) -> Callable[[Host], None]:
    def end(host: Host) -> None:
        for _ in range(times):
            os.kill(os.getpid(), number)

    return end


def by_steering(verb: str) -> Callable[[Host], None]:
    return lambda host: host.steering.request(verb, f"{verb} by the test")


def by_control(verb: str) -> Callable[[Host], None]:
    return lambda host: ControlClient("victim").request(verb, reason=f"{verb} by the test") and None


ENDINGS = {
    "abort": (by_steering("abort"), "abort by the test"),
    "estop": (by_steering("estop"), "estop by the test"),
    "abort from outside": (by_control("abort"), "abort by the test"),
    "estop from outside": (by_control("estop"), "estop by the test"),
    "Ctrl-C": (by_signal(signal.SIGINT), "Ctrl-C"),
    "Ctrl-C twice": (by_signal(signal.SIGINT, 2), "Ctrl-C"),
    "SIGTERM": (by_signal(signal.SIGTERM), "SIGTERM"),
    "SIGHUP": (by_signal(signal.SIGHUP), "SIGHUP"),
}


def end_while_waiting(
    bench: Victim, way: Waiting, end: Callable[[Host], None]
) -> tuple[RunStop, float]:
    """Run into a wait, end it from another thread; return the stop and s until outputs off."""
    asked: list[float] = []
    with Host(bench.bench, bench.path) as host:
        begun = threading.Event()

        def other() -> None:
            begun.wait(20)
            assert bench.enabled()
            asked.append(time.time())
            end(host)

        helper = threading.Thread(target=other)
        helper.start()
        stop = host.run(waiting(host, way, begun), Wait())
        helper.join()
        return stop, bench.off_since() - asked[0]


def assert_in_order(bench: Victim) -> None:
    kinds = bench.shut_down()
    assert "output" in kinds and kinds == sorted(kinds, key=ORDER.index)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ENDINGS)
def test_outputs_are_off_at_once_whatever_the_run_waits_for(name, way, board):
    end, reason = ENDINGS[name]
    stop, took = end_while_waiting(board, way, end)
    assert not board.enabled()
    assert took < DEADLINE
    assert_in_order(board)
    assert (stop.state, stop.reason, stop.safe) == ("aborted", reason, True)


@pytest.mark.parametrize("way", WAYS)
def test_outputs_are_off_when_the_watchdog_is_killed_whatever_the_run_waits_for(way, board):
    def kill(host: Host) -> None:
        assert host.watchdog is not None
        os.kill(host.watchdog.pid, signal.SIGKILL)

    stop, took = end_while_waiting(board, way, kill)
    assert took < 2.0
    assert_in_order(board)
    assert (stop.state, stop.safe) == ("aborted", True)
    assert "the watchdog" in stop.reason and "died" in stop.reason


def test_outputs_do_not_wait_for_the_read_that_is_not_answered(tmp_path):
    bench = InProcess(tmp_path, timeout=3.0)
    _, took = end_while_waiting(bench, unanswered_read, by_signal(signal.SIGINT))
    assert took < DEADLINE


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["abort", "estop from outside", "Ctrl-C"])
def test_the_instruments_of_a_probed_chip_are_off_in_order_too(name, way, probed):
    end, reason = ENDINGS[name]
    stop, took = end_while_waiting(probed, way, end)
    assert not probed.enabled()
    assert took < DEADLINE
    assert probed.still_on("relay", of=("source", "gate", "output")) == []
    assert probed.still_on("output", of=("source", "gate")) == []
    assert (stop.state, stop.reason, stop.safe) == ("aborted", reason, True)


def test_a_stop_waits_for_the_unit_and_then_turns_off(board):
    stop, _ = end_while_waiting(board, steps, by_steering("stop"))
    assert (stop.state, stop.units_done) == ("stopped", 1)
    assert stop.reason == "stop by the test"
    assert_in_order(board)


def test_a_second_ctrl_c_says_that_the_end_is_under_way(board, caplog):
    def twice(host: Host) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        wait_until(host.steering.latch.is_set)
        os.kill(os.getpid(), signal.SIGINT)

    with caplog.at_level(logging.WARNING):
        stop, _ = end_while_waiting(board, unanswered_read, twice)
    assert stop.reason == "Ctrl-C"
    assert "Ctrl-C: already ending" in caplog.text


def test_signal_handlers_are_as_before_when_the_run_is_over(board):
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    end_while_waiting(board, sleep, by_signal(signal.SIGINT))
    assert [signal.getsignal(number) for number in numbers] == before


@pytest.mark.parametrize("trouble", [None, ValueError("a bug"), MemoryError("none left")])
def test_an_exception_in_a_protocol_turns_everything_off(trouble, board):
    with Host(board.bench, board.path) as host:
        stop = host.run(failing(trouble), Wait())
        assert not board.enabled()
    assert (stop.state, stop.safe) == ("failed", True)
    assert str(trouble or "the needle slipped") in stop.reason
    assert_in_order(board)


@pytest.mark.parametrize("kind", ["Pulses", "Attempt", "RunStop"])
def test_an_exception_in_a_required_sink_turns_everything_off(kind, board):
    def full(document: Document) -> None:
        if type(document).__name__ == kind:
            raise OSError(28, "no space left on device")

    with Host(board.bench, board.path) as host:
        with pytest.raises(OSError, match="no space left"):
            host.run(failing(), Wait(), required_sinks=[full])
        assert not board.enabled()


def test_a_record_whose_heartbeat_fails_ends_the_run(board):
    class Record:
        def __call__(self, document: Document) -> None:
            pass

        def heartbeat(self) -> None:
            if begun.is_set():
                raise OSError(5, "the disk is gone")

    begun = threading.Event()
    with Host(board.bench, board.path) as host:
        stop = host.run(waiting(host, sleep, begun), Wait(), required_sinks=[Record()])
    assert (stop.state, stop.safe) == ("aborted", True)
    assert "the disk is gone" in stop.reason
    assert not board.enabled()


@pytest.mark.parametrize("way", WAYS)
def test_an_exception_in_a_make_safe_keeps_no_later_phase_from_being_tried(way, board, monkeypatch):
    from labcim.instruments.crossbar_board import CrossbarBoard

    whole = CrossbarBoard.safe

    def broken(self: CrossbarBoard, phase: SafePhase) -> None:
        if phase is SafePhase.GATES:
            raise RuntimeError("the gate driver does not answer")
        whole(self, phase)

    with Host(board.bench, board.path) as host:
        begun = threading.Event()

        def other() -> None:
            begun.wait(20)
            monkeypatch.setattr(CrossbarBoard, "safe", broken)
            host.steering.request("abort", "test")

        helper = threading.Thread(target=other)
        helper.start()
        stop = host.run(waiting(host, way, begun), Wait())
        helper.join()
        assert not board.enabled()
        assert (stop.state, stop.safe) == ("failed", False)
        assert "NOT SAFE" in stop.reason and "the gate driver does not answer" in stop.reason


def test_an_estop_holds_until_it_is_released(board):
    with Host(board.bench, board.path) as host:
        client = ControlClient("victim")
        told = client.request("estop", reason="smoke")
        assert told["safe"] and client.request("status")["state"] == "estop"
        with pytest.raises(AbortedError, match="smoke"):
            host.run(failing(), Wait())
        assert not len(board.truth.pulses())
        client.request("release")
        assert host.run(failing(), Wait()).state == "failed"


def test_a_bench_can_be_driven_again_after_an_estop_without_a_run(probed):
    cells = Wait().units(probed.bench.chip.topology())[0].cells
    with Host(probed.bench, probed.path) as host:
        before = host.station.cells.read(cells, 0.2, gate=3.0).conductance
        for verb in ("estop", "release"):
            assert ControlClient("victim").request(verb)["ok"]
        after = host.station.cells.read(cells, 0.2, gate=3.0).conductance
    assert after == pytest.approx(before, rel=0.2) and (before > 1e-6).all()


def test_an_abort_while_idle_is_over_when_the_bench_is_safe(board):
    with Host(board.bench, board.path) as host:
        host.station.cells.read(Wait().units(host.station.cells.topology)[0].cells, 0.2, gate=3.0)
        assert board.enabled()
        assert ControlClient("victim").request("abort")["safe"]
        assert not board.enabled()
        wait_until(lambda: not host.steering.latch.is_set(), 1.0)
        assert host.run(failing(), Wait()).state == "failed"


def test_a_closed_host_leaves_the_outputs_off_and_can_be_closed_again(board):
    with Host(board.bench, board.path) as host:
        host.station.cells.read(Wait().units(host.station.cells.topology)[0].cells, 0.2, gate=3.0)
        assert board.enabled()
        host.close()
        assert not board.enabled()
    host.close()


def test_an_exception_in_a_script_that_holds_the_bench_turns_everything_off(board):
    with pytest.raises(KeyboardInterrupt), Host(board.bench, board.path) as host:
        host.station.cells.read(Wait().units(host.station.cells.topology)[0].cells, 0.2, gate=3.0)
        assert board.enabled()
        raise KeyboardInterrupt
    assert not board.enabled()
