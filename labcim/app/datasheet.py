"""The datasheet of a characterised chip: what was found, how surely, and what was left out.

Made from the documents of a `characterise` run, and of those that it resumed; it holds nothing that
they do not say. What stages, reasons and quantities are called stands in the channels' own words.
"""

import re
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labcim.documents import Channels, Document, Readings, Result, RunStart, RunStop
from labcim.errors import RecordError
from labcim.result_text import plain_unit, result_row

from .pages import template
from .record import open_record
from .report import Report

PROTOCOL = "characterise"
_OWN_ROW = 255  # quantity of the row that says whether a stage was done
_CODE = re.compile(r"(?:^|[,;] )(\d+) (.*?)(?=(?:[,;] \d+ )|$)")


@dataclass(frozen=True, slots=True)
class StageSheet:
    """One stage: whether it was done, else why not; on how many cells."""

    name: str
    done: bool
    said: str
    cells: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One quantity with its 95 % interval, where it has one; of all cells of its stage."""

    stage: str
    name: str
    value: float
    unit: str
    low: float | None
    high: float | None
    cells: int

    def shown(self) -> tuple[str, str, str]:
        """Return name, value and interval as people read them."""
        told = Result(
            run="", bench_time=0.0, wall_time=0.0, name=self.name, value=self.value,
            unit=self.unit, low=self.low, high=self.high,
        )  # fmt: skip
        name, value, interval, *_ = result_row(told)
        return name, value, interval


@dataclass(frozen=True, slots=True)
class Datasheet:
    """Identity, conditions, stages, quantities. pictures: (title, data address of a PNG)."""

    chip: str
    bench: str
    mode: str
    operator: str
    runs: tuple[str, ...]
    state: str
    began: float
    shape: tuple[int, int]
    instruments: dict[str, str]
    versions: dict[str, str]
    conditions: dict[str, Any]
    stages: tuple[StageSheet, ...]
    entries: tuple[Entry, ...]
    pictures: tuple[tuple[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, without the pictures."""
        plain = {name: value for name, value in asdict(self).items() if name != "pictures"}
        for entry in plain["entries"]:
            entry["unit"] = plain_unit(entry["unit"])
        return plain

    def html(self) -> str:
        """Return the datasheet as one self-contained page."""
        return template("datasheet.html").render(sheet=self)


def datasheet(record: str | Path, run: str = "last", *, pictures: bool = False) -> Datasheet:
    """Return the datasheet of a run on record.

    Raises RecordError where there is none, or one that is not of `characterise`.
    """
    with open_record(record) as kept:
        chain = [list(kept.documents(run))]
        while (resumed := _start(chain[0]).resumes) and resumed not in _ids(chain):
            chain.insert(0, list(kept.documents(resumed)))
    start = _start(chain[-1])
    if start.protocol != PROTOCOL:
        raise RecordError(f"run {start.run} is of {start.protocol}: accepts runs of {PROTOCOL}")
    documents = [document for part in chain for document in part]
    stages = _stages(documents)
    return Datasheet(
        start.chip,
        start.bench,
        start.mode,
        start.operator,
        tuple(_ids(chain)),
        next((d.state for d in chain[-1] if isinstance(d, RunStop)), "interrupted"),
        _start(chain[0]).wall_time,
        (start.rows, start.columns),
        dict(start.instruments),
        dict(start.versions),
        tomllib.loads(start.recipe),
        tuple(stages.values()),
        _entries(documents, stages),
        tuple(_whole(chain).pictures()) if pictures else (),
    )


def _start(documents: list[Document]) -> RunStart:
    for document in documents:
        if isinstance(document, RunStart):
            return document
    raise RecordError("there is no run to make a datasheet of: no RunStart is on record")


def _ids(chain: list[list[Document]]) -> list[str]:
    return [_start(part).run for part in chain]


def _whole(chain: list[list[Document]]) -> Report:
    """Return a report that has seen the readings of all runs."""
    report = Report.of(chain[-1])
    for part in chain[:-1]:
        for document in part:
            if isinstance(document, Readings):
                report(document)
    return report


def _words(documents: list[Document], channel: str) -> dict[int, str]:
    """Return what the codes of a channel mean, as its doc says."""
    for document in documents:
        if isinstance(document, Channels):
            doc = next((c.doc for c in document.channels if c.name == channel), "")
            return {int(code): text for code, text in _CODE.findall(doc)}
    return {}


def _stages(documents: list[Document]) -> dict[str, StageSheet]:
    """Return the stages in order, each as its last own row says."""
    names, reasons = _words(documents, "stage"), _words(documents, "left_out")
    found: dict[int, StageSheet] = {}
    for document in documents:
        if not isinstance(document, Readings):
            continue
        rows = document.columns
        for at in np.flatnonzero(rows["quantity"] == _OWN_ROW).tolist():
            code, why = int(rows["stage"][at]), int(rows["left_out"][at])
            found[code] = StageSheet(
                names.get(code, str(code)), why == 0, reasons.get(why, str(why)),
                int(rows["value"][at]),
            )  # fmt: skip
    return {found[code].name: found[code] for code in sorted(found)}


def _entries(documents: list[Document], stages: dict[str, StageSheet]) -> tuple[Entry, ...]:
    """Return the quantities of all cells; of a stage that was done twice, the later ones."""
    found: dict[tuple[str, str], Entry] = {}
    for document in documents:
        if isinstance(document, Result) and document.cell < 0 and ": " in document.name:
            stage, name = document.name.split(": ", 1)
            cells = stages[stage].cells if stage in stages else 0
            found[stage, name] = Entry(
                stage, name, document.value, document.unit, document.low, document.high, cells
            )
    return tuple(found.values())
