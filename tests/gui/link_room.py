"""Hosts to link to: one that says what a test wants, and sinks that remember."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from waiting import wait_until

from labcim.bench_lock import HostCard
from labcim.control_server import ControlServer
from labcim.documents import Document, Readings, RunStart, RunStop
from labcim.errors import LabcimError, RecordError
from labcim.gui.link.host_states import Answer
from labcim.gui.link.link import Link
from labcim.watchers import Watchers

Obey = Callable[[Mapping[str, Any]], dict[str, Any]]


class Heard(list[Document]):
    """A sink that remembers; what it took is compared by kind and time."""

    def __call__(self, document: Document) -> None:
        self.append(document)

    @property
    def keys(self) -> list[tuple[str, float]]:
        return keys(self)


def keys(documents: Any) -> list[tuple[str, float]]:
    return [(type(document).__name__, document.wall_time) for document in documents]


class Told:
    """A run that says as many readings as wanted to a sink, stamped with the time of the wall.

    ago: for how many s what it says has been on its way.
    """

    def __init__(
        self, *sinks: Callable[[Document], None], run: str = "a-run", ago: float = 0.0
    ) -> None:
        self.said: list[Document] = []
        self._sinks = sinks
        self._run = run
        self._ago = ago
        self.tell(
            RunStart, protocol="told", recipe="", recipe_hash="", chip="c", rows=8, columns=8,
            bench="b", mode="SIM", operator="", station="", versions={}, units=("u",),
        )  # fmt: skip

    def tell(self, kind: type[Document], /, **said: Any) -> None:
        wall_time = time.time() - self._ago
        document = kind(run=self._run, bench_time=0.0, wall_time=wall_time, **said)
        self.said.append(document)
        for sink in self._sinks:
            sink(document)

    def read(self, count: int = 1) -> None:
        for _ in range(count):
            columns = {"conductance": np.full(8, 1e-6)}
            self.tell(Readings, unit="u", attempt=1, columns=columns)

    def stop(self) -> None:
        self.tell(
            RunStop, state="completed", reason="", hash="", units_done=1, pulses=0, readings=0,
            safe=True, modelled_time=0.0,
        )  # fmt: skip


class Record:
    """A record in memory. ``committed``: how many of its documents a reader sees."""

    def __init__(self, documents: list[Document], committed: int | None = None) -> None:
        self.documents_said = documents
        self.committed = committed
        self.opened = 0
        self.read = 0
        self.trouble = ""

    def __call__(self, name: str = "") -> "Record":
        self.opened += 1
        if self.trouble:
            raise RecordError(self.trouble)
        return self

    def documents(self, run: str, start: int = 0) -> Iterator[Document]:
        stored = [said for said in self.documents_said if said.run == run][: self.committed]
        for document in stored[start:]:
            self.read += 1
            yield document


class FakeHost:
    """The host's endpoint without a bench: it answers what ``obey`` says."""

    def __init__(self) -> None:
        self.watchers = Watchers()
        self.taken: list[Mapping[str, Any]] = []
        self.status: dict[str, Any] = {"state": "idle", "outputs": "off", "record": "kept"}
        self.safe = True
        self.hanging = threading.Event()
        self._going_on = threading.Event()
        self._still: tuple[str, ...] = ()
        self._server = ControlServer(self._obey, self.watchers)
        self.card = HostCard(
            "fake", 2**22 - 1, "bench", "bench.toml", self._server.endpoint, self._server.token
        )

    def hang(self, *but: str) -> None:
        """Answer nothing until ``go_on``, or nothing but these verbs."""
        self._going_on.clear()
        self._still = but
        self.hanging.set()

    def go_on(self) -> None:
        self.hanging.clear()
        self._going_on.set()

    def drop_watchers(self) -> None:
        self.watchers.close()

    def close(self) -> None:
        self.go_on()
        self._server.close()

    def verbs(self) -> list[str]:
        return [str(one["verb"]) for one in self.taken if one["verb"] != "status"]

    def _obey(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if self.hanging.is_set() and request["verb"] not in self._still:
            self._going_on.wait(20)
        self.taken.append(request)
        verb = request["verb"]
        if verb == "status":
            return {"ok": True, **self.status}
        if verb == "estop":
            self.status |= {"state": "estop", "reason": request.get("reason", "")}
            report = "all outputs off, read back" if self.safe else "board: did not come back"
            return {"ok": True, "safe": self.safe, "report": report}
        if verb == "release":
            self.status["state"] = "idle"
            return {"ok": True, "safe": True, "report": "released"}
        if verb == "pause":
            raise LabcimError("nothing runs")
        return {"ok": True}


@contextmanager
def linked(heard: Heard, record: Any, card: HostCard | None = None) -> Iterator[Link]:
    link = Link(heard, record)
    try:
        if card is not None:
            link.join(card)
        yield link
    finally:
        link.close()


def answered(link: Link, count: int = 1) -> list[Answer]:
    """Return that many answers, waited for."""
    found: list[Answer] = []

    def all_here() -> bool:
        found.extend(link.answers())
        return len(found) >= count

    wait_until(all_here, 5, "answers")
    return found
