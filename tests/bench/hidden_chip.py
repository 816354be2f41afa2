"""The chip under a closed bench, for tests that judge by what no protocol can see."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labcim.sim_backend.bench import SimulatedBench
from labcim.sim_backend.chip.crossbar import CrossbarChip


@contextmanager
def hidden_chip(bench: Path) -> Iterator[CrossbarChip]:
    """Open the chip file beside a bench file that no one holds."""
    simulated = SimulatedBench.shared(bench.with_name("chip.toml"))
    try:
        yield simulated.chip
    finally:
        simulated.close()
