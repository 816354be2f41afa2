"""What a pass over a wafer shows: a map, a table, a page for each die, and a file for others.

Everything is read from the record, so that it can be written at any time later.
"""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labcim.documents import Outcome, Result
from labcim.errors import RecordError
from labcim.record import RunDetail, RunSummary
from labcim.result_text import plain_unit, result_row

from .pages import template
from .record import open_record, write_report
from .wafer import DieRecord, runs_of
from .wafer_plan import Die, WaferPlan

COLOURS: Mapping[Outcome, str] = {
    "PASS": "#2f8f5b", "FAIL": "#c5413a", "ERROR": "#8a5a00", "ABORTED": "#7d8894",
    "NONE": "#c9d2dc",
}  # fmt: skip

_COLUMNS = (
    "lot", "wafer", "x", "y", "step", "quantity", "value", "unit", "low", "high", "lower_limit",
    "upper_limit", "outcome",
)  # fmt: skip


def dies_on_record(record: str, plan: WaferPlan, chip: str) -> list[DieRecord]:
    """Return what is on record of the dies of a plan. chip: the identity in the bench file."""
    ends = re.compile(re.escape(f"{chip} {plan.lot}/{plan.wafer}/") + r"\((-?\d+),(-?\d+)\)")
    with open_record(record) as kept:
        names = {run.chip for run in kept.runs(search=f"{plan.lot}/{plan.wafer}/")}
    found = [match for name in names if (match := ends.fullmatch(name))]
    dies = sorted((int(match[1]), int(match[2])) for match in found)
    return [DieRecord(die, runs_of(record, plan, chip, die)) for die in dies]


def write_pages(
    record: str, plan: WaferPlan, chip: str, dies: Sequence[DieRecord], folder: Path
) -> Path:
    """Write index.html, wafer.csv, a page for each die and a report for each run; return the first.

    Raises RecordError where a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        rows: list[tuple[Die, Result, str]] = []
        for die in dies:
            details = _details(record, die)
            rows += [
                (die.die, result, detail.summary.protocol)
                for detail in details
                for result in detail.results
                if result.cell < 0
            ]
            for detail in details:
                write_report(record, detail.summary.run, folder / _report_name(detail.summary))
            page = template("die.html").render(
                plan=plan, chip=plan.chip_of(chip, die.die), die=die, runs=_told(details)
            )
            (folder / _die_name(die.die)).write_text(page, encoding="utf-8")
        _write_csv(folder / "wafer.csv", plan, dies, rows)
        index = folder / "index.html"
        page = template("wafer.html").render(
            plan=plan, chip=chip, squares=_squares(dies), dies=dies, page_of=_die_name,
            share=_share(dies), colours=COLOURS,
        )  # fmt: skip
        index.write_text(page, encoding="utf-8")
    except OSError as trouble:
        raise RecordError(f"the pages of the wafer cannot be written: {trouble}") from trouble
    return index


@dataclass(frozen=True, slots=True)
class _Square:
    """A die on the map, in units of one die from the left and the top."""

    x: float
    y: float
    colour: str
    page: str
    title: str


def _squares(dies: Sequence[DieRecord]) -> list[_Square]:
    left = min((die.die[0] for die in dies), default=0)
    top = max((die.die[1] for die in dies), default=0)
    return [
        _Square(
            die.die[0] - left,
            top - die.die[1],
            COLOURS[die.outcome],
            _die_name(die.die),
            "({},{}): {}".format(*die.die, die.outcome),
        )
        for die in dies
    ]


def _details(record: str, die: DieRecord) -> list[RunDetail]:
    with open_record(record) as kept:
        return [kept.run(run.run) for run in die.runs if run is not None]


def _told(details: Sequence[RunDetail]) -> list[tuple[RunSummary, str, list[tuple[str, ...]]]]:
    return [
        (
            detail.summary,
            _report_name(detail.summary),
            [result_row(result) for result in detail.results if result.cell < 0],
        )
        for detail in details
    ]


def _share(dies: Sequence[DieRecord]) -> str:
    from labcim.analysis.distributions import share_interval

    passed = sum(die.outcome == "PASS" for die in dies)
    share = share_interval(passed, len(dies))
    if math.isnan(share.value):
        return "no die was done"
    return (
        f"{passed} of {len(dies)} dies pass: {100 * share.value:.1f} % "
        f"({100 * share.low:.1f} to {100 * share.high:.1f} %)"
    )


def _write_csv(
    path: Path,
    plan: WaferPlan,
    dies: Sequence[DieRecord],
    rows: Sequence[tuple[Die, Result, str]],
) -> None:
    """Write one line for each die and one for each of its results, for other programs."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(_COLUMNS)
        for die in dies:
            out.writerow([plan.lot, plan.wafer, *die.die, "", "die", *[""] * 6, die.outcome])
        for place, result, step in rows:
            numbers = (result.low, result.high, result.lower_limit, result.upper_limit)
            out.writerow(
                [plan.lot, plan.wafer, *place, step, result.name, repr(result.value)]
                + [plain_unit(result.unit)]
                + ["" if number is None else repr(number) for number in numbers]
                + [result.outcome]
            )


def _die_name(die: Die) -> str:
    return "die_{}_{}.html".format(*die)


def _report_name(run: RunSummary) -> str:
    return f"{run.protocol}-{run.run[:8]}.html"
