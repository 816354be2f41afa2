"""A served bench and one in this process: the same bytes go out, the same chip comes about."""

import json
import re
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import labcim
from labcim.app.recipes import spec_of
from labcim.bench_file import BenchFile, load_bench
from labcim.host import Host
from labcim.sim_backend.chip.truth import Truth

from .conftest import small_bench

SIZES = {"board": 16, "probed": 4}
PROTOCOLS = ("form", "program_image")


@contextmanager
def served(chip: Path, road: str) -> Iterator[dict[str, str]]:
    """Serve a chip file in a process of its own; give address by the chip file's address."""
    words = ["serve", str(chip), "--clock", "simulated", "--road", road, "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "labcim", *words], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            told = json.loads(process.stdout.readline())
            yield {name: by_road[road] for name, by_road in told.items()}
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0


def without_ports(chip: Path) -> None:
    """Let the server choose free ports."""
    text = chip.read_text("utf-8")
    chip.write_text(re.sub(r"^port = \d+\n", "", text, flags=re.M), "utf-8")


def point_at(path: Path, chip: Path, addresses: dict[str, str]) -> None:
    """Write the addresses of a server into a bench file, instrument by instrument."""
    ports = {int(n) for n in re.findall(r"^port = (\d+)", chip.read_text("utf-8"), flags=re.M)}
    assert len(ports) == len(addresses)
    text = path.read_text("utf-8")
    for port, address in zip(sorted(ports), addresses.values(), strict=True):
        text = text.replace(f"TCPIP0::127.0.0.1::{port}::SOCKET", address)
    path.write_text(text, "utf-8")


class Driven:
    """A bench on which a chip was formed and programmed; ``sent``: messages by instrument."""

    def __init__(self, path: Path) -> None:
        bench = load_bench(path)
        roles = _roles(bench)
        self.sent: dict[str, list[bytes]] = defaultdict(list)
        self.hashes: list[str] = []

        def traffic(address: str, direction: str, data: bytes) -> None:
            if direction == ">":
                self.sent[roles[address]].append(data.rstrip(b"\r\n"))

        with Host(bench, path, traffic=traffic) as host:
            for protocol in PROTOCOLS:
                recipe = labcim.new_recipe(protocol)
                stop = host.run(spec_of(recipe), recipe)
                assert stop.state == "completed", stop.reason
                self.hashes.append(stop.hash)
        self.path = path

    @property
    def state(self) -> Path:
        return self.path.parent / "chip.state"


def _roles(bench: BenchFile) -> dict[str, str]:
    return {entry.address: role for role, entry in bench.instruments.items()}


@dataclass
class Pair:
    """The same work on two copies of a bench: here, and served by another process."""

    here: Driven
    there: Driven


def _driven_there(kind: str, road: str, folder: Path) -> Driven:
    bench = small_bench(kind, folder, SIZES[kind]).with_name("bench-tcp.toml")
    chip = bench.with_name("chip.toml")
    shutil.copyfile(chip, chip.with_name("with-ports.toml"))
    without_ports(chip)
    with served(chip, road) as addresses:
        point_at(bench, chip.with_name("with-ports.toml"), addresses)
        return Driven(bench)


@pytest.fixture(scope="module")
def driven_here(tmp_path_factory):
    """Return what drives a kind of bench in this process, each kind once."""

    @cache
    def drive(kind: str) -> Driven:
        return Driven(small_bench(kind, tmp_path_factory.mktemp("here"), SIZES[kind]))

    return drive


@pytest.fixture(
    scope="module",
    params=[
        ("board", "socket"),
        ("board", "vxi11"),
        pytest.param(("board", "hislip"), marks=pytest.mark.slow),
        ("probed", "socket"),
        ("probed", "hislip"),
        pytest.param(("probed", "vxi11"), marks=pytest.mark.slow),
    ],
    ids="-".join,
)
def pair(request, driven_here, tmp_path_factory):
    kind, road = request.param
    return Pair(driven_here(kind), _driven_there(kind, road, tmp_path_factory.mktemp(road)))


def test_every_cell_is_the_same_to_the_last_bit(pair):
    one, other = (side.state.joinpath("cells.bin").read_bytes() for side in (pair.here, pair.there))
    assert len(one) > 0
    assert one == other


def test_every_instrument_gets_the_same_bytes_in_the_same_order(pair):
    assert pair.here.sent.keys() == pair.there.sent.keys()
    for role, messages in pair.here.sent.items():
        assert messages == pair.there.sent[role], role
        assert len(messages) > 10


def test_the_chips_lived_through_the_same_stimuli(pair):
    one, other = Truth(pair.here.state), Truth(pair.there.state)
    assert (one.pulses() == other.pulses()).all()
    assert (one.reads() == other.reads()).all()
    assert len(one.pulses()) > 0
