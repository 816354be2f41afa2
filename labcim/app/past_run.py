"""A run on record with all its rows, whatever it took to complete it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from labcim.errors import RecordError
from labcim.record import RunSummary

from .recipes import recipe_from_text
from .record import open_record


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run of a known protocol. rows: of all its done units, also those of runs it resumed."""

    summary: RunSummary
    recipe: Mapping[str, Any]
    rows: Mapping[str, NDArray[Any]]


def run_of(record: str | Path, run: str, *protocols: str) -> PastRun:
    """Return a run of one of ``protocols``. Raises RecordError for another one, or without rows."""
    with open_record(record) as kept:
        detail = kept.run(run)
        summary = detail.summary
        if summary.protocol not in protocols:
            raise RecordError(
                f"run {run} is a {summary.protocol}; accepts one of {', '.join(protocols)}"
            )
        rows = kept.done_rows(summary.run)
    if not rows:
        raise RecordError(f"run {run} of {summary.protocol} has no unit that is done")
    return PastRun(summary, recipe_from_text(detail.recipe, Path.cwd()).model_dump(), rows)
