"""What the front door hands to the dashboard: everything that belongs to other wings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from labcim.bench_file import BenchFile
from labcim.recipe import Recipe
from labcim.record import RunHistory


class HostProcess(Protocol):
    """A host that was started for a window, and outlives it."""

    @property
    def pid(self) -> int:
        """Return its process number."""

    def trouble(self) -> str:
        """Return why it ended, in one sentence; empty while it lives."""


@dataclass(frozen=True, slots=True)
class Services:
    """Calls that may take long or touch files; the dashboard makes them in worker threads.

    Each raises a LabcimError that says what is wrong.
    """

    open_record: Callable[[str], RunHistory]
    start_host: Callable[[Path, str], HostProcess]
    simulated_bench: Callable[[Path], Path]
    forecast: Callable[[Recipe, BenchFile], Sequence[tuple[str, str]]]
    write_report: Callable[[str, str, Path], Path]
    """Called with the record, the run and the file."""
