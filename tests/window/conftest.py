"""Real clicks in a real window: a screen for all tests, a room with a bench for each."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from dashboard import Dashboard
from room import Room
from screen import Screen

# X11 is Linux's; elsewhere the widgets themselves are tested, in tests/gui.
collect_ignore_glob = [] if sys.platform.startswith("linux") else ["test_*.py"]

OpenWindow = Callable[..., Dashboard]


@pytest.fixture(scope="session")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """Start one X server with a window manager; the tests take turns at it."""
    with Screen(tmp_path_factory.mktemp("screen")) as shown:
        yield shown


@pytest.fixture(scope="module")
def shared_room(screen: Screen, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """Give the tests of a module a folder and a runtime folder; end all that they started."""
    with a_room(screen, tmp_path_factory) as made:
        yield made


@pytest.fixture
def room(screen: Screen, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """Give a test a folder and a runtime folder of its own; end all that it started."""
    with a_room(screen, tmp_path_factory) as made:
        yield made


@pytest.fixture
def open_window(room: Room) -> OpenWindow:
    """Open windows: ``open_window("gui", BENCH)``."""
    return room.open_window


@contextmanager
def a_room(screen: Screen, factory: pytest.TempPathFactory) -> Iterator[Room]:
    """Keep a room for a while; a picture of the screen stays in its folder."""
    runtime = factory.mktemp("r")  # a short name: a socket's path has to be short
    runtime.chmod(0o700)
    made = Room(screen, factory.mktemp("room"), runtime)
    try:
        yield made
    finally:
        screen.save(made.folder / "screen.png")
        made.leave()
