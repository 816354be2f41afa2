"""Held benches whose every message is kept, so that a refusal can be judged by what went out."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings

from labcim.bench_file import load_bench
from labcim.errors import RangeError
from labcim.host import Host

from .conftest import small_bench

SIZE = 4
CELLS = np.arange(SIZE * SIZE, dtype=np.uint32)
FEW = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NO_NUMBERS = [math.nan, math.inf, -math.inf]


@dataclass
class Lab:
    """A held bench and what went out to its instruments."""

    host: Host
    sent: list[bytes] = field(default_factory=list)

    @property
    def cells(self) -> Any:
        return self.host.station.cells

    def tool(self, role: str) -> Any:
        return self.host.station.instruments[role]

    def refuses(self, ask: Callable[[], object], *said: str) -> None:
        """Assert that ``ask`` is refused, that nothing went out, and that the reason says so."""
        self.sent.clear()
        with pytest.raises(RangeError) as refused:
            ask()
        assert self.sent == []
        for word in said:
            assert word in str(refused.value), str(refused.value)


def open_lab(kind: str, folder: Path) -> Iterator[Lab]:
    path = _formed(kind, folder)
    sent: list[bytes] = []

    def traffic(_address: str, direction: str, data: bytes) -> None:
        if direction == ">":
            sent.append(data)

    with Host(load_bench(path), path, traffic=traffic) as host:
        yield Lab(host, sent)


def _formed(kind: str, folder: Path) -> Path:
    path = small_bench(kind, folder, SIZE)
    chip = path.with_name("chip.toml")
    chip.write_text(chip.read_text("utf-8").replace("[chip]", "[chip]\nformed = true"), "utf-8")
    return path


@pytest.fixture(scope="module")
def board_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    yield from open_lab("board", tmp_path_factory.mktemp("board"))


@pytest.fixture(scope="module")
def probed_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    yield from open_lab("probed", tmp_path_factory.mktemp("probed"))


@pytest.fixture(params=["board_lab", "probed_lab"])
def lab(request: pytest.FixtureRequest) -> Lab:
    found: Lab = request.getfixturevalue(request.param)
    return found
