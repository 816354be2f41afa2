"""A host with a bench in this process: what it holds, what it says, and what it takes in."""

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from victims import InProcess
from waiting import wait_until
from ways_to_wait import CELLS, Wait, failing, steps, waiting

from labcim.bench_lock import is_alive
from labcim.control import ControlClient, find_hosts
from labcim.documents import Document, Pulses, RunStart, RunStop
from labcim.errors import BenchHeldError, LabcimError, RecipeError, TransportError
from labcim.host import Host
from labcim.job_desk import Job
from labcim.protocol import Progress, protocol


@pytest.fixture(autouse=True)
def runtime(tmp_path_factory, monkeypatch) -> Path:
    folder = tmp_path_factory.mktemp("r")
    folder.chmod(0o700)
    monkeypatch.setenv("LABCIM_RUNTIME", str(folder))
    return folder


@pytest.fixture
def board(tmp_path) -> InProcess:
    return InProcess(tmp_path)


def pulsing():
    def run(recipe, given, unit, carry):
        from ways_to_wait import TRAIN

        given.cells.pulse(unit.cells, TRAIN)
        yield Progress(1.0, "pulsed")

    return protocol(Wait, channels=())(run)


def test_a_run_goes_to_its_sinks_and_listeners(board):
    required: list[Document] = []
    heard: list[Document] = []
    progress: list[tuple[str, float]] = []
    with Host(board.bench, board.path) as host:
        stop = host.run(
            pulsing(), Wait(), required_sinks=[required.append], listeners=[heard.append],
            on_progress=lambda unit, fraction, text: progress.append((unit, fraction)),
        )  # fmt: skip
    assert (stop.state, stop.safe) == ("completed", True)
    assert [type(said) for said in heard] == [type(said) for said in required]
    assert sum(len(said.train) for said in required if isinstance(said, Pulses)) == 4
    assert progress[-1] == ("second", 1.0)


def test_a_second_host_is_refused_at_once_and_the_first_goes_on(board):
    with Host(board.bench, board.path, name="the first") as host:
        began = time.monotonic()
        with pytest.raises(BenchHeldError, match="the first"), Host(board.bench, board.path):
            pass
        assert time.monotonic() - began < 1.0
        assert len(find_hosts()) == 1
        assert host.run(pulsing(), Wait()).state == "completed"
    assert find_hosts() == []


@pytest.mark.parametrize("trouble", ["driver", "address"])
def test_a_bench_that_cannot_be_opened_is_not_held_and_leaves_nothing_behind(
    trouble, board, runtime
):
    text = board.path.read_text()
    wrong = {"driver": ("crossbar_board", "no_such"), "address": ("::board::", "::nobody::")}
    board.path.write_text(text.replace(*wrong[trouble]))
    host = Host(board.bench, board.path)
    with pytest.raises((RecipeError, TransportError)), host:
        pass
    assert host.watchdog is not None
    watchdog = host.watchdog.pid
    wait_until(lambda: not is_alive(watchdog))
    assert [path.suffix for path in runtime.iterdir() if path.suffix != ".lock"] == []
    board.path.write_text(text)
    with Host(board.bench, board.path):
        pass


def test_one_run_at_a_time(board):
    with Host(board.bench, board.path) as host:
        begun = threading.Event()
        stops: list[RunStop] = []
        other = threading.Thread(
            target=lambda: stops.append(host.run(waiting(host, steps, begun), Wait()))
        )
        other.start()
        assert begun.wait(20)
        with pytest.raises(BenchHeldError, match="runs wait"):
            host.run(pulsing(), Wait())
        ControlClient("victim").request("stop")
        other.join(20)
        assert stops[0].state == "stopped"


def test_the_status_says_what_runs_and_how_far_it_is(board):
    with Host(board.bench, board.path, name="me") as host:
        client = ControlClient(board.path)
        assert client.request("status")["state"] == "idle"
        begun = threading.Event()
        other = threading.Thread(target=host.run, args=(waiting(host, steps, begun), Wait()))
        other.start()
        assert begun.wait(20)
        status = client.request("status")
        expected = {
            "state": "running", "protocol": "wait", "unit": "first", "fraction": 0.25,
            "text": "waits", "pid": os.getpid(), "name": "me", "mode": "SIM",
        }  # fmt: skip
        assert {name: status[name] for name in expected} == expected
        client.request("abort")
        other.join(20)
        assert client.request("status")["state"] == "idle"


def test_a_paused_run_goes_on_when_told_to(board):
    events: list[str] = []

    def note(document: Document) -> None:
        events.append(getattr(document, "kind", ""))

    def run(recipe, given, unit, carry):
        for step in range(5):
            given.cells.read(CELLS, 0.2, gate=3.0)
            if step == 2 and unit.key == "first":
                client.request("pause")
                asked.set()
            yield Progress(step / 5)

    asked = threading.Event()
    with Host(board.bench, board.path) as host:
        client = ControlClient(board.path)

        def other() -> None:
            asked.wait(20)
            wait_until(lambda: "pause" in events)
            assert client.request("status")["state"] == "paused"
            client.request("continue")

        helper = threading.Thread(target=other)
        helper.start()
        stop = host.run(protocol(Wait, channels=())(run), Wait(), required_sinks=[note])
        helper.join(20)
    assert stop.state == "completed"
    assert events.index("pause") < events.index("continue")


@pytest.mark.parametrize("verb", ["pause", "continue", "stop"])
def test_what_is_meant_for_a_run_is_refused_without_one(verb, board):
    with Host(board.bench, board.path), pytest.raises(LabcimError, match="nothing runs"):
        ControlClient(board.path).request(verb)


def test_an_unknown_verb_is_refused(board):
    with Host(board.bench, board.path), pytest.raises(LabcimError, match="'format' is no verb"):
        ControlClient(board.path).request("format")


def test_a_run_is_watched_from_outside_from_its_first_document(board):
    with Host(board.bench, board.path) as host:
        stream = ControlClient(board.path).watch()
        heard: list[Document] = []

        def watch() -> None:
            for document in stream:
                heard.append(document)
                if isinstance(document, RunStop):
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        wait_until(lambda: list(host._watchers))
        said: list[Document] = []
        host.run(pulsing(), Wait(), required_sinks=[said.append])
        watcher.join(20)
    assert isinstance(heard[0], RunStart) and heard[0] == said[0]
    trains = [document.train for document in heard if isinstance(document, Pulses)]
    told = [document.train for document in said if isinstance(document, Pulses)]
    np.testing.assert_array_equal(np.concatenate(trains), np.concatenate(told))


def test_a_run_is_handed_to_the_host_that_holds_the_bench(board):
    taken: list[Job] = []
    with Host(board.bench, board.path, record="r.sqlite") as host:
        client = ControlClient(board.path)
        with pytest.raises(LabcimError, match="takes no runs from others"):
            client.request("run", recipe="protocol = 'wait'\n")

        def do(job: Job) -> None:
            taken.append(job)
            raise RecipeError("not this one")

        serving = threading.Thread(target=host.serve, args=(do,))
        serving.start()
        wait_until(lambda: client.request("status")["takes_runs"])
        for number, (verb, said) in enumerate([("run", {"recipe": "a"}), ("resume", {"run": "b"})]):
            wait_until(lambda verb=verb, said=said: accepted(client, verb, said))
            wait_until(lambda n=number: client.request("status")["trouble_number"] == n + 1)
        assert taken == [Job("run", "a"), Job("resume", "b")]
        status = client.request("status")
        assert (status["trouble"], status["record"]) == ("not this one", "r.sqlite")
        with pytest.raises(LabcimError, match='"recipe" must be a text'):
            client.request("run", recipe=5)
        client.request("end")
        serving.join(5)
        assert not serving.is_alive()


def accepted(client: ControlClient, verb: str, said: dict[str, str]) -> bool:
    try:
        client.request(verb, **said)
    except LabcimError:
        return False
    return True


def test_one_job_at_a_time_is_taken(board):
    begun, go_on = threading.Event(), threading.Event()

    def do(job: Job) -> None:
        begun.set()
        go_on.wait(20)

    with Host(board.bench, board.path) as host:
        client = ControlClient(board.path)
        serving = threading.Thread(target=host.serve, args=(do,), daemon=True)
        serving.start()
        wait_until(lambda: accepted(client, "run", {"recipe": "first"}))
        assert begun.wait(5)
        with pytest.raises(LabcimError, match="one run at a time"):
            client.request("run", recipe="second")
        go_on.set()
        client.request("end")
        serving.join(5)


def test_the_outputs_are_off_from_the_beginning_live_in_a_run_and_off_after_it(board):
    with Host(board.bench, board.path) as host:
        client = ControlClient(board.path)
        assert client.request("status")["outputs"] == "off"
        begun = threading.Event()
        other = threading.Thread(target=host.run, args=(waiting(host, steps, begun), Wait()))
        other.start()
        assert begun.wait(20)
        assert client.request("status")["outputs"] == "live"
        client.request("abort")
        other.join(20)
        status = client.request("status")
        assert status["outputs"] == "off"
        assert "read back" in status["outputs_text"]


def test_a_protocol_that_failed_can_be_followed_by_a_run(board):
    with Host(board.bench, board.path) as host:
        assert host.run(failing(), Wait()).state == "failed"
        assert host.run(pulsing(), Wait()).state == "completed"


def test_a_bench_whose_own_session_is_lost_is_made_safe_through_a_new_one(board):
    with Host(board.bench, board.path) as host:
        host.station.cells.read(CELLS, 0.2, gate=3.0)
        assert board.enabled()
        host.station.instruments["board"].transport.close()
        report = host.station.make_safe()
        assert report.safe
        assert not board.enabled()


def test_the_card_of_a_killed_host_is_no_host(board, runtime):
    with Host(board.bench, board.path):
        cards = {path: path.read_bytes() for path in runtime.glob("*.host")}
    for path, card in cards.items():
        path.write_bytes(card)  # this process lives on, as one of the same number might
    assert find_hosts() == []
    with Host(board.bench, board.path):
        assert len(find_hosts()) == 1
