"""A flood of small documents: whoever watches is complete and current, and reads nothing twice."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import wait_until

from labcim.bench_lock import HostCard
from labcim.control import find_hosts
from labcim.db.archive import Archive
from labcim.db.store import Store
from labcim.documents import Document
from labcim.gui.run.hub import Hub

from .link_room import FakeHost, Heard, Record, Told, keys, linked

TESTS = Path(__file__).parents[1]
FLOOD = """
protocol = "flood"
rate = 20000
batch = 20
lasts = 2.0
"""


@pytest.fixture(autouse=True)
def runtime(tmp_path_factory, monkeypatch) -> Path:
    folder = tmp_path_factory.mktemp("r")
    folder.chmod(0o700)
    monkeypatch.setenv("LABCIM_RUNTIME", str(folder))
    return folder


class Counted:
    """Opens a record, and counts the documents that are read from it."""

    def __init__(self) -> None:
        self.read = 0

    def __call__(self, name: str) -> Archive:
        counted = self

        class Reading(Archive):
            def documents(self, run: str, start: int = 0) -> Iterator[Document]:
                for document in super().documents(run, start):
                    counted.read += 1
                    yield document

        return Reading(name)


@pytest.fixture
def flooded(tmp_path) -> Iterator[HostCard]:
    """Start a real host that knows a protocol with 1,000 documents of rows a second."""
    ignore = shutil.ignore_patterns("*.state", ".*", "*.html")
    shutil.copytree(TESTS.parent / "examples" / "small", tmp_path / "small", ignore=ignore)
    words = [
        sys.executable, "-m", "labcim", "host", "--bench", str(tmp_path / "small" / "bench.toml"),
        "--record", str(tmp_path / "r.sqlite"), "--plugins", str(TESTS / "window" / "plugins"),
    ]  # fmt: skip
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout and host.stdout.readline().startswith("holding")
        try:
            yield find_hosts()[0]
        finally:
            os.kill(host.pid, signal.SIGKILL)


def test_two_windows_show_all_of_a_flood_and_read_each_stored_document_once(flooded):
    first, late, read = Hub(), Hub(), Counted()
    with linked(first, Counted(), flooded) as link:
        wait_until(lambda: link.state.status.get("takes_runs"), 10)
        link.ask("run", recipe=FLOOD)
        wait_until(lambda: first.counts.readings > 10_000, 20)
        with linked(late, read, flooded):
            wait_until(lambda: first.stop is not None, 30)
            wait_until(lambda: late.stop is not None, 10)
            assert link.state.lag == 0.0
    assert first.counts.readings == late.counts.readings == first.stop.readings == 40_000
    assert first.counts.pulses == late.counts.pulses == first.stop.pulses == 2_000
    assert 0 < read.read <= late.counts.documents


def test_who_is_dropped_again_and_again_misses_nothing_and_reads_nothing_twice(tmp_path):
    path, heard, record = tmp_path / "r.sqlite", Heard(), Counted()
    fake, end = FakeHost(), threading.Event()
    fake.status["record"] = str(path)
    with Store(path) as store, linked(heard, record, fake.card):
        run = Told(store, fake.watchers)

        def pour() -> None:
            while not end.wait(0.01):
                run.read(10)
                store.heartbeat()

        pouring = threading.Thread(target=pour)
        pouring.start()
        for drop in range(3):
            wait_until(lambda least=300 * (drop + 1): len(heard) > least, 20)
            fake.drop_watchers()
        end.set()
        pouring.join(10)
        run.stop()
        wait_until(lambda: len(heard) >= len(run.said), 20)
    fake.close()
    assert heard.keys == keys(run.said)
    assert record.read <= len(run.said)


def test_the_picture_is_said_to_be_old_while_the_hub_lags_and_current_when_it_has_all():
    heard, go_on, fake = Heard(), threading.Event(), FakeHost()
    told = Told(fake.watchers, ago=12.0)
    told.read(3)

    def slow(document: Document) -> None:
        heard(document)
        go_on.wait(20)

    with linked(slow, Record(told.said), fake.card) as link:
        wait_until(lambda: link.state.kind == "joined" and link.state.lag > 12.0)
        assert "the picture is 1" in link.state.text and "s old" in link.state.text
        go_on.set()
        wait_until(lambda: link.state.lag == 0.0, what="nothing more to come")
        assert "old" not in link.state.text
        assert heard.keys == keys(told.said)
    fake.close()
