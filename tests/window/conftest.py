"""Real clicks in a real window: a screen for all tests, a room with a bench for each."""

import sys
from collections.abc import Callable, Iterator
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


@pytest.fixture
def room(
    screen: Screen,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Room]:
    """Give a test a folder and a runtime folder of its own; end all that it started."""
    runtime = tmp_path_factory.mktemp("r")
    runtime.chmod(0o700)
    monkeypatch.setenv("LABCIM_RUNTIME", str(runtime))
    made = Room(tmp_path, runtime, screen.environment)
    yield made
    made.leave()


@pytest.fixture
def open_window(screen: Screen, room: Room) -> Iterator[OpenWindow]:
    """Open windows: ``open_window("gui", BENCH)``; a picture of the screen stays in the room."""
    opened: list[Dashboard] = []

    def open_one(*words: str) -> Dashboard:
        place = room.runtime / f"window{len(opened)}"
        opened.append(Dashboard(screen, room.folder, place, room.environment, list(words)))
        return opened[-1]

    yield open_one
    screen.save(room.folder / "screen.png")
    for window in opened:
        window.kill()
