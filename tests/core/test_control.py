"""The control endpoint, from its client and from strangers."""

import json
import socket
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from waiting import wait_until

from labcim.bench_lock import HostCard
from labcim.control import ControlClient
from labcim.control_server import ControlServer
from labcim.documents import Channels, Document, Event, Readings, RunStart, RunStop
from labcim.errors import LabcimError, RangeError
from labcim.watchers import Watcher, Watchers

STAMP = {"run": "r1", "bench_time": 0.0, "wall_time": 0.0}


def start() -> RunStart:
    return RunStart(
        **STAMP, protocol="p", recipe="", recipe_hash="", chip="c", rows=1, columns=1, bench="b",
        mode="SIM", operator="", station="", versions={}, units=("u",),
    )  # fmt: skip


def stop() -> RunStop:
    return RunStop(
        **STAMP, state="completed", reason="", hash="", units_done=1, pulses=0, readings=0,
        safe=True, modelled_time=0.0,
    )  # fmt: skip


def event(number: int) -> Event:
    return Event(**STAMP, kind="count", message=str(number))


class Endpoint:
    """A server with a client, and what was obeyed."""

    def __init__(self) -> None:
        self.obeyed: list[dict[str, object]] = []
        self.watchers = Watchers()
        self.server = ControlServer(self.obey, self.watchers)
        self.card = HostCard("h", 1, "b", "p", self.server.endpoint, self.server.token)
        self.client = ControlClient(self.card)

    def obey(self, request):
        self.obeyed.append(dict(request))
        if request["verb"] == "refuse":
            raise RangeError("voltage = 9 V: accepts up to 4 V")
        if request["verb"] == "crash":
            raise ZeroDivisionError("a bug")
        return {"ok": True, "told": request.get("what")}

    def raw(self) -> socket.socket:
        kind, _, place = self.card.endpoint.partition(":")
        family = socket.AF_UNIX if kind == "unix" else socket.AF_INET
        line = socket.socket(family, socket.SOCK_STREAM)
        line.settimeout(5.0)
        line.connect(place if kind == "unix" else ("127.0.0.1", int(place)))
        return line

    def say(self, data: bytes) -> list[dict[str, object]]:
        """Return what is answered to raw bytes until the server closes."""
        with self.raw() as line:
            try:
                line.sendall(data)
                line.shutdown(socket.SHUT_WR)
            except BrokenPipeError:
                pass
            with line.makefile("rb") as answers:
                return [json.loads(answer) for answer in answers]


@pytest.fixture(params=["unix", "tcp"])
def endpoint(request, tmp_path, monkeypatch) -> Iterator[Endpoint]:
    folder = tmp_path / ("r" if request.param == "unix" else "r" * 90)
    monkeypatch.setenv("LABCIM_RUNTIME", str(folder))
    made = Endpoint()
    if request.param == "tcp":  # the path is too long for a socket
        assert made.card.endpoint.startswith("tcp:")
    yield made
    made.server.close()


def token_line(endpoint: Endpoint) -> bytes:
    return endpoint.card.token.encode() + b"\n" if endpoint.card.token else b""


def test_a_request_is_obeyed_and_answered(endpoint):
    assert endpoint.client.request("status", what="µ")["told"] == "µ"
    assert endpoint.obeyed == [{"verb": "status", "what": "µ"}]


def test_a_refusal_arrives_with_its_own_words(endpoint):
    with pytest.raises(LabcimError, match="accepts up to 4 V"):
        endpoint.client.request("refuse")


@pytest.mark.parametrize(
    "line",
    [
        b"\n", b"hello\n", b"[]\n", b"{}\n", b'{"verb": 5}\n', b'{"verb": null}\n', b"\xff\xfe\n",
        b"[" * 100_000 + b"\n", b'{"verb": "crash"}\n', b'{"verb": "ref', b"GET / HTTP/1.1\r\n",
        b"\x80\x04\x95.\n",
    ],
)  # fmt: skip
def test_hostile_lines_get_an_error_and_nobody_else_notices(line, endpoint):
    (answer,) = endpoint.say(token_line(endpoint) + line)
    assert answer["ok"] is False and answer["error"]
    assert endpoint.client.request("status")["ok"]


def test_a_line_without_end_is_cut_off(endpoint, monkeypatch):
    monkeypatch.setattr("labcim.control_server.LONGEST_LINE", 1000)
    (answer,) = endpoint.say(token_line(endpoint) + b"x" * 1001)
    assert "accepts 1000 bytes" in str(answer["error"])


def test_without_the_token_nothing_is_obeyed(tmp_path, monkeypatch):
    monkeypatch.setenv("LABCIM_RUNTIME", str(tmp_path / ("r" * 90)))
    endpoint = Endpoint()
    for data in (b'{"verb": "estop"}\n', b"wrong\n" + b'{"verb": "estop"}\n', b"\n\n"):
        (answer,) = endpoint.say(data)
        assert "token" in str(answer["error"])
    assert endpoint.obeyed == []
    endpoint.server.close()


def test_too_many_clients_are_turned_away_with_a_sentence(endpoint, monkeypatch):
    monkeypatch.setattr("labcim.control_server._MOST_CLIENTS", 3)
    lines = [endpoint.raw() for _ in range(3)]
    wait_until(lambda: len(endpoint.server._clients) == 3)
    (answer,) = endpoint.say(b"")
    assert "3 clients are the most" in str(answer["error"])
    for line in lines:
        line.close()
    wait_until(lambda: not endpoint.server._clients)
    assert endpoint.client.request("status")["ok"]


def test_watching_gives_the_documents_as_they_come(endpoint):
    heard: list[Document] = []

    def watch() -> None:
        heard.extend(endpoint.client.watch())

    watcher = threading.Thread(target=watch)
    watcher.start()
    wait_until(lambda: list(endpoint.watchers))
    told = [start(), Readings(**STAMP, unit="u", attempt=1, columns={"g": np.arange(3.0)}), stop()]
    for document in told:
        endpoint.watchers(document)
    wait_until(lambda: len(heard) == 3)
    endpoint.server.close()
    watcher.join(5)
    assert [type(document) for document in heard] == [type(document) for document in told]


def test_who_joins_late_hears_the_beginning_of_the_run(endpoint):
    endpoint.watchers(start())
    endpoint.watchers(Channels(**STAMP, channels=()))
    endpoint.watchers(event(1))
    stream = endpoint.client.watch()
    assert isinstance(next(stream), RunStart)
    assert isinstance(next(stream), Channels)
    endpoint.watchers(event(2))
    heard = next(stream)
    assert isinstance(heard, Event) and heard.message == "2"
    stream.close()


def test_a_watcher_that_went_is_forgotten(endpoint):
    stream = endpoint.client.watch()
    endpoint.watchers(start())
    next(stream)
    stream.close()
    wait_until(lambda: not list(endpoint.watchers), 5.0)


def test_a_watcher_that_lags_is_dropped_and_the_others_hear_all(monkeypatch):
    monkeypatch.setattr("labcim.watchers._DOCUMENTS", 5)
    watchers = Watchers()
    slow, quick = watchers.join(), watchers.join()
    for number in range(20):
        watchers(event(number))
        assert quick.take(0.0)
    assert slow.dropped and not quick.dropped
    assert list(watchers) == [quick]
    assert slow.take(0.0) is None


def test_what_waits_is_taken_together_as_far_as_it_fits_into_one_message(monkeypatch):
    monkeypatch.setattr("labcim.watchers._AT_ONCE", 10)
    watcher = Watcher()
    for data in (b"aaaa", b"bbbb", b"cccc", b"d" * 20, b"e"):
        assert watcher.offer(data)
    watcher.end()
    assert [watcher.take(0.0) for _ in range(5)] == [b"aaaabbbb", b"cccc", b"d" * 20, b"e", None]


def test_a_watcher_is_dropped_by_weight_too(monkeypatch):
    monkeypatch.setattr("labcim.watchers._BYTES", 100)
    watcher = Watcher()
    assert watcher.offer(b"x" * 60)
    assert not watcher.offer(b"x" * 60)


def test_a_reader_that_never_reads_is_dropped_and_does_not_hold_up_the_run(endpoint, monkeypatch):
    monkeypatch.setattr("labcim.control_server._SLOW", 0.2)
    with endpoint.raw() as line:
        line.sendall(token_line(endpoint) + b'{"verb": "watch"}\n')
        wait_until(lambda: list(endpoint.watchers))
        big = Readings(**STAMP, unit="u", attempt=1, columns={"g": np.zeros(1 << 20)})
        endpoint.watchers(big)
        wait_until(lambda: not list(endpoint.watchers), 5.0)


def test_an_estop_gets_through_while_the_documents_flood(endpoint):
    streams = [endpoint.client.watch() for _ in range(3)]
    flood = threading.Event()

    def pour() -> None:
        number = 0
        while not flood.is_set():
            endpoint.watchers(event(number))
            number += 1

    endpoint.watchers(start())
    pouring = threading.Thread(target=pour)
    pouring.start()
    for stream in streams:
        next(stream)
    assert endpoint.client.request("estop")["ok"]
    flood.set()
    pouring.join()
    for stream in streams:
        stream.close()


def test_a_host_that_went_is_said_to_be_gone(endpoint):
    endpoint.server.close()
    with pytest.raises(LabcimError, match="does not answer"):
        endpoint.client.request("status")


def test_without_a_host_there_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("LABCIM_RUNTIME", str(tmp_path / "r"))
    with pytest.raises(LabcimError, match="no running host holds bench attic"):
        ControlClient("attic")
