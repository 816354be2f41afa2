"""An imported file on record: the documents of a run that was not ours."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import labcim
from labcim.app.record import open_store
from labcim.bus import Bus
from labcim.documents import Attempt, Channels, Result, RunStart, RunStop, UnitDone
from labcim.safety import SafetyReport
from labcim.storyteller import Storyteller

from .kind import Kind, Rows, side_of
from .ni_rram import FORMAT, recognised
from .numbers import Table

UNIT = "file"


def import_ni_rram(path: Path, record: str | Path, *, chip: str = FORMAT) -> RunStop:
    """Put a file on record as a completed run, mode IMPORTED; return its end.

    Nothing is on record unless all of the file could be read.  Raises RecordError that names the
    line, or where the record cannot be written.
    """
    table, kind = recognised(path)
    rows = kind.read(table)
    findings = kind.findings(rows)
    with open_store(record) as store:
        story = Storyteller(Bus(required=(store,)), lambda: 0.0)
        _begin(story, path, table, kind, chip)
        for remark in [*kind.remarks(rows), *_cut(table)]:
            story.event("import", remark)
        _tell(story, rows)
        for finding in findings:
            story.tell(Result, **asdict(finding), outcome=finding.outcome)
        return story.end("completed", f"imported from {path.name}", SafetyReport(0.0))


def _begin(story: Storyteller, path: Path, table: Table, kind: Kind, chip: str) -> None:
    side = side_of(table)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    recipe = "".join(
        f"{name} = {json.dumps(value)}\n"
        for name, value in (
            ("protocol", kind.protocol),
            ("format", FORMAT),
            ("file", path.name),
            ("sha256", digest),
            ("columns", list(kind.columns)),
        )
    )
    story.tell(
        RunStart,
        protocol=kind.protocol,
        recipe=recipe,
        recipe_hash=digest,
        chip=chip,
        rows=side,
        columns=side,
        bench=FORMAT,
        mode="IMPORTED",
        operator="",
        station="",
        versions={"labcim": labcim.__version__},
        units=(UNIT,),
    )
    story.tell(Channels, channels=kind.channels, plots=tuple(asdict(plot) for plot in kind.plots))


def _tell(story: Storyteller, rows: Rows) -> None:
    """Tell all rows as one unit; no pulse is told, since the file knows of none."""
    story.unit, story.attempt = UNIT, 1
    cells = rows["cell"][:0]
    story.tell(Attempt, unit=UNIT, number=1, cells=cells, bound=0)
    story.read(rows)
    story.tell(UnitDone, unit=UNIT, attempt=1)
    story.units_done += 1


def _cut(table: Table) -> list[str]:
    return [] if table.whole else ["the last line has no end: the file may have been cut off"]
