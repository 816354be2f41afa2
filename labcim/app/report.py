"""The report of a run: one self-contained HTML page, made from its documents.

It takes documents as any sink does, live or replayed, and holds nothing that the documents do not
say: the same documents give the same page, byte for byte.
"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labcim.documents import Channel, Channels, Document, Event, Readings, Result, RunStart, RunStop
from labcim.errors import RecordError
from labcim.plots import PlotSpec
from labcim.result_text import result_row

from .figures import as_image, draw
from .pages import template

_MOST_RESULTS = 200
_MOST_EVENTS = 200


class Report:
    """Gathers the documents of one run and writes them as a page."""

    def __init__(self) -> None:
        self._start: RunStart | None = None
        self._stop: RunStop | None = None
        self._channels: Channels | None = None
        self._readings: list[Mapping[str, NDArray[Any]]] = []
        self._results: list[Result] = []
        self._events: list[Event] = []

    @classmethod
    def of(cls, documents: Iterable[Document]) -> "Report":
        """Return the report of stored documents."""
        report = cls()
        for document in documents:
            report(document)
        return report

    def __call__(self, document: Document) -> None:
        """Take one document."""
        match document:
            case RunStart():
                self._start = document
            case Channels():
                self._channels = document
            case Readings():
                self._readings.append(document.columns)
            case Result():
                self._results.append(document)
            case Event():
                self._events.append(document)
            case RunStop():
                self._stop = document
            case _:
                pass

    def write(self, path: Path) -> Path:
        """Write the page. Raises RecordError where it cannot be written."""
        text = self.html()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as trouble:
            raise RecordError(f"report {path} cannot be written: {trouble}") from trouble
        return path

    def html(self) -> str:
        """Return the page. Raises RecordError where there was no RunStart."""
        if self._start is None:
            raise RecordError("there is no run to report: no RunStart was seen")
        return template("report.html").render(
            start=self._start,
            stop=self._stop,
            began=_utc(self._start.wall_time),
            ended=_utc(self._stop.wall_time) if self._stop else "",
            recipe=_recipe_rows(self._start.recipe),
            results=[result_row(result) for result in self._results[:_MOST_RESULTS]],
            more_results=max(len(self._results) - _MOST_RESULTS, 0),
            events=self._events[:_MOST_EVENTS],
            more_events=max(len(self._events) - _MOST_EVENTS, 0),
            figures=self.pictures(),
            settings=self._channels.settings if self._channels else {},
        )

    def pictures(self) -> list[tuple[str, str]]:
        """Return (title, data address) of every plot that the run declares."""
        if self._channels is None or not self._readings:
            return []
        channels: dict[str, Channel] = {c.name: c for c in self._channels.channels}
        rows = {
            name: np.concatenate([batch[name] for batch in self._readings]) for name in channels
        }
        specs = [PlotSpec.from_mapping(declared) for declared in self._channels.plots]
        return [(spec.title, as_image(draw(spec, rows, channels))) for spec in specs]


def _recipe_rows(text: str) -> list[tuple[str, str]]:
    def said(value: object) -> str:
        short = str(value)
        return short if len(short) <= 200 else short[:197] + "..."

    return [(name, said(value)) for name, value in tomllib.loads(text).items()]


def _utc(wall_time: float) -> str:
    return datetime.fromtimestamp(wall_time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
