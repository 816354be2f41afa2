"""What the benchmarks share: the table of figures, and the peers' own environment."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmarks.figures import Figures

PEERS = Path(__file__).parents[2] / "build" / "peers" / "bin" / "python"


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """Return where figures go; they are on the page at the end of the session."""
    kept = Figures()
    yield kept
    kept.write()


@pytest.fixture
def peer(figures: Figures) -> Callable[[str], dict[str, float]]:
    """Return what runs a script in the peers' environment; it finds {} where there is none."""

    def run(script: str) -> dict[str, float]:
        if not PEERS.exists():
            return {}
        path = Path(__file__).parent / "peers" / f"{script}.py"
        done = subprocess.run([PEERS, path], capture_output=True, text=True, check=True)
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        for name in ("pymeasure", "qcodes", "pyvisa_sim"):
            if name in found:
                figures.peers[name] = str(found.pop(name))
        return found

    return run
