"""Says in words, for the log, what the documents of a run tell."""

from collections import Counter

from labcim.documents import Document, Event, Note, Result, RunStart, RunStop, UnitDone
from labcim.units import show

from .eta import spell
from .log_lines import Level

Told = tuple[Level, str] | None

_SHORT_RUN = 20  # units; of a longer run every 5 % is a line
_MOST_FAILURES = 10  # lines for results of one name; a chip may have a million cells


class Teller:
    """Tells one document after the other; of what comes in thousands only some."""

    def __init__(self) -> None:
        self._units = 0
        self._done = 0
        self._failures: Counter[str] = Counter()

    def __call__(self, document: Document) -> Told:
        """Return level and text of the line that a document deserves, if any."""
        match document:
            case RunStart():
                self._units, self._done = len(document.units), 0
                self._failures.clear()
                return "info", _start(document)
            case Event():
                return document.level, document.message or document.kind
            case Result():
                return self._result(document)
            case UnitDone():
                return self._unit(document)
            case Note():
                author = f" ({document.author})" if document.author else ""
                return "info", f"Note{author}: {document.text}"
            case RunStop():
                return _stop(document)
            case _:
                return None

    def _unit(self, done: UnitDone) -> Told:
        self._done += 1
        if self._units <= _SHORT_RUN and self._done <= _SHORT_RUN:
            return "info", f"Unit {done.unit} is done"
        step = max(self._units // _SHORT_RUN, 1) if self._units else 100
        if self._done % step:
            return None
        of = f" of {self._units:,}" if self._units else ""
        return "info", f"{self._done:,}{of} units are done in this run"

    def _result(self, result: Result) -> Told:
        if result.outcome not in ("FAIL", "ERROR"):
            return None
        level: Level = "error" if result.outcome == "ERROR" else "warning"
        self._failures[result.name] += 1
        told = self._failures[result.name]
        if told > _MOST_FAILURES + 1:
            return None
        if told > _MOST_FAILURES:
            return level, f"{result.name}: more cells do not pass; all of them are in the results"
        return level, f"{result.outcome}: {_name(result)} = {_value(result)}{_limits(result)}"


def _start(start: RunStart) -> str:
    verb = f"resumes run {_short(start.resumes)}" if start.resumes else "starts"
    said = [f"Run {_short(start.run)} {verb}: {start.protocol}"]
    if start.chip:
        said.append(f"chip {start.chip} ({start.rows} × {start.columns} cells)")
    kind = "simulated bench" if start.mode == "SIM" else "bench"
    said.append(f"{kind} {start.bench}")
    said.append("1 unit" if len(start.units) == 1 else f"{len(start.units):,} units")
    if start.operator:
        said.append(f"operator {start.operator}")
    return ", ".join(said)


def _stop(stop: RunStop) -> tuple[Level, str]:
    reason = f": {stop.reason}" if stop.reason else ""
    said = (
        f"Run {_short(stop.run)} {stop.state}{reason}; {stop.units_done:,} units, "
        f"{stop.pulses:,} pulses and {stop.readings:,} rows in {spell(stop.modelled_time)} "
        f"on the bench's clock; hash {stop.hash[:12]}"
    )
    if not stop.safe:
        return "error", f"NOT SAFE: the outputs are not known to be off. {said}"
    levels: dict[str, Level] = {"completed": "info", "stopped": "info", "failed": "error"}
    return levels.get(stop.state, "warning"), said


def _name(result: Result) -> str:
    return result.name if result.cell < 0 else f"{result.name} of cell {result.cell}"


def _value(result: Result) -> str:
    said = show(result.value, result.unit)
    if result.low is None or result.high is None:
        return said
    return f"{said} ({show(result.low, result.unit)} to {show(result.high, result.unit)})"


def _limits(result: Result) -> str:
    accepted = [
        f"{words} {show(limit, result.unit)}"
        for words, limit in (("at least", result.lower_limit), ("at most", result.upper_limit))
        if limit is not None
    ]
    return f", accepted is {' and '.join(accepted)}" if accepted else ""


def _short(run: str) -> str:
    return run[:8]
