"""Benches to hurt: a crossbar board in this process, and one served by another."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from victims import InProcess, Probed, Served


@pytest.fixture(autouse=True)
def runtime(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a runtime folder of its own, with a path short enough for a socket."""
    folder = tmp_path_factory.mktemp("r")
    folder.chmod(0o700)
    monkeypatch.setenv("LABCIM_RUNTIME", str(folder))
    return folder


@pytest.fixture
def board(tmp_path: Path) -> InProcess:
    """Return a board bench whose simulator lives in this process; time is the wall's."""
    return InProcess(tmp_path)


@pytest.fixture
def probed(tmp_path: Path) -> Probed:
    """Return a probed chip whose simulator lives in this process; time is the wall's."""
    return Probed(tmp_path)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a board from a process of its own; the tests of a module take turns at it."""
    with Served(tmp_path_factory.mktemp("served")) as bench:
        yield bench
