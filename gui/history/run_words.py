"""What a run on record says in words: its state, its times, how much of it is done. No Qt."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from labcim.record import RunDetail, RunState, RunSummary
from labcim.result_text import result_row

SIGNS: dict[RunState, str] = {
    "planned": "○",
    "running": "▶",
    "completed": "✓",
    "stopped": "■",
    "aborted": "⊗",
    "failed": "✗",
    "interrupted": "↯",
}
"""A sign for each state, beside its word: never by colour alone."""

_MOST_RESULTS = 60


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list of runs. tip: what it means."""

    title: str
    tip: str
    text: Callable[[RunSummary], str]
    number: bool = False


def state_text(run: RunSummary) -> str:
    """Return sign and word of a run's state."""
    return f"{SIGNS.get(run.state, '?')} {run.state}"


def verdict_text(run: RunSummary) -> str:
    """Return the verdict over a run's results; nothing where there was none."""
    return "" if run.outcome == "NONE" else run.outcome


def started_text(run: RunSummary) -> str:
    """Return when a run began, UTC."""
    if not math.isfinite(run.started):
        return "unknown"
    return datetime.fromtimestamp(run.started, UTC).strftime("%Y-%m-%d %H:%M:%S")


def duration_text(run: RunSummary) -> str:
    """Return how long a run took, or how long it has been going: wall time."""
    ended = run.stopped if run.stopped is not None else run.heartbeat
    took = ended - run.started
    if not math.isfinite(took) or took < 0:
        return "unknown"
    so_far = " so far" if run.state == "running" else ""
    return span_text(took) + so_far


def span_text(seconds: float) -> str:
    """Return a span of time for people: ``2.35 s``, ``4 min 05 s``, ``2 h 07 min``. seconds: s."""
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


COLUMNS: tuple[Column, ...] = (
    Column("State", "How the run stands or ended", state_text),
    Column("Verdict", "The worst verdict over its results", verdict_text),
    Column("Started (UTC)", "When it began", started_text),
    Column("Protocol", "What was done", lambda run: run.protocol),
    Column("Chip", "On what", lambda run: run.chip),
    Column("Mode", "SIM: simulated; HARDWARE: real instruments", lambda run: run.mode),
    Column(
        "Units", "Units of work done, of all", lambda run: f"{run.units_done}/{run.units}", True
    ),
    Column("Pulses", "Pulses delivered", lambda run: f"{run.pulses:,}", True),
    Column("Duration", "Wall time from beginning to end", duration_text, True),
    Column("Run", "The beginning of its id", lambda run: run.run[:8]),
)


def why_not_resumed(run: RunSummary) -> str:
    """Return why a run cannot be resumed, as far as its state tells; nothing where it may be."""
    match run.state:
        case "completed":
            return "The run is complete: nothing is left to resume"
        case "running":
            return "The run is still going"
        case "planned":
            return "The run has not begun"
        case _:
            return ""


def why_not_replayed(run: RunSummary) -> str:
    """Return why a run cannot be replayed; nothing where it can."""
    return "The run has not begun" if run.state == "planned" else ""


def detail_html(detail: RunDetail, why_not: str) -> str:
    """Return a page about a run. why_not: why it cannot be resumed, or nothing.

    What the record says may be anything: all of it is escaped.
    """
    run = detail.summary
    ended = f"{state_text(run)}: {run.reason}" if run.reason else state_text(run)
    facts = [
        ("Run", run.run),
        ("Protocol", f"{run.protocol} on {run.chip} ({run.rows} × {run.columns})"),
        ("Bench", " · ".join(filter(None, (run.bench, run.mode, run.station, run.operator)))),
        ("Started", f"{started_text(run)} UTC, {duration_text(run)}"),
        ("Done", f"{run.units_done} of {run.units} units, {run.pulses:,} pulses, "
                 f"{run.readings:,} rows"),
        ("Left safe", {True: "yes, read back", False: "NO", None: "not on record"}[run.safe]),
        ("Resumes", run.resumes),
        ("Can be resumed", f"no: {why_not}" if why_not else "yes"),
        ("Hash", run.hash or "none: the run never stopped"),
    ]  # fmt: skip
    rows = "".join(
        f"<tr><td><b>{escape(name)}</b>&nbsp;</td><td>{escape(value)}</td></tr>"
        for name, value in facts
        if value
    )
    page = f"<h3>{escape(ended)}</h3><table>{rows}</table>"
    return page + _results_html(detail) + f"<h4>Recipe</h4><pre>{escape(detail.recipe)}</pre>"


def _results_html(detail: RunDetail) -> str:
    if not detail.results:
        return "<p>No results.</p>"
    titles = ("Quantity", "Value", "95 % interval", "Limits", "Verdict")
    head = "".join(f"<th align='left'>{title}&nbsp;&nbsp;</th>" for title in titles)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}&nbsp;&nbsp;</td>" for cell in result_row(result))
        + "</tr>"
        for result in detail.results[:_MOST_RESULTS]
    )  # fmt: skip
    more = len(detail.results) - _MOST_RESULTS
    rest = f"<p>and {more:,} more: see the report</p>" if more > 0 else ""
    return f"<h4>Results</h4><table><tr>{head}</tr>{rows}</table>{rest}"
