"""The link joins a host, watches and asks it, and says in words when the host is silent or gone."""

import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import wait_until

from labcim.bench_lock import HostCard
from labcim.control import find_hosts
from labcim.documents import Readings
from labcim.errors import RecordError
from labcim.gui.link.link import Link

from .link_room import FakeHost, Heard, Record, Told, answered, keys, linked

EXAMPLES = Path(__file__).parents[2] / "examples"


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


def joined(link: Link) -> float:
    return wait_until(lambda: link.state.kind == "joined", 5, "joined")


def test_nothing_is_joined_at_first():
    with linked(Heard(), Record([])) as link:
        assert link.state.kind == "none"
        link.ask("pause")
        (answer,) = answered(link)
        assert not answer.ok and "no bench is joined" in answer.text


def test_a_host_is_joined_and_its_status_is_fresh(fake):
    with linked(Heard(), Record([]), fake.card) as link:
        joined(link)
        fake.status["fraction"] = 0.5
        wait_until(lambda: link.state.status.get("fraction") == 0.5, 2)
        assert link.state.age < 1.0
        assert str(fake.card.pid) in link.state.text


def test_the_documents_of_a_run_reach_the_hub_from_its_first_one(fake):
    heard = Heard()
    with linked(heard, Record([]), fake.card) as link:
        joined(link)
        wait_until(lambda: list(fake.watchers))
        told = Told(fake.watchers)
        told.read(50)
        told.stop()
        wait_until(lambda: len(heard) == 52)
    assert heard.keys == keys(told.said)


def test_who_joins_in_the_middle_of_a_run_gets_what_is_on_record_first(fake):
    heard, said = Heard(), []
    told = Told(fake.watchers, said.append)
    told.read(30)
    with linked(heard, Record(said), fake.card) as link:
        wait_until(lambda: len(heard) == 31)
        told.read(5)
        told.stop()
        wait_until(lambda: len(heard) == 37)
        assert link.state.kind == "joined"
    assert heard.keys == keys(told.said)


def test_who_was_dropped_joins_again_misses_nothing_and_says_so(fake):
    heard, said = Heard(), []
    with linked(heard, Record(said), fake.card) as link:
        wait_until(lambda: list(fake.watchers))
        told = Told(said.append, fake.watchers)
        told.read(10)
        wait_until(lambda: len(heard) == 11)
        fake.drop_watchers()
        told.read(10)
        wait_until(lambda: "joined again" in link.state.text)
        wait_until(lambda: list(fake.watchers))
        told.read(10)
        told.stop()
        wait_until(lambda: len(heard) == 32)
    assert heard.keys == keys(told.said)


def test_a_record_that_cannot_be_read_is_told_and_what_is_live_is_shown(fake):
    def no_record(name: str) -> Record:
        raise RecordError(f"record {name}: no such file")

    heard = Heard()
    told = Told(fake.watchers)
    told.read(10)
    with linked(heard, no_record, fake.card) as link:
        wait_until(lambda: "record kept: no such file" in link.state.text)
        told.read(1)
        wait_until(lambda: len(heard) == 2)
    assert heard.keys == keys([told.said[0], told.said[-1]])


def test_a_document_that_cannot_be_shown_does_not_end_the_show(fake):
    heard = Heard()

    def picky(document) -> None:
        if getattr(document, "unit", "") == "odd":
            raise ValueError("not this one")
        heard(document)

    with linked(picky, Record([]), fake.card) as link:
        wait_until(lambda: list(fake.watchers))
        told = Told(fake.watchers)
        told.read(4)
        told.tell(Readings, unit="odd", attempt=1, columns={})
        told.read(4)
        wait_until(lambda: len(heard) == 9)
        assert "a Readings could not be shown" in link.state.text


def test_nothing_reaches_the_hub_after_the_host_was_left(fake):
    heard = Heard()

    def slow(document) -> None:
        threading.Event().wait(0.005)
        heard(document)

    with linked(slow, Record([]), fake.card) as link:
        wait_until(lambda: list(fake.watchers))
        told = Told(fake.watchers)
        told.read(300)
        wait_until(lambda: len(heard) > 3)
        threads = link._visit.threads
        link.leave()
        reached = len(heard)
        assert link.state.kind == "none"
        for thread in threads:
            thread.join(5)
            assert not thread.is_alive()
        wait_until(lambda: not list(fake.watchers))
        assert len(heard) == reached < 300


def test_a_host_that_has_not_answered_yet_is_being_joined(fake):
    fake.hang()
    with linked(Heard(), Record([]), fake.card) as link:
        assert link.state.kind == "joining"
        assert link.state.card == fake.card


def test_requests_are_answered_one_by_one(fake):
    with linked(Heard(), Record([]), fake.card) as link:
        link.ask("run", recipe="x")
        link.ask("pause")
        link.ask("abort", reason="enough")
        answers = answered(link, 3)
        assert [(answer.verb, answer.ok) for answer in answers] == [
            ("run", True), ("pause", False), ("abort", True),
        ]  # fmt: skip
        assert "nothing runs" in answers[1].text
        assert fake.verbs() == ["run", "pause", "abort"]
        assert next(one for one in fake.taken if one["verb"] == "abort")["reason"] == "enough"


def test_a_host_that_hangs_is_silent_within_two_seconds_and_then_joined_again(fake):
    with linked(Heard(), Record([]), fake.card) as link:
        joined(link)
        fake.hang()
        began = time.monotonic()
        link.ask("pause")
        assert time.monotonic() - began < 0.1
        assert wait_until(lambda: link.state.kind == "silent", 2) <= 2
        assert link.state.age > 1.0 and "has not answered" in link.state.text
        fake.go_on()
        wait_until(lambda: link.state.kind == "joined", 2)


def test_closing_takes_less_than_two_seconds_even_when_the_host_hangs(fake):
    link = Link(Heard(), Record([]))
    link.join(fake.card)
    joined(link)
    fake.hang()
    link.ask("pause")
    link.emergency_stop("test")
    before = {thread.name for thread in threading.enumerate()}
    assert {"link-status", "link-watch", "link-ask", "emergency-stop"} <= before
    began = time.monotonic()
    link.close()
    assert time.monotonic() - began < 2.0
    names = {"link-status", "link-watch", "link-feed", "link-ask", "emergency-stop"}
    assert not names & {thread.name for thread in threading.enumerate()}


def test_a_host_that_closes_is_lost_and_another_one_can_be_joined(fake):
    with linked(Heard(), Record([]), fake.card) as link:
        joined(link)
        fake.close()
        assert wait_until(lambda: link.state.kind == "ended", 2) <= 2
        assert "has ended" in link.state.text
        other = FakeHost()
        link.join(other.card)
        joined(link)
        other.close()


@pytest.mark.parametrize(
    "bytes_said",
    [
        b"\x00\xff garbage",
        b'{"ok": true, "watching": true}\nnot json\n',
        b'{"ok": true, "watching": true}\n{"kind":"Note","size":99999}\nxx',
        b"[" * 100_000 + b"\n",
        b"x" * (2 << 20),
    ],
    ids=["no answer", "no document", "half a document", "deep", "endless"],
)
def test_hostile_bytes_are_told_and_end_nothing(bytes_said, runtime):
    with (
        HostileHost(runtime / "h.sock", bytes_said) as card,
        linked(Heard(), Record([]), card) as link,
    ):
        wait_until(lambda: HostileHost.clients > 6, 8, "joins again")
        assert link.state.kind in ("joining", "silent")
        wait_until(lambda: link.state.kind == "silent", 3)
        assert link.state.text.endswith(")")  # why
        link.ask("pause")
        assert len(answered(link)) == 1


def test_a_status_with_fields_of_the_wrong_kind_is_taken_without_them(fake):
    fake.status |= {"fraction": "half", "text": ["x"], "unit": "a"}
    with linked(Heard(), Record([]), fake.card) as link:
        joined(link)
        assert link.state.status["unit"] == "a"
        assert not {"fraction", "text"} & set(link.state.status)


class HostileHost:
    """Says the same bytes to everyone and hangs up."""

    clients = 0

    def __init__(self, path: Path, said: bytes) -> None:
        HostileHost.clients = 0
        self._said = said
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen(8)
        self._card = HostCard("hostile", 2**22 - 1, "bench", "b.toml", f"unix:{path}")
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> HostCard:
        self._thread.start()
        return self._card

    def __exit__(self, *trouble: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            HostileHost.clients += 1
            with client:
                client.settimeout(0.2)
                try:
                    client.recv(100)
                    client.sendall(self._said)
                except OSError:
                    continue


@pytest.fixture
def process(tmp_path, runtime) -> Iterator[tuple[subprocess.Popen, HostCard]]:
    """Start a real ``labcim host``."""
    ignore = shutil.ignore_patterns("*.state", ".*", "*.html")
    shutil.copytree(EXAMPLES / "small", tmp_path / "small", ignore=ignore)
    bench, record = tmp_path / "small" / "bench.toml", tmp_path / "r.sqlite"
    words = [sys.executable, "-m", "labcim", "host", "--bench", str(bench), "--record", str(record)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout and host.stdout.readline().startswith("holding")
        try:
            yield host, find_hosts()[0]
        finally:
            host.send_signal(signal.SIGCONT)
            host.kill()


def test_a_real_host_is_silent_when_stopped_joined_when_it_goes_on_and_lost_when_killed(process):
    host, card = process
    with linked(Heard(), Record([]), card) as link:
        joined(link)
        assert link.state.status["mode"] == "SIM"
        host.send_signal(signal.SIGSTOP)
        assert wait_until(lambda: link.state.kind == "silent", 3) <= 2
        assert link.stop.kind == "armed"
        host.send_signal(signal.SIGCONT)
        wait_until(lambda: link.state.kind == "joined", 3)
        host.send_signal(signal.SIGKILL)
        assert wait_until(lambda: link.state.kind == "lost", 3) <= 2
        for part in (str(host.pid), "watchdog", "resumed"):
            assert part in link.state.text
        link.emergency_stop("test")
        wait_until(lambda: link.stop.kind == "not confirmed", 3)
        assert "hardware switch" in link.stop.text and "watchdog" in link.stop.text


def test_a_stopped_real_host_is_not_confirmed_and_safe_when_it_goes_on(process):
    host, card = process
    with linked(Heard(), Record([]), card) as link:
        joined(link)
        host.send_signal(signal.SIGSTOP)
        link.emergency_stop("test")
        assert link.stop.kind == "stopping"
        assert wait_until(lambda: link.stop.kind == "not confirmed", 3) <= 2.5
        assert "hardware switch" in link.stop.text
        host.send_signal(signal.SIGCONT)
        wait_until(lambda: link.stop.kind == "safe", 3)
        assert "read back" in link.stop.text
        wait_until(lambda: link.state.status.get("state") == "estop", 3)
        link.rearm()
        wait_until(lambda: link.stop.kind == "armed", 3)
        wait_until(lambda: link.state.status["state"] == "idle", 3)
